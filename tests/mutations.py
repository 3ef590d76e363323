"""Changes of text, of bytes and of JSON values, from likely slips to what nobody would write.

Each takes its chances from the Random that it is given, so a seed gives the same inputs again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

WORD = re.compile(r'"[^"\n]*"|[A-Za-z_][\w-]*|[0-9]+(?:\.[0-9]+)?|\s+|.')

NASTY = (
    "0", "-1", "1", "2", "7", "1/2", "1.5", "-0.0", "1e9", "1e-9", "1e999999999", "-1e-999999999", "nan", "inf", "-inf",
    "true", "false", "0x10", "1_000", "100000", "100001", "4097", "9223372036854775808", "9" * 5000, "1" + "0" * 11000,
    '""', '" "', '"a"', '"1/0"', '"0/0"', '"-1/2"', '"1e5000"', '"nan"', '"١"', '"½"', '"\\u0000"', '"\\u001b[31m"',
    '"\\u009b"', '"\\u202e"', '"[MASK]"', '"data"', '"marginal"', '"stationary"', '"mask"', '"absorbing"', '"gaussian"',
    '"/etc/passwd"', '"../x"', '"."', '"/dev/zero"', '"' + "x" * 5000 + '"', '"' + "9" * 5000 + '"', "1979-05-27",
    "07:32:00", "[]", "{}", "[[]]", "[[[]]]", "[1]", "[0, 0]", "[[1, 0], [0, 1]]", "{ kind = \"jump\" }", "[" * 3000,
    "{a=" * 3000, "]", "}", '"', "'''", "#", "=", ",", ".", "\n", "\r", "\0", "\x1b[2J", "\x7f", "\ufeff", "\u2028",
    "é",
)  # fmt: skip

NUMBER = ("0", "1", "2", "3", "5", "12", "64", '"1/3"', '"2/3"', '"1/1000"', "0.1", '"999/1000"')


def worded(text: str, others: Sequence[str], random: Random) -> str:
    """One to four changes of words, lines or characters."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        text = random.choice((_word, _word, _word, _number, _number, _line, _slice))(text, others, random)
    return text


def _word(text: str, others: Sequence[str], random: Random) -> str:
    words = WORD.findall(text) or [""]
    k = random.randrange(len(words))
    other = random.choice(WORD.findall(random.choice(others)) or [""])
    words[k] = random.choice((random.choice(NASTY), other, "", words[k] * 2, random.choice(NASTY) + words[k]))
    return "".join(words)


def _number(text: str, _others: Sequence[str], random: Random) -> str:
    places = list(re.finditer(r'"?[0-9][0-9./]*"?', text))
    if not places:
        return text
    place = random.choice(places)
    return text[: place.start()] + random.choice(random.choice((NUMBER, NUMBER, NASTY))) + text[place.end() :]


def _line(text: str, others: Sequence[str], random: Random) -> str:
    lines, other = text.splitlines(keepends=True), random.choice(others).splitlines(keepends=True)
    k = random.randrange(len(lines) + 1)
    match random.randrange(4):
        case 0:
            del lines[k : k + 1]
        case 1:
            lines[k:k] = [random.choice(other)] if other else []
        case 2:
            random.shuffle(lines)
        case 3:
            lines[k:] = other[random.randrange(len(other) + 1) :]
    return "".join(lines)


def _slice(text: str, _others: Sequence[str], random: Random) -> str:
    a, b = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return random.choice((text[:a] + text[b:], text[:b], text[a:], text[:b] + text[a:]))


def bytewise(content: bytes, random: Random) -> bytes:
    """One to eight bytes changed, put in or taken out; or the end cut off."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        k = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                del data[k : k + random.choice((1, 1, 8))]
            case 1:
                data[k:k] = random.choice((b"\0", b"\xff", b"9" * 30, b"-", b",", b"\n", random.randbytes(3)))
            case 2:
                del data[k:]
            case _ if k < len(data):
                data[k] = random.choice((random.randrange(256), data[k] ^ 1 << random.randrange(8)))
    return bytes(data)


def valued(record: Any, random: Random) -> Any:
    """A JSON value with one of its parts, at any depth, replaced by another, by nonsense, or left out."""
    words: tuple[Any, ...] = (None, True, 0, -1, 3, 10**17, "", "0", "1", "1/0", "-1/2", "inf", "x\x1b[31m", "9" * 6000,
                              "1e-199999", "1" * 200_000, [], {}, [[]], {"value": "inf"}, "strict",
                              "violated")  # fmt: skip
    at: Any = record
    while isinstance(at, list | dict) and at:
        key = random.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], list | dict) or random.random() < 0.15:
            siblings = list(at.values()) if isinstance(at, dict) else at
            match random.randrange(4):
                case 0:
                    del at[key]
                case 1:
                    at[key] = random.choice(siblings)
                case 2 if isinstance(at, list):
                    at.insert(key, at[key])
                case _:
                    at[key] = random.choice(words)
            return record
        at = at[key]
    return record
