"""Plans as JavaScript, run by node, against the rows of the table and the interpreter on random programs."""

import json
import math
import shutil
import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

import nn
from autograd import TABLE, Primitive, Value
from autograd.native.doors.compiled import compile
from autograd.native.javascript.code import JavaScriptCode, runtime
from autograd.native.javascript.source import javascript_source
from autograd.native.planning.structure import plan_of
from autograd.native.recording.graph import Domain, Graph
from tests.test_c_source import agree, moderate_points, plan_of_partials, plan_of_row, points, recorded, wrong_values
from tests.test_native_random import agrees, programs

NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.filterwarnings("ignore::autograd.DomainWarning"),
]

SERVER = """
const read = (x) => (typeof x === "string" ? Number(x) : x);
const write = (numbers) => Array.from(numbers, (x) => (Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? "-0" : String(x)));
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { source, name, n, data, weight, parameters } = JSON.parse(line);
  const it = new Function(`"use strict";\\n${source}\\nreturn ${name};`)();
  if (typeof it === "function") return console.log(JSON.stringify(write(data.map((xs) => it(...xs.map(read))))));
  const slots = new Float64Array(it.slots).fill(NaN);
  const outputs = new Float64Array(n * it.outputs).fill(NaN);
  slots.set(parameters.map(read));
  it.init(slots);
  it.run(n, Float64Array.from(data.map(read)), weight, slots, outputs);
  const [results, gradient] = [[], []];
  if (it.results) [it.results(slots, results), it.gradient(slots, gradient)];
  console.log(JSON.stringify([write(outputs), write(results), write(gradient)]));
});
"""  # noqa: E501


class Node:
    """A process of node that runs what it is sent, a line of JSON each."""

    def __init__(self):
        self.process = subprocess.Popen([NODE, "-e", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run(self, plan, data, weight=1.0, parameters=()):
        """Outputs, a row a sample; results; the gradient."""
        data = np.asarray(data, dtype=float)
        found = self.ask(
            source=javascript_source(plan), name="compiled", n=len(data), weight=weight,
            data=[repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN") for x in data.ravel()],
            parameters=[float(x) for x in parameters],
        )  # fmt: skip
        outputs, results, gradient = (np.array([float(x) for x in numbers]) for numbers in found)
        return outputs.reshape(len(data), len(plan.strip_outputs)), results, gradient


@pytest.fixture(scope="module")
def node():
    node = Node()
    yield node
    node.process.stdin.close()
    assert node.process.wait(timeout=20) == 0
    node.process.stdout.close()


# ---------------------------------------------------------------- the table

ULPS = 8.0
"""How far a value may be off, in units in the last place.  V8's functions are within 3 of glibc's (cbrt; most within
1), and the longest formulas call two of them."""


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_every_row_is_its_value_at_extremes_infinities_and_nan(node, row):
    chosen = points(row)
    found = node.run(plan_of_row(row), chosen)[0]
    assert not wrong_values(row, chosen, found, ULPS)


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_partials_of_every_row_are_those_of_the_interpreter(node, row):
    chosen = moderate_points(row)
    found = node.run(plan_of_partials(row), chosen)[0]
    for point, numbers in zip(chosen, found, strict=True):
        expected = [each.data for each in recorded(row, point)[1]]
        # a partial is a handful of operations, each within a few ulp
        assert list(numbers) == pytest.approx(expected, rel=2e-14, abs=1e-300, nan_ok=True)


REFERENCES = {
    "erf": math.erf, "erfc": math.erfc, "erfcFar": math.erfc, "erfNear": math.erf, "copysign": math.copysign,
    "exp2": lambda x: TABLE["exp2"].evaluate([x]), "pow": lambda x, y: TABLE["pow"].evaluate([x, y]),
}  # fmt: skip
RANGES = {"erfcFar": (0.5, 27.0), "erfNear": (-0.5, 0.5), "erf": (-7.0, 7.0), "erfc": (-7.0, 27.5)}


@pytest.mark.parametrize("name", runtime())
def test_every_function_of_the_runtime_is_that_of_python_within_8_ulp(node, name):
    rng, reference = Random(name), REFERENCES[name]
    pair = name in ("pow", "copysign")
    low, high = RANGES.get(name, (-30.0, 30.0))
    chosen = [(rng.uniform(low, high),) + ((float(rng.randint(-30, 30)),) if pair else ()) for _ in range(3000)]
    if name not in ("erfcFar", "erfNear"):
        special = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 28.0, 28.5, 1e-300, 1e300, math.inf, -math.inf, math.nan]
        chosen += [(x, y) for x in special for y in special if y == y] if pair else [(x,) for x in special]
    told = [[str(x).replace("inf", "Infinity").replace("nan", "NaN") for x in point] for point in chosen]
    found = node.ask(source="\n".join(runtime().values()), name=name, data=told)
    wrong = [(p, x, reference(*p)) for p, x in zip(chosen, map(float, found)) if not agree(x, reference(*p), ulps=ULPS)]
    assert not wrong


# ---------------------------------------------------------------- programs


def by_javascript(node):
    """What `agrees` compares: a plan run by node."""

    def run(outputs, inputs, parameters, reduction, data):
        plan = compile(outputs, inputs, parameters, reduction=reduction, backend="numpy").plan
        weight = 1.0 / len(data) if reduction == "mean" else 1.0
        found, results, gradient = node.run(plan, data, weight, [p.data for p in parameters])
        return found if reduction is None else (results[0], gradient)

    return run


@np.errstate(all="ignore")  # of sums of infinities, in what is compared with
def test_random_programs_and_their_gradients_equal_the_interpreter(node):
    @settings(max_examples=100)
    @given(programs())
    def check(program):
        agrees(program, [by_javascript(node)])

    check()


@pytest.mark.slow
@pytest.mark.exhaustive
@np.errstate(all="ignore")
def test_a_thousand_random_programs_equal_the_interpreter(node):
    @settings(max_examples=1000)
    @given(programs())
    def check(program):
        agrees(program, [by_javascript(node)])

    check()


def test_the_loss_and_the_gradient_of_a_network_are_those_of_the_engine(node):
    model = nn.MLP(3, [8, 6, 1], activation="tanh", rng=Random(0))
    inputs, target = [Value(0.1, label=f"x[{i}]") for i in range(3)], Value(0.5, label="target")
    parameters = list(model.parameters())
    plan = compile((model(inputs) - target) ** 2, [*inputs, target], parameters, backend="numpy").plan
    batch = np.random.default_rng(1).normal(size=(5, 4))
    total = sum((model(list(map(float, sample[:3]))) - float(sample[3])) ** 2 for sample in batch) / 5.0
    total.backward()
    _, loss, gradient = node.run(plan, batch, 1.0 / 5, [p.data for p in parameters])
    assert loss == pytest.approx([total.data], rel=1e-13)
    expected = [p.grad for p in parameters]
    assert gradient == pytest.approx(expected, rel=1e-12, abs=1e-12 * max(map(abs, expected)))


def test_parameters_can_be_written_into_the_text(node):
    x, w = Value(2.0), Value(3.0)
    plan = compile(w * x, [x], [w], reduction=None, backend="numpy").plan
    text = javascript_source(plan, parameters=[-0.0])
    assert node.ask(source=text, name="compiled", n=1, data=[5.0], weight=1, parameters=[])[0] == ["-0"]


# ---------------------------------------------------------------- the text


def test_labels_cannot_leave_the_comment():
    x = Value(1.0, label="x\n*/ alert(1) // \u2028 </script>")
    plan = compile(x * 2.0, [x], [], reduction=None, backend="numpy").plan
    text = javascript_source(plan, input_labels=[x.label])
    assert "alert(1)" in text
    assert all(line.startswith("//") for line in text.splitlines() if "alert" in line)
    assert "</script" not in text


@pytest.mark.parametrize("name", ["", "1x", "new", "a b", "f()", "é"])
def test_a_name_that_javascript_cannot_use_is_refused(name):
    x = Value(1.0)
    plan = compile(x * 2.0, [x], [], reduction=None, backend="numpy").plan
    with pytest.raises(ValueError, match="javascript_source: name must be an identifier"):
        javascript_source(plan, name)
    with pytest.raises(ValueError, match="2 parameters given, and the plan has 0"):
        javascript_source(plan, parameters=[1.0, 2.0])


def test_a_function_that_javascript_has_not_is_refused_by_name():
    row = Primitive("my_gamma", math.lgamma, (1.0,), lowering="lgamma")
    with pytest.raises(TypeError, match="lgamma: JavaScript has no such function; use a lowering of functions"):
        javascript_source(plan_of_row(row))


def test_masks_of_constants_are_no_text():
    code = JavaScriptCode()
    x = code.load("x")
    assert code.equal(x, math.nan) is False
    assert code.equal(1.0, 1.0) is True
    code.store("y", code.where(code.equal(x, x), 1.0, code.where(code.equal(x, 2.0), math.inf, -0.0)))
    assert code.lines()[1][-1] == "y = !Number.isNaN(t1) ? 1.0 : (t1 === 2.0 ? Infinity : -0.0);"


def test_planning_and_printing_need_no_numpy():
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from autograd.native.javascript.source import javascript_source\n"
        "from autograd.native.lowered import lowered\n"
        "from autograd import Value\n"
        "x = Value(2.0)\n"
        "print('* strips' in javascript_source(lowered([x * x], [x]).plan) or 't1 * t1' in "
        "javascript_source(lowered([x * x], [x]).plan))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "True", run.stderr


def test_a_plan_of_a_constant_and_of_an_input_alone(node):
    graph = Graph()
    leaf = graph.leaf(Domain.SAMPLE)
    plan = plan_of(graph, [leaf], None, [], strip_outputs=[leaf, math.nan, -math.inf, 2.5])
    outputs = node.run(plan, [[1.0], [3.0]])[0].tolist()
    assert [row[:1] + row[2:] for row in outputs] == [[1.0, -math.inf, 2.5], [3.0, -math.inf, 2.5]]
    assert all(math.isnan(row[1]) for row in outputs)
