"""Exercises on training: how to walk downhill."""

from typing import Any

from autograd import Value, derivative, grad
from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer
from nn import SGD


def _bowl(x: Any) -> Any:
    """lambda x: x**2 - 3*x"""
    return x**2 - 3.0 * x


def _wave(x: Any) -> Any:
    """lambda x: x**4/4 - x"""
    return x**4 / 4.0 - x


def _slope(x: Any) -> Any:
    """lambda x: 2*x - 3"""
    return 2.0 * x - 3.0


def _bent_slope(x: Any) -> Any:
    """lambda x: x**3 - 1"""
    return x**3 - 1.0


def _walk(slope: Any, x: float, rate: float, memory: float, steps: int, **how: bool) -> float:
    """Where the optimiser of nn comes to."""
    p = Value(x)
    optimizer = SGD([p], lr=rate, momentum=memory, **how)
    for _ in range(steps):
        p.grad = slope(p.data)
        optimizer.step()
    return p.data


@exercise(
    "Gradient descent with momentum",
    "003 Alice in Wonderland ML Notes, 2.3.2 Accelerating Gradient Descent",
    '''
    def descend(slope, x, rate, memory, steps):
        """Where gradient descent with momentum comes to from x: gₜ = -η·f′(xₜ₋₁) + λ·gₜ₋₁ and xₜ = xₜ₋₁ + gₜ, g₀ = 0.

        slope: the function f′.  rate: η.  memory: λ.  steps: how many.
        """
        ...
    ''',
    "two variables live from step to step, x and g. Before the loop g is 0.",
    "in each step first g is renewed, from the old x and the old g; then x, by the new g.",
)
def momentum(answer: Answer) -> None:
    """A ball that rolls keeps its direction for a while: each step remembers the one before.

    With λ = 0 it is gradient descent.
    """
    answer.agrees(
        _walk,
        [
            (_slope, 0.0, 0.1, 0.0, 1),
            (_slope, 0.0, 0.1, 0.0, 5),
            (_slope, 4.0, 0.05, 0.9, 3),
            (_bent_slope, 2.0, 0.02, 0.5, 10),
        ],
        {
            "There is no momentum in it: λ changes nothing.": lambda slope, x, rate, memory, steps: _walk(
                slope, x, rate, 0.0, steps
            ),
            "It walks uphill.": lambda *p: _walk(*p, maximize=True),
            "It has one step too many.": lambda slope, x, rate, memory, steps: _walk(slope, x, rate, memory, steps + 1),
            "It is one step behind. Is x moved before g is renewed?": lambda slope, x, rate, memory, steps: _walk(
                slope, x, rate, memory, steps - 1
            ),
            "That is Nesterov's momentum, which looks ahead.": lambda *p: _walk(*p, nesterov=p[3] > 0.0),
        },
    )


@exercise(
    "Newton's step",
    "003 Alice in Wonderland ML Notes, 2.3.1 Convergence of Gradient Descent (stationary points)",
    '''
    from autograd import grad  # grad(f) is the function f′


    def newton_step(f, x):
        """Where one step of Newton's method leads from x, on the way to a stationary point of f."""
        ...
    ''',
    "a stationary point is where f′ is 0. Put a tangent to f′, not to f, and see where it crosses 0.",
    "grad(grad(f)) is f″.",
)
def newton(answer: Answer) -> None:
    """Gradient descent does not know how far to walk. Who knows the curvature too does.

    Near x a function is nearly a parabola; go where that has its stationary point. On a parabola one step is enough.
    """

    def second(f: Any, x: float) -> Any:
        return derivative(f, 2)(x)

    answer.agrees(
        lambda f, x: x - grad(f)(x) / second(f, x),
        [(_bowl, 0.0), (_bowl, 5.0), (_wave, 2.0), (_wave, -1.5)],
        {
            "That is the step, not where it leads.": lambda f, x: -grad(f)(x) / second(f, x),
            "It walks the other way.": lambda f, x: x + grad(f)(x) / second(f, x),
            "That looks for a point where f is 0; a stationary point is one where f′ is.": lambda f, x: (
                x - f(x) / grad(f)(x)
            ),
            "That is a step of gradient descent; the curvature is missing.": lambda f, x: x - grad(f)(x),
            "It multiplies by the curvature: who is on a steep bend should walk less.": lambda f, x: (
                x - grad(f)(x) * second(f, x)
            ),
        },
    )
