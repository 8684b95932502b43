"use strict";
// What needs no document: numbers, the steps of backpropagation, search, geometry.  Tested with `node --test`.

// ---------------------------------------------------------------- numbers and text

// JSON has no nan and no infinities: Python writes them as text.
function numberOf(written) {
  return written === null ? null : Number(written);
}

function withMinus(text) {
  return text.replaceAll("-", "−");
}

const SUPERSCRIPTS = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", "-": "⁻" };

// Four significant digits, for a picture.
function short(number) {
  if (number === null) return "?";
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "nan" : number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e-3 && size < 1e6) return withMinus(String(Number(number.toPrecision(4))));
  const [mantissa, exponent] = number.toExponential(3).split("e");
  const power = [...exponent.replace("+", "")].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${withMinus(String(Number(mantissa)))}·10${power}`;
}

// All digits of the float.
function full(number) {
  return number === null ? "unknown" : withMinus(String(number));
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

// Whether four digits leave something out that is more than the noise of floats; `is_rounded` of Python does the same.
function isRounded(number) {
  return Number.isFinite(number) && Math.abs(Number(number.toPrecision(4)) - number) > 1e-12 * Math.abs(number);
}

const equals = (...numbers) => (numbers.some(isRounded) ? "≈" : "=");

// What follows the name of an operation: = a · b ≈ 0.333 · 2 ≈ 0.667.
function equation({ formula, numbers, rounded, data }) {
  const onNumbers = numbers && numbers !== formula ? [rounded ? "≈" : "=", numbers] : [];
  return ["=", visible(formula), ...onNumbers, numbers && rounded ? "≈" : equals(data), short(data)];
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
  return pictures.replace(/\u007f/g, "␡").replace(/[\u0080-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/gu, "\ufffd");
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

// A name as [base, index, which, layer]: x1, x_1 and x₁ are x with the index 1, x1⁽²⁾ is the second x₁, W⁽¹⁾₁₂ is of
// layer 1; anything longer is a word of its own.
function nameParts(name) {
  const [, first, which = ""] = /^(.*?)(⁽[⁰¹²³⁴-⁹]+⁾)?$/su.exec(name);
  const match = /^(\p{L}\p{M}*)(⁽[⁰¹²³⁴-⁹]+⁾)?_?([0-9₀-₉][0-9₀-₉,]*)$/u.exec(first);
  if (!match) return [visible(first), "", which, ""];
  return [match[1], match[3].replace(/[₀-₉]/g, (c) => SUBSCRIPTS.indexOf(c)), which, match[2] ?? ""];
}

// A name as it is written: x₁ for x1.
function typeset(name) {
  const [base, index, which, layer] = nameParts(name);
  return base + layer + index.replace(/[0-9]/g, (c) => SUBSCRIPTS[c]) + which;
}

// ---------------------------------------------------------------- the steps

// One step an operation forward, one for the seed, one an operation backward.  The adjoints are computed here, from
// the recorded local partials alone: x̄ += z̄ · ∂z/∂x for each operand x of z, users before operands.
function stepsOf(graph) {
  const incoming = graph.boxes.map(() => []);
  for (const [i, edge] of graph.edges.entries()) incoming[edge.target].push(i);
  const steps = [{ phase: "start", box: -1, edges: [], updates: [] }];
  for (const box of graph.order) steps.push({ phase: "forward", box, edges: incoming[box], updates: [] });
  if (graph.root < 0) return steps;
  const adjoints = graph.boxes.map(() => null);
  adjoints[graph.root] = 1;
  steps.push({
    phase: "seed",
    box: graph.root,
    edges: [],
    updates: [{ box: graph.root, edge: -1, before: null, after: 1 }],
  });
  for (const box of [...graph.order].reverse()) {
    const updates = [];
    for (const i of incoming[box]) {
      const { source, partial, multiplicity } = graph.edges[i];
      const kind = graph.boxes[source].kind;
      if (kind === "constant" || kind === "group" || !adjoints[box]) continue; // an adjoint of 0 is not passed on
      const before = adjoints[source];
      const contribution = partial === null ? NaN : adjoints[box] * partial * multiplicity;
      const after = before === null ? contribution : before + contribution;
      adjoints[source] = after;
      updates.push({ box: source, edge: i, before, contribution, after });
    }
    steps.push({ phase: "backward", box, edges: incoming[box], updates });
  }
  return steps;
}

// Where the reader is: which values are known, and the adjoints so far.  `goTo` says which boxes have changed.
class Walk {
  constructor(graph) {
    this.steps = stepsOf(graph);
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
    if (step.phase === "forward") {
      this.known[step.box] = forwards;
      changed.add(step.box);
    }
    for (const update of forwards ? step.updates : [...step.updates].reverse()) {
      this.adjoints[update.box] = forwards ? update.after : update.before;
      changed.add(update.box);
    }
  }
}

// The step in which a box acts, in the phase that the reader is in; -1 for a leaf.
function stepOfBox(steps, box, now) {
  const backward = now.phase === "backward" || now.phase === "seed";
  return steps.findIndex((step) => step.box === box && step.phase === (backward ? "backward" : "forward"));
}

// What a screen reader says, and what stands under the headline when there is nothing to calculate.
function sentence(graph, step, adjoints) {
  const name = (box) => typeset(graph.boxes[box].name);
  if (step.phase === "start") return "The leaves hold their numbers. Step forward: each operation computes its value.";
  if (step.phase === "forward") return [name(step.box), ...equation(graph.boxes[step.box])].join(" ");
  if (step.phase === "seed")
    return `The derivative of ${name(step.box)} by itself is 1: its adjoint. From here the adjoints run backward.`;
  const adjoint = adjoints[step.box];
  if (!step.updates.length)
    return `${name(step.box)} has the adjoint ${adjoint === null ? "0" : short(adjoint)} and passes nothing on.`;
  const parts = step.updates.slice(0, 12).map(({ box, edge, contribution, after }) => {
    const { partial } = graph.edges[edge];
    const sign = equals(adjoint, partial, contribution);
    const product = `${short(adjoint)} times ${short(partial)} ${sign} ${short(contribution)}`;
    return `${name(box)} receives ${product}, and has ${short(after)}`;
  });
  return `${name(step.box)} passes its adjoint ${short(adjoint)} on: ${parts.join("; ")}.`;
}

// Which of the places that one box has in an operation an edge comes to: "first " x, "second " x; nothing if it is alone.
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

// ---------------------------------------------------------------- geometry

// Each column or row of empty space wider than `most` shrinks to it: a map from old to new coordinates that keeps the
// order of everything.  This is how a collapsed module gives its room back.
function squeezed(intervals, most) {
  const sorted = [...intervals].sort((a, b) => a[0] - b[0]);
  const cuts = []; // empty spaces, with how much is taken out before and after each
  let end = sorted.length ? sorted[0][0] : 0;
  let taken = 0;
  for (const [from, to] of sorted) {
    if (from - end > most) {
      cuts.push({ start: end, end: from, before: taken, after: taken + from - end - most });
      taken += from - end - most;
    }
    end = Math.max(end, to);
  }
  return (x) => {
    let shift = 0;
    for (const cut of cuts) {
      if (x >= cut.end) shift = cut.after;
      else if (x > cut.start)
        return x - cut.before - ((cut.after - cut.before) * (x - cut.start)) / (cut.end - cut.start);
      else break;
    }
    return x - shift;
  };
}

// A squeezed axis that begins at 0 with the first of the spans shown, and how long it is.
function fromZero(shown, solid, most) {
  const squeeze = squeezed(solid, most);
  const [begin] = extent(shown.map(([from]) => squeeze(from)));
  const [, end] = extent(shown.map(([, to]) => squeeze(to)));
  return [(x) => squeeze(x) - begin, end - begin];
}

// The outermost collapsed cluster around each cluster, itself included; -1 for none.
function outermostCollapsed(clusters, collapsed) {
  return clusters.map((_, i) => {
    let found = -1;
    for (let c = i; c >= 0; c = clusters[c].parent) if (collapsed.has(c)) found = c;
    return found;
  });
}

function isWithin(point, place) {
  const [x, y] = point;
  return x >= place.x - 0.01 && x <= place.x + place.w + 0.01 && y >= place.y - 0.01 && y <= place.y + place.h + 0.01;
}

// A line through points, from left to right with level ends.
function pathThrough(points) {
  let path = `M${round(points[0][0])} ${round(points[0][1])}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (y0 === y1) path += `H${round(x1)}`;
    else {
      const bend = x1 > x0 ? (x1 - x0) / 2 : 40;
      path += `C${round(x0 + bend)} ${round(y0)} ${round(x1 - bend)} ${round(y1)} ${round(x1)} ${round(y1)}`;
    }
  }
  return path;
}

function round(x) {
  return Math.round(x * 10) / 10;
}

// The view {x, y, scale} that shows `width` × `height` whole in a window, never larger than life and a half.
function fitted(width, height, window) {
  const margin = 24;
  const room = { w: Math.max(50, window.w - 2 * margin), h: Math.max(50, window.h - 2 * margin) };
  const scale = Math.min(room.w / Math.max(width, 1), room.h / Math.max(height, 1), 1.5);
  return { x: (window.w - width * scale) / 2, y: (window.h - height * scale) / 2, scale };
}

// The view at this scale with a box in the middle, but no empty margin where there is more of the picture to show.
function centred(place, scale, width, height, window) {
  const along = (middle, size, room) => {
    const wanted = room / 2 - middle * scale;
    if (size * scale <= room - 48) return (room - size * scale) / 2;
    return Math.min(24, Math.max(room - 24 - size * scale, wanted));
  };
  return {
    x: along(place.x + place.w / 2, width, window.w),
    y: along(place.y + place.h / 2, height, window.h),
    scale,
  };
}

// The view magnified around the point (x, y) of the window.
function zoomed(view, by, x, y) {
  const scale = Math.max(0.01, Math.min(6, view.scale * by));
  const ratio = scale / view.scale;
  return { x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, scale };
}

if (typeof module !== "undefined")
  module.exports = {
    numberOf,
    short,
    full,
    extent,
    equals,
    equation,
    ordinalOf,
    factor,
    visible,
    nameParts,
    typeset,
    stepsOf,
    Walk,
    stepOfBox,
    sentence,
    matching,
    squeezed,
    fromZero,
    outermostCollapsed,
    isWithin,
    pathThrough,
    fitted,
    centred,
    zoomed,
  };
