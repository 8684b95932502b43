"""Corners that no other test enters: found by `make coverage`, and by the mistakes that `make mutants` puts in."""

import ast
import functools
import itertools
import math
import os
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    DomainWarning,
    Value,
    atan2,
    compile,
    detect_anomaly,
    expression,
    grad,
    identity,
    jit,
    primitive,
    program,
    sin,
    topological_order,
)
from autograd.core.graph import reverse_sweep
from autograd.core.tree import flatten, take_apart, watched
from autograd.formulas.notation import ATOM, SIGN, Spelled, python_application
from autograd.table import gamma, lowering, primitives
from autograd.table.machine import FLOATS
from tests.test_structure import ROOT

x0 = Value(1.0)


class Unprintable:
    """Its repr raises."""

    def __repr__(self):
        raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, r"grad: the first argument must be a function, not float 3.0; write grad\(f\)", lambda: grad(3.0)),
        (TypeError, "grad: argnums must be a position or several, not str 'x'", lambda: grad(sin, argnums="x")),
        (TypeError, "grad: argnums must be a position or several, not bool True", lambda: grad(sin, argnums=True)),
        (ValueError, "gelu: approximate must be 'none' or 'tanh', not 'erf'", lambda: autograd.gelu(1.0, "erf")),
        (TypeError, "above a function of floats", lambda: primitive(partials=(1.0,))(3.0)),
        (TypeError, "its repr raises RuntimeError", lambda: sin(Unprintable())),
        (TypeError, "compile: outputs must be Values, not float 3.0", lambda: compile(3.0, [x0], [])),
        (TypeError, "compile: inputs must be Values, number 0 is float", lambda: compile(x0, [1.0], [])),
        (ValueError, "`also` goes with a reduction", lambda: compile([x0], [x0], [], reduction=None, also=[x0])),
        (TypeError, "label must be text, not int", lambda: Value(1.0, label=3)),
        (TypeError, "label must be text, not NoneType", lambda: Value(1.0, (), "", None)),
        (TypeError, r"no argument 'grade': it has data, label", lambda: Value(1.0, grade=2)),
        (TypeError, r"no argument 'requires_grad': a leaf is trainable", lambda: Value(1.0, requires_grad=False)),
        (AttributeError, "module 'autograd' has no attribute 'sine'", lambda: autograd.sine),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_is_wrong(error, message, call):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "number", [np.str_("3"), np.bytes_(b"3"), np.array("3"), np.complex64(3), np.timedelta64(3, "s")]
)
@pytest.mark.parametrize("call", [Value, lambda x: Value(2.0) * x, sin, grad(sin), jit(sin)])
def test_what_is_no_number_of_numpys_is_refused_as_pythons_is(number, call):
    with pytest.raises(TypeError, match="must be one real number, not"):
        call(number)


@pytest.mark.parametrize(("length", "shown"), [(58, "'" + "a" * 58 + "'$"), (59, "'" + "a" * 56 + r"\.\.\.$")])
def test_a_message_shows_60_characters_at_most(length, shown):
    with pytest.raises(TypeError, match=f"sin: operand 1 must be one real number, not str {shown}"):
        sin("a" * length)


@pytest.mark.parametrize(("count", "shown"), [(4, r"\(x, x, x, x\)"), (5, r"\(x, x, x, x, … 5 operands\)")])
def test_a_warning_shows_four_operands_and_how_many_there_are(count, shown):
    xs = [Value(1.7e308) for _ in range(count)]
    with pytest.warns(DomainWarning, match=shown.replace("x", "1.7e[+]308")):
        primitives.sum(xs)


def test_the_plain_core_raises_the_default_threshold_of_the_cycle_collector_only():
    code = "import gc; gc.set_threshold({}, 10, 10); import autograd; print(*gc.get_threshold())"
    environment = os.environ | {"AUTOGRAD_PURE": "1"}

    def after(threshold):
        command = [sys.executable, "-W", "ignore", "-c", code.format(threshold)]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

    assert [after(700), after(2000), after(701)] == ["250000 10 10\n"] * 2 + ["701 10 10\n"]


def test_a_package_lists_what_it_has_before_that_is_imported():
    assert set(autograd.__all__) <= set(dir(autograd))
    assert set(nn.__all__) <= set(dir(nn))


def test_a_row_that_pickle_cannot_find_is_refused():
    here = primitive(partials=(1.0,))(lambda x: x)
    with pytest.raises(
        LookupError, match=r"test_corners has no primitive .*: define it at the top level of the module"
    ):
        pickle.loads(pickle.dumps(here))


def test_an_infinite_constant_is_printed_so_that_it_runs():
    x = Value(2.0, label="x")
    y = x * -math.inf
    made = program(y, [x], mode="value")
    assert "-float('inf')" in str(made)
    assert made(3.0) == (-math.inf,)


def test_a_formula_has_a_short_repr():
    x = Value(2.0, label="x")
    assert repr(expression(x * 3.0)) == "<expression 3*x>"
    long = repr(expression(functools.reduce(lambda y, _: y.sin() + x, range(40), x)))
    assert len(long) == len("<expression >") + 80
    assert long.endswith("...>")


def test_the_closure_of_a_leaf_does_nothing():
    x = Value(2.0)
    x._backward()
    assert x.grad == 0.0


def test_a_sum_of_opposite_infinities_in_a_sweep_is_told():
    x = Value(1.0)
    y = x * math.inf + x * -math.inf
    with pytest.warns(
        DomainWarning, match=r"the derivative through it is nan, because (-inf \+ inf|inf \+ -inf) arises"
    ):
        y.backward()
    assert math.isnan(x.grad)


def test_an_error_amid_the_sweep_of_a_transform_leaves_the_graph_usable():
    x = Value(3.0)
    y = x * x
    y = Value(y.data, (y,), "closure")

    def fail():
        raise KeyboardInterrupt

    y._backward = fail
    z = y * 2.0
    with pytest.raises(KeyboardInterrupt):
        autograd.gradient(z, [x])
    assert x.grad == 0.0
    y._backward = lambda: setattr(y.operands[0], "grad", y.operands[0].grad + y.grad)
    z.backward()
    assert x.grad == 12.0


def test_a_transform_inside_detect_anomaly_is_the_same_and_leaves_gradients_alone():
    other = Value(2.0)
    other.grad = 5.0
    with detect_anomaly():
        assert grad(lambda x: x * x * other)(3.0) == 12.0
        assert autograd.gradient(other * other, [other]) == [4.0]
    assert other.grad == 5.0


def test_a_frozen_value_is_a_constant_of_a_row_of_two_operands():
    x, frozen = Value(1.0), Value(2.0).requires_grad_(False)
    assert atan2(x, frozen).operands == (x, 2.0)
    assert atan2(frozen, x).operands == (2.0, x)


BIG = 1e200
OVERFLOWS = {
    "mul": lambda x: x(BIG) * x(BIG),
    "mul by a number": lambda x: x(BIG) * BIG,
    "mul of a number": lambda x: BIG * x(BIG),
    "add": lambda x: x(1.7e308) + x(1.7e308),
    "add of a number": lambda x: 1.7e308 + x(1.7e308),
    "sub of a number": lambda x: -1.7e308 - x(1.7e308),
    "div by a number": lambda x: x(BIG) / 1e-200,
    "div of a number": lambda x: BIG / x(1e-200),
    "pow": lambda x: x(BIG) ** x(2.0),
    "pow by a number": lambda x: x(BIG) ** 2,
    "pow of a number": lambda x: BIG ** x(2.0),
    "exp": lambda x: x(800.0).exp(),
    "hypot": lambda x: autograd.hypot(x(1.7e308), x(1.7e308)),
    "affine": lambda x: autograd.affine([x(BIG)], [x(BIG)], x(0.0)),
    "linear": lambda x: autograd.linear([x(BIG)], [[x(BIG)]], [x(0.0)])[0],
}


@pytest.mark.parametrize("make", OVERFLOWS.values(), ids=OVERFLOWS)
@pytest.mark.parametrize("kind", [Value, lambda number: Value(number).requires_grad_(False)], ids=["value", "frozen"])
def test_every_way_of_recording_tells_an_overflow(make, kind):
    with pytest.warns(DomainWarning, match=r"\) overflows: the result is -?inf"):
        y = make(kind)
    assert math.isinf(y.data)


def test_what_is_infinite_already_is_no_overflow():
    x = Value(math.inf)
    assert [(x * 2.0).data, (2.0 + x).data, (x * x).data, x.exp().data] == [math.inf] * 4


def test_what_a_structure_held_weakly_is_told_when_it_goes():
    def function():
        pass

    structure = take_apart([function, 1.0], [], whole=True, weak=True)
    gone = []
    watching = watched(structure, gone.append)
    assert watching == structure
    del function
    assert len(gone) == 1


def test_arrays_may_hold_none_and_structures():
    leaves, rebuild = flatten(np.array([1.0, None], dtype=object), "x")
    assert leaves == [1.0]
    assert rebuild([3.0]).tolist() == [3.0, None]


class Slotted:
    """Without a slot for weak references."""

    __slots__ = ()

    def __call__(self, x):
        return x * x


def test_a_function_that_cannot_be_held_weakly_is_held():
    assert take_apart(Slotted(), [], whole=True, weak=True)[0] == "static"
    assert jit(lambda f, x: f(x))(Slotted(), 3.0) == 9.0


def test_a_seed_of_zero_seeds_nothing_and_a_recorded_one_is_taken():
    x, seed = Value(2.0), Value(3.0)
    y = x * x
    adjoints = {y: seed}
    reverse_sweep(topological_order(y), adjoints, record=True)
    assert adjoints[x].data == 12.0
    assert seed in topological_order(adjoints[x])


def test_formulas_of_nothing_and_of_signs():
    assert lowering.sum(FLOATS) == 0.0
    assert (primitives.sum.expansion([]), primitives.prod.expansion([])) == (0.0, 1.0)
    assert primitives.mean.expansion([1.0, 2.0, 6.0]) == 3.0
    assert [autograd.sign(x) for x in (-0.5, -0.0, 0.5)] == [-1.0, 0.0, 1.0]
    assert math.copysign(1.0, autograd.sign(-0.0)) == -1.0
    assert identity(2.5) == 2.5


def test_one_step_without_a_search_asks_for_the_loss_once():
    p, asked = Value(3.0), []

    def closure():
        asked.append(p.data)
        p.grad = 0.0
        loss = p * p
        loss.backward()
        return loss

    nn.LBFGS([p], lr=0.25, max_iter=1).step(closure)
    assert asked == [3.0]
    assert p.data == pytest.approx(3.0 - 0.25)  # the first step is lr · min(1, 1/|g|) · g


def test_a_history_and_a_standardizer_tell_what_they_have():
    assert "loss" not in nn.History()
    assert repr(nn.Standardizer().fit([[1.0], [3.0]])).startswith("Standardizer(mean=[2.0], scale=[1.0]")


def test_probabilities_that_are_too_modest_are_sharpened():
    temperature = nn.fit_temperature([[0.1, 0.0]] * 9 + [[0.0, 0.1]], [0] * 10)
    assert temperature == pytest.approx(0.1 / math.log(9.0), rel=1e-9)


WRITTEN = [row for row in autograd.TABLE.values() if row.precedence < ATOM]


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(WRITTEN, WRITTEN)), ids=lambda row: row.name)
def test_parentheses_stand_where_python_needs_them_and_only_there(outer, inner):
    within = python_application(inner, [Spelled("a"), Spelled("b")][: inner.arity])
    for position in range(outer.arity):
        operands = [Spelled("x"), Spelled("y")][: outer.arity]
        operands[position] = within
        found = python_application(outer, operands).text
        operands[position] = Spelled(f"({within.text})", ATOM)
        expected = ast.dump(ast.parse(python_application(outer, operands).text))
        assert ast.dump(ast.parse(found)) == expected
        bare = re.sub("[()]", "", found)
        # a sign or a power around a sign or a power has them always, for the reader
        assert found == bare or ast.dump(ast.parse(bare)) != expected or min(outer.precedence, inner.precedence) >= SIGN


@pytest.mark.parametrize("computed", range(8))
def test_linear_hands_on_to_whatever_of_its_operands_is_computed(computed):
    """Inputs, weights and biases are leaves or results, in any combination."""
    leaves = [Value(x) for x in (0.5, -1.5, 2.0)]
    x, w, b = (2.0 * leaf if computed >> i & 1 else leaf for i, leaf in enumerate(leaves))
    (z,) = autograd.linear([x, x], [[w, w]], [b])
    z.backward()
    slopes = 2.0 * w.data, 2.0 * x.data, 1.0
    assert [leaf.grad for leaf in leaves] == [slope * (1 + (computed >> i & 1)) for i, slope in enumerate(slopes)]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("sweep", [lambda y, x: y.backward(), lambda y, x: autograd.gradient(y, [x])])
def test_the_nan_that_is_told_of_is_the_one_that_the_sweep_made(sweep, swapped):
    """0 · inf behind the square, not the infinite slope beside it."""
    a, x = Value(0.0, label="a"), Value(0.0, label="x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        parts = autograd.sqrt(x) ** 2, autograd.sqrt(a)
        y = parts[1] + parts[0] if swapped else parts[0] + parts[1]
    with pytest.warns(DomainWarning) as told:
        sweep(y, x)
    (message,) = [str(warning.message) for warning in told]
    assert message.startswith("sqrt(0.0 (x)): the derivative through it is nan")


def test_what_a_closed_gate_keeps_out_is_0_in_a_record_too():
    x, y = Value(-1.0), Value(3.0)
    by_x, by_y = autograd.gradient(autograd.relu(x) * y, (x, y), create_graph=True)
    assert (by_x.data, by_y.data) == (0.0, 0.0)
    assert [slope.data for slope in autograd.gradient(by_x * y + by_y, (x, y), create_graph=True)] == [0.0, 0.0]


def test_rows_are_methods_where_their_operands_stand_one_by_one():
    assert Value(1.0).where(2.0, 3.0).data == 2.0
    assert Value(0.0).where(2.0, 3.0).data == 3.0


def test_the_highest_polygamma_is_a_row_that_can_be_named():
    highest = getattr(primitives, f"polygamma_{gamma.HIGHEST_ORDER}")
    assert highest(2.0) == primitives.polygamma(gamma.HIGHEST_ORDER, 2.0)
    for beyond in (0, gamma.HIGHEST_ORDER + 1):
        with pytest.raises(AttributeError):
            getattr(primitives, f"polygamma_{beyond}")
