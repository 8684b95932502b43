"""Derivatives of solutions: of equations, fixed points and minima.

A root x(θ) of F(x, θ) = 0 is found in numbers, by Newton's method, of which nothing is recorded.  Then it is recorded
as one operation on what F uses from outside, the parameters θ, with the partial of the implicit function theorem,

    ∂x/∂θ = −(∂F/∂x)⁻¹ ∂F/∂θ.

The partial is a formula of x and θ as that of any other row is, recorded where it is to be differentiated again: so
every order comes from it, in every sweep.  Numbers that carry derivatives along (forward mode, series) take steps
x ← x − (∂F/∂x)⁻¹ F instead, with ∂F/∂x at the root below them: each makes the coefficients of one more order right, and
how many orders there are is known.

Sources: A. Griewank and A. Walther, Evaluating Derivatives, 2nd edition (2008), chapter 15; M. Blondel et al.,
"Efficient and modular implicit differentiation" (2022).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd.arguments import brief, counted, shown
from autograd.core.graph import depending_on, example_number, innermost, reverse_sweep
from autograd.core.mode import changed, current, enable_grad, is_grad_enabled
from autograd.core.recording import make_here
from autograd.core.tree import flatten
from autograd.core.value import Value
from autograd.table.primitive import OwnSweep, Primitive
from autograd.table.primitives import dot, identity
from autograd.transforms.dual import Jet
from autograd.transforms.functions import grad
from autograd.transforms.linear_systems import solve

Function = Callable[..., Any]
Equations = Callable[[Sequence[Any]], Sequence[Any]]
"""F of the unknowns laid out flat: as many numbers."""
Height = Callable[[Sequence[float]], float]
"""What is to be least."""

MOST_STEPS = 50
CLOSE = 1e-9
"""A Newton step of this share of x is the last but for rounding: the next is of its square."""
ROUNDING = 1e-14
"""Of the terms of a residual: where ∂F/∂x is ill-conditioned, x may move by more than CLOSE and yet be a root."""
SHORTEST = 1e-9
"""Share of a Newton step that is tried."""


def root(f: Function, x0: Any, *args: Any, steps: int | None = None) -> Any:
    """The x with f(x, *args) = 0, by Newton's method from x0; differentiable by args and by what f uses from outside.

    Args:
        f: The function; it returns as many numbers as x has, in any structure.
        x0: Where to begin: a number, or nested lists, tuples, dicts or arrays of them.
        args: What f takes beside x.
        steps: Of Newton: at most, 50 by default.  Machine code cannot stop when it is there: inside `jit` it takes this
            many, and it must be given.  That they lead there is seen for the numbers that it is recorded with only.

    ∂x/∂θ = −(∂f/∂x)⁻¹ ∂f/∂θ, of any order, in every mode; the derivative by x0 is 0.  A step is halved until |f| falls.
    Raises ValueError where ∂f/∂x is singular, and, with the residual, where it does not converge.
    Cost: n sweeps a step for n unknowns, and n³ operations: for small systems.

    >>> root(lambda x, a: x * x - a, 1.0, 2.0)
    1.4142135623730951
    >>> grad(lambda a: root(lambda x: x * x - a, 1.0))(4.0)
    0.25
    >>> root(lambda p: [p["x"] + p["y"] - 3.0, p["x"] - p["y"] - 1.0], {"x": 0.0, "y": 0.0})
    {'x': 2.0, 'y': 1.0}
    """
    return _root_of("root", f, x0, args, steps, lambda _, y: y)


def fixed_point(f: Function, x0: Any, *args: Any, steps: int | None = None) -> Any:
    """The x with f(x, *args) = x: the root of f(x) − x, found and differentiated as such; see `root`.

    Newton's method converges faster than x ← f(x), and also where that runs away.

    >>> from autograd import cos
    >>> f"{fixed_point(cos, 1.0):.9f}"
    '0.739085133'
    """
    return _root_of("fixed_point", f, x0, args, steps, lambda x, y: [b - a for a, b in zip(x, y, strict=True)])


def argmin(f: Function, x0: Any, *args: Any, steps: int | None = None) -> Any:
    """The x near x0 where f(x, *args), one number, is least, going downhill; a root of ∇f, differentiated as such.

    ∂x/∂θ = −(∂²f/∂x²)⁻¹ ∂²f/∂x∂θ; all else as for `root`.  Machine code takes plain Newton steps to a root of ∇f.
    Raises ValueError also where it comes to a point that is no minimum.

    >>> argmin(lambda x, a: (x - a) ** 2 + x, 0.0, 3.0)
    2.5
    >>> grad(lambda a: argmin(lambda x: (x[0] - a) ** 2 + (x[1] - a * a) ** 2, [0.0, 0.0])[1])(3.0)
    6.0
    """
    _check_function("argmin", f)

    def objective(x: Any, *args: Any) -> Any:
        height = f(x, *args)
        if isinstance(height, list | tuple | dict) or getattr(height, "ndim", 0) != 0:
            raise TypeError(f"argmin: the function must return one number, not {shown(height)}")
        return height

    return _root_of("argmin", grad(objective), x0, args, steps, lambda _, slope: slope, objective)


def _check_function(name: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{name}: the first argument must be a function, not {shown(f)}; write {name}(f, x0)")


def _root_of(
    name: str, f: Function, x0: Any, args: Any, steps: int | None, residual: Function, objective: Function | None = None
) -> Any:
    """The root of residual(x, f(x, *args)), as an x of the structure of x0; with an objective a minimum of it."""
    _check_function(name, f)
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
        raise ValueError(f"{name}: steps must be a whole number of at least 1, not {brief(steps)}")
    start, rebuild = flatten(x0, f"{name}: x0")

    def equations(xs: Sequence[Any]) -> Sequence[Any]:
        found, _ = flatten(f(rebuild(xs), *args), f"{name}: the result of the function")
        if len(found) != len(xs):
            raise ValueError(
                f"{name}: the function must return as many numbers as x has, {len(xs)}, and it returned {len(found)}"
            )
        return residual(xs, found)  # type: ignore[no-any-return]

    def height(xs: Sequence[float]) -> float:
        assert objective is not None
        return example_number(objective(rebuild(xs), *args))

    return rebuild(_implicit(name, equations, start, steps, None if objective is None else height))


def _implicit(
    name: str, equations: Equations, start: Sequence[Any], steps: int | None, height: Height | None
) -> Sequence[Any]:
    """The root of some equations, connected to all that these are made of."""
    traces = current().traces
    # what is tried on the way is no business of who watches here; what machine code is recorded of is
    aside = changed(records=True, warns=False) if traces else changed(records=True, warns=False, make=None, watch=None)
    with aside:
        if traces:
            xs = _unrolled(name, equations, start, steps)
        else:
            begin = [example_number(x) for x in start]
            xs = [Value(x) for x in _found(name, equations, begin, steps or MOST_STEPS, height)]
        outputs = _at(equations, xs)
        solution = _Solution(name, xs, [innermost(y) for y in outputs])
        if height is not None and not _is_positive(solution.by_unknowns):
            raise ValueError(
                f"{name}: at x = {brief([x._number for x in xs])} the gradient is 0, but that is no minimum: the "
                "function does not curve upward in every direction; begin elsewhere"
            )
    found = solution.recorded()
    orders: dict[int, int] = {}
    for y in outputs:
        _note_orders(y, orders)
    if not orders or not is_grad_enabled():
        return found
    slopes = solution.by_unknowns
    if solution.parameters or traces:
        slopes = _jacobian([innermost(y) for y in equations(found)], found, record=True)
    inverse = solve(slopes, [[float(i == j) for j in range(len(found))] for i in range(len(found))])
    for _ in range(sum(orders.values())):
        residual = equations(found)
        found = [x - dot(row, residual) for x, row in zip(found, inverse, strict=True)]
    return found


def _at(equations: Equations, variables: Sequence[Value]) -> Sequence[Any]:
    """F at Values that it is differentiated by, so that who asks for their plain numbers is told."""
    with changed(variables=(*current().variables, variables)):
        return equations(variables)


def _note_orders(quantity: Any, orders: dict[int, int]) -> None:
    """The order of the derivatives that a number carries along, by level."""
    if isinstance(quantity, Jet):
        coefficients = quantity.coefficients
        orders[quantity._level] = len(coefficients) - 1
        for x in coefficients:
            _note_orders(x, orders)


# ---------------------------------------------------------------- the numbers


def _jacobian(outputs: Sequence[Any], variables: Sequence[Value], record: bool) -> list[list[Any]]:
    """∂output/∂variable, a row an output."""
    order = depending_on(variables, *[y for y in outputs if isinstance(y, Value)])
    rows = []
    for y in outputs:
        adjoints: dict[Any, Any] = {y: 1.0} if isinstance(y, Value) else {}
        reverse_sweep(order, adjoints, record=record)
        rows.append([adjoints.get(x, 0.0) for x in variables])
    return rows


def _found(name: str, equations: Equations, xs: list[float], most: int, height: Height | None = None) -> list[float]:
    """The root in numbers: Newton's method, each step halved until the residual falls.

    With a height, whose derivatives the equations are, it goes downhill: where that curves downward, curvature is
    added, and a step is halved until the height falls, or within a bowl the slope.
    """

    def look(at: Sequence[float]) -> tuple[list[Value], list[Any], list[float], float]:
        variables = [Value(x) for x in at]
        outputs = [innermost(y) for y in _at(equations, variables)]
        numbers = [example_number(y) for y in outputs]
        size = math.hypot(*numbers)
        return variables, outputs, numbers, size if math.isfinite(size) else math.inf

    variables, outputs, numbers, size = look(xs)
    last = False
    for taken in range(most):
        if size == 0.0:
            return xs
        if size == math.inf:
            raise ValueError(f"{name}: the function is not finite at x0, {brief(xs)}; begin elsewhere")
        slopes = _jacobian(outputs, variables, record=False)
        upward = slopes if height is None else _made_positive(slopes)
        try:
            change = solve(upward, numbers)
        except ValueError as error:
            raise ValueError(
                f"{name}: after {counted(taken, 'step')}, at x = {brief(xs)}, ∂f/∂x is singular ({error}); begin "
                "elsewhere, or see whether there is a solution"
            ) from None
        last = upward is slopes and _is_close(xs, change, numbers, slopes, CLOSE)
        share = 1.0
        while True:
            nearer = [x - share * d for x, d in zip(xs, change, strict=True)]
            seen = look(nearer)
            if (upward is slopes and seen[-1] < size) or (height is not None and height(nearer) < height(xs)):
                break
            if last:
                return xs
            share /= 2.0
            if share < SHORTEST:
                raise ValueError(_not_converged(name, taken, xs, size))
        xs = nearer
        variables, outputs, numbers, size = seen
    if last or size == 0.0:
        return xs
    raise ValueError(_not_converged(name, most, xs, size))


def _is_close(
    xs: Sequence[float], change: Sequence[float], residual: Sequence[float], slopes: Sequence[Any], share: float
) -> bool:
    """Whether a Newton step is a small share of x, or the residual no more than the rounding of its terms."""
    if max(map(abs, change)) <= share * max(1e-6, *map(abs, xs)):
        return True
    terms = [abs(d * x) for row in slopes for d, x in zip(row, xs, strict=True)]
    return bool(max(map(abs, residual)) <= ROUNDING * max(terms))


def _not_converged(name: str, taken: int, xs: Sequence[float], size: float) -> str:
    return (
        f"{name}: no convergence in {counted(taken, 'step')}: at x = {brief(xs)} the residual is still {size:.3g}; "
        "begin nearer, allow more steps (steps=…), or see whether there is a solution"
    )


def _unrolled(name: str, equations: Equations, xs: Sequence[Any], steps: int | None) -> list[Value]:
    """The root for machine code: as many Newton steps as are asked for, which no derivative goes through."""
    if steps is None:
        raise ValueError(
            f"{name}: inside jit say how many Newton steps to take, as steps=10: machine code cannot stop when it has "
            "converged"
        )

    def cut(x: Any) -> Any:
        # a number as a node of its own: a leaf would be read anew at each call, by a door forty times slower
        return (identity(x) if isinstance(x, Value) else make_here(x, identity, (x,), (None,))).detach()

    at = [cut(innermost(x)) for x in xs]
    for taken in range(steps):
        outputs = [innermost(y) for y in equations(at)]
        slopes = _jacobian(outputs, at, record=True)
        change = solve(slopes, outputs)
        if taken == steps - 1 and at:
            here, moved, missed, *rows = ([example_number(x) for x in row] for row in (at, change, outputs, *slopes))
            if not _is_close(here, moved, missed, rows, CLOSE**0.5):
                raise ValueError(_not_converged(name, steps, here, math.hypot(*missed)))
        at = [cut(x - d) for x, d in zip(at, change, strict=True)]
    return at


def _is_positive(matrix: Sequence[Sequence[float]]) -> bool:
    """Whether a symmetric matrix is positive definite: whether all pivots of elimination are."""
    rows = [list(row) for row in matrix]
    for k, pivot_row in enumerate(rows):
        if not pivot_row[k] > 0.0:
            return False
        for row in rows[k + 1 :]:
            factor = row[k] / pivot_row[k]
            row[k:] = [x - factor * p for x, p in zip(row[k:], pivot_row[k:], strict=True)]
    return True


def _made_positive(matrix: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    """The matrix itself if it is positive definite, else with as much on its diagonal as makes it so."""
    found, added = matrix, 2e-3 * max([abs(x) for row in matrix for x in row])
    while not _is_positive(found) and 0.0 < added < math.inf:
        added *= 10.0
        found = [[x + added * (i == j) for j, x in enumerate(row)] for i, row in enumerate(matrix)]
    return found


# ---------------------------------------------------------------- the recorded root


class _Solution:
    """F(x, θ) = 0 as it was recorded at its root, and the rows of the unknowns: operations on θ.

    The numbers of the root are operands too, constants.  Where machine code is recorded they are what it computed.
    """

    def __init__(self, name: str, xs: Sequence[Value], outputs: Sequence[Any]) -> None:
        self.name = name
        self.xs = xs
        self._take(outputs)
        while any(isinstance(x.primitive, OwnSweep) for x in self.order):  # checkpoints, written out
            self._take(self.replayed(xs, self.parameters))
        self.traced = current().traces
        self.numbers = [x._number for x in (*xs, *self.parameters)]
        rows = self.jacobian([Value(x) for x in self.numbers], record=False)
        self.by_unknowns = [row[: len(xs)] for row in rows]
        try:
            self.slopes = _slopes(rows, range(len(xs)))
        except ValueError as error:
            raise ValueError(
                f"{name}: ∂f/∂x is singular at the solution, x = {brief(self.numbers[: len(xs)])} ({error}), so it "
                "has no derivative"
            ) from None

    def _take(self, outputs: Sequence[Any]) -> None:
        """Note the operations on the unknowns, operands first, and what else they are made of."""
        self.outputs = outputs
        unknowns = {*self.xs}
        found = depending_on(self.xs, *[y for y in outputs if isinstance(y, Value)])
        self.order = [x for x in found if x not in unknowns]
        used = [x for node in self.order for x in node.operands] + [*outputs]
        inside = {*found, *unknowns}
        self.parameters = list(dict.fromkeys(x for x in used if isinstance(x, Value) and x not in inside))

    def recorded(self) -> list[Any]:
        """The unknowns, recorded on the parameters: plain numbers if there are none."""
        operands = [*(self.xs if self.traced else self.numbers[: len(self.xs)]), *self.parameters]
        return self.at(operands) if self.traced or self.parameters else operands

    def at(self, operands: Sequence[Any]) -> list[Any]:
        """The unknowns, recorded at these numbers of the root and parameters."""
        return [_Row(self, i).apply(*operands) for i in range(len(self.xs))]

    def replayed(self, xs: Sequence[Any], parameters: Sequence[Any]) -> list[Any]:
        """F at other operands, as it was recorded."""
        at = dict(zip((*self.xs, *self.parameters), (*xs, *parameters), strict=True))
        for node in self.order:
            operands = [at[x] if isinstance(x, Value) and x in at else x for x in node.operands]
            row: Any = node.primitive
            recording = next(x for x in operands if isinstance(x, Value))
            own = isinstance(row, OwnSweep)
            at[node] = row.written_out(operands) if own else recording._apply_primitive(row, operands)
        return [at.get(y, y) if isinstance(y, Value) else y for y in self.outputs]

    def jacobian(self, variables: Sequence[Value], record: bool) -> list[list[Any]]:
        """∂F/∂(x, θ) at fresh variables: those of the record may be made of one another."""
        size = len(self.xs)
        return _jacobian(self.replayed(variables[:size], variables[size:]), variables, record)

    def solved(self, numbers: Sequence[Any]) -> Sequence[Any]:
        """The root at these operands: from the root that they begin with, unless it is that already."""
        size = len(self.xs)
        if self.traced or list(numbers) == self.numbers:
            return numbers[:size]
        with changed(records=True, warns=False, make=None, traces=False):
            return _found(self.name, lambda xs: self.replayed(xs, numbers[size:]), list(numbers[:size]), MOST_STEPS)

    def partials(self, i: int, result: Any, operands: Sequence[Any]) -> list[Any]:
        """Those of unknown i: 0 by the numbers of the root, −(∂F/∂x)⁻¹ ∂F/∂θ by the parameters."""
        size = len(self.xs)
        numeric = result.__class__ is float
        if numeric and list(operands) == self.numbers:
            return [0.0] * size + self.slopes[i]
        if numeric:
            variables = [Value(x) for x in (*self.solved(operands), *operands[size:])]
        else:
            found = self.at(operands)
            found[i] = result
            variables = [identity(x) if isinstance(x, Value) else Value(x) for x in (*found, *operands[size:])]
        with enable_grad():
            return [0.0] * size + _slopes(self.jacobian(variables, record=not numeric), [i])[0]


def _slopes(rows: Sequence[Sequence[Any]], unknowns: Sequence[int]) -> list[list[Any]]:
    """−(∂F/∂x)⁻¹ ∂F/∂θ for some unknowns, of the rows ∂F/∂(x, θ): by the adjoint equations (∂F/∂x)ᵀ λ = −eᵢ."""
    size = len(rows)
    columns = [*zip(*rows, strict=True)]
    right = [[-float(i == j) for j in unknowns] for i in range(size)]
    weights = zip(*solve([list(column) for column in columns[:size]], right), strict=True) if size else []
    return [[dot(list(weight), list(column)) for column in columns[size:]] for weight in weights]


class _Row(Primitive):
    """The row of one unknown."""

    __slots__ = ("solution",)

    def __init__(self, solution: _Solution, i: int) -> None:
        self.solution = solution
        super().__init__(
            solution.name,
            lambda numbers: solution.solved(numbers)[i],
            partial(solution.partials, i),
            lowering=None if solution.traced else partial(_refuse, solution.name),
            module=__name__,
        )

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self.name}: its result holds the function and cannot be pickled or sent elsewhere; pickle the leaves"
        )


def _refuse(name: str, *_: Any) -> Any:
    raise TypeError(
        f"{name}: it was solved for the numbers of then, and machine code would keep that solution for ever; call it "
        "inside the function that is given to jit, with steps=…"
    )
