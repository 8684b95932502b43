"use strict";
// What needs no document: numbers, the steps of backpropagation, search.  Tested with `node --test`.

// ---------------------------------------------------------------- numbers and text

// JSON has no nan and no infinities: Python writes them as text.
function numberOf(written) {
  return written === null ? null : Number(written);
}

function withMinus(text) {
  return text.replaceAll("-", "−");
}

const SUPERSCRIPTS = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", "-": "⁻" };

// Four significant digits, or as many as are asked for, for a picture.
/** @param {number | null} number */
function short(number, digits = 4) {
  if (number === null) return "?";
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "nan" : number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e-3 && size < 1e6) return withMinus(String(Number(number.toPrecision(digits))));
  const [mantissa, exponent] = number.toExponential(digits - 1).split("e");
  const power = [...exponent.replace("+", "")].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${withMinus(String(Number(mantissa)))}·10${power}`;
}

// A number that has room in a box: with three digits where four are too long.
function narrow(number) {
  const text = short(number);
  return text.length > 9 ? short(number, 3) : text;
}

// All digits of the float; twelve of one that was computed here, for functions of JavaScript differ from Python's in
// the last ones.
function full(number, here = false) {
  if (number === null) return "unknown";
  return withMinus(String(here ? Number(number.toPrecision(12)) : number));
}

// The least and the largest of the finite numbers: by a loop, for a call takes only so many arguments.
function extent(numbers) {
  let [least, largest] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue;
    if (number < least) least = number;
    if (number > largest) largest = number;
  }
  return [least, largest];
}

// Whether so many digits leave something out that is more than the noise of floats; `is_rounded` of Python does the same.
function isRounded(number, digits = 4) {
  return Number.isFinite(number) && Math.abs(Number(number.toPrecision(digits)) - number) > 1e-12 * Math.abs(number);
}

const equals = (...numbers) => (numbers.some((number) => isRounded(number)) ? "≈" : "=");

// What follows the name of an operation: = a · b ≈ 0.333 · 2 ≈ 0.667.
/** @param {PageBox} box */
function equation({ formula, numbers, rounded, data }) {
  const inNumbers = numbers && numbers !== formula ? [rounded ? "≈" : "=", numbers] : [];
  return ["=", visible(formula), ...inNumbers, numbers && rounded ? "≈" : equals(data), short(data)];
}

// The formula of an operation on numbers, from the template that Python made of its row: marks with the number of the
// operand, and whether it needs parentheses if negative (s) or if a power of ten too (p).  A result that is much smaller
// than its operands asks for more of their digits.
/** @param {string} template @param {number[]} numbers @param {number} result */
function onNumbers(template, numbers, result) {
  const largest = Math.max(...numbers.map(Math.abs).filter(Number.isFinite), 0);
  const digits = Math.abs(result) < 0.01 * largest ? 7 : 4;
  const text = template.replace(/\uf8f0([0-9]+)([asp])\uf8f1/g, (_, i, kind) => {
    const written = short(numbers[i], digits);
    const wrapped = kind !== "a" && (written.startsWith("−") || (kind === "p" && written.includes("·")));
    return wrapped ? `(${written})` : written;
  });
  return { numbers: text, rounded: numbers.some((number) => isRounded(number, digits)) };
}

// A number inside a product: in parentheses if it would be misread.
function factor(number) {
  const text = short(number);
  return text.startsWith("−") || text.includes("·") ? `(${text})` : text;
}

// Control characters have no shape of their own: their pictures ␀ ␛ … are shown instead; `visible` of Python does the
// same.
function visible(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const pictures = text.replace(/[\u0000-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)));
  return pictures
    .replace(/\u007f/g, "␡")
    .replace(/[\u0080-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/gu, "\ufffd");
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

// A name as [base, index, which, layer]: x1, x_1 and x₁ are x with the index 1, x1⁽²⁾ is the second x₁, W⁽¹⁾₁₂ is of
// layer 1; anything longer is a word of its own.
function nameParts(name) {
  const [, first, which = ""] = /^(.*?)(⁽[⁰¹²³⁴-⁹]+⁾)?$/su.exec(name);
  const match = /^(\p{L}\p{M}*)(⁽[⁰¹²³⁴-⁹]+⁾)?_?([0-9₀-₉][0-9₀-₉,]*)$/u.exec(first);
  if (!match) return [visible(first), "", which, ""];
  return [match[1], match[3].replace(/[₀-₉]/g, (c) => String(SUBSCRIPTS.indexOf(c))), which, match[2] ?? ""];
}

// A name as it is written: x₁ for x1.
function typeset(name) {
  const [base, index, which, layer] = nameParts(name);
  return base + layer + index.replace(/[0-9]/g, (c) => SUBSCRIPTS[c]) + which;
}

// ---------------------------------------------------------------- the steps

// The operations in runs that are taken in one step: each by itself, or those of one module that stand together.  A
// module is the innermost around an operation ("inner": a neuron) or the outermost ("outer": a layer); one that is used
// in turns with another has several runs.
/** @param {PageGraph} graph @param {string} unit @returns {number[][]} */
function runsOf(graph, unit) {
  if (unit === "operation") return graph.order.map((box) => [box]);
  const part = graph.boxes.map(({ cluster }) => (unit === "outer" ? (around(graph, cluster).at(-1) ?? -1) : cluster));
  const members = graph.clusters.map(() => []);
  for (const box of graph.order) members[part[box]]?.push(box);
  const operands = graph.boxes.map(() => []);
  for (const { source, target } of graph.edges) operands[target].push(source);
  const done = graph.boxes.map((box) => box.operation === "");
  const runs = [];
  for (const first of graph.order) {
    if (done[first]) continue; // else all before it in the order are done, so it can be
    const run = [];
    for (const box of part[first] < 0 ? [first] : members[part[first]])
      if (!done[box] && operands[box].every((operand) => done[operand])) {
        done[box] = true;
        run.push(box);
      }
    runs.push(run);
  }
  return runs;
}

// The modules around, the innermost first.
function around({ clusters }, cluster) {
  const found = [];
  for (let c = cluster; c >= 0; c = clusters[c].parent) found.push(c);
  return found;
}

// A step for each run forward, one for the seed, one for each run backward.  The adjoints are computed here, from the
// local partials alone: x̄ += z̄ · ∂z/∂x for each operand x of z, users before operands.  A partial of exactly 0 closes
// the gate of an operation that has one; everything else is IEEE 754, as in Python.
/** @param {PageGraph} graph @param {string} unit @returns {Step[]} */
function stepsOf(graph, unit = "operation") {
  const incoming = graph.boxes.map(() => []);
  for (const [i, edge] of graph.edges.entries()) incoming[edge.target].push(i);
  const edgesOf = (run) => run.flatMap((box) => incoming[box]);
  const runs = runsOf(graph, unit);
  /** @type {Step[]} */
  const steps = [{ phase: "start", box: -1, boxes: [], edges: [], updates: [] }];
  for (const run of runs)
    steps.push({ phase: "forward", box: run.at(-1), boxes: run, edges: edgesOf(run), updates: [] });
  if (graph.root < 0) return steps;
  const adjoints = graph.boxes.map(() => null);
  const receive = (box, edge, contribution) => {
    const before = adjoints[box];
    adjoints[box] = before === null ? contribution : before + contribution;
    return { box, edge, before, contribution, after: adjoints[box] };
  };
  const { root } = graph;
  steps.push({ phase: "seed", box: root, boxes: [root], edges: [], updates: [receive(root, -1, 1)] });
  for (const run of runs.reverse()) {
    const boxes = run.reverse();
    const updates = [];
    for (const i of edgesOf(boxes)) {
      const { source, target, partial, multiplicity, gate } = graph.edges[i];
      const { kind } = graph.boxes[source];
      if (kind === "constant" || kind === "group" || adjoints[target] === null || (gate && partial === 0)) continue;
      const product = adjoints[target] * partial * multiplicity;
      updates.push(receive(source, i, partial === null ? NaN : product));
    }
    steps.push({ phase: "backward", box: boxes.at(-1), boxes, edges: edgesOf(boxes), updates });
  }
  return steps;
}

// Where the reader is: which values are known, and the adjoints so far.  `goTo` says which boxes have changed.
class Walk {
  /** @param {PageGraph} graph @param {string} unit */
  constructor(graph, unit = "operation") {
    this.steps = stepsOf(graph, unit);
    this.step = 0;
    this.known = graph.boxes.map((box) => box.operation === "");
    this.adjoints = graph.boxes.map(() => null);
  }

  goTo(wanted) {
    const goal = Math.max(0, Math.min(this.steps.length - 1, Math.round(wanted) || 0));
    const changed = new Set();
    while (this.step < goal) this.#apply(this.steps[++this.step], changed, true);
    while (this.step > goal) this.#apply(this.steps[this.step--], changed, false);
    return changed;
  }

  #apply(step, changed, forwards) {
    if (step.phase === "forward")
      for (const box of step.boxes) {
        this.known[box] = forwards;
        changed.add(box);
      }
    for (const update of forwards ? step.updates : [...step.updates].reverse()) {
      this.adjoints[update.box] = forwards ? update.after : update.before;
      changed.add(update.box);
    }
  }
}

// The step in which a box acts, in the phase that the reader is in; -1 for a leaf.
/** @param {Step[]} steps @param {number} box @param {Step} now */
function stepOfBox(steps, box, now) {
  const backward = now.phase === "backward" || now.phase === "seed";
  return steps.findIndex((step) => step.boxes.includes(box) && step.phase === (backward ? "backward" : "forward"));
}

// The step that an address asks for: #step=9, or #step=3&by=outer; null if it asks for none.
function stepInAddress(hash, last) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const step = Number(asked.get("step") ?? "none");
  return Number.isInteger(step) ? Math.max(0, Math.min(last, step)) : null;
}

function unitInAddress(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, "")).get("by");
  return asked === "inner" || asked === "outer" ? asked : "operation";
}

// What a screen reader says, and what stands under the headline when there is nothing to calculate.
/** @param {PageGraph} graph @param {Step} step @param {(number | null)[]} adjoints */
function sentence(graph, step, adjoints) {
  const name = (box) => typeset(graph.boxes[box].name);
  if (step.phase === "start") return "The leaves hold their numbers. Step forward: each operation computes its value.";
  if (step.phase === "forward")
    return step.boxes
      .slice(0, 12)
      .map((box) => [name(box), ...equation(graph.boxes[box])].join(" "))
      .join("; ");
  if (step.phase === "seed")
    return `The derivative of ${name(step.box)} by itself is 1: its adjoint. From here the adjoints run backward.`;
  const [adjoint, whose] = [adjoints[step.box], step.boxes.length > 1];
  if (!step.updates.length)
    return `${name(step.box)} has the adjoint ${adjoint === null ? "0" : short(adjoint)} and passes nothing on.`;
  const parts = step.updates.slice(0, 12).map(({ box, edge, contribution, after }) => {
    const { partial, target } = graph.edges[edge];
    const sign = equals(adjoints[target], partial, contribution);
    const product = `${short(adjoints[target])} times ${short(partial)} ${sign} ${short(contribution)}`;
    return `${name(box)} receives ${product}${whose ? ` from ${name(target)}` : ""}, and has ${short(after)}`;
  });
  if (whose) return `${step.boxes.map(name).slice(0, 12).join(", ")} pass their adjoints on: ${parts.join("; ")}.`;
  return `${name(step.box)} passes its adjoint ${short(adjoint)} on: ${parts.join("; ")}.`;
}

// Which of the places that one box has in an operation an edge comes to: "first " x, "second " x; nothing if it is alone.
/** @param {PageEdge[]} edges @param {number} i */
function ordinalOf(edges, i) {
  const alike = edges.flatMap(({ source, target }, k) =>
    source === edges[i].source && target === edges[i].target ? [k] : [],
  );
  const at = alike.indexOf(i);
  return alike.length < 2 ? "" : `${["first", "second", "third"][at] ?? `no. ${at + 1}`} `;
}

// ---------------------------------------------------------------- search

// The boxes whose name, operation or path, or a module around them, contains the text, whatever the case; x1 finds x₁,
// w12 and w(1)12 find W⁽¹⁾₁₂.
/** @param {PageGraph} graph @param {string} query */
function matching({ boxes, clusters }, query) {
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const wanted = plain(query.trim());
  if (!wanted) return [];
  const has = (...texts) => texts.some((text) => plain(text).includes(wanted));
  const inside = []; // of each cluster, the outer before the inner
  for (const { title, path, parent } of clusters) inside.push(has(title, path) || (parent >= 0 && inside[parent]));
  const called = ({ name }) => [name, nameParts(name).slice(0, 2).join("")];
  return boxes.flatMap((box, i) => (has(...called(box), box.operation, box.path) || inside[box.cluster] ? [i] : []));
}
