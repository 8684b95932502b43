"""The numbers that a page computes when a leaf is changed, run by node, against the engine."""

import json
import math
import shutil
import subprocess
from importlib.resources import files
from random import Random

import pytest

import autograd
from autograd import Primitive, Value, checkpoint, topological_order
from autograd.render.pages.formulas import spelled_number
from autograd.render.pages.graph import graph_data
from autograd.render.pages.page import MOST
from nn import MLP
from tests.test_random_graphs import BINARY, UNARY, VARIADIC, run

NODE = shutil.which("node")
ASSETS = files("autograd.render.pages") / "assets"
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.filterwarnings("ignore::autograd.DomainWarning"),
]

SCRIPT = """
const results = GRAPHS.map(({ source, graph, changes }) => {
  const program = source ? new Function(`${source}\\nreturn program;`) : null;
  for (const box of graph.boxes) [box.data, box.grad] = [numberOf(box.data), numberOf(box.grad)];
  for (const edge of graph.edges) edge.partial = numberOf(edge.partial);
  const numbers = new Numbers(graph, program);
  const shown = (number) => (number === null ? null : [short(number), full(number, true), String(number)]);
  const now = () => {
    const walk = new Walk(graph);
    walk.goTo(Infinity);
    const { boxes } = graph;
    return { values: boxes.map((box) => shown(box.data)), adjoints: walk.adjoints.map(shown), formulas: boxes.map((box) => box.numbers) };
  };
  const before = now();
  for (const [box, number] of changes) numbers.set(box, Number(number));
  const after = now();
  numbers.reset();
  return { before, after, again: JSON.stringify(now()) === JSON.stringify(before) };
});
require("fs").writeFileSync(1, JSON.stringify(results));
"""  # noqa: E501


def in_node(cases):
    """What pages of graphs show before and after changes of leaves: (root, {leaf: number}) each."""
    told = []
    for root, changes in cases:
        data = graph_data(root, most=MOST)
        boxes = page_boxes(root, data)
        changed = [(boxes[leaf], str(number).replace("inf", "Infinity")) for leaf, number in changes.items()]
        told.append({"source": data.pop("source"), "graph": data, "changes": changed})
    scripts = [(ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in ("page", "page_numbers")]
    text = "\n".join([*scripts, f"const GRAPHS = {json.dumps(told)};", SCRIPT])
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def page_boxes(root, data):
    """The index of the box of each node."""
    shown = [i for i, box in enumerate(data["boxes"]) if box["kind"] != "constant"]
    return dict(zip(topological_order(root), shown, strict=True))


def random_program(seed):
    """Numbers for leaves, other numbers for them, and steps on them as in tests/test_random_graphs.py."""
    rng = Random(seed)
    number = lambda: rng.choice([-1.0, 1.0]) * rng.uniform(0.05, 2.0)
    leaves = [number() for _ in range(rng.randint(1, 4))]
    steps = []
    for i in range(rng.randint(2, 14)):
        kind = rng.choice([UNARY, BINARY, VARIADIC])
        count = 1 if kind is UNARY else 2 if kind is BINARY else rng.randint(1, 4)
        name = rng.choice(kind)
        sequence = kind is VARIADIC and name != "maximum"
        steps.append((name, sequence, [rng.randrange(len(leaves) + i) for _ in range(count)]))
    return leaves, [number() for _ in leaves], steps


def printed(number):
    """What the page shows of a number of the engine's: in a box, and, to twelve digits, on pointing at it."""
    if not math.isfinite(number):
        text = "nan" if number != number else "∞" if number > 0 else "−∞"
        return [text, {"∞": "Infinity", "−∞": "−Infinity", "nan": "NaN"}[text]]
    return [spelled_number(number).text, float(f"{number:.12g}")]


def assert_shown(found, number, what):
    short, full, exact = found
    expected = printed(number)
    assert short == expected[0], (what, exact, number)
    if math.isfinite(number):
        assert float(full.replace("−", "-")) == expected[1], (what, exact, number)


def test_a_changed_leaf_gives_the_numbers_of_the_engine_in_200_random_graphs():
    cases, engines = [], []
    for seed in range(1000):
        before, after, steps = random_program(seed)
        leaves, others = [Value(x) for x in before], [Value(x) for x in after]
        root, expected = run(leaves, steps), run(others, steps)
        if len(topological_order(root)) < 4 or not math.isfinite(expected.data):
            continue
        root.backward()
        expected.backward()
        used = [i for i, leaf in enumerate(leaves) if leaf in set(topological_order(root))]
        cases.append((root, {leaves[i]: after[i] for i in used}))
        engines.append(expected)
        if len(cases) == 200:
            break
    assert len(cases) == 200
    for (root, _), expected, found in zip(cases, engines, in_node(cases), strict=True):
        boxes = page_boxes(root, graph_data(root, most=MOST))
        for when, nodes in (("before", topological_order(root)), ("after", topological_order(expected))):
            for box, node in zip(boxes.values(), nodes, strict=True):
                assert_shown(found[when]["values"][box], node.data, (when, node))
                adjoint = found[when]["adjoints"][box]
                assert_shown(adjoint or ["0", "0", "0"], node.grad + 0.0, (when, "grad", node))
        assert found["again"]


def test_a_network_and_its_expansion_follow_a_changed_leaf():
    model = MLP(3, [4, 2], activation="tanh", rng=Random(0))
    xs = [Value(x, label=f"x{i}") for i, x in enumerate((0.5, -1.0, 2.0))]
    loss = autograd.logsumexp(model(xs)) ** 2
    (found,) = in_node([(loss, {xs[0]: -3.0})])
    again = autograd.logsumexp(model([-3.0, -1.0, 2.0])) ** 2
    assert float(found["after"]["values"][-1][2]) == pytest.approx(again.data, rel=1e-14)
    data = graph_data(loss, most=MOST, model=model, expand=True)
    assert data["program"]
    assert not data["fixed"]


def test_the_formulas_have_the_new_numbers():
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    (found,) = in_node([((w * x).exp() - 1.0, {x: -0.5})])
    assert found["before"]["formulas"][2:] == ["2 · 3", "exp(6)", "", "403.4 − 1"]
    assert found["after"]["formulas"][2:] == ["2 · (−0.5)", "exp(−1)", "", "0.3679 − 1"]


def test_infinity_and_nan_can_be_written():
    x = Value(3.0, label="x")
    for number, shown in ((math.inf, "∞"), (-math.inf, "0"), (math.nan, "nan")):
        (found,) = in_node([(x.exp(), {x: number})])
        assert found["after"]["values"][1][0] == shown


def test_what_cannot_be_recomputed_says_why():
    a = Value(2.0, label="a")
    by_hand = Value(6.0, (a,), "triple")
    segment = checkpoint(lambda x: x.sin() * x)(a)
    row = Primitive("mine", lambda x: math.gamma(x), (1.0,))
    for root, reason in (
        (by_hand * 2.0, "way of its own"),
        (segment, "way of its own"),
        (row(a), "cannot be compiled"),
    ):
        data = graph_data(root, most=MOST)
        assert data["program"] is None
        assert reason in data["fixed"]
        assert data["source"] == ""


def test_a_row_of_ones_own_is_recomputed_if_a_machine_can_compute_it():
    cube = Primitive("cube", lambda x: x * x * x, (lambda y, x: 3.0 * x * x,))
    x = Value(2.0, label="x")
    (found,) = in_node([(cube(x), {x: 3.0})])
    assert [found["after"]["values"][1][0], found["after"]["adjoints"][0][0]] == ["27", "27"]


def test_the_program_takes_the_branch_of_the_new_number():
    x = Value(2.0, label="x")
    for changed, value, slope in ((-3.0, "0", None), (5.0, "5", "1")):
        (found,) = in_node([(x.relu() + 0.0, {x: changed})])
        assert found["after"]["values"][-1][0] == value
        assert (found["after"]["adjoints"][0] or [None])[0] == slope


def test_a_frozen_leaf_and_a_constant_base_have_pages():
    w = Value(2.0, label="w").requires_grad_(False)
    x = Value(3.0, label="x")
    (found,) = in_node([(w * x + 2.0**x, {x: 1.0})])
    assert found["after"]["values"][-1][0] == "4"
