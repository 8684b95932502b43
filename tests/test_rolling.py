"""Loops found again: a rolled program computes what the straight one does, and that is what the function computes.

`ROLLING_EXAMPLES=10000 python -m pytest tests/test_rolling.py -m exhaustive` makes the long run, and with another
ROLLING_SEED another one.
"""

import ctypes
import functools
import math
import os
import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import grad, hessian, jit
from autograd.core.tree import take_apart
from autograd.native.c import backend
from autograd.native.c.backend import FLAGS, CPoint, c_compiler, loaded
from autograd.native.c.rolled import rolled_source
from autograd.native.kernels import llvm_point
from autograd.native.llvm import tiers
from autograd.native.recording.tracing import traced, tracing, uncollected
from autograd.native.rolling import by_numpy, instructions, phrases, rolled, sums
from autograd.native.rolling.batches import by_kinds, reordered
from autograd.native.rolling.layout import Layout
from autograd.native.rolling.nests import Nests, References
from autograd.native.rolling.phrases import by_phrases
from autograd.native.rolling.program import Block, Loop, Program
from autograd.native.rolling.repeats import repeats
from autograd.native.rolling.rolled import Draft, program_of, recorded_order

pytestmark = pytest.mark.filterwarnings("ignore::autograd.DomainWarning")

try:
    HAS_COMPILER = bool(c_compiler())
except RuntimeError:
    HAS_COMPILER = False
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0)  # not 1e300, of which the last bit decides a sine
NEVER = 10**9  # instructions that a loop must save, or that must be left for another order: more than there are
BATCH = 16  # programs in one C file

# ---------------------------------------------------------------- random programs with loops


def formula(rng, names):
    """A random formula of named quantities that does not grow: a function of a list of as many numbers."""
    kind = rng.randrange(14)
    i, j, k = (rng.randrange(names) for _ in range(3))
    a, b = rng.choice([0.5, -0.3, 0.9, 1.0, 0.0]), rng.choice([0.1, -0.7, 0.0, 2.0])
    return [
        lambda v: a * v[i] + b * v[j],
        lambda v: v[i] - 0.3 * v[j] * v[k] + b,
        lambda v: ag.tanh(v[i] + v[j]),
        lambda v: v[i] / (1.0 + v[j] * v[j]),
        lambda v: ag.where(ag.step(v[i]), v[j], a * v[k]),
        lambda v: ag.relu(v[i]) - 0.5 * v[j],
        lambda v: ag.maximum(v[i], b * v[j]),
        lambda v: ag.sigmoid(v[i]) * v[j],
        lambda v: ag.log(1.0 + v[i] * v[i]) - a,
        lambda v: ag.exp(-v[i] * v[i]) * v[j],
        lambda v: ag.where(ag.step(v[i] - 0.1), ag.sqrt(abs(v[i])), v[k]),
        lambda v: sum((x * y for x, y in zip(v, reversed(v), strict=True)), b) * (1.0 / len(v)),
        lambda v: ag.sin(v[i]) * ag.cos(v[j]),
        lambda v: 0.5 * (v[i] + v[j] + v[k]) - v[i] * a,
    ][kind]


def recurrence(rng, v, n):
    size = min(len(v), rng.randrange(1, 4))
    state, steps = v[:size], [formula(rng, size + 1) for _ in range(size)]
    total = 0.0
    for k in range(n):
        state = [step([*state, 0.1 * math.sin(k)]) for step in steps]
        total = total + state[0] * state[-1]
    return [*state, total * (1.0 / n)]


def elementwise(rng, v, n):
    f, g = formula(rng, 2), formula(rng, 3)
    xs = [v[k % len(v)] + 0.01 * k for k in range(n)]
    ys = [f([x, 0.3 * math.cos(k)]) for k, x in enumerate(xs)]
    return [g([x, y, v[0]]) for x, y in zip(xs, ys, strict=True)]


def stencil(rng, v, n):
    f = formula(rng, 3)
    u = [v[k % len(v)] * (1.0 + 0.1 * k) for k in range(4 + n % 13)]
    for _ in range(1 + n // 8):
        u = [f([u[i - 1] if i else 0.0, u[i], u[i + 1] if i + 1 < len(u) else 0.5]) for i in range(len(u))]
    return u


def layers(rng, v, n):
    size = 2 + n % 9
    weights = [
        [rng.uniform(-0.5, 0.5) if rng.random() < 0.5 else v[(i + j) % len(v)] for j in range(size)]
        for i in range(size)
    ]
    h = [v[k % len(v)] for k in range(size)]
    for t in range(1 + n // 6):
        h = [ag.tanh(sum((w * x for w, x in zip(row, h, strict=True)), 0.1 * t)) for row in weights]
    return h


def triangle(rng, v, n):
    f = formula(rng, 2)
    a = [v[k % len(v)] + 0.05 * k for k in range(3 + n % 12)]
    found = []
    for i in range(len(a)):
        t = a[i]
        for j in range(i):
            t = t - 0.1 * a[j] * found[j]
        found.append(f([t, a[i]]))
    return found


def pairs(rng, v, n):
    f = formula(rng, 2)
    a = [v[k % len(v)] * (0.3 + 0.1 * k) for k in range(3 + n % 8)]
    return [sum(f([a[i], a[j]]) for i in range(len(a)) for j in range(i))]


def irregular(rng, v, n):
    found = list(v)
    for _ in range(n):
        found.append(formula(rng, len(found))(found))
    return found[len(v) :]


def backwards(rng, v, n):
    f, g = formula(rng, 2), formula(rng, 3)
    xs = [f([v[k % len(v)], 0.1 * k]) for k in range(n)]
    state = 0.0
    for x, y in zip(reversed(xs), xs, strict=True):
        state = g([state, x, y])
    return [state]


def halves(rng, v, n):
    f, g = formula(rng, 2), formula(rng, 3)

    def go(lo, hi):
        if hi - lo == 1:
            return v[lo % len(v)] * (0.5 + 0.01 * lo)
        middle = (lo + hi) // 2 if n % 2 else rng.randrange(lo + 1, hi)
        one, other = go(lo, middle), go(middle, hi)
        return f([one, other]) if n % 3 else g([one, other, 0.1 * (hi - lo)])

    return [go(0, 1 + 2 * n)]


BLOCKS = (recurrence, elementwise, stencil, layers, triangle, pairs, irregular, backwards, halves)


@st.composite
def programs(draw):
    """The number of inputs, and blocks with their lengths and seeds."""
    block = st.tuples(st.sampled_from(BLOCKS), st.integers(1, 40), st.integers(0, 10**6))
    return draw(st.integers(1, 4)), tuple(draw(st.lists(block, min_size=1, max_size=3)))


def function_of(blocks):
    def f(v):
        v = list(v)
        made = []
        for block, n, seed in blocks:
            made = block(random.Random(seed), (v + made)[-6:], n)
        return [*made[-4:], sum(made)]

    return f


# ---------------------------------------------------------------- computing them


def recorded(f, point):
    """The instructions of a function of a list of numbers."""
    inputs, made, outputs = [traced(x) for x in point], [], []
    with tracing(into=made):
        result = f(inputs)
    take_apart(result, outputs, whole=True)
    return Draft(outputs, inputs, [], recorded_order(outputs, inputs, made)).sequenced()


def shuffled(program, rng):
    """The instructions in an order drawn from all that are possible."""
    leaves, count = program.leaves, len(program.operations)
    needs = [{x for x in xs if isinstance(x, int) and x >= leaves} for xs in program.operands]
    users = [[] for _ in range(count)]
    for i, needed in enumerate(needs):
        for x in needed:
            users[x].append(i)
    ready, order = [i for i in range(leaves, count) if not needs[i]], [*range(leaves)]
    while ready:
        order.append(ready.pop(rng.randrange(len(ready))))
        for user in users[order[-1]]:
            needs[user].discard(order[-1])
            if not needs[user]:
                ready.append(user)
    return reordered(program, order)


def in_other_orders(noted, inputs):
    """The programs of instructions by phrases and by kinds, whether that pays or not."""
    tokens, count = References(noted).tokens(), len(noted.operations)
    with mock.patch.object(phrases, "OFTEN", 3):
        by_phrase = by_phrases(noted, tokens, repeats(tokens, noted.leaves, count, 6), NEVER, 6)
    for order, tree in (by_phrase, by_kinds(noted, NEVER, 6)):
        yield Layout(Nests(References(order), tree), inputs).program


def same_bits(found, expected):
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    return bool(((found.view(np.int64) == expected.view(np.int64)) | (np.isnan(found) & np.isnan(expected))).all())


def by_arrays(program, point, kind=np.float64):
    slots, strips = program.new_slots().astype(kind), program.new_strips().astype(kind)
    strips[: len(point)] = point
    by_numpy.run(program, slots, strips)
    return [strips[x] if isinstance(x, int) else x for x in program.strip_outputs]


def agree(found, expected, tolerance=1e-9):
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, finite.max()) if finite.size else 1.0
    with np.errstate(invalid="ignore"):
        same = (
            (found == expected)
            | (np.isnan(found) & np.isnan(expected))
            | (np.abs(found - expected) <= tolerance * scale)
        )
    return bool(same.all())


class Trial(NamedTuple):
    """One function of a program: what was recorded, without loops and with, and where it is computed."""

    name: str
    function: Callable[[list[float]], Any]
    straight: Program
    rolled: Program
    others: list[Program]
    """In other orders of its instructions."""
    points: list[list[float]]


def trials(inputs, blocks, seed, orders=3):
    """Value, gradient and Hessian, at the point of recording, at another, and with special values among the inputs."""
    rng = random.Random(seed)
    here, there = ([rng.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(2))
    special = [rng.choice(SPECIAL) if rng.random() < 0.5 else x for x in there]
    f = function_of(blocks)
    last = lambda v: f(v)[-1]
    for name, function in (("value", f), ("gradient", grad(last)), ("Hessian", hessian(last)))[:orders]:
        noted = recorded(function, here)
        straight, rolled = (program_of(noted, inputs, least, NEVER) for least in (NEVER, 6))
        assert not any(isinstance(item, Loop) for item in straight.body)
        others = [*in_other_orders(noted, inputs)]
        yield Trial(f"{name} of {inputs, blocks, seed}", function, straight, rolled, others, [here, there, special])


def compare(trial, *compiled):
    """The straight program with plain Python, and with it the rolled one: by NumPy, and as it was compiled."""
    for point in trial.points:
        expected = by_arrays(trial.straight, point)
        found = [(program, by_arrays(program, point), 1e-9) for program in (trial.rolled, *trial.others)]
        found += [(run, run([], point), 1e-9) for run in compiled]
        if point is not trial.points[-1]:
            plain = []
            take_apart(trial.function(list(point)), plain)
            found.append(("Python", beyond(trial, point, plain, expected), 1e-8))
        for by, numbers, tolerance in found:
            same = agree(numbers, expected, tolerance) or agree(numbers, expected, lost(trial, point, expected))
            assert same, (trial.name, point, by, numbers, expected)


def beyond(trial, point, numbers, expected):
    """The numbers, but as expected where both are infinite or nan for a number that is too large for 64 bits.

    The function sums in its own order, and -1e400 comes out as -inf, or as the nan of a difference of infinities.
    """
    if np.isfinite(expected).all():
        return numbers
    wide = np.abs(np.array(by_arrays(trial.straight, point, np.longdouble), dtype=np.longdouble))
    too_large = (wide > sys.float_info.max) & ~np.isfinite(numbers) & ~np.isfinite(expected)
    return np.where(too_large, expected, numbers)


def lost(trial, point, expected):
    """What rounding may do to a program whose sums cancel or where a step is met: a thousand times what it does here.

    That is by how much the numbers change with 80 bits, and with inputs a few roundings away, in plain Python too.
    """
    rng = random.Random(0)
    others = [by_arrays(trial.straight, point, np.longdouble)]
    for _ in range(10):
        near = [x * (1.0 + rng.choice((-4, -2, -1, 1, 2, 4)) * 2.0**-52) for x in point]
        plain = []
        take_apart(trial.function(near), plain)
        others += [by_arrays(trial.straight, near), plain]
    others = np.array(others, dtype=np.longdouble)
    finite = np.isfinite(expected) & np.isfinite(others).all(axis=0)
    if not finite.any():
        return 0.0
    error = np.abs(others - expected)[:, finite].max()
    return 1000.0 * float(error) / max(1.0, float(np.abs(expected)[finite].max()))


def check(inputs, blocks, seed, in_c=False):
    rng = random.Random(seed)
    for trial in trials(inputs, blocks, seed):
        compiled = [llvm_point(program).at for program in (trial.rolled, rng.choice(trial.others))]
        if in_c:
            compiled += [CPoint(program).at for program in (trial.rolled, *trial.others)]
        compare(trial, *compiled)


@settings(max_examples=12, deadline=None)
@given(programs(), st.integers(0, 1000))
@example((2, ((recurrence, 40, 1),)), 0)
@example((3, ((stencil, 33, 2), (backwards, 20, 3))), 1)
@example((2, ((layers, 35, 4),)), 2)
@example((2, ((halves, 33, 4),)), 2)
def test_a_rolled_program_computes_what_the_straight_one_does(program, seed):
    check(*program, seed)


@settings(max_examples=12, deadline=None)
@given(programs(), st.integers(0, 1000))
@example((2, ((halves, 33, 4), (triangle, 11, 1))), 2)
def test_any_order_of_the_instructions_gives_the_same_numbers_to_the_last_bit(program, seed):
    inputs, blocks = program
    rng = random.Random(seed)
    here, there = ([rng.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(2))
    special = [rng.choice(SPECIAL) if rng.random() < 0.5 else x for x in there]
    f = function_of(blocks)
    for function in (f, grad(lambda v: f(v)[-1])):
        with mock.patch.object(sums, "FEWEST_TERMS", NEVER):  # a loop adds as it lies
            noted = recorded(function, here)
        straight = program_of(noted, inputs, NEVER, NEVER)
        for order in (noted, shuffled(noted, rng)):
            for program in (program_of(order, inputs, 6, 0), *in_other_orders(order, inputs)):
                for point in (here, there, special):
                    assert same_bits(by_arrays(program, point), by_arrays(straight, point)), (function, point)


@pytest.mark.skipif(not HAS_COMPILER, reason="needs a C compiler")
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    "length", [13, pytest.param(21, marks=pytest.mark.exhaustive)]
)  # of layers, one has loops beside each other in a loop
def test_c_computes_what_the_straight_program_does(block, length):
    check(2, [(block, length, 5)], 3, in_c=True)


def as_one_file(programs):
    """Programs as compiled C: to start a compiler for each would take longer than all the rest."""
    sources = [rolled_source(program, f"program{n}") for n, program in enumerate(programs)]
    text = [f"#define tables tables{n}\n{source}#undef tables\n" for n, source in enumerate(sources)]
    library = loaded.__wrapped__("".join(text), c_compiler())  # the cache does not look at the flags
    return [functools.partial(by_c, program, library[f"program{n}"]) for n, program in enumerate(programs)]


def by_c(program, run, _, point):
    slots, strips = program.new_slots(), program.new_strips()
    strips[: len(point)] = point
    run(*(ctypes.c_void_p(memory.ctypes.data) for memory in (slots, strips)))
    return [strips[x] if isinstance(x, int) else x for x in program.strip_outputs]


def by_llvm(program, optimise):
    with mock.patch.object(tiers, "SHORT", 10**9 if optimise else -1):
        return llvm_point(program).at


@pytest.mark.skipif(not HAS_COMPILER, reason="needs a C compiler")
@pytest.mark.parametrize("level", [pytest.param("-O0", marks=pytest.mark.exhaustive), "-O1", "-O2", "-O3"])
@pytest.mark.parametrize("hessian_of", [
    (3, [(layers, 25, 402717), (pairs, 15, 864176)], 276),
    (2, [(irregular, 18, 838568), (irregular, 31, 639362), (stencil, 34, 718366)], 123000078),
])  # fmt: skip
def test_c_is_the_same_however_it_is_optimised(level, hessian_of):
    """GCC 12 left out calls of functions at -O1 and -O2, and took wrong terms of sums at -O3 with AVX-512."""
    *_, trial = trials(*hessian_of)
    with mock.patch.object(backend, "FLAGS", [flag.replace("-O3", level) for flag in FLAGS]):
        compare(trial, *as_one_file([trial.rolled]))


@pytest.mark.exhaustive
def test_ten_thousand_rolled_programs_compute_what_the_straight_ones_do():
    """LLVM that optimises and that does not, and C that vectorises and that hardly optimises, in turn, for the time."""
    first = int(os.environ.get("ROLLING_SEED", "0"))
    rng = random.Random(first)
    many = int(os.environ.get("ROLLING_EXAMPLES", "60"))
    for start in range(0, many, BATCH):
        found = []
        with uncollected():
            for number in range(start, min(start + BATCH, many)):
                blocks = [
                    (rng.choice(BLOCKS), rng.randrange(1, 41), rng.randrange(10**6)) for _ in range(rng.randrange(1, 4))
                ]
                found += trials(rng.randrange(1, 5), blocks, first + number, 2 if number % 3 else 3)
            quick = [flag.replace("-O3", "-O1") for flag in FLAGS] if start // BATCH % 4 else FLAGS
            with mock.patch.object(backend, "FLAGS", quick):
                compiled = as_one_file([trial.rolled for trial in found]) if HAS_COMPILER else []
            for number, trial in enumerate(found):
                compare(trial, by_llvm(trial.rolled, number % 4 == 0), *compiled[number : number + 1])


# ---------------------------------------------------------------- what is found


def oscillator(steps):
    def f(v):
        mu, x, y = v
        total = 0.0
        for _ in range(steps):
            y = y + 0.001 * (mu * (1.0 - x * x) * y - x)
            x = x + 0.001 * y
            total = total + x * x
        return total

    return grad(f)


@pytest.mark.parametrize("steps", [100, 400])
def test_a_recurrence_is_as_long_as_one_step(steps):
    program = program_of(recorded(oscillator(steps), [1.5, 1.0, 0.0]), 3)
    assert program.counts["instructions"] > 15 * steps
    assert program.counts["written"] < 80


def test_what_waits_for_nothing_is_in_parallel_loops():
    program = program_of(recorded(lambda v: [ag.exp(x) / (1.0 + x * x) for x in v], [0.1 * k for k in range(50)]), 50)
    assert [(loop.passes, loop.parallel) for loop in program.body] == [(50, True)]


def test_loops_within_loops_are_found():
    def heat(v):
        u = list(v)
        for _ in range(20):
            u = [u[0], *(u[i] + 0.2 * (u[i - 1] - 2.0 * u[i] + u[i + 1]) for i in range(1, len(u) - 1)), u[-1]]
        return u

    program = program_of(recorded(heat, [math.cos(0.3 * k) for k in range(16)]), 16)
    assert program.counts["written"] < 0.1 * program.counts["instructions"]


def fourier(v):
    """The power spectrum, by the recursion of Cooley and Tukey."""

    def go(x):
        n = len(x)
        if n == 1:
            return [(x[0], 0.0)]
        found = [None] * n
        for k, ((a, b), (c, d)) in enumerate(zip(go(x[::2]), go(x[1::2]), strict=True)):
            cos, sin = math.cos(2.0 * math.pi * k / n), -math.sin(2.0 * math.pi * k / n)
            p, q = c * cos - d * sin, c * sin + d * cos
            found[k], found[k + n // 2] = (a + p, b + q), (a - p, b - q)
        return found

    return [a * a + b * b for a, b in go(v)]


def tree_of(v):
    """A formula of a formula of either half."""
    if len(v) == 1:
        return v[0]
    one, other = tree_of(v[: len(v) // 2]), tree_of(v[len(v) // 2 :])
    return ag.tanh(one) * other + 0.1 * (one - other)


def determinant(v, n=28):
    """The logarithm of the determinant of a matrix, by the factors of Cholesky."""
    lower = []
    for i in range(n):
        row = []
        for j in range(i + 1):
            t = (2.0 if i == j else 0.0) + ag.exp(-v[0] * (i - j) ** 2 - v[1])
            t = t - sum(a * b for a, b in zip(row, (row if i == j else lower[j])[:j], strict=True))
            row.append(ag.sqrt(t) if i == j else t / lower[j][j])
        lower.append(row)
    return sum(ag.log(lower[i][i]) for i in range(n))


@pytest.mark.parametrize(
    ("function", "count"),
    [(lambda v: sum(ag.log(x + 0.1) for x in fourier(v)), 128), (tree_of, 300), (determinant, 2)],
    ids=["fourier", "tree", "determinant"],
)
def test_what_does_not_repeat_as_it_was_recorded_is_found_in_another_order(function, count):
    points = [[0.3 + shift + 0.4 * math.sin(0.3 * k) for k in range(count)] for shift in (0.0, 0.1)]
    noted = recorded(grad(function), points[0])
    in_order, program = program_of(noted, count, much=NEVER), program_of(noted, count)
    assert in_order.counts["written"] > rolled.MUCH
    assert program.counts["written"] < 0.5 * in_order.counts["written"]
    run = llvm_point(program).at
    for point in points:
        expected = by_arrays(in_order, point)
        assert agree(by_arrays(program, point), expected, 1e-12)
        assert agree(run([], point), expected, 1e-12)


@pytest.mark.skipif(not HAS_COMPILER, reason="needs a C compiler")
def test_c_keeps_the_blocks_of_one_loop_apart():
    noted = recorded(grad(lambda v: sum(ag.log(x + 0.1) for x in fourier(v))), [math.sin(k) for k in range(64)])
    program, _ = in_other_orders(noted, 64)
    loops = [item for item in program.body if isinstance(item, Loop)]
    assert any(sum(isinstance(x, Block) for x in loop.body) > 1 for loop in loops)
    point = [math.cos(k) for k in range(64)]
    assert agree(CPoint(program).at([], point), by_arrays(program, point), 1e-12)


def test_what_is_alike_nowhere_stays_as_it_was_recorded():
    def f(v):
        return irregular(random.Random(3), v, 2500)[-1]

    noted = recorded(f, [0.1, 0.2])
    assert program_of(noted, 2).body == program_of(noted, 2, much=NEVER).body


@settings(max_examples=15, deadline=None)
@given(programs())
def test_the_compiled_core_notes_what_python_notes(program):
    inputs, blocks = program
    point = [0.3 + 0.1 * k for k in range(inputs)]
    function = grad(lambda v: function_of(blocks)(v)[-1])
    noted = []
    for core in (instructions.compiled, None):
        with mock.patch.object(instructions, "compiled", core), mock.patch.object(sums, "compiled", core):
            noted.append(recorded(function, point))
    one, other = noted
    assert (one.operations, one.operands, one.outputs) == (other.operations, other.operands, other.outputs)


def test_sums_inside_a_formula_stay_as_they_are_written():
    """The error of a square that is put back must not be rounded away."""
    point = llvm_point(program_of(recorded(lambda v: [ag.gelu(x) for x in v], [-20.0] * 9), 9, 4))
    for x in (-20.0, -25.3, 8.0):  # rounding x² alone would cost 1e-13
        assert point.at([], [x] * 9) == pytest.approx([ag.gelu(x)] * 9, rel=2e-15)


def test_sums_of_any_length_are_alike():
    def convolved(v):
        return [ag.tanh(sum(v[j] * v[k - j] for j in range(k))) for k in range(16, len(v))]

    points = [[math.sin(0.3 * k) + shift for k in range(40)] for shift in (0.0, 0.1)]
    noted = recorded(convolved, points[0])
    program = program_of(noted, 40, 4)
    assert program.counts["written"] < 0.4 * program.counts["instructions"]
    for point in points:
        for found in (by_arrays(program, point), llvm_point(program).at([], point)):
            assert agree(found, convolved(point), 1e-14)


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter"])
def test_the_loops_are_shown_whatever_runs_them(backend):
    def f(x):
        for _ in range(100):
            x = 3.5 * x * (1.0 - x)
        return x

    g = jit(grad(f), backend=backend)
    assert g(0.4) == pytest.approx(grad(f)(0.4), rel=1e-9)
    assert g.loops() == g.loops(0.4)
    assert "passes one after the other" in g.loops()
    assert "passes at once" in jit(lambda v: [ag.sin(x) for x in v], backend=backend).loops([0.1] * 20)


def test_more_constants_than_instructions():
    constants = [1.0 + 0.1 * k for k in range(50)]

    def f(v):
        return [ag.dot([v[0], *constants], [v[1]] * 51)]

    noted = recorded(f, [0.5, 2.0])
    program = program_of(noted, 2)
    assert by_arrays(program, [0.5, 2.0]) == pytest.approx(f([0.5, 2.0]), rel=1e-14)
    assert llvm_point(program).at([], [0.25, 3.0]) == pytest.approx(f([0.25, 3.0]), rel=1e-14)
