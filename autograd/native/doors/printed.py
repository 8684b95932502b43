"""`to_javascript`: a recorded graph as a program for browsers."""

from collections.abc import Sequence
from typing import Any

from autograd.core.value import Value
from autograd.native.javascript.source import javascript_source
from autograd.native.lowered import lowered


def to_javascript(
    outputs: Sequence[Any], inputs: Sequence[Value], parameters: Sequence[Value] = (), *, name: str = "compiled"
) -> str:
    """What was recorded as JavaScript that needs nothing else: `const NAME = …`, an object that computes batches.

    Derivatives are outputs like all others: record them, by `value_and_grad` or `gradient` on leaves of `traced`.

    Args:
        outputs: Values or numbers; each sample has them.
        inputs: The leaves that each sample has numbers for.
        parameters: The leaves that a batch shares.
        name: What the object is called; the comment before it says how it is used.

    Raises TypeError for what is no sequence of Values or numbers, and for a row of your own without a lowering that
    JavaScript has; ValueError for a name that JavaScript cannot use.

    >>> from autograd import tanh, traced, tracing, value_and_grad
    >>> s = traced(0.5)
    >>> with tracing():
    ...     outputs = value_and_grad(tanh)(s)
    >>> [line.strip() for line in to_javascript(outputs, [s], name="phi").splitlines() if "strips[2] =" in line]
    ['strips[2] = 4.0 * t2 / (t3 * t3);']
    """
    for argument, given in (("outputs", outputs), ("inputs", inputs), ("parameters", parameters)):
        kinds = (Value, float, int) if argument == "outputs" else (Value,)
        if not isinstance(given, list | tuple) or not all(isinstance(x, kinds) for x in given):
            numbers = " or numbers" if argument == "outputs" else ""
            raise TypeError(f"to_javascript: {argument} must be a list of Values{numbers}, not {given!r:.60}")
    return javascript_source(lowered(outputs, inputs, parameters).plan, name)
