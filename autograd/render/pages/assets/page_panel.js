"use strict";
// The step in words and formulas, and the details of a box.

const phaseName = (phase) =>
  ({ start: "start", forward: "forward pass", seed: "backward pass", backward: "backward pass" })[phase];

class Panel {
  /** @param {PageGraph} graph @param {{ numbers: Numbers, walk: Walk }} state */
  constructor(graph, state) {
    this.graph = graph;
    this.state = state;
    this.tell();
    const kinds = {
      input: "input",
      parameter: "parameter",
      constant: "constant",
      operation: "operation",
      result: "result",
      group: "many nodes",
    };
    for (const kind of Object.keys(kinds).filter((kind) => graph.boxes.some((box) => box.kind === kind)))
      byId("legend").append(make("", "dt", { class: `swatch ${kind}` }), make("", "dd", {}, kinds[kind]));
  }

  // What is said of the whole page.
  tell() {
    const { graph, state } = this;
    const [boxes, operations] = [counted(graph.boxes.length, "box", "boxes"), counted(graph.order.length, "operation")];
    const unswept = graph.swept ? "" : " · backward() has not run: the page computes the gradients itself";
    const changed = state.numbers.changed ? " · numbers changed here" : unswept;
    byId("about").textContent = graph.summary || `${boxes}, ${operations}${changed}`;
    byId("note").hidden = !graph.stale;
    byId("note").textContent =
      "Numbers were changed after the graph was recorded (by an optimiser's step?): run the model again for equations that agree.";
    byId("reset").hidden = !state.numbers.changed;
  }

  /** @param {Step} step */
  show(step) {
    const { graph, state } = this;
    const said = graph.summary
      ? `${graph.summary}. There are no single steps to show.`
      : sentence(graph, step, state.walk.adjoints);
    this.#head(step, {
      start: graph.summary ? "A summary" : "Ready",
      forward: `Compute ${this.#names(step)}`,
      seed: `Start at ${this.#names(step)}`,
      backward: `Pass on the gradient of ${this.#names(step)}`,
    });
    const lines = {
      start: () => [said, ...(state.numbers.make ? ["Click a leaf, or press Enter on it, to change its number."] : [])],
      forward: () => this.#forward(step),
      seed: () => [this.#seed(step, "1"), said],
      backward: () => this.#backward(step, said),
    }[step.phase]();
    this.#fill(lines);
    return said;
  }

  // Asks for the numbers of a step one after the other; `done` is called after the last.
  ask(step, done) {
    this.#head(step, {
      start: "",
      forward: `Guess ${this.#names(step)}`,
      seed: `Guess where ${this.#names(step)} starts`,
      backward: `Guess what ${this.#names(step)} passes on`,
    });
    const questions = questionsOf(this.graph, step);
    const next = () => {
      const question = questions.shift();
      if (!question) return done();
      this.#fill([...this.#asked(step, question), this.#form(question, next)]);
      byId("rule").querySelector("input").focus();
    };
    next();
    return "Guess the number.";
  }

  #form(question, next) {
    const [what, number] = question;
    const field = make("", "input", { id: "guess", inputmode: "decimal", autocomplete: "off", size: 10 });
    const verdict = make("", "p", { id: "verdict", role: "status" });
    const reveal = make("", "button", { type: "button", id: "reveal" }, "Show it");
    const label = make("", "label", { for: "guess" }, `${what.replace(/^what /, "What ")} = `);
    const check = make("", "button", { id: "check" }, "Check");
    const form = make("", "form", { class: "guess" }, label, field, check, reveal, verdict);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (isRight(numberRead(field.value), number)) return next();
      verdict.textContent = `${field.value.trim() || "Nothing"} is not it. Try again, or let it be shown.`;
      field.select();
    });
    reveal.addEventListener("click", next);
    return form;
  }

  #asked(step, [, , i]) {
    const { graph } = this;
    if (step.phase === "seed") return [this.#seed(step, "?")];
    if (step.phase === "backward") return [this.#received(step.updates[i], "?")];
    const equations = equation(graph.boxes[step.boxes[i]]).slice(0, -1);
    return [formula(named(graph.boxes[step.boxes[i]].name), ...equations, strong("?"))];
  }

  #head(step, headlines) {
    byId("phase").textContent = this.graph.summary ? "Overview" : phaseName(step.phase);
    byId("phase").className = step.phase;
    byId("headline").textContent = headlines[step.phase];
  }

  #fill(lines) {
    const rule = byId("rule");
    rule.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("", "p", {}, visible(line)) : line)));
    rule.scrollTop = 0;
  }

  // The boxes of a step by name: of many the module that they make.
  #names({ boxes }) {
    if (boxes.length <= 3) return boxes.map((box) => typeset(this.graph.boxes[box].name)).join(", ");
    const { clusters } = this.graph;
    const common = around(this.graph, this.graph.boxes[boxes[0]].cluster).find((c) =>
      boxes.every((box) => around(this.graph, this.graph.boxes[box].cluster).includes(c)),
    );
    return common === undefined ? counted(boxes.length, "box", "boxes") : clusters[common].title;
  }

  #where({ boxes }) {
    const modules = around(this.graph, this.graph.boxes[boxes[0]].cluster).reverse();
    return modules.length ? [`in ${modules.map((c) => this.graph.clusters[c].title).join(" › ")}`] : [];
  }

  #derivative(i) {
    const { boxes, edges } = this.graph;
    return derivative(boxes[edges[i].target].name, boxes[edges[i].source].name, ordinalOf(edges, i));
  }

  #seed({ box }, text) {
    const { name } = this.graph.boxes[box];
    return formula(barred(name), "=", derivative(name, name), "=", text === "1" ? text : strong(text));
  }

  #forward(step) {
    const { boxes, edges } = this.graph;
    const equations = step.boxes.slice(0, 24).map((box) => {
      const sides = equation(boxes[box]);
      const result = strong(sides.pop());
      return formula(named(boxes[box].name), ...sides, result);
    });
    const left = step.boxes.length - equations.length;
    if (left) equations.push(`… and ${left} more`);
    if (step.boxes.length > 1) return [...this.#where(step), ...equations];
    const partials = step.edges.filter((i) => boxes[edges[i].source].kind !== "constant");
    const rows = partials
      .slice(0, 24)
      .map((i) => formula(this.#derivative(i), equals(edges[i].partial), short(edges[i].partial)));
    const more = partials.length > 24 ? [`… and ${partials.length - 24} more`] : [];
    const kept = rows.length ? ["Its local partials, kept for the way back:"] : [];
    return [...this.#where(step), ...equations, ...kept, ...rows, ...more];
  }

  #received({ box, edge, contribution }, text = short(contribution)) {
    const { boxes, edges } = this.graph;
    const { partial, target } = edges[edge];
    const adjoint = this.state.walk.adjoints[target] ?? NaN;
    return formula(
      barred(boxes[box].name),
      "+=",
      barred(boxes[target].name),
      "·",
      this.#derivative(edge),
      equals(adjoint, partial),
      factor(adjoint),
      "·",
      factor(partial),
      equals(adjoint, partial, contribution),
      strong(text),
    );
  }

  #backward(step, said) {
    if (!step.updates.length) return [...this.#where(step), said];
    const rows = step.updates.slice(0, 24).map((update) => {
      const { box, before, after } = update;
      const running = make(
        "",
        "p",
        { class: "running" },
        `${typeset(this.graph.boxes[box].name)}.grad: ${short(before ?? 0)} → `,
        make("", "b", {}, short(after)),
      );
      return make("", "div", { class: "received" }, this.#received(update), running);
    });
    const more = step.updates.length > 24 ? [`… and ${step.updates.length - 24} more operands`] : [];
    return [...this.#where(step), ...rows, ...more];
  }
}

// MathML: read by screen readers, and drawn by every browser.
const maths = (tag, ...children) => make(MATHML, tag, {}, ...children);

function indexed(base, index, which, layer) {
  const below = index ? [maths("mn", index)] : [];
  const above = layer ? [maths("mn", layer.normalize("NFKC"))] : [];
  const name = index || layer ? maths(`m${index && "sub"}${layer && "sup"}`, base, ...below, ...above) : base;
  return which ? maths("mrow", name, maths("mtext", which)) : name;
}

// A name that is too long for a line of mathematics, in which nothing breaks.
const long = (name) => name.length > 18;

function named(name) {
  if (long(name)) return make("", "span", {}, visible(name));
  const [base, ...marks] = nameParts(name);
  return indexed(maths("mi", base), ...marks);
}

function barred(name) {
  if (long(name)) return make("", "span", { class: "bar" }, visible(name));
  const [base, ...marks] = nameParts(name);
  const bar =
    [...base].length > 1 // an accent would not reach over a word
      ? make(MATHML, "mi", { class: "bar" }, base)
      : make(MATHML, "mover", { accent: "true" }, maths("mi", base), maths("mo", "¯"));
  return indexed(bar, ...marks);
}

function derivative(of, by, place = "") {
  if (long(of) || long(by)) return make("", "span", {}, `∂${visible(of)} / ∂${place}${visible(by)}`);
  const which = place ? [maths("mtext", place.replace(" ", "\u00a0"))] : [];
  const [above, below] = [[named(of)], [...which, named(by)]].map((parts) => maths("mrow", maths("mo", "∂"), ...parts));
  return maths("mfrac", above, below);
}
const strong = (text) => make(MATHML, "mn", { class: "result" }, text);

const SPACED = { form: "infix", lspace: "0.25em", rspace: "0.25em" };

const LONG = 26; // characters of text, from which on a line of mathematics may break at any space

// A line of mathematics that may break before each = and ≈, and before a · only where even that does not fit.
function formula(...parts) {
  const sides = [[[]]];
  for (const part of parts) {
    if (/^[=≈]$/.test(part) && sides.at(-1)[0].length) sides.push([[]]);
    else if (part === "·") sides.at(-1).push([]);
    const piece = sides.at(-1).at(-1);
    if (typeof part !== "string") piece.push(part);
    else if (part.length > LONG) piece.push(make("", "span", {}, visible(part)));
    else piece.push(/^[=≈·]$|^\+=$/.test(part) ? make(MATHML, "mo", SPACED, part) : maths("mn", visible(part)));
  }
  const drawn = (piece) =>
    piece.some((part) => part.localName === "span")
      ? make("", "span", { class: "wide" }, ...piece.flatMap((p) => [p.localName === "span" ? p : p.textContent, " "]))
      : make(MATHML, "math", {}, maths("mrow", ...piece));
  const lines = sides.map((side) => make("", "span", { class: "side" }, ...side.map(drawn)));
  return make("", "div", { class: "formula" }, ...lines);
}

// Everything there is to know of a box, with all digits.
/** @param {PageGraph} graph @param {{ numbers: Numbers, walk: Walk }} state @param {number} i */
function details(graph, { walk, numbers }, i) {
  const [box, here] = [graph.boxes[i], numbers.changed];
  const rows = [];
  const row = (key, value) => rows.push(make("", "dt", {}, key), make("", "dd", {}, value));
  if (box.path && box.path !== box.name) row("parameter", box.path);
  if (box.operation) row("formula", `${typeset(box.name)} = ${visible(box.formula)}`);
  if (box.data !== null) row("data", walk.known[i] || graph.summary ? full(box.data, here) : "not computed yet");
  if (box.kind !== "constant" && box.kind !== "group") {
    row("adjoint here", walk.adjoints[i] === null ? "none yet" : full(walk.adjoints[i], here));
    if (graph.swept && !here) row("grad in Python", full(box.grad));
  }
  const arriving = [...graph.edges.keys()].filter(
    (edge) => graph.edges[edge].target === i && graph.edges[edge].partial !== null && walk.known[i],
  );
  for (const edge of arriving.slice(0, 8)) {
    const { source, partial } = graph.edges[edge];
    row(`∂/∂${ordinalOf(graph.edges, edge)}${typeset(graph.boxes[source].name)}`, full(partial, here));
  }
  if (arriving.length > 8) row("…", `${arriving.length - 8} more partials`);
  for (const note of box.kind === "group" ? [] : box.notes) row("note", note);
  if (numbers.canSet(i)) row("to change it", "click, or press Enter");
  return [make("", "strong", {}, visible(box.name)), ` ${box.kind}`, make("", "dl", {}, ...rows)];
}
