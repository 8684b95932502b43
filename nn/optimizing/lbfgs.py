"""L-BFGS, which estimates the curvature from gradients."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from autograd import Value
from nn.inputs.checks import checked_names, counted, number, whole_number
from nn.inputs.spellings import local_names
from nn.optimizing.line_search import Point, StrongWolfe
from nn.optimizing.optimizer import Closure, Parameters, Settings, all_or_nothing, loss_of
from nn.optimizing.whole_step import OneGroup, Vector, along, as_float, inner, largest, place


@dataclass
class _Memory:
    """What L-BFGS knows of the curvature, under PyTorch's names: the last steps s and changes of the gradient y."""

    n_iter: int = 0
    func_evals: int = 0
    d: Vector = field(default_factory=list)
    t: float = 0.0
    old_dirs: list[Vector] = field(default_factory=list)  # y
    old_stps: list[Vector] = field(default_factory=list)  # s
    ro: Vector = field(default_factory=list)  # 1 / ⟨y, s⟩
    H_diag: float = 1.0
    prev_flat_grad: Vector = field(default_factory=list)

    def copy(self) -> "_Memory":
        return replace(self, old_dirs=self.old_dirs.copy(), old_stps=self.old_stps.copy(), ro=self.ro.copy())

    def turn(self, g: Vector, history_size: int, moves: list[bool]) -> None:
        """Begin an iteration: learn from the step before, and set the new direction, 0 where nothing moves."""
        if self.n_iter:
            self.learn(g, history_size)
        self.n_iter += 1
        self.d = [d if free else 0.0 for d, free in zip(self.direction(g), moves, strict=True)]
        self.prev_flat_grad = g

    def learn(self, g: Vector, history_size: int) -> None:
        """Take in the last step and the gradient after it, unless the curvature along it was not positive."""
        y = [new - old for new, old in zip(g, self.prev_flat_grad, strict=True)]
        s = [self.t * d for d in self.d]
        curvature = inner(y, s)
        if curvature > 1e-10:
            for kept, new in ((self.old_dirs, y), (self.old_stps, s), (self.ro, 1.0 / curvature)):
                kept.append(new)  # type: ignore[arg-type]  # a vector to the vectors, a number to the numbers
                del kept[:-history_size]
            self.H_diag = curvature / inner(y, y)

    def direction(self, g: Vector) -> Vector:
        """-H·g, H being the estimate of the inverse Hessian: Nocedal and Wright, algorithm 7.4, two loops."""
        q = [-x for x in g]
        shares = []
        for s, y, ro in zip(reversed(self.old_stps), reversed(self.old_dirs), reversed(self.ro), strict=True):
            share = ro * inner(s, q)
            q = along(q, -share, y)
            shares.append(share)
        r = [self.H_diag * x for x in q]
        for s, y, ro in zip(self.old_stps, self.old_dirs, self.ro, strict=True):
            r = along(r, shares.pop() - ro * inner(y, r), s)
        return r


def _strong_wolfe_or_none(name: str, value: Any) -> str | None:
    if value is not None and value != "strong_wolfe":
        raise ValueError(f"{name} must be None or 'strong_wolfe', not {value!r}")
    return value  # type: ignore[no-any-return]  # one of these two


class LBFGS(OneGroup):
    """Limited-memory BFGS: θ ← θ - t·H·∇f, H estimating the inverse Hessian from the last steps and gradients.

    Args:
        parameters: What to move; groups are refused.
        lr: The step t, or the first one that the line search tries.
        max_iter: Iterations a step.
        max_eval: Evaluations of the closure a step; None for 5/4 of max_iter.
        tolerance_grad: Stop when no gradient is larger.
        tolerance_change: Stop when no parameter, or the loss, changes by more.
        history_size: How many steps H is made of.
        line_search_fn: "strong_wolfe", or None for t = lr.

    For losses without noise; with all data at once.  `step` runs many iterations, and moves nothing if it fails:
    FloatingPointError for a loss or gradient that is nan or inf (the line search backs off from those).
    Source: Liu and Nocedal (1989); Nocedal and Wright, Numerical Optimization (2006), algorithm 7.5.

    >>> x, y = Value(-1.0), Value(2.0)
    >>> optimizer = LBFGS([x, y], max_iter=50, tolerance_change=0.0, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    ...     loss.backward()
    ...     return loss
    >>> loss = optimizer.step(closure)
    >>> round(x.data, 6), round(y.data, 6)
    (1.0, 1.0)
    """

    settings: ClassVar = {
        "lr": number,
        "max_iter": whole_number,
        "max_eval": whole_number,
        "tolerance_grad": number,
        "tolerance_change": number,
        "history_size": whole_number,
        "line_search_fn": _strong_wolfe_or_none,
    }

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = whole_number("LBFGS: max_iter", max_iter) * 5 // 4
        limits = {"lr": lr, "max_iter": max_iter, "max_eval": max_eval, "history_size": history_size}
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        super().__init__(parameters, {**limits, **tolerances, "line_search_fn": line_search_fn})
        self._memory = _Memory()

    def step(self, closure: Closure | None = None) -> Any:
        """Run up to max_iter iterations; the closure zeroes gradients, computes the loss, calls backward, returns it.

        Returns the loss before the step.
        """
        if closure is None:
            raise TypeError(
                "LBFGS.step: a closure is needed, that zeroes gradients, calls backward and returns the loss"
            )
        memory = self._memory.copy()
        with all_or_nothing(self.parameters, [parameter.data for parameter in self.parameters]):
            loss = loss_of(closure)
            if not memory.n_iter:
                self._warn_without_gradients(loss)
            self._iterate(closure, as_float(loss), memory, **self._checked(self.param_groups[0]))
        self._memory = memory
        return loss

    def _iterate(self, closure: Closure, loss: float, memory: _Memory, **settings: Any) -> None:
        g = [parameter.grad if moves else 0.0 for parameter, moves in self._moving()]
        self._check_finite(loss=[loss], gradient=g)
        memory.func_evals += 1
        left = settings["max_eval"] - 1
        if largest(g) <= settings["tolerance_grad"]:
            return
        for n in range(1, settings["max_iter"] + 1):
            memory.turn(g, settings["history_size"], [moves for _, moves in self._moving()])
            memory.t = settings["lr"] * (min(1.0, 1.0 / sum(map(abs, g))) if memory.n_iter == 1 else 1.0)
            start = Point(0.0, loss, g, inner(g, memory.d))
            if start.slope > -settings["tolerance_change"]:
                return
            if settings["line_search_fn"] is None and n == settings["max_iter"]:
                place(self.parameters, [p.data for p in self.parameters], memory.t, memory.d)
                return  # the loss there is not needed
            point, evaluations = self._moved(closure, start, memory, left, settings)
            loss, g, memory.t = point.loss, point.gradient, point.t
            memory.func_evals += evaluations
            left -= evaluations
            if (
                left <= 0
                or largest(g) <= settings["tolerance_grad"]
                or largest(memory.d) * memory.t <= settings["tolerance_change"]
                or abs(loss - start.loss) < settings["tolerance_change"]
            ):
                return

    def _moving(self) -> list[tuple[Value, bool]]:
        return [(parameter, parameter.requires_grad and parameter.grad is not None) for parameter in self.parameters]

    def _moved(
        self, closure: Closure, start: Point, memory: _Memory, left: int, settings: Settings
    ) -> tuple[Point, int]:
        """The point after one iteration, where the parameters are then, and how often the closure was called."""
        xs, d = [parameter.data for parameter in self.parameters], memory.d

        def at(t: float) -> Point:
            place(self.parameters, xs, t, d)
            loss = as_float(loss_of(closure))
            g = [parameter.grad if moves else 0.0 for parameter, moves in self._moving()]
            if math.isfinite(loss) and all(map(math.isfinite, g)):
                return Point(t, loss, g, inner(g, d))
            return Point(t, math.inf, g, math.nan)  # for the line search a wall

        if settings["line_search_fn"] is None:
            point = at(memory.t)
            self._check_finite(loss=[point.loss])
            return point, 1
        search = StrongWolfe(at, start, settings["tolerance_change"] / largest(d), left)
        point = search.search(memory.t)
        place(self.parameters, xs, point.t, d)
        return point, search.evaluations

    def _saved_state(self) -> Settings:
        return asdict(self._memory)

    def _checked_state(self, where: str, state: Mapping[str, Any]) -> _Memory:
        checked_names(f"{where}: state", state, asdict(_Memory()))
        counts = {name: whole_number(f"{where}: {name}", state[name], least=0) for name in ("n_iter", "func_evals")}
        size, kept = len(self.parameters) if counts["n_iter"] else 0, len(state["ro"])

        def vector(name: str, found: Any, length: int = size) -> Vector:
            if not isinstance(found, list) or len(found) != length:
                raise ValueError(f"{where}: {name} must be a list of {counted(length, 'number')}, not {found!r:.60}")
            return [number(f"{where}: {name}", x, low=-math.inf) for x in found]

        def vectors(name: str) -> list[Vector]:
            if len(state[name]) != kept:
                raise ValueError(f"{where}: {name} must be {counted(kept, 'vector')}, as many as ro has numbers")
            return [vector(name, found) for found in state[name]]

        return _Memory(
            **counts,
            d=vector("d", state["d"]),
            t=number(f"{where}: t", state["t"]),
            old_dirs=vectors("old_dirs"),
            old_stps=vectors("old_stps"),
            ro=vector("ro", state["ro"], kept),
            H_diag=number(f"{where}: H_diag", state["H_diag"]),
            prev_flat_grad=vector("prev_flat_grad", state["prev_flat_grad"]),
        )

    def _set_state(self, state: _Memory) -> None:
        self._memory = state
