"""Plans as C, compiled by the system's compiler, against the interpreter, the rows of the table and NumPy."""

import ctypes
import itertools
import math
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import TABLE, Value
from autograd.core.graph import partials_of
from autograd.native.c.backend import CKernel, c_compiler
from autograd.native.c.code import CCode, literal
from autograd.native.c.names import identifier, identifiers, in_comment
from autograd.native.c.source import block_size, c_source
from autograd.native.doors.compiled import Compiled
from autograd.native.planning.structure import plan_of
from autograd.native.recording.graph import Domain, Graph
from tests.test_random_graphs import programs, run
from tests.test_table import DOMAINS

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
COMPILER = next((found for name in ("gcc", "cc", "clang") if (found := shutil.which(name))), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here: gcc, cc or clang")


def compiled_strictly(directory, source, *flags):
    """The file that the compiler makes of a source; no warning passes."""
    file, result = directory / "source.c", directory / "result"
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [COMPILER, *STRICT, *flags, str(file), "-o", str(result), "-lm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return result


def call(library, name, plan, data, weight=1.0, parameters=()):
    """The slots and the outputs of the exported function on a batch."""
    data = np.ascontiguousarray(data, dtype=float)
    slots, outputs = np.full(max(plan.slots, 1), np.nan), np.full((len(data), len(plan.strip_outputs)), np.nan)
    workspace = np.full(max(plan.strips, 1) * block_size(plan), np.nan)  # what is there before must not matter
    slots[: len(parameters)] = parameters
    library[f"{name}_init"](slots.ctypes.data_as(ctypes.c_void_p))
    arguments = [x.ctypes.data_as(ctypes.c_void_p) for x in (data, slots, outputs, workspace)]
    library[name](ctypes.c_size_t(len(data)), arguments[0], ctypes.c_double(weight), *arguments[1:])
    return slots, outputs


# ---------------------------------------------------------------- the table

INFINITE = [math.inf, -math.inf, math.nan]
LARGE = [1e308, -1e308, 1e-310, -5e-324]
ORDINARY = [0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.5, -3.0, 17.0, -40.0, 1e-18]
UNARY_POINTS = [(x,) for x in [*ORDINARY, *LARGE, *INFINITE, 700.0, -746.0, 1.5e5]]
BINARY_POINTS = list(itertools.product([0.0, -0.0, 0.3, -2.0, 3.0, 1e308, -5e-324, *INFINITE], repeat=2))
OPERANDS = {"where": 3, "dot": 4, "affine": 5}  # of rows that take any number; 3 of the others
ADDED = {"sum", "mean", "dot", "affine"}


def operands_of(row):
    return row.arity or OPERANDS.get(row.name, 3)


def points(row):
    count = operands_of(row)
    found = (
        [tuple(map(float, point)) for point in DOMAINS[row.name][1] if len(point) == count]
        if row.name in DOMAINS
        else []
    )
    if count == 1:
        return found + UNARY_POINTS
    if count == 2:
        return found + BINARY_POINTS
    rng = Random(row.name)
    return found + [tuple(rng.choice(ORDINARY + INFINITE * (k % 2)) for _ in range(count)) for k in range(40)]


def plan_of_row(row):
    """A row by itself; nothing is gathered or shared."""
    graph = Graph()
    leaves = [graph.leaf(Domain.SAMPLE) for _ in range(operands_of(row))]
    return plan_of(graph, leaves, None, [], strip_outputs=[graph.node(row, tuple(leaves))])


def moderate_points(row):
    """Points inside the domain where neither the value nor its partials are extreme."""
    chosen = [p for p in points(row) if all(0.1 < abs(x) < 20.0 for x in p)]
    return [p for p in chosen if math.isfinite(row.evaluate(p))]


def recorded(row, point):
    """The leaves of a row, and its value and those of its partials that are no constants, as Values."""
    leaves = [Value(x) for x in point]
    node = leaves[0]._apply_primitive(row, tuple(leaves))
    return leaves, [node, *(p for p in partials_of(row, node, node.operands) if isinstance(p, Value))]


def plan_of_partials(row):
    leaves, nodes = recorded(row, moderate_points(row)[0])
    return Compiled(nodes, leaves, reduction=None, backend="numpy").plan


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """All rows, with their partials, as one library."""
    if COMPILER is None:
        pytest.skip("there is no C compiler here")
    plans = {f"row_{name}": plan_of_row(row) for name, row in TABLE.items()}
    plans |= {f"partials_{name}": plan_of_partials(row) for name, row in TABLE.items()}
    source = "\n".join(c_source(plan, name) for name, plan in plans.items())
    file = compiled_strictly(tmp_path_factory.mktemp("rows"), source, "-fPIC", "-shared")
    return ctypes.CDLL(str(file)), plans


def agree(found, expected, size=None, ulps=4.0):
    """Within so many ulp, zeros with their sign; a sum, which the row rounds only once, of its terms' size."""
    if math.isnan(expected) or math.isnan(found):
        return math.isnan(expected) and math.isnan(found)
    if size is None and expected == found == 0.0:
        return math.copysign(1.0, expected) == math.copysign(1.0, found)
    if math.isinf(expected) or math.isinf(found):
        return expected == found
    return abs(found - expected) <= ulps * math.ulp(max(abs(expected), size or 0.0))


def wrong_values(row, chosen, found, ulps=4.0):
    """The points at which outputs do not agree with the value of a row, and both."""
    wrong = []
    for point, (number,) in zip(chosen, found, strict=True):
        size = terms(row, point) if row.name in ADDED and all(map(math.isfinite, point)) else None
        expected = row.evaluate(point)
        if not agree(number, expected, size, ulps):
            wrong.append((point, number, expected))
    return wrong


def terms(row, point):
    if row.name in ("sum", "mean"):
        return sum(map(abs, point))
    half = len(point) // 2
    return sum(abs(a * b) for a, b in zip(point[:half], point[half:])) + abs(point[-1])


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_every_row_is_its_value_within_4_ulp_at_extremes_infinities_and_nan(rows, row):
    library, plans = rows
    name = f"row_{row.name}"
    chosen = points(row)
    _, found = call(library, name, plans[name], chosen)
    assert not wrong_values(row, chosen, found)


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_partials_of_every_row_are_those_of_the_interpreter(rows, row):
    library, plans = rows
    name, chosen = f"partials_{row.name}", moderate_points(row)
    _, found = call(library, name, plans[name], chosen)
    for point, numbers in zip(chosen, found, strict=True):
        expected = [node.data for node in recorded(row, point)[1]]
        # a partial is a handful of operations, each within an ulp or two
        assert list(numbers) == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True)


# ---------------------------------------------------------------- programs


def with_c(*arguments, **options):
    """The same graph compiled for NumPy and for C."""
    by_numpy = Compiled(*arguments, backend="numpy", **options)
    by_c = Compiled(*arguments, backend="numpy", **options)
    by_c.kernel = CKernel(by_c.plan)
    return by_numpy, by_c


@needs_compiler
@settings(max_examples=25)
@given(programs())
def test_random_programs_and_their_gradients_equal_the_interpreter_and_numpy(program):
    numbers, steps = program
    leaves = [Value(x) for x in numbers]
    root = run(leaves, steps)
    root.backward()
    inputs, parameters = leaves[::2], leaves[1::2]
    by_numpy, by_c = with_c(root, inputs, parameters, reduction="sum")
    loss, gradient = by_c.value_and_grad([[x.data for x in inputs]])
    # 1e-12 is the bar of every back end; what cancels is judged by the size of what it was made of, at most a few units
    assert loss == pytest.approx(root.data, rel=1e-12, abs=1e-13)
    assert gradient.tolist() == pytest.approx([p.grad for p in parameters], rel=1e-12, abs=1e-12)
    batch = np.array([[x.data + 0.01 * k for x in inputs] for k in range(3)])
    for c, numpy in zip(by_c.value_and_grad(batch), by_numpy.value_and_grad(batch), strict=True):
        assert c == pytest.approx(numpy, rel=1e-12, abs=1e-12)


@pytest.fixture(scope="module")
def network():
    """A loss of an MLP with a penalty on its weights, by NumPy and by C."""
    if COMPILER is None:
        pytest.skip("there is no C compiler here")
    rng = Random(0)
    model = nn.MLP(3, [8, 6, 1], activation="tanh", rng=rng)
    inputs = [Value(0.1, label=f"x[{i}]") for i in range(3)]
    target = Value(0.5, label="target")
    parameters = list(model.parameters())

    def loss(sample):
        (*xs, t) = sample
        prediction = model(list(xs))
        penalty = autograd.sum([p * p for p in parameters])
        return (prediction - t) ** 2 + 0.01 * penalty

    by_numpy, by_c = with_c(loss([*inputs, target]), [*inputs, target], parameters)
    return loss, parameters, by_numpy, by_c


def test_gradient_of_a_network_equals_that_of_the_interpreter(network):
    loss, parameters, _, by_c = network
    batch = np.random.default_rng(1).normal(size=(5, 4))
    for p in parameters:
        p.grad = 0.0
    total = autograd.mean([loss([float(x) for x in sample]) for sample in batch])
    total.backward()
    value, gradient = by_c.value_and_grad(batch)
    assert value == pytest.approx(total.data, rel=1e-12)
    # 1e-12 of the largest: a sum over samples may cancel
    assert gradient == pytest.approx([p.grad for p in parameters], rel=1e-12, abs=1e-12 * np.abs(gradient).max())


@pytest.mark.parametrize("n", [1, 7, 128, 129, 1000])
def test_batches_of_every_size_equal_those_of_numpy(network, n):
    _, _, by_numpy, by_c = network
    batch = np.random.default_rng(n).normal(size=(n, 4))
    value, gradient = by_c.value_and_grad(batch)
    expected, expected_gradient = by_numpy.value_and_grad(batch)
    assert value == pytest.approx(expected, rel=1e-12)
    size = np.abs(expected_gradient).max()
    assert gradient == pytest.approx(expected_gradient, rel=1e-12, abs=1e-12 * size)


def test_data_with_any_strides_is_read(network):
    _, _, by_numpy, by_c = network
    batch = np.random.default_rng(2).normal(size=(8, 20))[:, ::5]
    assert by_c(batch) == pytest.approx(by_numpy(batch), rel=1e-12)


def test_exported_loss_gives_loss_and_gradient_to_a_program(network, tmp_path):
    _, parameters, by_numpy, by_c = network
    labels = [x.label for x in by_c.inputs]
    source = c_source(by_c.plan, "training_loss", input_labels=labels)
    library = ctypes.CDLL(str(compiled_strictly(tmp_path, source, "-fPIC", "-shared")))
    batch = np.random.default_rng(3).normal(size=(150, 4))
    numbers = [p.data for p in parameters]
    slots, _ = call(library, "training_loss", by_c.plan, batch, 1.0 / 150, numbers)
    results, gradient = np.zeros(1), np.zeros(len(parameters))
    for name, target in (("results", results), ("gradient", gradient)):
        library[f"training_loss_{name}"](*(x.ctypes.data_as(ctypes.c_void_p) for x in (slots, target)))
    value, expected = by_numpy.value_and_grad(batch)
    assert results[0] == pytest.approx(value, rel=1e-12)
    assert gradient == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max())


@needs_compiler
def test_outputs_of_each_sample_may_be_inputs_constants_and_results():
    x, y = Value(1.0), Value(2.0)
    by_numpy, by_c = with_c([y, Value(0.5), x * y, x - y, x], [x, y], reduction=None)
    batch = np.arange(12.0).reshape(6, 2)
    assert by_c(batch).tolist() == by_numpy(batch).tolist() == [[b, 0.5, a * b, a - b, a] for a, b in batch.tolist()]


@needs_compiler
def test_choices_between_constants_are_made_while_writing():
    x = Value(1.5)
    outputs = [autograd.maximum(1.0, 2.0, x), autograd.log_softmax([Value(1.0), Value(2.0), x])[0]]
    _, by_c = with_c(outputs, [x], reduction=None)
    assert by_c([[1.5]])[0] == pytest.approx([2.0, outputs[1].data], rel=1e-14)


# ---------------------------------------------------------------- the trained network as a file


@needs_compiler
def test_exported_network_for_digits_predicts_on_its_own_what_the_model_predicts(tmp_path):
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    digits = nn.load_digits(scaled=True)
    inputs, targets = np.array(digits.inputs), np.eye(10)[np.array(digits.targets)]
    model = nn.MLP(64, [32, 10], rng=Random(0))
    pixels, hot = [Value(0.0) for _ in range(64)], [Value(0.0) for _ in range(10)]
    logits, parameters = model(pixels), list(model.parameters())
    loss = autograd.logsumexp(logits) - autograd.dot(hot, logits)
    _, training = with_c(loss, [*pixels, *hot], parameters)
    numbers = np.array([p.data for p in parameters])
    for _ in range(150):
        numbers -= 0.5 * training.value_and_grad(np.hstack([inputs, targets]), numbers)[1]
    for p, number in zip(parameters, numbers.tolist(), strict=True):
        p.data = number

    plan = Compiled(logits, pixels, parameters, reduction=None, backend="numpy").plan
    source = c_source(plan, "digits", parameters=numbers.tolist(), output_labels=[str(k) for k in range(10)])
    program = compiled_strictly(tmp_path, source, "-DDIGITS_MAIN")
    chosen = list(range(0, 1797, 90))
    stdin = "\n".join(" ".join(repr(float(x)) for x in inputs[i]) for i in chosen)
    done = subprocess.run([str(program)], input=stdin, capture_output=True, text=True, check=True)
    found = np.array([[float(x) for x in line.split()] for line in done.stdout.splitlines()])
    expected = np.array([[y.data for y in model(inputs[i].tolist())] for i in chosen])
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert found.argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()
    assert np.mean(found.argmax(axis=1) == np.array(digits.targets)[chosen]) > 0.8  # the network is trained


def test_layers_are_loops_so_that_a_wider_network_has_a_source_of_the_same_length():
    def lines(width):
        model = nn.MLP(12, [width, 4], rng=Random(0))
        inputs = [Value(0.0) for _ in range(12)]
        loss = autograd.logsumexp(model(inputs))
        return len(c_source(Compiled(loss, inputs, model.parameters(), backend="numpy").plan).splitlines())

    assert lines(16) == lines(64)


def test_writing_a_chain_of_5000_operations_takes_no_stack():
    x = Value(0.5)
    y = x
    for _ in range(2500):
        y = autograd.sin(y) + 0.5 * x
    source = c_source(Compiled(y, [x], reduction=None, backend="numpy").plan)
    assert source.count("sin(") == 2500
    assert max(map(len, source.splitlines())) <= 140


def test_generated_file_keeps_no_state(network):
    source = network[3].kernel.source
    statics = [line for line in source.splitlines() if re.match(r"\s*static", line)]
    assert statics
    assert all("(" in line or "static const" in line for line in statics)


# ---------------------------------------------------------------- numbers


@given(st.floats())
def test_literal_is_the_number_to_the_last_bit(number):
    text = literal(number).replace("INFINITY", "inf")
    assert repr(float(text)) == repr(number)


@needs_compiler
def test_parameters_are_written_to_the_last_bit(tmp_path):
    numbers = [5e-324, -0.0, sys.float_info.max, -math.inf, 0.1, 1 / 3, 2.0**-1022, 1e22, math.nan]
    parameters, x = [Value(1.0) for _ in numbers], Value(1.0)
    plan = Compiled(autograd.dot(parameters, [x] * len(numbers)), [x], parameters, reduction=None, backend="numpy").plan
    source = c_source(plan, "numbers", parameters=numbers)
    library = ctypes.CDLL(str(compiled_strictly(tmp_path, source, "-fPIC", "-shared")))
    slots, _ = call(library, identifier("numbers"), plan, [[1.0]])
    assert list(map(repr, slots[: len(numbers)].tolist())) == list(map(repr, numbers))


def test_wrong_count_of_parameters_is_refused():
    x, w = Value(1.0), Value(2.0)
    plan = Compiled(w * x, [x], [w], reduction=None, backend="numpy").plan
    with pytest.raises(ValueError, match="2 parameters given, and the plan has 1"):
        c_source(plan, parameters=[1.0, 2.0])


# ---------------------------------------------------------------- names

HOSTILE = [
    "*/ int evil; /*", "a\nb", "??/", "??/\n*/", "exp", "2 x", "int", "θ", "x", "x", "\\", "NAN", "M_PI", "t1", "m2",
    "s", "rows", "", "_", "__x", "a" * 100, "linux", "weight", "x_2", "main", "// no\\", "/*", "%s%n",
    "é", "\u202e", '"',
]  # fmt: skip


@needs_compiler
@pytest.mark.parametrize("name", ["2nd model */", "main", "exp", "static", ""])
def test_hostile_labels_compile_without_a_warning_and_change_nothing(tmp_path, name):
    inputs = [Value(0.5, label=label) for label in HOSTILE]
    parameters = [Value(0.25, label=label) for label in HOSTILE]
    y = autograd.sum([autograd.sin(p * x) * (1.0 + k) for k, (p, x) in enumerate(zip(parameters, inputs, strict=True))])
    plan = Compiled(y, inputs, parameters, reduction=None, backend="numpy").plan
    source = c_source(
        plan, name, input_labels=HOSTILE, parameter_labels=HOSTILE, output_labels=["*/"],
        parameters=[p.data for p in parameters],
    )  # fmt: skip
    assert "evil" in source
    library = ctypes.CDLL(str(compiled_strictly(tmp_path, source, "-fPIC", "-shared")))
    _, outputs = call(library, identifier(name, "f"), plan, [[x.data for x in inputs]])
    assert outputs[0, 0] == pytest.approx(y.data, rel=1e-14)


@given(st.lists(st.text(max_size=40)), st.lists(st.text(max_size=10)))
def test_identifiers_are_words_of_their_own(labels, more):
    names = identifiers(labels, "x")
    names += identifiers(more, "p", names)
    assert len(set(names)) == len(labels) + len(more)
    code = CCode()
    for name in names:
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)
        assert "__" not in name
        assert not re.fullmatch("[tm][0-9]+", name)
        code.load("0", name)


@given(st.text(alphabet="*/?\\\n\r x<>%:", max_size=60))
def test_a_comment_cannot_be_left(text):
    safe = in_comment(text)
    assert not re.search(r"[*/?\\\n\r]", safe)


# ---------------------------------------------------------------- the compiler


@pytest.fixture
def small_plan():
    x = Value(1.0)
    return Compiled(autograd.sin(x) * Random().random(), [x], reduction=None, backend="numpy").plan  # in no cache


def test_a_missing_compiler_is_told_with_what_to_install(monkeypatch, small_plan):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="needs a C compiler: none of cc, gcc, clang"):
        CKernel(small_plan)
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    with pytest.raises(RuntimeError, match="CC=no-such-compiler -m64, and no such program"):
        CKernel(small_plan)


@needs_compiler
def test_the_compiler_of_the_environment_is_used_with_its_options(monkeypatch):
    monkeypatch.setenv("CC", f"{shlex.quote(COMPILER)} -m64")
    assert c_compiler() == (COMPILER, "-m64")


@pytest.mark.skipif(shutil.which("false") is None, reason="needs the program false")
def test_a_compiler_that_fails_is_shown_with_its_command(monkeypatch, small_plan):
    monkeypatch.setenv("CC", "false")
    with pytest.raises(RuntimeError, match=r"the C compiler failed: .*false'? -std=c99"):
        CKernel(small_plan)


@needs_compiler
def test_nothing_is_left_on_the_disk_and_a_second_compile_is_free(monkeypatch, tmp_path, small_plan):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, second = CKernel(small_plan), CKernel(small_plan)
    assert list(tmp_path.iterdir()) == []
    assert (first.from_cache, second.from_cache, second.compile_seconds) == (False, True, 0.0)
    assert first.strips[0] is not second.strips[0]
