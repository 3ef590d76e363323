"""JSON Schemas (2020-12) of what goes in and what comes out, for people who script against it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from markovdiff.study import fileformat
from markovdiff.study.result import DENOISER_TOTALS, PARTS, SCHEMA, TOTALS, Step

_RATIONAL = {"type": "string", "pattern": "^-?[0-9]+(/[0-9]+)?$", "description": "an exact rational, n/d"}
_DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?$"}
_END = r"^-?([0-9]+(\.[0-9]+)?(e-?[0-9]+)?|inf)$"
_WITNESS = {"type": ["object", "null"], "description": "where: times, states"}


def scenario_schema() -> dict[str, Any]:
    """Return the schema of a scenario file, read from TOML as JSON."""
    return fileformat.schema()


def result_schema() -> dict[str, Any]:
    """Return the schema of what `--json` writes for one scenario; several give an array of these."""
    whole: dict[str, Any] = {
        "schema": {"const": SCHEMA},
        "markovdiff": {"type": "string"},
        "partial": {"const": True, "description": "interrupted: the steps that were done, and nothing concluded"},
        "unit": {"enum": ["bits", "nats"]},
        "arithmetic": _object({"kind": {"enum": ["exact", "ball", "float"]}, "digits": {"type": "integer"}}),
        "scenario": _scenario(),
        "notes": {"type": "array", "items": {"type": "string"}, "description": "what was done to the input"},
        "steps": {"type": "array", "items": _step(), "minItems": 1},
        "elbo": _object(
            {name: _nullable("quantity") for name in (*TOTALS, *DENOISER_TOTALS)}, optional=DENOISER_TOTALS
        ),
        "checks": {"type": "array", "items": _check()},
        "sequence": {"anyOf": [_sequence(), {"type": "null"}], "description": "of data that are sequences"},
        "sampler": {"type": "array", "items": sampled(), "description": "of data that are sequences"},
        "practice": {"type": "array", "items": _practice(), "minItems": 1, "description": "with --practice"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "markovdiff result",
        **_object(whole, optional=("partial", "practice")),
        "$defs": {**definitions(), "reported": _reported()},
    }


def definitions() -> dict[str, Any]:
    """Return the schemas of a certified number, an exact rational and a decimal, by the names that refer to them."""
    return {"quantity": _quantity(), "rational": _RATIONAL, "decimal": _DECIMAL}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _nullable(reference: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/$defs/{reference}"}, {"type": "null"}]}


def _quantity() -> dict[str, Any]:
    decimal = {"$ref": "#/$defs/decimal"}
    certified = _object(
        {
            "value": decimal,
            "lower": decimal,
            "upper": decimal,
            "closed_form": {"type": ["string", "null"], "maxLength": 80},
        }
    )
    certified["description"] = "lower ≤ truth ≤ upper; |value − truth| is under one unit of the last digit"
    approximate = _object({"value": decimal, "closed_form": {"type": "null"}})
    approximate["description"] = "of float arithmetic: not certified"
    finding = _object({"value": {"enum": ["inf", "undefined", "undecided"]}, "witness": {"type": "object"}})
    return {"anyOf": [certified, approximate, finding]}


def _reported() -> dict[str, Any]:
    words = "itself in exact arithmetic; in balls a decimal within one unit of its last digit; in float64 rounded"
    return {"anyOf": [{"$ref": "#/$defs/rational"}, {"$ref": "#/$defs/decimal"}], "description": words}


def _step() -> dict[str, Any]:
    quantity = {"$ref": "#/$defs/quantity"}
    own: dict[str, Any] = {
        "t": {"type": "integer", "minimum": 0},
        "beta": _nullable("reported"),
        "alpha_bar": _nullable("reported"),
        "entropy": quantity,
        "conditional_entropy": quantity,
        "noise_entropy": quantity,
        "mutual_information": quantity,
        "information_loss": _nullable("quantity"),
        "decay": {"enum": ["strict", "equal", "violated", "undecided", None]},
        "dobrushin": _nullable("reported"),
        "sdpi_bound": _nullable("quantity"),
        "total_variation_to_prior": _nullable("reported"),
        "elbo_term": _nullable("quantity"),
        "model_error": _nullable("quantity"),
        "cross_entropy": _nullable("quantity"),
        "contraction": _nullable("quantity"),
        "dobrushin_product": _nullable("reported"),
        "marginal": {"type": "array", "items": _probability(), "description": "with --distributions"},
        "expected_total_correlation": {**quantity, "description": "of sequences: what drawing positions apart costs"},
        "position_error": {**quantity, "description": "of sequences: what each position's own model adds"},
        "shadow": _shadow(),
    }
    assert set(own) - {"marginal"} == {field.name for field in fields(Step)} - {"law", "sequences"}
    return _object(own, optional=("marginal", *PARTS, "shadow"))


def sampled() -> dict[str, Any]:
    """Return what a sampler of sequences draws."""
    integers = {"type": "array", "items": {"type": "integer"}}
    named = {"enum": ["random", "left-to-right", "confidence"]}
    labels = {"type": "array", "items": {"type": "string"}}
    false = _object({"x0": labels, "mass": {"$ref": "#/$defs/quantity"}})
    rest = {
        "excess": {"$ref": "#/$defs/quantity"},
        "kl": _nullable("quantity"),
        "total_variation": _nullable("quantity"),
        "outside_support": _nullable("quantity"),
        "bound": {"enum": ["strict", "equal", "undecided", None], "description": "KL ≤ excess"},
        "false": {"type": "array", "items": false, "maxItems": 10, "description": "what never occurs, likeliest first"},
    }
    words = "of the order by confidence: sequences shown on the way at which equals were told apart from the left"
    ties = {"type": ["integer", "null"], "description": words}
    kept = _object({"steps": {"type": ["integer", "null"]}, "times": integers, **rest})
    return {"anyOf": [kept, _object({"unmask": integers, "order": {"anyOf": [named, integers]}, **rest, "ties": ties})]}


def _probability() -> dict[str, Any]:
    """Return an entry of p_t; of sequences with the sequence, those alone that are possible."""
    labels = {"type": "array", "items": {"type": "string"}}
    one = _object({"x_t": labels, "probability": {"$ref": "#/$defs/reported"}})
    return {"anyOf": [{"$ref": "#/$defs/reported"}, {"type": "null"}, one]}


def _shadow() -> dict[str, Any]:
    """Return the schema of what float64 has beside I(x0;x_t)."""
    flag, decimal = {"type": "boolean"}, {"$ref": "#/$defs/decimal"}
    error = _object({"lower": decimal, "upper": decimal})
    error["description"] = "lower ≤ |float64 − I| / I ≤ upper; null where I alone is 0, or either is no number"
    found = _object(
        {
            "mutual_information": _nullable("decimal"),
            "relative_error": {"anyOf": [error, {"type": "null"}]},
            "false_rise": flag,
            "stands_still": flag,
            "negative": flag,
        }
    )
    found["description"] = "with --shadow: the textbook formula of I(x0;x_t) in float64, and what is wrong with it"
    return found


def _practice() -> dict[str, Any]:
    """Return the schema of what a habit of practical code gives: not certified, but its bias is enclosed."""
    end = {"type": "string", "pattern": _END, "description": "a decimal, or infinite"}
    bias = _object({"lower": end, "upper": end})
    bias["description"] = "lower ≤ habit − truth ≤ upper; null where either is no number, or both are infinite"
    value = {"type": "string", "pattern": f"{_END}|^(undefined|undecided)$", "description": "what the habit gives"}
    number = _object({"value": value, "bias": {"anyOf": [bias, {"type": "null"}]}})
    either = {"anyOf": [number, {"type": "null"}]}
    step = {"t": {"type": "integer", "minimum": 0}, "mutual_information": number}
    totals = _object(dict.fromkeys(("reconstruction", "denoising", "prior", "negative_elbo", "nll"), number))
    return _object(
        {
            "habit": {"type": "string"},
            "words": {"type": "string"},
            "arithmetic": {"type": "string", "description": "exact, or a number format"},
            "steps": {"type": "array", "items": _object({**step, "information_loss": either, "elbo_term": either})},
            "elbo": {"anyOf": [totals, {"type": "null"}]},
        }
    )


def _check() -> dict[str, Any]:
    word = {"type": "string"}
    return _object(
        {
            "check": word,
            "expected": word,
            "observed": word,
            "verdict": {"enum": ["holds", "fails", "undecided"]},
            "decided": {"enum": ["exact", "enclosure", "float"]},
            "detail": word,
            "witness": _WITNESS,
        }
    )


def _scenario() -> dict[str, Any]:
    rationals = {"type": "array", "items": {"$ref": "#/$defs/rational"}}
    matrix = {"type": "array", "items": rationals}
    stack = {"type": "array", "items": matrix}
    keys: dict[str, Any] = {
        "kind": {"type": "string"},
        "mask": {"type": "string", "description": "the label of the state that keeps what it has"},
        "uniform_betas": {**rationals, "description": "of mask-uniform: b_t, beside the γ_t in betas"},
        "target": rationals,
        "targets": {**matrix, "description": "a target for each step"},
        "reach": {"type": "integer", "description": "of neighbour"},
        "boundary": {"enum": ["reflect", "periodic"], "description": "of neighbour"},
        "scale": {**rationals, "description": "state i moves with β·scale_i"},
        "bands": {"type": "integer", "description": "jumps by more places are left out"},
        "rates": {**matrix, "description": "of rate: R, whose exponentials steps_rows has"},
        "strength": {"enum": ["rate", "alpha"], "description": "of rate: what the numbers in betas are"},
        "resolution": {"$ref": "#/$defs/rational"},
        "rows": matrix,
        "steps_rows": stack,
        "steps_jumps": {**matrix, "description": "of a large gaussian, in place of its rows: to 1, …, K−1 away"},
        "rows_by_source": stack,
    }
    kernel = _object(keys, optional=tuple(keys)[1:])
    prior = _object({"kind": {"type": "string"}, "probabilities": {"anyOf": [rationals, {"type": "null"}]}})
    return _object(
        {
            "name": {"type": "string"},
            "title": {"type": "string"},
            "description": {"type": "string"},
            "unit": {"enum": ["bits", "nats"]},
            "states": {"type": "array", "items": {"type": "string"}},
            "data": {"anyOf": [rationals, {"type": "null"}], "description": "null for sequences"},
            "sequences": _sequences(),
            "kernel": kernel,
            "schedule": {"type": ["object", "null"], "description": "its kind, and what it is made of"},
            "steps": {"type": "integer"},
            "betas": {"anyOf": [rationals, {"type": "null"}]},
            "reverse": _object(
                {
                    "model": {"type": ["object", "null"]},
                    "prior": prior,
                    "hybrid": {"type": "string", "description": "λ of the hybrid loss, where it is asked for"},
                },
                optional=("hybrid",),
            ),
            "checks": {"type": "object", "additionalProperties": {"type": ["string", "object"]}},
            "samplers": {"type": "array", "items": {"type": "object"}, "description": "which samplers are asked for"},
        },
        optional=("sequences", "samplers"),
    )


def _sequence() -> dict[str, Any]:
    """Return what is known of the law of sequences itself; null where there are too many subsets of positions."""
    curve = {"type": "array", "items": {"$ref": "#/$defs/quantity"}}
    return _object(
        {
            "length": {"type": "integer", "minimum": 1},
            "symbols": {"type": "array", "items": {"type": "string"}},
            "information_curve": {"anyOf": [curve, {"type": "null"}]},
            "total_correlation": _nullable("quantity"),
            "dual_total_correlation": _nullable("quantity"),
        }
    )


def _sequences() -> dict[str, Any]:
    """Return the law of the data where they are sequences: every possible one, or the rows of a Markov law."""
    rational, count = {"$ref": "#/$defs/rational"}, {"type": "integer", "minimum": 1}
    one = _object({"x0": {"type": "array", "items": {"type": "string"}}, "weight": {"type": "string"}})
    listed = _object({"length": count, "total": {"type": "string"}, "support": {"type": "array", "items": one}})
    rows = {"type": "array", "items": {"type": "array", "items": rational}}
    markov = _object({"length": count, "initial": {"type": "array", "items": rational}, "rows": rows})
    return {"anyOf": [listed, markov]}
