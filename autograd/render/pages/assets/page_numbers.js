"use strict";
// The numbers of the page when a leaf was changed: the program that was printed from the recorded graph computes them.

class Numbers {
  /** @param {PageGraph} graph @param {(() => Program) | null} make called when a number is changed first */
  constructor(graph, make) {
    this.graph = graph;
    this.make = make;
    /** @type {Program | null} */
    this.program = null;
    this.changed = false;
    this.#record();
  }

  #record() {
    const { boxes, edges, stale } = this.graph;
    this.recorded = {
      boxes: boxes.map(({ data, numbers, rounded }) => ({ data, numbers, rounded })),
      partials: edges.map(({ partial }) => partial),
      stale,
    };
  }

  /** Take the numbers of leaves that another page hands over, as if they had been recorded.
   * @param {[number, number][]} handed boxes and their numbers */
  take(handed) {
    for (const [box, number] of handed) this.graph.boxes[box].data = number;
    this.#compute();
    this.#record();
  }

  // Whether a box is a leaf whose number can be changed.
  canSet(box) {
    return this.make !== null && this.graph.program.leaves.includes(box);
  }

  set(box, number) {
    this.graph.boxes[box].data = number;
    this.changed = true;
    this.#compute();
  }

  reset() {
    const { boxes, edges } = this.graph;
    for (const [i, box] of boxes.entries()) Object.assign(box, this.recorded.boxes[i]);
    for (const [i, edge] of edges.entries()) edge.partial = this.recorded.partials[i];
    this.graph.stale = this.recorded.stale;
    this.changed = false;
  }

  #compute() {
    if (!this.program) {
      this.program = this.make();
      this.slots = new Float64Array(this.program.slots);
      this.outputs = new Float64Array(this.program.outputs);
      this.program.init(this.slots);
    }
    const { graph, outputs } = this;
    const { leaves, values, partials } = graph.program;
    const inputs = Float64Array.from(leaves, (box) => graph.boxes[box].data);
    this.program.run(1, inputs, 1, this.slots, outputs);
    graph.stale = false;
    for (const [i, edge] of graph.edges.entries()) if (partials[i] >= 0) edge.partial = outputs[partials[i]];
    for (const [i, box] of graph.boxes.entries()) if (values[i] >= 0) box.data = outputs[values[i]];
    for (const box of graph.boxes) {
      if (!box.operation || !box.template) continue;
      const numbers = box.operands.map((x) => (typeof x === "number" ? graph.boxes[x].data : Number(x[0])));
      Object.assign(box, onNumbers(box.template, numbers, box.data));
    }
  }
}

// The number that a reader has written, with either minus, a decimal comma, inf and nan; null if it is none.
/** @param {string} text @returns {number | null} */
function numberRead(text) {
  const plain = text
    .trim()
    .replace(/^[−–]/, "-")
    .replace(/^([-+]?[0-9]*),([0-9]+)$/, "$1.$2");
  const named = { inf: Infinity, "+inf": Infinity, "-inf": -Infinity, "∞": Infinity, "-∞": -Infinity, nan: NaN };
  if (plain.toLowerCase() in named) return named[plain.toLowerCase()];
  return /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?$/i.test(plain) ? Number(plain) : null;
}

// Whether a guess is right: within half a percent, or with the digits that the page shows.
/** @param {number | null} guess @param {number} number */
function isRight(guess, number) {
  if (guess === null) return false;
  if (!Number.isFinite(number)) return Object.is(guess, number);
  return Math.abs(guess - number) <= 0.005 * Math.abs(number) || short(guess) === short(number);
}

// What a step asks for, one number after the other: [what, the number, its place in the step].
/** @param {PageGraph} graph @param {Step} step @returns {[string, number, number][]} */
function questionsOf(graph, step) {
  const name = (box) => typeset(graph.boxes[box].name);
  if (step.phase === "forward") return step.boxes.slice(0, 3).map((box, i) => [name(box), graph.boxes[box].data, i]);
  if (step.phase === "seed") return [[`∂${name(step.box)}/∂${name(step.box)}`, 1, 0]];
  return step.updates
    .slice(0, 3)
    .map(({ box, edge, contribution }, i) => [
      `what ${name(box)} receives from ${name(graph.edges[edge].target)}`,
      contribution,
      i,
    ]);
}
