// The step in words and formulas, and the details of a box.

const phaseName = (phase) =>
  ({ start: "start", forward: "forward pass", seed: "backward pass", backward: "backward pass" })[phase];

class Panel {
  constructor(graph, walk) {
    [this.graph, this.walk] = [graph, walk];
    const operations = graph.order.length;
    byId("about").textContent =
      graph.summary ||
      `${counted(graph.boxes.length, "box", "boxes")}, ${counted(operations, "operation")}${graph.swept ? "" : " · backward() has not run: the page computes the gradients itself"}`;
    byId("note").hidden = !graph.stale;
    byId("note").textContent =
      "Numbers were changed after the graph was recorded (by an optimiser's step?): run the model again for equations that agree.";
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

  show(step) {
    const [{ graph, walk }, rule] = [this, byId("rule")];
    const said = graph.summary
      ? `${graph.summary}. There are no single steps to show.`
      : sentence(graph, step, walk.adjoints);
    byId("phase").textContent = graph.summary ? "Overview" : phaseName(step.phase);
    byId("phase").className = step.phase;
    const box = graph.boxes[step.box];
    byId("headline").textContent = {
      start: graph.summary ? "A summary" : "Ready",
      forward: box && `Compute ${typeset(box.name)}`,
      seed: box && `Start at ${typeset(box.name)}`,
      backward: box && `Pass on the gradient of ${typeset(box.name)}`,
    }[step.phase];
    const lines = {
      start: () => [said],
      forward: () => this.#forward(box, step),
      seed: () => [formula(barred(box.name), "=", derivative(box.name, box.name), "=", "1"), said],
      backward: () => this.#backward(box, step, said),
    }[step.phase]();
    rule.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("", "p", {}, visible(line)) : line)));
    rule.scrollTop = 0;
    return said;
  }

  #where(box) {
    const titles = [];
    for (let c = box.cluster; c >= 0; c = this.graph.clusters[c].parent) titles.unshift(this.graph.clusters[c].title);
    return titles.length ? [`in ${titles.join(" › ")}`] : [];
  }

  #derivative(i) {
    const { boxes, edges } = this.graph;
    return derivative(boxes[edges[i].target].name, boxes[edges[i].source].name, ordinalOf(edges, i));
  }

  #forward(box, step) {
    const partials = step.edges.filter((i) => this.graph.boxes[this.graph.edges[i].source].kind !== "constant");
    const rows = partials
      .slice(0, 24)
      .map((i) =>
        formula(this.#derivative(i), equals(this.graph.edges[i].partial), short(this.graph.edges[i].partial)),
      );
    const more = partials.length > 24 ? [`… and ${partials.length - 24} more`] : [];
    const equations = equation(box);
    const result = strong(equations.pop());
    return [
      ...this.#where(box),
      formula(named(box.name), ...equations, result),
      ...(rows.length ? ["Its local partials, kept for the way back:"] : []),
      ...rows,
      ...more,
    ];
  }

  #backward(box, step, said) {
    if (!step.updates.length) return [...this.#where(box), said];
    const adjoint = this.walk.adjoints[step.box];
    const rows = step.updates.slice(0, 24).map(({ box: operand, edge, before, contribution, after }) => {
      const { name } = this.graph.boxes[operand];
      const { partial } = this.graph.edges[edge];
      const line = formula(
        barred(name),
        "+=",
        barred(box.name),
        "·",
        this.#derivative(edge),
        equals(adjoint, partial),
        factor(adjoint),
        "·",
        factor(partial),
        equals(adjoint, partial, contribution),
        strong(short(contribution)),
      );
      const running = make(
        "",
        "p",
        { class: "running" },
        `${typeset(name)}.grad: ${short(before ?? 0)} → `,
        make("", "b", {}, short(after)),
      );
      return make("", "div", { class: "received" }, line, running);
    });
    const more = step.updates.length > 24 ? [`… and ${step.updates.length - 24} more operands`] : [];
    return [...this.#where(box), ...rows, ...more];
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

function named(name) {
  const [base, ...marks] = nameParts(name);
  return indexed(maths("mi", base), ...marks);
}

function barred(name) {
  const [base, ...marks] = nameParts(name);
  const bar =
    [...base].length > 1 // an accent would not reach over a word
      ? make(MATHML, "mi", { class: "bar" }, base)
      : make(MATHML, "mover", { accent: "true" }, maths("mi", base), maths("mo", "¯"));
  return indexed(bar, ...marks);
}

const derivative = (of, by, place = "") =>
  maths(
    "mfrac",
    maths("mrow", maths("mo", "∂"), named(of)),
    maths("mrow", maths("mo", "∂"), ...(place ? [maths("mtext", place.replace(" ", "\u00a0"))] : []), named(by)),
  );
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
    piece.at(-1).localName === "span"
      ? make("", "span", { class: "wide" }, ...piece.map((part) => `${part.textContent} `))
      : make(MATHML, "math", {}, maths("mrow", ...piece));
  const lines = sides.map((side) => make("", "span", { class: "side" }, ...side.map(drawn)));
  return make("", "div", { class: "formula" }, ...lines);
}

// Everything there is to know of a box, with all digits.
function details(graph, walk, i) {
  const box = graph.boxes[i];
  const rows = [];
  const row = (key, value) => rows.push(make("", "dt", {}, key), make("", "dd", {}, value));
  if (box.path && box.path !== box.name) row("parameter", box.path);
  if (box.operation) row("formula", `${typeset(box.name)} = ${visible(box.formula)}`);
  if (box.data !== null) row("data", walk.known[i] || graph.summary ? full(box.data) : "not computed yet");
  if (box.kind !== "constant" && box.kind !== "group") {
    row("adjoint here", walk.adjoints[i] === null ? "none yet" : full(walk.adjoints[i]));
    if (graph.swept) row("grad in Python", full(box.grad));
  }
  const arriving = [...graph.edges.keys()].filter(
    (edge) => graph.edges[edge].target === i && graph.edges[edge].partial !== null,
  );
  for (const edge of arriving.slice(0, 8)) {
    const { source, partial } = graph.edges[edge];
    row(`∂/∂${ordinalOf(graph.edges, edge)}${typeset(graph.boxes[source].name)}`, full(partial));
  }
  if (arriving.length > 8) row("…", `${arriving.length - 8} more partials`);
  for (const note of box.kind === "group" ? [] : box.notes) row("note", note);
  return [make("", "strong", {}, visible(box.name)), ` ${box.kind}`, make("", "dl", {}, ...rows)];
}
