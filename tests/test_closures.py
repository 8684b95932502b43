"""What a function takes from outside, numbers of transforms under way or left behind, and what it writes there."""

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


@pytest.mark.parametrize(
    "transform",
    [
        grad,
        jacfwd,
        jacrev,
        jit,
        lambda f: lambda x: linearize(f, x)[0],
        lambda f: lambda x: jvp(f, (x,), (x,)),
        lambda f: jit(grad(f)),
        lambda f: grad(lambda x: checkpoint(f)(x * 1.0)),
        lambda f: lambda x: vmap(f)(np.stack([x, x])),
        lambda f: lambda x: vmap(lambda _, x: f(x), (0, None))(SAMPLES, x),
        lambda f: lambda x: vmap(grad(f), 1)(np.stack([x, x], 1)),
        lambda f: lambda x: grad(lambda x: vmap(lambda _, x: f(x), (0, None))(SAMPLES, x).sum())(x),
    ],
)
def test_what_a_function_writes_into_its_arguments_stays_its_own(transform):
    def writing(x):
        x[0] = x[1] * x[2] + x[0]
        x *= 2.0
        return (x * x).sum()

    not_writing = lambda x: (2.0 * (x[1] * x[2] + x[0])) ** 2 + 4.0 * x[1] * x[1] + 4.0 * x[2] * x[2]
    x = np.array([1.0, 3.0, 2.0])
    found, right = transform(writing)(x), transform(not_writing)(x)
    for a, b in zip(*(made if isinstance(made, tuple) else (made,) for made in (found, right)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_array_equal(x, [1.0, 3.0, 2.0])
