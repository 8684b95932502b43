"""One call of a reverse-mode transform: its variables, the graph it records, and the sweep over it."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from autograd.arguments import brief
from autograd.core.graph import depending_on, forward_sweep, reverse_sweep, seeded, total
from autograd.core.mode import Entry, changed, current, enable_grad, enter, entry_here, leave
from autograd.core.sweep import gradients
from autograd.core.tree import flatten
from autograd.core.value import Value, node
from autograd.table.primitives import dot, identity
from autograd.transforms.dual import Jet

Argnums = int | Sequence[int]


def positions_of(args: Sequence[Any], argnums: Argnums) -> list[int]:
    """The positions that argnums names, counted from the front."""
    positions = [operator.index(x) for x in (argnums if isinstance(argnums, Sequence) else [argnums])]
    for position in positions:
        if not -len(args) <= position < len(args):
            raise ValueError(
                f"argnums: there is no argument {brief(position)} among {len(args)}, those given by name not counted"
            )
    found = [position % len(args) for position in positions]
    if len(set(found)) < len(found):
        raise ValueError(f"argnums: {brief(argnums)} names an argument twice")
    return found


class Inputs:
    """The arguments of one call of a reverse-mode transform, with fresh variables for those to differentiate by."""

    def __init__(self, args: Sequence[Any], argnums: Argnums) -> None:
        self.one = not isinstance(argnums, Sequence)
        self.positions = positions_of(args, argnums)
        self.args = list(args)
        self.variables: list[Value] = []  # what the graph is differentiated by, below all dual numbers
        self.in_arrays = all(getattr(args[position], "ndim", 0) for position in self.positions)
        """Whether what is differentiated by stands in NumPy arrays."""
        self.rebuilds = []
        self.sizes = []
        mode = current()
        self.recording = mode.traces or bool(mode.variables)
        for position in self.positions:
            leaves, rebuild = flatten(args[position], f"argument {position}")
            if all(leaf.__class__ is float for leaf in leaves):
                variables = [Value(leaf) for leaf in leaves]
                self.variables += variables
            else:
                variables = [self._variable(leaf) for leaf in leaves]
            self.args[position] = rebuild(variables)
            self.rebuilds.append(rebuild)
            self.sizes.append(len(leaves))

    def _variable(self, leaf: Any) -> Any:
        """A stand-in for a leaf that knows nothing of what is below it, or is connected to it if it records."""
        if isinstance(leaf, Jet):
            self.recording = self.recording or any(map(_records, leaf.coefficients[1:]))
            return leaf.like([self._variable(leaf.primal), *leaf.coefficients[1:]])
        if isinstance(leaf, Value) and leaf.requires_grad:
            self.recording = True
            variable: Value = identity(leaf)
        else:
            variable = Value(leaf._number if isinstance(leaf, Value) else leaf)  # frozen, or a number
        self.variables.append(variable)
        return variable

    def call(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """Call f with the variables for arguments."""
        mode = current()
        variables = *mode.variables, self.variables
        if not mode.is_usual:
            with changed(records=True, variables=variables):
                return f(*self.args, **kwargs)
        entry = Entry(mode._replace(variables=variables), entry_here.get())
        try:  # the same, in half the time
            enter(entry)
            return f(*self.args, **kwargs)
        finally:
            entry.left = True  # at once: an interrupt may come before the first line of what is called
            leave(entry)

    def gradient(self, output: Any) -> list[Any]:
        """∂output/∂variable for all variables, fast where numbers are enough."""
        if output.__class__ is float:
            return [0.0] * len(self.variables)
        if not self.recording and isinstance(output, Value):
            return list(gradients(output, self.variables))
        return self.pullback([output])([1.0])

    def recorded_gradient(self, output: Value) -> list[Any]:
        """∂output/∂variable for all variables, as Values that are recorded on them."""
        adjoints: dict[Any, Any] = {output: 1.0}
        with enable_grad():
            reverse_sweep(depending_on(self.variables, output), adjoints, record=True)
        return [adjoints.get(variable, 0.0) for variable in self.variables]

    def pullback(self, outputs: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """The function from weights of the outputs to Σ weight · ∂output/∂variable, for all variables."""
        if any(isinstance(x, Jet) for x in outputs):
            return _with_jets(self.pullback, outputs)
        if not self.recording and all(isinstance(x, Value) or x.__class__ is float for x in outputs):
            return self._fast_pullback(outputs)
        order = depending_on(self.variables, *[x for x in outputs if isinstance(x, Value)])
        reached = set(order)

        def sweep(weights: Sequence[Any]) -> list[Any]:
            adjoints: dict[Any, Any] = {}
            for output, weight in zip(outputs, weights, strict=True):
                seed = seeded(weight)
                if output in reached and seed is not None:
                    adjoints[output] = total(adjoints.get(output), seed, identity, ())
            reverse_sweep(order, adjoints, record=self.recording)
            return [adjoints.get(variable, 0.0) for variable in self.variables]

        return sweep

    def pushforward(self, outputs: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """The function from a direction, a number a variable, to Σ ∂output/∂variable · direction, for all outputs."""
        if any(isinstance(x, Jet) for x in outputs):
            return _with_jets(self.pushforward, outputs)
        order = depending_on(self.variables, *[x for x in outputs if isinstance(x, Value)])

        def sweep(direction: Sequence[Any]) -> list[Any]:
            seeds = zip(self.variables, map(seeded, direction), strict=True)
            tangents = {x: seed for x, seed in seeds if seed is not None}
            forward_sweep(order, tangents, record=self.recording)
            return [tangents.get(output, 0.0) for output in outputs]

        return sweep

    def _fast_pullback(self, outputs: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """The same where numbers are enough: by the sweep behind `backward`, from the weighted sum of the outputs."""

        def sweep(weights: Sequence[Any]) -> list[Any]:
            pairs = [(x, w) for x, w in zip(outputs, weights, strict=True) if w and isinstance(x, Value)]
            if len(pairs) == 1 and pairs[0][1] == 1.0:
                return gradients(pairs[0][0], self.variables)
            nodes, numbers = [x for x, _ in pairs], [w if w.__class__ is float else w.data for _, w in pairs]
            return (
                gradients(node(Value, 0.0, dot, nodes, numbers), self.variables)
                if pairs
                else [0.0] * len(self.variables)
            )

        return sweep

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """The leaves in the structure of the arguments to differentiate by."""
        source = iter(leaves)
        parts = [
            rebuild([next(source) for _ in range(size)])
            for rebuild, size in zip(self.rebuilds, self.sizes, strict=True)
        ]
        return parts[0] if self.one else tuple(parts)

    def finished(self, leaf: Any) -> Any:
        """A leaf of the result as the caller gets it: a number, unless the transform is differentiated itself."""
        if isinstance(leaf, Jet):
            return leaf.like([self.finished(x) for x in leaf.coefficients])
        return leaf.data if isinstance(leaf, Value) and not self.recording else leaf


def _records(x: Any) -> bool:
    """Whether a number is connected to something that it may be differentiated by."""
    return any(map(_records, x.coefficients)) if isinstance(x, Jet) else getattr(x, "requires_grad", False)


Product = Callable[[Sequence[Any]], list[Any]]


def _with_jets(product_with: Callable[[Sequence[Any]], Product], outputs: Sequence[Any]) -> Product:
    """The product with the Jacobian of outputs some of which carry derivatives along, on one level above all others.

    (J₀ + J₁ε + …)·(v₀ + v₁ε + …) = J₀v₀ + (J₁v₀ + J₀v₁)ε + …, a product with each of the J, from either side.
    """
    shape = max((x for x in outputs if isinstance(x, Jet)), key=lambda x: x._level)
    size = len(shape.coefficients)
    products = [product_with(part) for part in parts_of(outputs, shape._level, size)]

    def whole(vector: Sequence[Any]) -> list[Any]:
        parts = [
            part if k == 0 or not all(x.__class__ is float and x == 0.0 for x in part) else None
            for k, part in enumerate(parts_of(vector, shape._level, size))
        ]
        sums = []
        for m in range(size):
            terms = [products[m - k](part) for k, part in enumerate(parts[: m + 1]) if part is not None]
            sums.append([functools.reduce(operator.add, column) for column in zip(*terms, strict=True)])
        return [shape.like(coefficients) for coefficients in zip(*sums, strict=True)]

    return whole


def parts_of(leaves: Sequence[Any], level: int, size: int) -> list[list[Any]]:
    """For 1, ε, ε², … its coefficients in numbers some of which carry derivatives along on this level."""
    rows = [x.coefficients if isinstance(x, Jet) and x._level == level else [x] + [0.0] * (size - 1) for x in leaves]
    return [[row[k] for row in rows] for k in range(size)]
