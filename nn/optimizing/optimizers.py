"""Optimisers: PyTorch's names, argument order, update rules and defaults."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from autograd import where
from nn.inputs.checks import flag, fraction, number
from nn.inputs.spellings import local_names
from nn.optimizing.optimizer import FirstOrderOptimizer, Numbers, Parameters, Settings, State


def _two_fractions(name: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"{name} must be two numbers, not {value!r}")
    return fraction(f"{name}[0]", value[0]), fraction(f"{name}[1]", value[1])


def _at_most_1(name: str, value: Any) -> float:
    return number(name, value, high=1.0)


class SGD(FirstOrderOptimizer):
    """Gradient descent with momentum, vₜ = μ·vₜ₋₁ + (1-τ)·∇f(θₜ₋₁), θₜ = θₜ₋₁ - η·vₜ, where v₁ = ∇f(θ₀).

    Args:
        parameters: What to move: Values, or groups.
        lr: η.
        momentum: μ in [0, 1); 0 for θₜ = θₜ₋₁ - η·∇f.
        dampening: τ in [0, 1], from the second step on, whatever μ was in the first.
        weight_decay: λ; λ·θ is added to ∇f.
        nesterov: Step by ∇f + μ·vₜ instead of vₜ; needs momentum without dampening.
        maximize: Climb: -∇f instead of ∇f.

    The lecture notes write momentum as gₜ = -ηₜ·∇f(xₜ₋₁) + λ·gₜ₋₁, xₜ = xₜ₋₁ + gₜ.  With λ = μ, g = -η·v and no
    dampening that is the same as long as η is constant; when it changes, theirs keeps the old η in the old steps, and
    PyTorch's, which is this one, multiplies all of v by the new one.
    Source: seeds, "Accelerating Gradient Descent"; Sutskever et al. (2013) for nesterov.

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.5
    """

    settings: ClassVar = {
        **FirstOrderOptimizer.settings,
        "momentum": fraction,
        "dampening": _at_most_1,
        "nesterov": flag,
    }
    buffers: ClassVar = {"momentum_buffer": 0.0}

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "dampening": dampening, "nesterov": nesterov}
        super().__init__(parameters, {**defaults, "weight_decay": weight_decay, "maximize": maximize})

    def _checked(self, given: Mapping[str, Any]) -> Settings:
        checked = super()._checked(given)
        if checked["nesterov"] and (checked["momentum"] == 0.0 or checked["dampening"] != 0.0):
            raise ValueError(f"{self._name}: nesterov needs a momentum above 0 and no dampening")
        return checked

    def rule(self, settings: Settings, t: int, xs: Numbers, gs: Numbers, state: State) -> tuple[Numbers, State]:
        """θ ← θ - η·v."""
        lr, momentum = settings["lr"], settings["momentum"]
        if momentum == 0.0:
            return [x - lr * g for x, g in zip(xs, gs)], state
        share = where(t - 1, 1.0 - settings["dampening"], 1.0)  # v is 0 before the first step
        vs = [momentum * v + share * g for v, g in zip(state[0], gs)]
        if settings["nesterov"]:
            return [x - lr * (g + momentum * v) for x, g, v in zip(xs, gs, vs)], (vs,)
        return [x - lr * v for x, v in zip(xs, vs)], (vs,)


class Adam(FirstOrderOptimizer):
    """Adaptive moments: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², θ ← θ - η·m̂ / (√v̂ + ε), where g = ∇f.

    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ) undo the bias of the start at 0.

    Args:
        parameters: What to move: Values, or groups.
        lr: η.
        betas: (β₁, β₂), each in [0, 1).
        eps: ε.
        weight_decay: λ; λ·θ is added to g.
        amsgrad: Use the largest v so far.
        maximize: Climb: -∇f instead of ∇f.

    Source: Kingma and Ba, arXiv:1412.6980; Reddi et al., arXiv:1904.09237, for amsgrad.

    >>> x = Value(1.0)
    >>> optimizer = Adam([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()  # the first step is ±η, whatever the size of the gradient
    >>> round(x.data, 6)
    0.75
    """

    settings: ClassVar = {
        **FirstOrderOptimizer.settings,
        "betas": _two_fractions,
        "eps": number,
        "amsgrad": flag,
    }
    buffers: ClassVar = {"exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0}

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "amsgrad": amsgrad}
        super().__init__(parameters, {**defaults, "weight_decay": weight_decay, "maximize": maximize})

    def rule(self, settings: Settings, t: int, xs: Numbers, gs: Numbers, state: State) -> tuple[Numbers, State]:
        """θ ← θ - η·m̂ / (√v̂ + ε)."""
        (beta1, beta2), eps, sqrt = settings["betas"], settings["eps"], self.sqrt
        rest1, rest2 = 1.0 - beta1, 1.0 - beta2
        ms, vs, largest = state
        ms = [beta1 * m + rest1 * g for m, g in zip(ms, gs)]
        vs = [beta2 * v + rest2 * g * g for v, g in zip(vs, gs)]
        if settings["amsgrad"]:
            largest = list(map(self.larger, largest, vs))
        rate, scale = settings["lr"] / (1.0 - beta1**t), sqrt(1.0 - beta2**t)
        used = largest if settings["amsgrad"] else vs
        return [x - rate * m / (sqrt(v) / scale + eps) for x, m, v in zip(xs, ms, used)], (ms, vs, largest)


class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← (1 - η·λ)·θ before the step of Adam, and nothing added to the gradient.

    Arguments as of `Adam`, weight_decay being λ.  Source: Loshchilov and Hutter, arXiv:1711.05101.

    >>> x = Value(1.0)
    >>> optimizer = AdamW([x], lr=0.5, weight_decay=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()  # to 0.75 by the decay, and from there by η
    >>> round(x.data, 6)
    0.25
    """

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def decayed(self, settings: Settings, xs: Numbers, gs: Numbers) -> tuple[Numbers, Numbers]:
        """The numbers times 1 - η·λ."""
        factor = 1.0 - settings["lr"] * settings["weight_decay"]
        return [factor * x for x in xs], gs


class RMSprop(FirstOrderOptimizer):
    """Steps by the root of the mean square: v ← αv + (1-α)g², θ ← θ - η·g / (√v + ε), where g = ∇f.

    Args:
        parameters: What to move: Values, or groups.
        lr: η.
        alpha: α in [0, 1).
        eps: ε.
        weight_decay: λ; λ·θ is added to g.
        momentum: μ in [0, 1): b ← μ·b + g / (√v + ε), θ ← θ - η·b; at 0 b stays as it is.
        centered: Take the mean of g off: √(v - m²) with m ← αm + (1-α)g instead of √v.
        maximize: Climb: -∇f instead of ∇f.

    Source: Tieleman and Hinton, Neural Networks for Machine Learning (2012), lecture 6.5; Graves, arXiv:1308.0850,
    for centered.

    >>> x = Value(1.0)
    >>> optimizer = RMSprop([x], lr=0.01, alpha=0.75)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.98
    """

    settings: ClassVar = {
        **FirstOrderOptimizer.settings,
        "alpha": fraction,
        "eps": number,
        "momentum": fraction,
        "centered": flag,
    }
    buffers: ClassVar = {"square_avg": 0.0, "grad_avg": 0.0, "momentum_buffer": 0.0}

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "alpha": alpha, "eps": eps, "momentum": momentum, "centered": centered}
        super().__init__(parameters, {**defaults, "weight_decay": weight_decay, "maximize": maximize})

    def rule(self, settings: Settings, t: int, xs: Numbers, gs: Numbers, state: State) -> tuple[Numbers, State]:  # noqa: ARG002
        """θ ← θ - η·b, or θ ← θ - η·g / (√v + ε) without momentum."""
        lr, alpha, eps, momentum, sqrt = *(settings[k] for k in ("lr", "alpha", "eps", "momentum")), self.sqrt
        rest = 1.0 - alpha
        vs, ms, bs = state
        variances = vs = [alpha * v + rest * g * g for v, g in zip(vs, gs)]
        if settings["centered"]:
            ms = [alpha * m + rest * g for m, g in zip(ms, gs)]
            variances = [self.larger(v - m * m, 0.0) for v, m in zip(vs, ms)]  # equals may round to less than 0
        steps = [g / (sqrt(v) + eps) for g, v in zip(gs, variances)]
        if momentum:
            bs = steps = [momentum * b + step for b, step in zip(bs, steps)]
        return [x - lr * step for x, step in zip(xs, steps)], (vs, ms, bs)


class Adagrad(FirstOrderOptimizer):
    """Steps by the root of the sum of squares: s ← s + g², θ ← θ - ηₜ·g / (√s + ε), where g = ∇f.

    Args:
        parameters: What to move: Values, or groups.
        lr: η.
        lr_decay: δ in ηₜ = η / (1 + (t-1)·δ).
        weight_decay: λ; λ·θ is added to g.
        initial_accumulator_value: s at first.
        eps: ε.
        maximize: Climb: -∇f instead of ∇f.

    Source: Duchi, Hazan and Singer, JMLR 12 (2011).

    >>> x = Value(1.0)
    >>> optimizer = Adagrad([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.75
    """

    settings: ClassVar = {
        **FirstOrderOptimizer.settings,
        "lr_decay": number,
        "initial_accumulator_value": number,
        "eps": number,
    }
    buffers: ClassVar = {"sum": 0.0}

    @local_names
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "lr_decay": lr_decay, "initial_accumulator_value": initial_accumulator_value, "eps": eps}
        super().__init__(parameters, {**defaults, "weight_decay": weight_decay, "maximize": maximize})

    def first_state(self, settings: Settings) -> Iterable[float]:
        """The initial accumulator value."""
        return [settings["initial_accumulator_value"]]

    def rule(self, settings: Settings, t: int, xs: Numbers, gs: Numbers, state: State) -> tuple[Numbers, State]:
        """θ ← θ - ηₜ·g / (√s + ε)."""
        rate, eps, sqrt = settings["lr"] / (1.0 + (t - 1) * settings["lr_decay"]), settings["eps"], self.sqrt
        sums = [s + g * g for s, g in zip(state[0], gs)]
        return [x - rate * g / (sqrt(s) + eps) for x, g, s in zip(xs, gs, sums)], (sums,)
