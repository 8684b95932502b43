"""Exercises on what is inside: the table of primitives."""

import autograd
from autograd import Primitive, Value, derivative, gradcheck, partials_of
from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer, Mistake


@exercise(
    "A primitive of your own",
    "003 Alice in Wonderland ML Notes, 6.1 Problem Setup (primitives)",
    '''
    import math

    from autograd import primitive


    @primitive(partials=(lambda y, x: 0.0,))  # the derivative, from the result y and the operand x
    def bump(x):
        """exp(-x²) of one number."""
        ...
    ''',
    "inside bump x is a plain number: math.exp will do.",
    "the derivative of exp(-x²) has the factor exp(-x²), which is the result y: no need to compute it again.",
    "in the partial use x and y with + - * / only: then it can be differentiated again.",
)
def primitive(answer: Answer) -> None:
    """An operation of the engine is one row: its value, and its partial derivatives.

    Add exp(-x²), a bump. Then `backward()`, forward mode, second derivatives and pictures have it.
    """
    if not isinstance(answer.given, Primitive):
        raise Mistake("It is a function like any other. @primitive(partials=…) above it makes it a primitive.")
    bump, points = lambda x: autograd.exp(-x * x), [(x,) for x in (-1.5, -0.5, 0.0, 0.25, 2.0)]
    answer.agrees(bump, points, {"That is exp(x²): it grows.": lambda x: autograd.exp(x * x)})
    by_partial = Answer("the partial of bump at x = §", lambda x: partials_of(answer.given, answer.given(x), [x])[0])
    by_partial.agrees(
        derivative(bump),
        points,
        {
            "It is 0 for every x: replace it.": lambda x: 0.0,
            "That is the derivative of -x²; the outer function is missing.": lambda x: -2.0 * x,
            "The chain rule: the inner derivative, that of -x², is missing.": bump,
        },
    )
    for (x,) in points:
        if not isinstance(answer(Value(x)), Value):
            raise Mistake(f"bump(Value({x})) is no Value.")
        try:
            Answer("gradcheck(bump, [§])", lambda x: gradcheck(answer.given, [x]))(x)
        except Mistake:
            raise Mistake(
                f"The partial is right, but not its own derivative, at x = {x}: write it with what can be "
                "differentiated again, + - * / and functions of autograd. float() and math take the number out."
            ) from None
