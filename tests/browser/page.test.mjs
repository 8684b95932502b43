// The parts of the page's script that need no document.  Run: node --test tests/browser/
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const page = require("../../autograd/render/pages/assets/page.js");
Object.assign(globalThis, page); // on a page the scripts are one
const { contour, scaleOf } = require("../../autograd/render/pages/assets/page_training.js");

const written = { data: 0, formula: "", numbers: "", rounded: false, path: "", cluster: -1 };
const leaf = (name, kind = "input") => ({ ...written, name, kind, operation: "" });
const node = (name, operation = "×") => ({ ...written, name, kind: "operation", operation, formula: "…" });
const edge = (source, target, partial) => ({ source, target, partial, multiplicity: 1 });

// L = (a·b + c)·f at 2, −3, 10, −2
const lecture = () => ({
  boxes: [leaf("a"), leaf("b"), node("e"), leaf("c"), node("d", "+"), leaf("f"), node("L")],
  edges: [edge(0, 2, -3), edge(1, 2, 2), edge(2, 4, 1), edge(3, 4, 1), edge(4, 6, -2), edge(5, 6, 4)],
  order: [2, 4, 6],
  root: 6,
});

test("each operation has one step forward and one backward, and the seed one", () => {
  const phases = page.stepsOf(lecture()).map((step) => step.phase);
  assert.deepEqual(phases, ["start", "forward", "forward", "forward", "seed", "backward", "backward", "backward"]);
});

test("at the end the adjoints are those of the chain rule", () => {
  const walk = new page.Walk(lecture());
  walk.goTo(Infinity);
  assert.deepEqual(walk.adjoints, [6, -4, -2, -2, -2, 4, 1]);
});

test("an adjoint is the sum over all users, in any order of visit", () => {
  const graph = {
    boxes: [leaf("a"), node("b"), node("c")],
    edges: [edge(0, 1, 3), edge(0, 1, 4), edge(1, 2, 5), edge(0, 2, 7)],
    order: [1, 2],
    root: 2,
  };
  const walk = new page.Walk(graph);
  walk.goTo(99);
  assert.equal(walk.adjoints[0], 7 + 15 + 20);
});

test("stepping back undoes stepping forward, exactly", () => {
  const walk = new page.Walk(lecture());
  const seen = [];
  for (let i = 0; i < walk.steps.length; i++) {
    walk.goTo(i);
    seen.push(JSON.stringify([walk.known, walk.adjoints]));
  }
  for (let i = walk.steps.length - 1; i >= 0; i--) {
    walk.goTo(i);
    assert.equal(JSON.stringify([walk.known, walk.adjoints]), seen[i]);
  }
});

test("goTo reports what changed, and stays within the steps", () => {
  const walk = new page.Walk(lecture());
  assert.deepEqual([...walk.goTo(1)], [2]);
  assert.deepEqual([...walk.goTo(1)], []);
  walk.goTo(1e9);
  assert.equal(walk.step, 7);
  walk.goTo(-3);
  assert.equal(walk.step, 0);
});

test("values are known from the forward step of their operation on", () => {
  const walk = new page.Walk(lecture());
  assert.deepEqual(walk.known, [true, true, false, true, false, true, false]);
  walk.goTo(2);
  assert.deepEqual(walk.known, [true, true, true, true, true, true, false]);
});

test("an adjoint of exactly 0 is not passed on, so 0 · ∞ is no nan", () => {
  const graph = {
    boxes: [leaf("x"), node("s"), node("y")],
    edges: [edge(0, 1, Infinity), edge(1, 2, 0)],
    order: [1, 2],
    root: 2,
  };
  const walk = new page.Walk(graph);
  walk.goTo(99);
  assert.equal(walk.adjoints[0], null);
  assert.match(page.sentence(graph, walk.steps.at(-1), walk.adjoints), /s has the adjoint 0 and passes nothing on/);
});

test("constants receive nothing, and an unknown partial makes the adjoint unknown", () => {
  const graph = {
    boxes: [leaf("1", "constant"), leaf("x"), node("y")],
    edges: [edge(0, 2, null), edge(1, 2, null)],
    order: [2],
    root: 2,
  };
  const walk = new page.Walk(graph);
  walk.goTo(99);
  assert.equal(walk.adjoints[0], null);
  assert.ok(Number.isNaN(walk.adjoints[1]));
});

test("a summary has no steps", () => {
  assert.equal(page.stepsOf({ boxes: [leaf("g", "group")], edges: [], order: [], root: -1 }).length, 1);
});

test("a box is found in the phase that the reader is in", () => {
  const steps = page.stepsOf(lecture());
  assert.equal(page.stepOfBox(steps, 4, steps[1]), 2);
  assert.equal(page.stepOfBox(steps, 4, steps[6]), 6);
  assert.equal(page.stepOfBox(steps, 0, steps[1]), -1);
});

test("the chain rule is said in words with its numbers", () => {
  const walk = new page.Walk(lecture());
  walk.goTo(5);
  assert.equal(
    page.sentence(lecture(), walk.steps[5], walk.adjoints),
    "L passes its adjoint 1 on: d receives 1 times −2 = −2, and has −2; f receives 1 times 4 = 4, and has 4.",
  );
});

test("numbers have four digits in the picture and all of them in the details", () => {
  const shown = [0, -0, 1 / 3, -2.5, 123456.7, 1.5e-7, -6.02214076e23, NaN, Infinity, -Infinity].map(page.short);
  assert.deepEqual(shown, ["0", "0", "0.3333", "−2.5", "123500", "1.5·10⁻⁷", "−6.022·10²³", "nan", "∞", "−∞"]);
  assert.equal(page.full(-1 / 3), "−0.3333333333333333");
  assert.equal(page.full(null), "unknown");
  assert.deepEqual([2, -3, 1e-9].map(page.factor), ["2", "(−3)", "(1·10⁻⁹)"]);
  assert.deepEqual(["NaN", "-Infinity", 0.1, null].map(page.numberOf), [NaN, -Infinity, 0.1, null]);
});

test("what is rounded is not called equal", () => {
  const box = { formula: "a · b", numbers: "2 · 3", rounded: false, data: 6 };
  assert.deepEqual(page.equation(box), ["=", "a · b", "=", "2 · 3", "=", "6"]);
  assert.deepEqual(page.equation({ ...box, data: 6.00001 }).slice(-2), ["≈", "6"]);
  assert.deepEqual(page.equation({ ...box, rounded: true }).slice(2), ["≈", "2 · 3", "≈", "6"]);
  assert.deepEqual(page.equation({ ...box, numbers: "" }), ["=", "a · b", "=", "6"]);
  assert.deepEqual([page.equals(0.1 + 0.2), page.equals(2, 1 / 3), page.equals(Infinity, NaN)], ["=", "≈", "="]);
});

test("the places of one operand are told apart", () => {
  const edges = [edge(0, 2, 3), edge(1, 2, 1), edge(0, 2, 4)];
  assert.deepEqual(
    [0, 1, 2].map((i) => page.ordinalOf(edges, i)),
    ["first ", "", "second "],
  );
});

test("names are set as mathematics, and nothing in them is invisible", () => {
  assert.deepEqual(page.nameParts("x1⁽²⁾"), ["x", "1", "⁽²⁾", ""]);
  assert.deepEqual(page.nameParts("W⁽¹⁾₁₂"), ["W", "12", "", "⁽¹⁾"]);
  assert.deepEqual(["x1⁽²⁾", "score⁽²⁾", "x1", "w_12", "v₁₂", "w₁,₂", "W⁽¹⁾₁₂", "b⁽²⁾1", "score", "x1y", ""].map(page.typeset), [
    "x₁⁽²⁾",
    "score⁽²⁾",
    "x₁",
    "w₁₂",
    "v₁₂",
    "w₁,₂",
    "W⁽¹⁾₁₂",
    "b⁽²⁾₁",
    "score",
    "x1y",
    "",
  ]);
  assert.equal(page.visible("a\u0000b\u001b\u007f"), "a␀b␛␡");
  assert.equal(page.visible("\u0085\u202e\u2066\u2028\ud800x🙂"), "\ufffd\ufffd\ufffd\ufffd\ufffdx🙂");
  assert.equal(page.visible("<script>"), "<script>");
});

test("search looks at labels and operations, whatever the case", () => {
  const boxes = [leaf("Loss"), { ...node("x₁", "tanh"), cluster: 1 }, { ...leaf("a.*b"), path: "layers.1.b" }];
  const clusters = [
    { title: "layer 1: Linear", path: "layers.0", parent: -1 },
    { title: "neuron 2", path: "layers.0.neurons.1", parent: 0 },
  ];
  const found = (query) => page.matching({ boxes, clusters }, query);
  assert.deepEqual(found(" loss "), [0]);
  assert.deepEqual(found("TANH"), [1]);
  assert.deepEqual(found(".*"), [2]);
  assert.deepEqual(found("  "), []);
  assert.deepEqual(found("linear"), [1]);
  assert.deepEqual(found("layers.0"), [1]);
  assert.deepEqual(found("layers"), [1, 2]);
  const weights = { boxes: [leaf("W⁽¹⁾₁₂"), leaf("W⁽²⁾₁₂"), leaf("x₁")], clusters: [] };
  assert.deepEqual(["w12", "W(2)12", "W⁽¹⁾", "x1"].map((query) => page.matching(weights, query)), [[0, 1], [1], [0], [2]]);
});

test("wide empty space shrinks, and order is kept", () => {
  const map = page.squeezed(
    [
      [0, 10],
      [500, 510],
      [505, 520],
    ],
    100,
  );
  assert.equal(map(10), 10);
  assert.equal(map(500), 110);
  assert.equal(map(520), 130);
  for (let x = 0; x < 600; x++) assert.ok(map(x + 1) >= map(x));
  assert.equal(page.squeezed([], 100)(7), 7);
});

test("the outermost closed module hides what is in it", () => {
  const clusters = [{ parent: -1 }, { parent: 0 }, { parent: 1 }, { parent: -1 }];
  assert.deepEqual(page.outermostCollapsed(clusters, new Set([1])), [-1, 1, 1, -1]);
  assert.deepEqual(page.outermostCollapsed(clusters, new Set([0, 2, 3])), [0, 0, 0, 3]);
});

test("a line is level where it begins and ends, and backward ones bulge", () => {
  assert.equal(
    page.pathThrough([
      [0, 5],
      [10, 5],
    ]),
    "M0 5H10",
  );
  assert.equal(
    page.pathThrough([
      [0, 0],
      [10, 20],
    ]),
    "M0 0C5 0 5 20 10 20",
  );
  assert.equal(
    page.pathThrough([
      [50, 0],
      [0, 20],
    ]),
    "M50 0C90 0 -40 20 0 20",
  );
  assert.ok(page.isWithin([1, 1], { x: 0, y: 0, w: 1, h: 1 }));
  assert.ok(!page.isWithin([1.1, 1], { x: 0, y: 0, w: 1, h: 1 }));
});

test("the fitted picture is in the window, and zooming keeps the point under the pointer", () => {
  const view = page.fitted(1000, 500, { w: 548, h: 548 });
  assert.equal(view.scale, 0.5);
  assert.equal(view.x, 24);
  const near = page.zoomed(view, 2, 100, 200);
  assert.equal((100 - near.x) / near.scale, (100 - view.x) / view.scale);
  assert.equal((200 - near.y) / near.scale, (200 - view.y) / view.scale);
  assert.equal(page.fitted(1, 1, { w: 900, h: 900 }).scale, 1.5);
});

test("the contour is where the grid crosses the threshold", () => {
  assert.deepEqual(contour([0, 1, 0, 1], 2, 0.25), [[0.25, 0, 0.25, 1]]);
  assert.deepEqual(contour([1, 1, 1, 1], 2, 0.5), []);
  assert.equal(contour([1, 0, 0, 1], 2, 0.5).length, 2);
});

test("losses over several orders of magnitude get a logarithmic axis", () => {
  const { height, ticks } = scaleOf([1, 0.1, 0.01, null]);
  assert.ok(Math.abs(ticks[1] - 0.1) < 1e-12);
  assert.ok(Math.abs(height(0.1) - (height(1) + height(0.01)) / 2) < 1e-9);
  assert.equal(scaleOf([1, 2]).ticks.length, 3);
  assert.deepEqual(scaleOf([0.7, NaN]).ticks, [0.7]);
});

test("more numbers than a call takes arguments have an extent too", () => {
  const numbers = Array.from({ length: 300_000 }, (_, i) => i);
  assert.deepEqual(page.extent([NaN, null, Infinity, ...numbers.slice(0, 9)]), [0, 8]);
  assert.deepEqual(page.extent(numbers), [0, 299_999]);
});

test("a centred box leaves no empty margin where there is more to show", () => {
  const window = { w: 400, h: 400 };
  const small = page.centred({ x: 0, y: 0, w: 10, h: 10 }, 1, 1000, 200, window);
  assert.deepEqual([small.x, small.y], [24, 100]);
  const middle = page.centred({ x: 495, y: 0, w: 10, h: 10 }, 1, 1000, 200, window);
  assert.equal(middle.x, -300);
  assert.equal(page.centred({ x: 990, y: 0, w: 10, h: 10 }, 1, 1000, 200, window).x, -624);
});

test("an axis begins with what is shown", () => {
  const [map, length] = page.fromZero(
    [[100, 400]],
    [
      [120, 150],
      [390, 400],
    ],
    100,
  ); // 140 too much between the two
  assert.deepEqual([map(100), map(120), map(390), length], [0, 20, 150, 160]);
});
