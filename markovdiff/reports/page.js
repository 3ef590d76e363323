"use strict";
// Draws each scenario's curves, laws and numbers, and moves them with its slider. Numbers are shown as the text that
// was certified; floats only place them on the screen.

const { quantities, rationals, scenarios } = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");
const WORDS = { inf: "∞", undefined: "undefined", undecided: "undecided" };
const WIDTH = 420, HEIGHT = 190, LEFT = 46, RIGHT = 10, TOP = 22, BOTTOM = 24;

function make(name, attributes = {}, ...children) {
  const drawn = ["svg", "path", "line", "rect", "circle", "text", "g"].includes(name);
  const node = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const isNumber = (q) => q !== undefined && !(q.v in WORDS);
const spoken = (q) => (q === undefined ? "—" : WORDS[q.v] ?? q.v);
const plain = (q) => (isNumber(q) ? Number(q.v) : NaN);

// log10 from the text: it reaches numbers that a float cannot hold
function magnitude(q) {
  if (!isNumber(q)) return NaN;
  const [digits, power] = q.v.split("e");
  return Math.log10(Number(digits)) + Number(power ?? 0);
}

function certified(q, sure) {
  if (q === undefined) return "—";
  if (!isNumber(q)) return spoken(q) + (q.w ? `: ${q.w}` : "");
  const lines = [q.v];
  if (q.c !== undefined && q.c !== q.v) lines.push(`= ${q.c}`);
  if (q.l !== undefined && q.l !== q.u) lines.push(`in [${q.l}, ${q.u}]`);
  if (!sure) lines.push("(float64, not certified)");
  return lines.join("\n");
}

function unpack(packed) {
  const seen = [];
  return packed.split(" ").map((word) => {
    if (word[0] === ".") return seen[parseInt(word.slice(1), 36)];
    const [decimal, fraction] = word.split("=");
    const entry = { text: decimal, fraction, p: decimal === "-" || decimal === "?" ? NaN : Number(decimal) };
    seen.push(entry);
    return entry;
  });
}

function entryWords(entry) {
  if (entry.text === "-") return "undefined: the condition is impossible";
  if (entry.text === "?") return "undecided";
  return entry.fraction ? `${entry.text} = ${entry.fraction}` : entry.text;
}

function hint(event, words) {
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const y = event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18;
  tip.style.left = `${Math.max(4, x)}px`;
  tip.style.top = `${Math.max(4, y)}px`;
}

function panel(title, ...children) {
  return make("section", { class: "panel" }, make("h3", {}, title), ...children);
}

function tickWords(value) {
  if (value === 0) return "0";
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(0);
}

function ticks(top) {
  const step = 10 ** Math.floor(Math.log10(top));
  const width = [0.2, 0.5, 1, 2, 5].map((f) => f * step).find((w) => top / w <= 5);
  return Array.from({ length: Math.floor(top / width + 1e-9) + 1 }, (_, k) => k * width);
}

// one pair of axes over t, with a cursor; `series` are [class, key, label] of the steps' numbers
class Curves {
  constructor(view, title, series) {
    this.view = view;
    this.series = series.filter(([, key]) => view.steps.some((s) => s[key] !== undefined));
    const all = view.steps.flatMap((s) => this.series.map(([, key]) => s[key])).filter(isNumber);
    const sizes = all.map(magnitude).filter(Number.isFinite);
    this.end = view.T;
    this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title} over t` });
    this.box = make("input", { type: "checkbox" });
    this.box.checked = sizes.length > 0 && Math.max(...sizes) - Math.min(...sizes) > 4;
    this.box.addEventListener("change", () => { this.draw(); this.move(view.at); });
    this.node = panel(title, this.svg);
    this.node.prepend(make("label", { class: "switch" }, this.box, " log"));
    this.low = Math.min(0, ...all.map(plain));
    this.top = Math.max(0, ...all.map(plain));
    this.span = [Math.min(...sizes), Math.max(...sizes)];
    this.svg.addEventListener("pointermove", (e) => this.point(e));
    this.svg.addEventListener("pointerleave", (e) => hint(e, ""));
    this.svg.addEventListener("click", (e) => view.go(this.nearest(e)));
  }
  x(t) { return LEFT + ((WIDTH - LEFT - RIGHT) * t) / this.end; }
  y(q) {
    const height = HEIGHT - TOP - BOTTOM;
    if (!this.box.checked) return HEIGHT - BOTTOM - (height * (plain(q) - this.low)) / (this.top - this.low || 1);
    const [low, high] = this.span, size = magnitude(q);
    return Number.isFinite(size) ? HEIGHT - BOTTOM - (height * (size - low + 0.3)) / (high - low + 0.6) : NaN;
  }
  axes() {
    const parts = [make("path", { class: "axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}` })];
    const mark = (y, words) => parts.push(
      make("line", { class: "axis", x1: LEFT - 4, x2: LEFT, y1: y, y2: y }),
      make("text", { x: LEFT - 7, y: y + 4, "text-anchor": "end" }, words));
    if (this.box.checked) {
      const [low, high] = this.span.map((s, k) => (k ? Math.floor(s) : Math.ceil(s)));
      const step = Math.max(1, Math.ceil((high - low) / 4));
      for (let e = high; e >= low; e -= step) mark(this.y({ v: `1e${e}` }), Math.abs(e) < 3 ? String(10 ** e).slice(0, 4) : `1e${e}`);
    } else if (this.top > this.low) {
      const marks = this.top > 0 ? ticks(this.top) : [0];
      marks.forEach((value) => mark(this.y({ v: String(value) }), tickWords(value)));
      if (this.low < 0) {
        mark(this.y({ v: String(this.low) }), tickWords(this.low));
        parts.push(make("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: this.y({ v: "0" }), y2: this.y({ v: "0" }) }));
      }
    }
    const every = Math.max(1, ticks(this.view.T)[1]);
    for (let t = 0; t <= this.view.T; t += Math.round(every)) {
      parts.push(make("text", { x: this.x(t), y: HEIGHT - 7, "text-anchor": "middle" }, String(t)));
    }
    return parts;
  }
  draw() {
    this.cursor = make("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
    this.dots = this.series.map(() => make("circle", { class: "dot", r: 3.5 }));
    this.svg.replaceChildren(...this.axes(), ...this.series.flatMap((one, k) => this.path(one, k)), this.cursor, ...this.dots);
  }
  path([look, key, label], k) {
    let d = "", pen = false;
    const parts = [];
    for (const step of this.view.steps) {
      const q = step[key], y = q === undefined ? NaN : this.y(q);
      if (q !== undefined && !isNumber(q)) {
        const up = q.v === "inf";
        parts.push(make("text", { x: this.x(step.t), y: up ? TOP - 3 : HEIGHT - BOTTOM - 3, "text-anchor": "middle" }, up ? "∞" : "?"));
      }
      if (Number.isFinite(y)) d += `${pen ? "L" : "M"}${this.x(step.t).toFixed(1)} ${y.toFixed(1)}`;
      pen = Number.isFinite(y);
    }
    parts.push(make("path", { class: `curve ${look}`, d }));
    if (this.series.length > 1) {
      const x = LEFT + 6 + 90 * k;
      parts.push(make("path", { class: `key ${look}`, d: `M${x} 8h22` }), make("text", { x: x + 27, y: 12 }, label));
    }
    return parts;
  }
  nearest(event) {
    const box = this.svg.getBoundingClientRect();
    const t = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT) * this.end;
    return this.view.steps.reduce((best, s, k) => (Math.abs(s.t - t) < Math.abs(this.view.steps[best].t - t) ? k : best), 0);
  }
  point(event) {
    const step = this.view.steps[this.nearest(event)];
    const lines = this.series.map(([, key, label]) => `${label}: ${certified(step[key], this.view.data.certified)}`);
    hint(event, [`t = ${step.t}`, ...lines].join("\n"));
  }
  move(k) {
    const step = this.view.steps[k];
    for (const end of ["x1", "x2"]) this.cursor.setAttribute(end, this.x(step.t));
    this.dots.forEach((dot, i) => {
      const q = step[this.series[i][1]], y = q === undefined ? NaN : this.y(q);
      dot.setAttribute("cx", this.x(step.t));
      dot.setAttribute("cy", Number.isFinite(y) ? y : 0);
      dot.setAttribute("visibility", Number.isFinite(y) ? "visible" : "hidden");
    });
  }
}

// each step's term of L: what was lost, and upon it the model's error
class Ledger extends Curves {
  constructor(view) {
    super(view, `Terms of L = −ELBO, ${view.data.unit}`, [
      ["one", "elbo_term", "term"], ["two", "information_loss", "lost"], ["three", "model_error", "model's error"]]);
    this.node.querySelector(".switch").remove();
    this.end = view.T + 0.5;
    const others = ["information_loss", "model_error"];
    this.top = Math.max(0, ...view.steps.map((s) => others.reduce((sum, key) => sum + (plain(s[key]) || 0), 0)));
    this.box.checked = false;
  }
  draw() {
    const keys = [["one", "information_loss", "lost to noise"], ["two", "model_error", "model's error"]];
    this.bars = this.view.steps.map((step) => this.stack(step, keys));
    const legend = keys.flatMap(([look, , label], k) => [
      make("rect", { class: `bar ${look}`, x: LEFT + 6 + 100 * k, y: 3, width: 12, height: 9 }),
      make("text", { x: LEFT + 22 + 100 * k, y: 12 }, label)]);
    this.dots = [];
    this.cursor = make("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
    this.svg.replaceChildren(...this.axes(), ...this.bars, this.cursor, ...legend);
  }
  stack(step, keys) {
    const width = Math.max(1, ((WIDTH - LEFT - RIGHT) / this.end) * 0.8);
    const group = make("g", { class: "faded" });
    let below = 0;
    for (const [look, key] of keys) {
      const value = plain(step[key]) || 0, base = this.y({ v: "0" });
      const from = base - this.y({ v: String(below) }), to = base - this.y({ v: String(below + value) });
      if (value > 0) group.append(make("rect", { class: `bar ${look}`, x: this.x(step.t) - width / 2, y: base - to, width, height: to - from }));
      below += value;
    }
    if (step.elbo_term !== undefined && !isNumber(step.elbo_term)) {
      group.append(make("text", { x: this.x(step.t), y: TOP - 3, "text-anchor": "middle" }, step.elbo_term.v === "inf" ? "∞" : "?"));
    }
    return group;
  }
  move(k) {
    this.bars[this.before ?? 0].setAttribute("class", "faded");
    this.bars[k].setAttribute("class", "");
    this.before = k;
    super.move(k);
  }
}

// K × K probabilities as shades, a row for each condition; the shade is √p
class Shades {
  constructor(view, title, name, rows, columns, words) {
    Object.assign(this, { view, name, words, K: view.data.states.length });
    this.canvas = make("canvas", { role: "img", "aria-label": title });
    this.canvas.width = this.canvas.height = this.K * Math.max(1, Math.floor(528 / this.K));
    this.when = make("span");
    this.node = panel(title, this.canvas, make("p", { class: "hint" }, `rows ${rows}, columns ${columns}; shade √p `, this.when));
    this.canvas.addEventListener("pointermove", (e) => this.point(e));
    this.canvas.addEventListener("pointerleave", (e) => hint(e, ""));
  }
  show(k) {
    this.entries = this.view.law(this.name, k);
    const size = this.canvas.width / this.K, pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.width);
    pen.fillStyle = this.view.shade();
    this.entries.forEach((entry, n) => {
      const x = (n % this.K) * size, y = Math.floor(n / this.K) * size;
      if (Number.isNaN(entry.p)) {
        pen.globalAlpha = 0.35;
        for (let stripe = 0; stripe < size; stripe += 6) pen.fillRect(x, y + stripe, size, 1);
      } else if (entry.p > 0) {
        pen.globalAlpha = Math.sqrt(entry.p);
        pen.fillRect(x, y, size, size);
      }
    });
  }
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = (position, start, length) => Math.min(this.K - 1, Math.max(0, Math.floor(((position - start) / length) * this.K)));
    const row = at(event.clientY, box.top, box.height), column = at(event.clientX, box.left, box.width);
    const { states } = this.view.data;
    hint(event, `${this.words(states[row], states[column], this.view.lawTime)}\n${entryWords(this.entries[row * this.K + column])}`);
  }
}

class Marginal {
  constructor(view) {
    this.view = view;
    const { states } = view.data;
    this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "the marginal" });
    const width = (WIDTH - LEFT - RIGHT) / states.length, base = HEIGHT - BOTTOM;
    this.laws = view.data.laws.marginal.map(unpack);
    this.top = Math.max(...this.laws.flatMap((law) => law.map((entry) => entry.p || 0)));
    this.height = (p) => ((base - TOP) * (p || 0)) / this.top;
    this.bars = states.map((_, k) => make("rect", { class: "bar one", x: LEFT + k * width + width * 0.15, width: width * 0.7 }));
    const data = this.laws[0].map((entry, k) => make("rect", {
      class: "outline", x: LEFT + k * width + width * 0.05, width: width * 0.9, y: base - this.height(entry.p), height: this.height(entry.p) }));
    const fits = (label) => label.length * 7 < width + 4;
    const labelled = states.filter(fits).length * 2 > states.length;
    const labels = states.map((label, k) => (labelled && fits(label)
      ? make("text", { x: LEFT + (k + 0.5) * width, y: HEIGHT - 9, "text-anchor": "middle" }, label) : ""));
    const marks = ticks(this.top).flatMap((p) => [make("text", { x: LEFT - 7, y: base - this.height(p) + 4, "text-anchor": "end" }, tickWords(p)),
      make("line", { class: "axis", x1: LEFT - 4, x2: LEFT, y1: base - this.height(p), y2: base - this.height(p) })]);
    this.svg.append(make("path", { class: "axis", d: `M${LEFT} ${TOP}V${base}H${WIDTH - RIGHT}` }), ...marks, ...this.bars, ...data, ...labels);
    this.node = panel("Marginal p_t, the data in outline", this.svg);
    this.svg.addEventListener("pointermove", (e) => {
      const box = this.svg.getBoundingClientRect();
      const k = Math.floor((((e.clientX - box.left) / box.width) * WIDTH - LEFT) / width);
      hint(e, states[k] === undefined ? "" : `q(x_t = ${states[k]}), t = ${view.lawTime}\n${entryWords(this.laws[this.k][k])}`);
    });
    this.svg.addEventListener("pointerleave", (e) => hint(e, ""));
  }
  show(k) {
    this.k = k;
    this.laws[k].forEach((entry, i) => {
      this.bars[i].setAttribute("y", HEIGHT - BOTTOM - this.height(entry.p));
      this.bars[i].setAttribute("height", this.height(entry.p));
    });
  }
}

class View {
  constructor(data, article) {
    Object.assign(this, { data, article, steps: data.steps, T: Math.max(1, data.T), at: 0, unpacked: new Map() });
    this.range = make("input", { type: "range", min: 0, max: this.steps.length - 1, value: 0, step: 1, "aria-label": "time t" });
    this.output = make("output");
    this.story = make("p", { class: "story" });
    const { unit } = data;
    this.curves = [
      new Curves(this, `Left: I(x0;x_t), ${unit}`, [["one", "mutual_information", "I(x0;x_t)"]]),
      new Curves(this, `Lost at t, ${unit}`, [["one", "information_loss", "lost"]]),
      new Curves(this, `Entropies, ${unit}`, [["one", "entropy", "H(x_t)"], ["two", "conditional_entropy", "H(x0|x_t)"], ["three", "noise_entropy", "H(x_t|x0)"]])];
    if (this.steps.some((s) => s.elbo_term !== undefined)) this.curves.push(new Ledger(this));
    for (const curve of this.curves) curve.draw();
    this.laws = [new Marginal(this)];
    if (data.laws.matrix) {
      this.laws.push(
        new Shades(this, "Matrix Q̄_t = q(x_t | x0)", "matrix", "x0", "x_t", (i, j, t) => `q(x_t = ${j} | x0 = ${i}), t = ${t}`),
        new Shades(this, "Posterior q(x0 | x_t)", "posterior", "x_t", "x0", (j, i, t) => `q(x0 = ${i} | x_t = ${j}), t = ${t}`));
    }
    this.cells = new Map();
    const row = ([key, label]) => {
      if (!this.steps.some((s) => s[key] !== undefined)) return [];
      this.cells.set(key, make("td", { "data-key": key }));
      return [make("tr", {}, make("th", { scope: "row" }, label), this.cells.get(key))];
    };
    const numbers = make("table", { class: "numbers" }, make("tbody", {}, ...[...quantities, ...rationals].flatMap(row)));
    const shown = panel("Numbers at t", numbers);
    article.querySelector(".live").append(
      make("div", { class: "slider" }, make("label", {}, this.output, this.range), this.story),
      make("div", { class: "panels curves" }, ...this.curves.map((c) => c.node)),
      make("div", { class: "panels" }, ...this.laws.map((l) => l.node)), shown);
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
    article.addEventListener("pointerenter", () => current(this));
    article.addEventListener("focusin", () => current(this));
  }
  shade() { return getComputedStyle(this.article).getPropertyValue("--one"); }
  law(name, k) {
    const key = `${name} ${k}`;
    if (!this.unpacked.has(key)) this.unpacked.set(key, unpack(this.data.laws[name][k]));
    return this.unpacked.get(key);
  }
  go(k) {
    this.show(k);
    if (document.getElementById("together").checked) {
      const { t } = this.steps[this.at];
      for (const view of views) if (view !== this) view.show(view.steps.findLastIndex((s) => s.t <= t));
    }
  }
  show(k) {
    this.at = Math.min(this.steps.length - 1, Math.max(0, k));
    const step = this.steps[this.at], { unit, certified: sure, lawTimes } = this.data;
    this.range.value = this.at;
    this.range.setAttribute("aria-valuetext", `t = ${step.t}`);
    this.output.textContent = `t = ${step.t} / ${this.data.T}`;
    const loss = spoken(step.information_loss), gained = loss[0] === "-";
    const lost = step.t === 0 ? "" : `; this step ${gained ? "gained" : "lost"} ${gained ? loss.slice(1) : loss} (${step.decay})`;
    const left = spoken(step.mutual_information), units = left === "1" ? unit.slice(0, -1) : unit;
    this.story.textContent = `I(x0;x_t) = ${left} ${units} of ${spoken(this.steps[0].mutual_information)} are left${lost}`;
    for (const [key, cell] of this.cells) {
      const [value, ...more] = certified(step[key], sure).split("\n");
      cell.replaceChildren(value, ...more.flatMap((words) => [" ", make("small", {}, words)]));
    }
    for (const curve of this.curves) curve.move(this.at);
    const law = lawTimes.findLastIndex((t) => t <= step.t);
    if (law !== this.shownLaw) {
      this.lawTime = lawTimes[law];
      for (const one of this.laws) {
        one.show(law);
        if (one.when) one.when.textContent = this.lawTime === step.t ? "" : `(t = ${this.lawTime})`;
      }
      this.shownLaw = law;
    }
  }
  redraw() { this.shownLaw = undefined; this.show(this.at); }
}

let chosen;
function current(view) {
  chosen = view;
  for (const other of views) other.article.classList.toggle("current", other === view && views.length > 1);
}

const views = scenarios.map((data, k) => new View(data, document.getElementById(`scenario-${k}`)));
for (const view of views) view.show(0);
current(views[0]);
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.type === "checkbox") return;
  const last = chosen.steps.length - 1;
  const to = { ArrowLeft: chosen.at - 1, ArrowRight: chosen.at + 1, PageUp: chosen.at - 10, PageDown: chosen.at + 10, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  chosen.go(to);
});
for (const wish of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(wish).addEventListener("change", () => views.forEach((view) => view.redraw()));
}
