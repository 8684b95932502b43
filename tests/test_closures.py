"""What a function takes from outside: numbers of a transform that is under way, and those that one has left behind."""

import numpy as np
import pytest

from autograd import (
    checkpoint,
    derivative,
    fixed_point,
    grad,
    hvp,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    scan,
    sin,
    vjp,
    vmap,
)

SAMPLES = np.array([2.0, 3.0])
WITHIN = {
    "jit": lambda f: jit(f)(2.0),
    "jit of no arguments": lambda f: jit(lambda: f(2.0))(),
    "jit over an array": lambda f: jit(lambda y: y * f(2.0))(SAMPLES)[1],
    "jit of a whole array": lambda f: jit(lambda y: f(y[0]) + y.sum())(SAMPLES),
    "jit of samples": lambda f: jit(vmap(f))(SAMPLES)[0],
    "samples of jit": lambda f: vmap(jit(f))(SAMPLES)[1],
    "jit of a gradient": lambda f: jit(grad(f))(2.0),
    "jit of a dual number": lambda f: jit(jacfwd(f))(2.0),
    "jit within jit": lambda f: jit(lambda y: jit(f)(y) * y)(2.0),
    "jit of a scan": lambda f: jit(lambda y: scan(lambda h, _: (f(h), h), y, length=3)[0])(0.5),
    "checkpoint": lambda f: checkpoint(f)(2.0),
    "fixed_point": lambda f: fixed_point(lambda y: sin(0.1 * f(y)), 0.5, steps=30),
    "jvp": lambda f: jvp(f, (2.0,), (1.0,))[1],
    "linearize": lambda f: linearize(f, 2.0)[1](1.0),
    "vjp": lambda f: vjp(f, 2.0)[1](1.0)[0],
    "hvp": lambda f: hvp(lambda y: f(y) * y, (2.0,), (1.0,)),
}
OUTSIDE = {
    "grad": grad,
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "derivative": derivative,
    "second derivative": lambda f: derivative(f, 2),
    "grad of grad": lambda f: grad(grad(f)),
    "jit": jit,
    "jit of grad": lambda f: jit(grad(f)),
    "jit of jacfwd": lambda f: jit(jacfwd(f)),
    "samples of grad": lambda f: lambda a: vmap(grad(f))(np.array([a, a]))[1],
    "jit of samples of grad": lambda f: lambda a: jit(vmap(grad(f)))(np.array([a, a]))[1],
}


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("within", WITHIN)
def test_a_number_of_a_transform_outside_stays_connected(within, outside):
    transform = OUTSIDE[outside]
    of_argument = {  # the same, of an argument
        "jit": lambda f: f(2.0),
        "jit of no arguments": lambda f: f(2.0),
        "jit over an array": lambda f: f(2.0) * 3.0,
        "jit of a whole array": lambda f: f(2.0) + 5.0,
        "jit of samples": lambda f: f(2.0),
        "samples of jit": lambda f: f(3.0),
        "jit of a gradient": lambda f: grad(f)(2.0),
        "jit of a dual number": lambda f: grad(f)(2.0),
        "jit within jit": lambda f: f(2.0) * 2.0,
        "jit of a scan": lambda f: f(f(f(0.5))),
        "checkpoint": lambda f: f(2.0),
        "fixed_point": lambda f: scan(lambda y, _: (sin(0.1 * f(y)), None), 0.5, length=200)[0],
        "hvp": lambda f: grad(grad(lambda y: f(y) * y))(2.0),
    }.get(within, lambda f: grad(f)(2.0))
    whole = lambda use: lambda a: use(lambda y: sin(a * a * y))
    for a in (0.7, 1.3):  # a second call must not be that of the first one's number
        assert transform(whole(WITHIN[within]))(a) == pytest.approx(transform(whole(of_argument))(a), rel=1e-9)


def test_a_jitted_function_is_compiled_with_the_number_of_no_transform():
    state = {}
    f = jit(lambda y: state["a"] * y)

    def use(a):
        state["a"] = a
        return f(2.0)

    for transform in (grad, jacfwd, jit, lambda g: jit(grad(g))):
        for a in (3.0, 4.0):
            assert transform(use)(a) == (2.0 * a if transform is jit else 2.0)
    state["a"] = 5.0
    assert (f(2.0), f(2.0)) == (10.0, 10.0)


@pytest.mark.parametrize("keep", [lambda x: x, lambda x: sin(x) * 2.0])
def test_a_number_that_a_recording_left_behind_is_refused(keep):
    left = []
    jit(lambda x: left.append(keep(x)) or x * 2.0)(3.0)
    for call in (
        lambda: jit(lambda x: x * left[0])(2.0),
        lambda: jit(lambda x: x * left[0])(SAMPLES),
        jit(lambda: left),
    ):
        with pytest.raises(TypeError, match="a number that another recording has left behind"):
            call()
    with pytest.raises(TypeError, match="a number that another recording has left behind"):
        jit(lambda x: jit(lambda y: y * left[0])(2.0) * x)(2.0)


def test_a_result_may_be_an_array_of_no_dimensions():
    f = lambda x: {"s": np.tensordot(x, x, 1), "a": np.array(x[0] * 2.0, dtype=object)}
    assert jit(f)(SAMPLES) == {"s": 13.0, "a": 4.0}
    assert grad(lambda x: f(x)["s"])(SAMPLES).tolist() == jit(grad(lambda x: f(x)["s"]))(SAMPLES).tolist() == [4.0, 6.0]
