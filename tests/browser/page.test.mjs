// The parts of the page's script that need no document.  Run: node --test tests/browser/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// On a page the scripts are one; here, what is asked of it are the functions by their names.
const names = ["page", "page_geometry", "page_numbers", "page_boundary", "page_training"];
const texts = names.map((name) =>
  readFileSync(new URL(`../../autograd/render/pages/assets/${name}.js`, import.meta.url), "utf8"),
);
const top = texts.join("\n").matchAll(/^(?:function|class|const) (\w+)/gm);
const page = new Function(`${texts.join("\n")}\nreturn { ${[...top].map(([, name]) => name).join(", ")} };`)();
const { contour, scaleOf, roundTicks, refined, likeliest } = page;

const written = { data: 0, formula: "", numbers: "", rounded: false, path: "", cluster: -1 };
const leaf = (name, kind = "input") => ({ ...written, name, kind, operation: "" });
const node = (name, operation = "×") => ({ ...written, name, kind: "operation", operation, formula: "…" });
const edge = (source, target, partial, gate = false) => ({ source, target, partial, gate, multiplicity: 1 });

// L = (a·b + c)·f at 2, −3, 10, −2
const lecture = () => ({
  boxes: [leaf("a"), leaf("b"), node("e"), leaf("c"), node("d", "+"), leaf("f"), node("L")],
  clusters: [],
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
    clusters: [],
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

test("what a closed gate keeps out never arrives; everything else is IEEE 754, as in Python", () => {
  const graph = {
    boxes: [leaf("x"), node("s"), node("y")],
    clusters: [],
    edges: [edge(0, 1, Infinity), edge(1, 2, 0)],
    order: [1, 2],
    root: 2,
  };
  const open = new page.Walk(graph);
  open.goTo(99);
  assert.deepEqual(open.adjoints, [NaN, 0, 1]);
  graph.edges[1].gate = true;
  const walk = new page.Walk(graph);
  walk.goTo(99);
  assert.deepEqual(walk.adjoints, [null, null, 1]);
  assert.match(page.sentence(graph, walk.steps.at(-1), walk.adjoints), /s has the adjoint 0 and passes nothing on/);
});

test("constants receive nothing, and an unknown partial makes the adjoint unknown", () => {
  const graph = {
    boxes: [leaf("1", "constant"), leaf("x"), node("y")],
    edges: [edge(0, 2, null), edge(1, 2, null)],
    clusters: [],
    order: [2],
    root: 2,
  };
  const walk = new page.Walk(graph);
  walk.goTo(99);
  assert.equal(walk.adjoints[0], null);
  assert.ok(Number.isNaN(walk.adjoints[1]));
});

test("a summary has no steps", () => {
  assert.equal(page.stepsOf({ boxes: [leaf("g", "group")], clusters: [], edges: [], order: [], root: -1 }).length, 1);
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
  const shown = [0, -0, 1 / 3, -2.5, 123456.7, 1.5e-7, -6.02214076e23, NaN, Infinity, -Infinity].map((x) =>
    page.short(x),
  );
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
  const view = page.fitted(1000, 500, { w: 520, h: 520 });
  assert.equal(view.scale, 0.5);
  assert.equal(view.x, 10);
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
  assert.deepEqual(ticks, [0.01, 0.1, 1]);
  assert.ok(Math.abs(height(0.1) - (height(1) + height(0.01)) / 2) < 1e-9);
  assert.deepEqual(scaleOf([1, 2]).ticks, [1, 1.5, 2]);
  assert.deepEqual(scaleOf([0.7, NaN]).ticks, [0.7]);
});

test("shares have one scale from 0 to 1, whatever they are", () => {
  for (const numbers of [[0.97, 0.99], [0.2, 0.5]]) {
    const { height, ticks } = scaleOf(numbers, 0, 100, false);
    assert.deepEqual([height(0), height(1)], [100, 0]);
    assert.deepEqual([ticks[0], ticks.at(-1)], [0, 1]);
  }
  assert.notEqual(scaleOf([-0.5, 0.5], 0, 100, false).height(0), 100);
});

test("ticks are round numbers within", () => {
  assert.deepEqual(roundTicks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundTicks(-1.3, 2.4), [-1, 0, 1, 2]);
  assert.deepEqual(roundTicks(3, 3), [3]);
});

test("a refined grid goes through its points, and is exact for planes", () => {
  const plane = Array.from({ length: 9 }, (_, i) => 2 * (i % 3) - Math.floor(i / 3));
  const fine = refined(plane, 3, 4);
  assert.equal(fine.length, 81);
  for (const [i, value] of fine.entries())
    assert.ok(Math.abs(value - (2 * (i % 9) - Math.floor(i / 9)) / 4) < 1e-12);
  const rough = [0, 3, 1, 4, 1, 5, 9, 2, 6];
  const smooth = refined(rough, 3, 2);
  for (const [i, value] of rough.entries())
    assert.ok(Math.abs(smooth[Math.floor(i / 3) * 10 + 2 * (i % 3)] - value) < 1e-12);
});

test("between two classes the border is where their leads meet", () => {
  const zones = likeliest([0, 2, 0, 2], [3, 1, 3, 1], 2, 4);
  assert.deepEqual([...zones.slice(0, 3), zones[4]], [0, 0, 0, 2]); // it lies at three quarters
});

test("more numbers than a call takes arguments have an extent too", () => {
  const numbers = Array.from({ length: 300_000 }, (_, i) => i);
  assert.deepEqual(page.extent([NaN, null, Infinity, ...numbers.slice(0, 9)]), [0, 8]);
  assert.deepEqual(page.extent(numbers), [0, 299_999]);
});

test("a centred box leaves no empty margin where there is more to show", () => {
  const window = { w: 400, h: 400 };
  const small = page.centred({ x: 0, y: 0, w: 10, h: 10 }, 1, 1000, 200, window);
  assert.deepEqual([small.x, small.y], [10, 100]);
  const middle = page.centred({ x: 495, y: 0, w: 10, h: 10 }, 1, 1000, 200, window);
  assert.equal(middle.x, -300);
  assert.equal(page.centred({ x: 990, y: 0, w: 10, h: 10 }, 1, 1000, 200, window).x, -610);
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

test("operations of one module are one step where they can be taken together", () => {
  const inside = (name, cluster) => ({ ...node(name), cluster });
  const graph = {
    boxes: [leaf("x"), inside("s1", 1), inside("s2", 2), inside("h1", 1), inside("h2", 2), node("y")],
    clusters: [{ parent: -1 }, { parent: 0 }, { parent: 0 }],
    edges: [edge(0, 1, 1), edge(0, 2, 2), edge(1, 3, 3), edge(2, 4, 4), edge(3, 5, 5), edge(4, 5, 6)],
    order: [1, 2, 3, 4, 5],
    root: 5,
  };
  const runs = (unit) => page.runsOf(graph, unit);
  assert.deepEqual(runs("operation"), [[1], [2], [3], [4], [5]]);
  assert.deepEqual(runs("inner"), [[1, 3], [2, 4], [5]]);
  assert.deepEqual(runs("outer"), [[1, 2, 3, 4], [5]]);
  for (const unit of ["operation", "inner", "outer"]) {
    const walk = new page.Walk(graph, unit);
    walk.goTo(99);
    assert.deepEqual(walk.adjoints, [1 * 3 * 5 + 2 * 4 * 6, 15, 24, 5, 6, 1]);
    assert.deepEqual(walk.known, Array(6).fill(true));
    walk.goTo(0);
    assert.deepEqual(walk.adjoints, Array(6).fill(null));
  }
  const walk = new page.Walk(graph, "outer");
  walk.goTo(5);
  assert.match(page.sentence(graph, walk.steps[5], walk.adjoints), /s₁ receives 5 times 3 = 15 from h₁, and has 15/);
});

test("modules that use each other in turn are taken in several steps", () => {
  const inside = (name, cluster) => ({ ...node(name), cluster });
  const graph = {
    boxes: [leaf("x"), inside("a1", 0), inside("b1", 1), inside("a2", 0)],
    clusters: [{ parent: -1 }, { parent: -1 }],
    edges: [edge(0, 1, 1), edge(1, 2, 1), edge(2, 3, 1)],
    order: [1, 2, 3],
    root: 3,
  };
  assert.deepEqual(page.runsOf(graph, "outer"), [[1], [2], [3]]);
});

test("the step is in the address, and nonsense there is none", () => {
  assert.equal(page.stepInAddress("#step=9", 15), 9);
  assert.equal(page.stepInAddress("#step=99&by=inner", 15), 15);
  for (const hash of ["", "#", "#step=", "#step=x", "#step=1.5", "#other=3"]) {
    const found = page.stepInAddress(hash, 15);
    assert.ok(found === null || found === 0, hash);
  }
  assert.equal(page.unitInAddress("#step=1&by=outer"), "outer");
  assert.equal(page.unitInAddress("#by=<script>"), "operation");
});

test("other numbers go into the formula of an operation, in parentheses where they must", () => {
  const mark = (i, kind) => `\uf8f0${i}${kind}\uf8f1`;
  const product = `${mark(0, "s")} · ${mark(1, "p")}`;
  assert.deepEqual(page.onNumbers(product, [-2, 3], -6), { numbers: "(−2) · 3", rounded: false });
  assert.deepEqual(page.onNumbers(product, [1e-9, 1e-9], 1e-18).numbers, "1·10⁻⁹ · (1·10⁻⁹)");
  assert.deepEqual(page.onNumbers(`exp(${mark(0, "a")})`, [-1 / 3], 0.7), { numbers: "exp(−0.3333)", rounded: true });
  assert.equal(
    page.onNumbers(`${mark(0, "a")} − ${mark(1, "s")}`, [1234567, 1234566], 1).numbers,
    "1.234567·10⁶ − 1.234566·10⁶",
  );
});

test("a changed leaf changes what depends on it, and can be taken back", () => {
  const boxes = [
    leaf("x"),
    leaf("2", "constant"),
    {
      ...node("y"),
      template: "\uf8f00s\uf8f1 · \uf8f01p\uf8f1",
      operands: [0, [2]],
    },
  ];
  Object.assign(boxes[0], { data: 3 });
  Object.assign(boxes[2], { data: 6, numbers: "3 · 2" });
  const program = { leaves: [0], values: [0, -1, 1], partials: [-1, -1] };
  const graph = { boxes, edges: [edge(0, 2, 2), edge(1, 2, null)], clusters: [], program, stale: true };
  const run = (_n, data, _weight, _slots, outputs) => outputs.set([data[0], 2 * data[0]]);
  const numbers = new page.Numbers(graph, () => ({ slots: 0, outputs: 2, init: () => {}, run }));
  assert.deepEqual(
    [0, 1, 2].map((i) => numbers.canSet(i)),
    [true, false, false],
  );
  numbers.set(0, -5);
  assert.deepEqual([boxes[0].data, boxes[2].data, boxes[2].numbers], [-5, -10, "(−5) · 2"]);
  assert.deepEqual([graph.stale, numbers.changed], [false, true]);
  numbers.reset();
  assert.deepEqual([boxes[0].data, boxes[2].data, boxes[2].numbers], [3, 6, "3 · 2"]);
  assert.deepEqual([graph.stale, numbers.changed], [true, false]);
  assert.equal(new page.Numbers(graph, null).canSet(0), false);
});

test("numbers are read as people write them", () => {
  const read = ["2", "-0.5", "−0.5", "1e-3", ".5", "2,5", " +7 ", "-inf", "∞"].map(page.numberRead);
  assert.deepEqual(read, [2, -0.5, -0.5, 0.001, 0.5, 2.5, 7, -Infinity, Infinity]);
  assert.ok(Number.isNaN(page.numberRead("nan")));
  for (const text of ["", "x", "1x", "1,000,000", "1 2", "0x10", "alert(1)"])
    assert.equal(page.numberRead(text), null, text);
});

test("a guess is right within half a percent, or with the digits that are shown", () => {
  assert.ok(page.isRight(0.333, 1 / 3));
  assert.ok(page.isRight(0, 0));
  assert.ok(page.isRight(-Infinity, -Infinity));
  for (const [guess, number] of [
    [0.32, 1 / 3],
    [null, 1],
    [1, 0],
    [NaN, 1],
    [1, NaN],
  ])
    assert.ok(!page.isRight(guess, number));
});

test("what is asked is what the step computes", () => {
  const graph = lecture();
  const [, first] = page.stepsOf(graph);
  graph.boxes[2].data = -6;
  assert.deepEqual(page.questionsOf(graph, first), [["e", -6, 0]]);
  assert.deepEqual(
    page.questionsOf(graph, page.stepsOf(graph)[5]).map(([what, number]) => `${what}: ${number}`),
    ["what d receives from L: -2", "what f receives from L: 4"],
  );
});

test("one reads a module before what is in it, columns from left to right and from top to bottom", () => {
  const at = (x, y, parent, cluster = -1) => ({ place: { x, y, w: 10, h: 10 }, parent, cluster, box: x + y / 1000 });
  const items = [at(100, 0, -1, 0), at(300, 0, -1), at(120, 50, 0), at(0, 90, -1), at(0, 10, -1), at(120, 20, 0)];
  const order = page.readingOrder(items).map((item) => items.indexOf(item));
  assert.deepEqual(order, [4, 3, 0, 5, 2, 1]);
});

test("closed modules stand where their view has them, others in the middle of their place", () => {
  const box = (x, cluster) => ({ ...leaf("x"), x, y: 0, w: 10, h: 10, cluster });
  const cluster = (x, w, parent = -1) => ({ x, y: 0, w, h: 100, parent, small: [20, 20] });
  const route = [
    [10, 5],
    [200, 5],
  ];
  const graph = {
    boxes: [box(0, -1), box(200, 0), box(900, 1)],
    clusters: [cluster(150, 100), cluster(800, 200)],
    edges: [{ ...edge(0, 1, 1), route, label: [50, 5] }],
    views: [
      {
        closed: [0, 1],
        width: 70,
        height: 20,
        boxes: { 0: { x: 1 } },
        clusters: { 0: { x: 2 }, 1: { x: 3 } },
        edges: { 0: { route: "laid out", label: [1, 2] } },
      },
    ],
  };
  const open = page.spotsOf(graph, new Set());
  assert.deepEqual([open.width, open.line(0), open.stand], [1000, route, [-1, -1, -1]]);
  const closed = page.spotsOf(graph, new Set([0, 1]));
  assert.deepEqual([closed.width, closed.line(0), closed.stand], [70, "laid out", [-1, 0, 1]]);
  const mixed = page.spotsOf(graph, new Set([1]));
  assert.ok(mixed.width < 500);
  assert.deepEqual([mixed.clusters[1].w, mixed.clusters[1].h], [20, 20]);
  assert.ok(mixed.boxes[1].x > mixed.boxes[0].x && mixed.clusters[1].x > mixed.boxes[1].x);
});
