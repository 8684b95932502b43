"""How each primitive is computed by machine: every back end against mpmath, at ordinary and at extreme numbers.

mpmath has neither -0 nor an overflow, so special values are those of the row itself, which IEEE 754 prescribes.
"""

import functools
import inspect
import itertools
import math
import warnings

import numpy as np
import pytest
from mpmath import mp, mpf

from autograd import TABLE, DomainWarning
from autograd.native.c.backend import CKernel, c_compiler
from autograd.native.c.code import CCode
from autograd.native.c.source import c_source
from autograd.native.kernels import llvm_point, new_slots
from autograd.native.llvm.backend import Module, host
from autograd.native.llvm.code import Code
from autograd.native.llvm.kernel import kernel_text
from autograd.native.llvm.signature import AFTER, BEFORE, KERNEL, SAMPLES
from autograd.native.numpy_backend import NumpyKernel, NumpyMachine
from autograd.native.planning.operand import Operand
from autograd.native.planning.structure import plan_of
from autograd.native.recording.graph import Domain, Graph, where_positive
from autograd.native.recording.tracing import at_least, both, differ, either, gated_product, greater
from autograd.native.rolling.instructions import Instructions
from autograd.native.rolling.rolled import program_of
from autograd.native.rolling.sums import gathered
from autograd.table.machine import FLOATS, Floats, Machine
from autograd.table.primitive import primitive
from tests.test_table import DOMAINS

CALLED = {
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "hypot", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "pow",
}  # fmt: skip
INTERNAL = [
    gated_product,
    where_positive,
    greater,
    at_least,
    both,
    either,
    differ,
]  # that the compiler itself puts into graphs
EXACT = {"abs", "sign", "step", "compare", "relu", "floor", "neg", "remainder", "floor_divide"}

EDGES = [
    0.0, 5e-324, 1e-310, 2.0**-1022, 1e-300, 1e-160, 1e-20, 1e-9, 1e-3, 0.25, 0.5, 0.75, 1 - 2.0**-53, 1.0,
    1 + 2.0**-52, 1.5, math.pi / 2, 2.0, math.e, 3.0, math.pi, 5.5, 8.0, 10.0, 20.0, 22.0, 26.5, 27.3, 28.0,
    36.8, 37.5, 38.5, 39.9, 40.0, 100.0, 354.5, 372.0, 708.3, 709.78, 709.79, 710.47, 710.48, 744.0, 745.2,
    1022.5, 1024.0, 1074.5, 1e5, 1e8, 1e16, 2.0**52 - 0.5, 1e22, 1e100, 1e154, 1e200, 1e300,
    1.7976931348623157e308, math.inf,
]  # fmt: skip
EDGES = [*EDGES, *(-x for x in EDGES), math.nan]


def _scattered(count, seed):
    """Numbers of ordinary size, and of all sizes."""
    rng = np.random.default_rng(seed)
    ordinary = [rng.uniform(-size, size, count) for size in (0.1, 1.0, 3.0, 30.0, 700.0)]
    return np.concatenate([*ordinary, np.exp(rng.uniform(-745, 709, count)) * rng.choice([-1, 1], count)])


def _pairs():
    some = [*EDGES[::5], 0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, -3.0]
    rng = np.random.default_rng(3)
    x, ratio = _scattered(25, 4), np.exp(rng.uniform(-3, 3, 150))
    bases = rng.uniform(0.0, 5.0, 100)
    scattered = [(x, x[::-1]), (x, x * ratio), (bases, rng.uniform(-50, 50, 100)), (-bases, rng.integers(-30, 30, 100))]
    return np.concatenate([np.array(list(itertools.product(some, some))).T, *map(np.array, scattered)], axis=1)


POINTS = {1: np.concatenate([EDGES, _scattered(60, 1)])[None], 2: _pairs()}
ROWS = {arity: [name for name, row in TABLE.items() if row.arity == arity] for arity in (1, 2)}
ROWS[1].remove("identity")  # makes no node: test_native_structure.py has inputs that are outputs

# ---------------------------------------------------------------- the back ends


def _vectors(width, prefix=""):
    """LLVM's vectors of this many numbers; functions of the library with this prefix, else libm's for each lane."""

    def symbol(name):
        if width == host().width and prefix:
            return host().vector_function(name)
        return None

    def run(plan, data):
        module = Module(kernel_text(plan, width, 4 * width, host().registers, symbol), [KERNEL.name])
        outputs, rows, slots = (
            np.empty((len(plan.strip_outputs), data.shape[1])),
            np.empty(plan.strips * 4 * width),
            new_slots(plan),
        )
        places = [np.array([row.ctypes.data for row in rows_]) for rows_ in (data, outputs)]
        strides = np.ones(len(data) + len(outputs), dtype=np.int64)
        run_kernel = module.function(KERNEL.name, KERNEL.prototype())
        phases, begin, stride = BEFORE | SAMPLES | AFTER, *(array.ctypes.data for array in (places[0], strides))
        memory = slots.ctypes.data, rows.ctypes.data, places[1].ctypes.data, stride
        run_kernel(phases, begin, stride, data.shape[1], 1.0, *memory)
        return outputs

    return run


def _node(graph, row, leaves):
    """A row on leaves, and on numbers that may stand behind it."""
    row, *numbers = row if isinstance(row, tuple) else (row,)
    return graph.node(row, (*leaves, *numbers))


def _at_points(several):
    """LLVM's numbers, which call libm; or loops over several points, whose passes are numbers of a vector."""

    def run(rows, data):
        noted = Instructions()
        leaves = [[noted.leaf() for _ in data] for _ in range(several)]
        roots = [_node(noted, row, xs) for row in rows for xs in leaves]
        point = llvm_point(program_of(gathered(noted, roots, several * len(data)), several * len(data), 4))
        padded = np.concatenate([data, data[:, : -data.shape[1] % several]], axis=1)
        found = [point.at([], padded[:, k : k + several].T.ravel()) for k in range(0, padded.shape[1], several)]
        return np.concatenate([np.reshape(x, (len(rows), several)) for x in found], axis=1)[:, : data.shape[1]]

    return run


def _kernel(kind):
    def run(plan, data):
        outputs = np.empty((len(plan.strip_outputs), data.shape[1]))
        kind(plan).run(data, 1.0, new_slots(plan), outputs)
        return outputs

    return run


def _there_is_a_compiler():
    try:
        c_compiler()
    except RuntimeError:
        return False
    return True


BACK_ENDS = {
    "vectors": _vectors(host().width, "library"),
    "vectors without a library": _vectors(2),
    "numpy": _kernel(NumpyKernel),
    "c": _kernel(CKernel),
}
AT_POINTS = {"numbers": _at_points(1), "loops": _at_points(17)}
each_back_end = pytest.mark.parametrize("back_end", [*BACK_ENDS, *AT_POINTS])


@functools.cache
def computed(back_end, arity):
    """What a back end gives for all rows of an arity, in one program, at all points."""
    if back_end == "c" and not _there_is_a_compiler():
        pytest.skip("there is no C compiler")
    return dict(zip(ROWS[arity], _run(back_end, [TABLE[name] for name in ROWS[arity]], POINTS[arity]), strict=True))


def _run(back_end, rows, data):
    if back_end in AT_POINTS:
        return AT_POINTS[back_end](rows, data)
    graph = Graph()
    leaves = [graph.leaf(Domain.SAMPLE) for _ in data]
    outputs = [_node(graph, row, leaves) for row in rows]
    return BACK_ENDS[back_end](plan_of(graph, leaves, None, [], strip_outputs=outputs), np.ascontiguousarray(data))


# ---------------------------------------------------------------- what is true


@functools.cache
def expected(name, arity):
    """For each point the row's own number and the exact one; None where that is no finite number other than 0."""
    row, found = TABLE[name], []
    for point in POINTS[arity].T.tolist():
        number = row.evaluate(point)
        usable = math.isfinite(number) and all(x and math.isfinite(x) for x in point) and name not in EXACT
        found.append((number, _exact(name, point) if usable else None))
    return found


def _exact(name, point):
    with mp.workdps(60):
        try:
            return mpf(DOMAINS[name][0](*map(mpf, point)))
        except OverflowError:  # erfc(1e300)
            return None


def _unit(true):
    """One unit in the last place of the double next to it."""
    return mpf(2) ** max(mp.frexp(true)[1] - 53, -1074) if true else mpf(2) ** -1074


def _allowed(name, point, number, true):
    """How far a row may be off."""
    if name in CALLED or name == "sqrt":
        return 4 * _unit(true)
    # as the row itself in test_table.py; below the normal numbers a factor of 4 may come after the last rounding
    tolerance = 4 * mpf(2) ** -52 * abs(true) + 4 * mpf(2) ** -1074
    if name in ("silu", "gelu", "gelu_tanh"):  # a factor that is no normal number has lost digits already
        tolerance += (1 + abs(mpf(point[0]))) * mpf(2) ** -1074
    if name == "power_log":  # x^y, that may be no normal number, times ln x
        tolerance += abs(mpf(math.log(point[0]))) * mpf(2) ** -1074
    if name == "gelu_tanh":  # the exponential of a rounded number u is off by u times its rounding
        tolerance *= 1 + 2 * abs(mpf(point[0])) ** 3
    if name == "logaddexp":  # the sum of the larger operand and a logarithm, and these cancel
        tolerance += 4 * mpf(2) ** -52 * max(map(abs, point))
    if name in ("lgamma", "digamma") and point[0] < 0.0:  # the reflection is a difference of two terms
        x, r = mpf(point[0]), mpf(point[0]) - mp.nint(point[0])
        here = mp.log(abs(mp.sinpi(r))) if name == "lgamma" else mp.cot(mp.pi * r)
        mirrored = mp.loggamma if name == "lgamma" else mp.digamma
        tolerance += 16 * mpf(2) ** -52 * (abs(here) + abs(mirrored(1 - x)))
    if name == "direction" and not 2.0**-1022 <= math.hypot(*point) < math.inf:
        tolerance = 4 * mpf(2) ** -52 * abs(number) + abs(true - mpf(number))  # as the row, which divides by it
    return tolerance


def _alike(found, number, tolerance):
    """Equal, or both nan, or two numbers that differ by no more than the tolerance times the second."""
    return found == number or (found != found and number != number) or abs(found - number) <= tolerance * abs(number)


@each_back_end
@pytest.mark.parametrize(("name", "arity"), [(name, arity) for arity, names in ROWS.items() for name in names])
def test_a_row_equals_mpmath_and_has_the_special_values_of_the_interpreter(back_end, name, arity):
    for point, found, (number, true) in zip(
        POINTS[arity].T.tolist(), computed(back_end, arity)[name].tolist(), expected(name, arity), strict=True
    ):
        if true is None:
            same = _alike(found, number, 0.0 if name in EXACT else 8 * 2.0**-52)  # of two that are within half of it
        elif abs(true) >= mpf(2) ** 1024 * (1 - mpf(2) ** -50):  # on the edge of overflow
            same = abs(found) >= 2.0**1023
        else:
            same = math.isfinite(found) and abs(mpf(found) - true) <= _allowed(name, point, number, true)
        assert same, (point, found, number)
        if found == 0 == number and name not in ("floor", "relu", "mul", "where"):
            assert math.copysign(1.0, found) == math.copysign(1.0, number), (point, found, number)


# ---------------------------------------------------------------- rows of any number of operands


def _many():
    rng = np.random.default_rng(7)
    count = 400
    data = rng.uniform(-3.0, 3.0, (6, count)) * np.exp(rng.uniform(-5, 5, count))
    data[:, 100:200] = np.round(data[:, 100:200])  # ties
    data[:, 200:250] += 300 * rng.choice([-1, 1], (6, 50))
    data[rng.integers(0, 6, 60), rng.integers(250, count, 60)] = rng.choice([math.inf, -math.inf, math.nan, 1e308], 60)
    return data


@each_back_end
@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.arity is None and name != "where"])
def test_a_row_of_many_operands_equals_mpmath(back_end, name):
    if back_end == "c" and not _there_is_a_compiler():
        pytest.skip("there is no C compiler")
    data = _many()[: 5 if name == "affine" else 6]
    row = TABLE[name]
    for point, found in zip(data.T.tolist(), _run(back_end, [row], data)[0].tolist(), strict=True):
        number = row.evaluate(point)
        if name in ("maximum", "minimum") or not all(map(math.isfinite, point)):
            exact = name in ("maximum", "minimum", "sum", "mean")
            right = _alike(found, number, 0.0 if exact else 8 * 2.0**-52)
            # where products overflow one by one, infinities of either sign may meet or not
            assert right or (name in ("dot", "affine") and not math.isfinite(found + number)), (point, found, number)
            continue
        true = _exact(name, point)
        size = max(map(abs, point)) + 2  # logsumexp adds a logarithm to the largest operand
        if name == "softmax":  # as exp of a rounded difference
            size *= true
        elif name in ("dot", "affine"):
            size = sum(abs(x * y) for x, y in zip(point[: len(point) // 2], point[len(point) // 2 :], strict=False)) + 1
        elif name == "prod":
            size = abs(true)
        elif name in ("sum", "mean"):
            size = sum(map(abs, point))
        if abs(true) < 2.0**1023:
            assert abs(mpf(found) - true) <= 8 * mpf(2) ** -52 * size + mpf(2) ** -1074, (point, found, number)


@each_back_end
@pytest.mark.parametrize("row", INTERNAL, ids=lambda row: row.name)
def test_a_row_of_the_compiler_equals_its_own_value(back_end, row):
    if back_end == "c" and not _there_is_a_compiler():
        pytest.skip("there is no C compiler")
    data = np.array(list(itertools.product(EDGES, EDGES[::3], *[[3.0, math.nan]] * (row.arity is None)))).T
    (found,) = _run(back_end, [row], data)
    np.testing.assert_array_equal(found, [row.evaluate(point) for point in data.T.tolist()])


@each_back_end
def test_a_choice_takes_no_notice_of_the_branch_not_taken(back_end):
    if back_end == "c" and not _there_is_a_compiler():
        pytest.skip("there is no C compiler")
    data = np.array(list(itertools.product(EDGES, [1.0], [math.nan, math.inf, -2.0]))).T
    (found,) = _run(back_end, [TABLE["where"]], data)
    np.testing.assert_array_equal(found, [TABLE["where"].evaluate(point) for point in data.T.tolist()])


def test_a_mean_whose_sum_overflows_is_finite():
    data = np.array([[1e308], [1.5e308], [-1e308]])
    for back_end in ("vectors", "numbers", "numpy"):
        assert _run(back_end, [TABLE["mean"]], data)[0] == pytest.approx(5e307, rel=1e-15)


# ---------------------------------------------------------------- powers by numbers

EXPONENTS = [k / 2 for k in range(-9, 18) if k not in (0, 2)]  # which make no node
MOST_ULPS = 10  # each rounding as often as it is raised: 7 of (1/x)⁴, 2 of 1/√x, 1 of the product; 9 of x⁸·√x


@functools.cache
def bases():
    """The edges, numbers of all sizes, and for each exponent numbers whose powers are at the ends of what there is."""
    rng = np.random.default_rng(11)
    logs = np.array([-745.2, -744.4, -708.5, -708.3, 708.3, 709.7, 709.8, *rng.uniform(-745, 709, 8)])
    ends = np.exp(np.clip(logs / np.array(EXPONENTS)[:, None], -745, 709)).ravel()
    return np.concatenate([EDGES, _scattered(20, 12), ends])


@functools.cache
def powers(back_end):
    """What a back end gives for all exponents at all bases."""
    with np.errstate(all="ignore"):
        found = _run(back_end, [(TABLE["pow"], y) for y in EXPONENTS], bases()[None])
    return dict(zip(EXPONENTS, found, strict=True))


@functools.cache
def true_powers(y):
    """libm's power and the exact one, None where that is no finite number other than 0."""
    libm = [TABLE["pow"].evaluate((x, y)) for x in bases().tolist()]
    with mp.workdps(60):
        usable = [x and math.isfinite(x) and p == p for x, p in zip(bases().tolist(), libm, strict=True)]
        return libm, [mp.power(mpf(x), mpf(y)) if use else None for x, use in zip(bases().tolist(), usable)]


@each_back_end
@pytest.mark.parametrize("y", EXPONENTS)
def test_a_power_without_libm_is_within_ulps_of_the_exact_one_and_has_its_special_values(back_end, y):
    if back_end == "c" and not _there_is_a_compiler():
        pytest.skip("there is no C compiler")
    for x, found, libm, true in zip(bases().tolist(), powers(back_end)[y].tolist(), *true_powers(y), strict=True):
        if true is None:
            assert repr(found) == repr(libm) or (found != found and libm != libm), x
        elif abs(true) >= mpf(2) ** 1024 * (1 - mpf(2) ** -50):  # on the edge of overflow
            assert abs(found) >= 2.0**1023, x
        else:
            assert math.isfinite(found), x
            assert abs(mpf(found) - true) <= MOST_ULPS * _unit(true), x
        assert found != found or math.copysign(1.0, found) == math.copysign(1.0, libm), x


def test_a_power_without_libm_calls_nothing():
    graph = Graph()
    x = graph.leaf(Domain.SAMPLE)
    outputs = [graph.node(TABLE["pow"], (x, y)) for y in EXPONENTS]
    plan = plan_of(graph, [x], None, [], strip_outputs=outputs)
    assert "@pow" not in kernel_text(plan, 1, 4, 16, lambda _: None)
    assert "pow(" not in c_source(plan, "f")
    for y in (-5.0, 9.0, 1 / 3):
        other = plan_of(graph, [x], None, [], strip_outputs=[graph.node(TABLE["pow"], (x, y))])
        assert "@pow" in kernel_text(other, 1, 4, 16, lambda _: None)


# ---------------------------------------------------------------- completeness


class Mask:
    """What a comparison gives."""

    def __bool__(self):
        raise TypeError("a lowering must not branch on a mask")


class Checking:
    """A machine that has what `Machine` promises and nothing else, and looks at what it is given."""

    def __init__(self):
        self.called = set()

    def _operand(self, *operands):
        assert all(type(x) in (float, Operand) for x in operands), operands
        return Operand(self)

    def _mask(self, *masks):
        assert all(type(mask) is Mask for mask in masks), masks
        return Mask()

    def arithmetic(self, _operation, x, y):
        return self._operand(x, y)

    def compare(self, _relation, x, y):
        self._operand(x, y)
        return Mask()

    negated = abs = sqrt = floor = _operand
    both = either = _mask

    def where(self, mask, x, y):
        self._mask(mask)
        return self._operand(x, y)

    def equal(self, x, y):
        return self.compare("eq", x, y)

    def copysign(self, x, y):
        return self._operand(x, y)

    def fused(self, x, y, z):
        return self._operand(x, y, z)

    def call(self, name, *operands):
        self.called.add(name)
        return self._operand(*operands)

    def in_order(self, operands):
        return list(operands)


OFFERED = [name for name, _ in inspect.getmembers(Machine, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", TABLE)
def test_a_lowering_uses_only_what_every_machine_offers(name):
    row = TABLE[name]
    count = row.arity or {"where": 3, "affine": 5}.get(name, 4)
    for numbers in itertools.product([None, 2.0, -1.5, 0.0, math.nan], repeat=count):
        if None not in numbers:
            continue  # numbers only are folded before
        machine = Checking()
        operands = [Operand(machine) if x is None else x for x in numbers]
        found = row.lowered(machine, *operands)
        assert isinstance(found, Operand), numbers
        assert machine.called <= CALLED | {"fmod"}


@pytest.mark.parametrize("machine", [Code, CCode, NumpyMachine, Floats, Checking])
def test_a_machine_offers_all_of_it(machine):
    assert [name for name in OFFERED if not hasattr(machine, name)] == []


@pytest.mark.parametrize(("name", "arity"), [(name, arity) for arity, names in ROWS.items() for name in names])
def test_a_formula_on_floats_gives_the_numbers_of_the_interpreter(name, arity):
    """At points of ordinary size: there no formula divides by 0, which a float refuses."""
    row, compared = TABLE[name], 0
    for point in np.concatenate([np.random.default_rng(8).uniform(-size, size, (20, arity)) for size in (1.0, 9.0)]):
        operands = point.tolist()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DomainWarning)
            expected = row(*operands)
        assert row.lowered(FLOATS, *operands) == pytest.approx(expected, rel=1e-13, abs=1e-15, nan_ok=True)
        compared += math.isfinite(expected)
    assert compared


def test_a_row_of_a_user_is_not_taken_for_that_of_the_table():
    @primitive(partials=(lambda y, x: 2.0,))
    def silu(x):
        return 2.0 * x

    assert _run("numpy", [silu], np.array([[3.0]]))[0] == 6.0
