"""Arguments that belong to the structure of a jitted function: integers that it asks for, and those named as static."""

import copy
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, detect_anomaly, grad, jit, no_grad, value_and_grad, vmap

USES = {
    "index": lambda x, n: x[n] * 2.0,
    "slice": lambda x, n: sum(x[:n]) + sum(x[n:]) * 3.0,
    "range": lambda x, n: sum(v * i for i, v in zip(range(n), x)),
    "count": lambda x, n: ([x[0] * 2.0] * n)[-1] if n else 0.0 * x[0],
    "branch": lambda x, n: x[0] if n > 1 else -x[0],
    "equal": lambda x, n: x[0] if n == 1 else x[1],
    "truth": lambda x, n: x[0] if n else x[1],
    "of a sum": lambda x, n: x[n - 1] + x[(2 * n) % 3] ** n,
    "number": lambda x, n: x[0] * n + n,
    "index and number": lambda x, n: x[n] * n,
    "caught": lambda x, n: caught(x, n),
    "float": lambda x, n: x[0] * float(n),
    "key": lambda x, n: {0: x[0], 1: x[1], 2: x[2]}[operator.index(n)],
}


def caught(x, n):
    """A function that looks whether it is an index, and does something else if not."""
    try:
        return x[n]
    except Exception:
        return x[0] * 100.0


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("backend", ["llvm", "interpreter"])
def test_an_integer_is_to_machine_code_what_it_is_to_the_function(use, backend):
    f = USES[use]
    compiled, slope = jit(f, backend=backend), jit(grad(f), backend=backend)
    for x in ([1.0, 2.0, 3.5], np.array([0.5, -1.0, 2.0])):
        for n in (0, 1, 2, 1, 0, np.int64(2)):
            for _ in range(2):
                assert compiled(x, n) == pytest.approx(f(x, n)), n
            assert np.allclose(slope(x, n), grad(f)(x, n))


def test_there_is_a_program_for_each_integer_only_where_it_is_asked_for():
    asked, only_computed = jit(lambda x, n: x[n]), jit(lambda x, n: x[0] * n)
    for n in (0, 1, 2, 1, 0):
        asked([1.0, 2.0, 3.0], n)
        only_computed([1.0, 2.0, 3.0], n)
    assert len(asked._entries) == 3
    assert len(only_computed._entries) == 1


def test_what_is_no_integer_is_none_to_machine_code_either():
    f = jit(lambda x, n: x[n])
    assert f([1.0, 2.0], 1) == 2.0
    for n in (1.0, np.float64(1.0)):
        with pytest.raises(TypeError):
            [1.0, 2.0][n]
        with pytest.raises(TypeError, match="asks for the number of a value"):
            f([1.0, 2.0], n)
    with pytest.raises(TypeError, match="asks for the number of a value"):  # a float takes part in it
        jit(lambda x, n: x if x * n > 1.0 else -x)(2.0, 3)
    with pytest.raises(IndexError):
        f([1.0, 2.0], 2)
    assert f([1.0, 2.0], 0) == 1.0


def test_one_integer_decides_what_is_asked_of_another():
    def f(x, k, n):
        return x[n] if k == 0 else x[0] * n

    g = jit(f)
    for k in (1, 0, 1, 0):
        for n in (0, 1, 2):
            assert g([1.0, 2.0, 3.0], k, n) == f([1.0, 2.0, 3.0], k, n)


def test_true_is_another_thing_than_one():
    f = jit(lambda x, n: x * 2.0 if n is True else x * (5.0 if n == 1 else 7.0))
    for _ in range(2):
        assert [f(1.0, True), f(1.0, 1), f(1.0, 2), f(1.0, False)] == [2.0, 5.0, 7.0, 7.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 3), st.booleans())
def test_integers_in_structures(indices, k, in_array):
    def f(x, options):
        return {"chosen": [x[i] * 2.0 for i in options["indices"]], "power": x[0] ** k * options["scale"]}

    x = np.arange(5.0) if in_array else [0.0, 1.0, 2.0, 3.0, 4.0]
    g = jit(f)
    for scale in (1, 2.5, 3):
        for _ in range(2):
            found = g(x, {"indices": indices, "scale": scale})
            expected = f(x, {"indices": indices, "scale": scale})
            assert found["chosen"] == pytest.approx(expected["chosen"])
            assert found["power"] == pytest.approx(expected["power"])


def test_elementwise_with_a_count():
    f = jit(lambda x, n: sin_of(x, n))

    def sin_of(x, n):
        for _ in range(n):
            x = np.sin(x)
        return x

    for shape in (4, (2, 3)):
        for n in (0, 1, 3):
            x = np.linspace(0.0, 1.0, np.prod(shape)).reshape(shape)
            assert np.allclose(f(x, n), sin_of(x, n))


def test_inside_modes_and_transforms():
    f = jit(lambda x, n: x[n] * x[0])
    x = [Value(2.0), Value(3.0)]
    f(x, 1).backward()
    assert [v.grad for v in x] == [3.0, 2.0]
    assert grad(f)([2.0, 3.0], 1) == [3.0, 2.0]
    with no_grad():
        assert f([2.0, 3.0], 1) == 6.0
    with detect_anomaly():
        assert f([2.0, 3.0], 1) == 6.0
    assert jit(lambda x: f(x, 1) * f(x, 0))([2.0, 3.0]) == 24.0


# ---------------------------------------------------------------- static_argnums, static_argnames


def powers(x, how, n=1):
    return {"sum": sum(x), "product": x[0] * x[1]}[how] * 2.0**n if isinstance(n, int) else x[0] * n[0]


@pytest.mark.parametrize(
    "options", [{"static_argnums": (1, 2)}, {"static_argnames": ("how", "n")}, {"static_argnums": (1, -1)}]
)
def test_static_arguments_belong_to_the_structure(options):
    f = jit(powers, **options)
    for _ in range(2):
        for how in ("sum", "product"):
            for n in (1, 2, (0.5,), (0.25,)):
                assert f([2.0, 3.0], how, n) == f([2.0, 3.0], how=how, n=n) == powers([2.0, 3.0], how, n)
        assert f([2.0, 3.0], "sum") == 10.0
    assert copy.copy(f)([2.0, 3.0], "sum", 3) == pickle.loads(pickle.dumps(f))([2.0, 3.0], "sum", 3) == 40.0
    assert "static_arg" in repr(f)
    with pytest.raises(TypeError, match="argument number 2 is static, so it must be hashable, not list"):
        f([2.0, 3.0], "sum", [1])
    assert grad(f)([2.0, 3.0], "product", 1) == [6.0, 4.0]


def test_static_arguments_of_other_kinds_are_other_structures():
    f = jit(lambda x, how: x * {int: 1.0, float: 2.0, bool: 3.0}[type(how)], static_argnums=1)
    for _ in range(2):
        assert [f(1.0, 1), f(1.0, 1.0), f(1.0, True)] == [1.0, 2.0, 3.0]


def test_static_arguments_of_methods_and_of_mapped_functions():
    class Model:
        def scaled(self, x, how):
            return x * how[0]

    Model.scaled = jit(Model.scaled, static_argnames="how")
    assert Model().scaled(2.0, (3.0,)) == Model().scaled(2.0, how=(3.0,)) == 6.0
    f = jit(vmap(lambda x, n: [x * i for i in range(n)][-1], in_axes=(0, None)), static_argnums=1)
    assert f(np.arange(3.0), 3).tolist() == [0.0, 2.0, 4.0]


def test_what_is_no_argument_is_refused():
    with pytest.raises(ValueError, match=r"static_argnums is 2, and the function has the arguments \['x', 'n'\]"):
        jit(lambda x, n: x, static_argnums=2)
    with pytest.raises(ValueError, match=r"static_argnames is 'm', and the function has the arguments \['x', 'n'\]"):
        jit(lambda x, n: x, static_argnames="m")
    with pytest.raises(TypeError, match="static_argnums must be an integer or several, not 'n'"):
        jit(lambda x, n: x, static_argnums="n")
    with pytest.raises(TypeError, match="static_argnames must be a name or several"):
        jit(lambda x, n: x, static_argnames=[1])
    with pytest.raises(TypeError, match="static_argnames must be a name or several, not 3"):
        jit(lambda x, n: x, static_argnames=3)
    with pytest.raises(TypeError, match=r"static_argnums must be an integer or several, not 1\.0"):
        jit(lambda x, n: x, static_argnums=1.0)
    assert jit(lambda *xs, **named: xs[0] * named["k"][0], static_argnums=5, static_argnames="k")(2.0, k=(3.0,)) == 6.0


def test_values_of_a_gradient_with_a_static_argument():
    f = jit(value_and_grad(lambda x, n: sum(v**n for v in x)), static_argnums=1)
    assert f(np.array([1.0, 2.0]), 3)[1].tolist() == [3.0, 12.0]


def test_static_arguments_are_counted_from_the_end_of_a_call_with_any_number_of_them():
    f = jit(lambda scale, *rest: scale * rest[-1][0], static_argnums=-1)
    assert f(2.0, (3.0,)) == 6.0
    assert f(2.0, 7.0, (4.0,)) == 8.0
    assert jit(lambda x, *rest: x, static_argnums=-9)(2.0, 3.0) == 2.0
