"""Optimisers: PyTorch's names, argument order and update rules."""

import math
from collections.abc import Iterable

from autograd import Value


class Optimizer:
    """Base of the optimisers: holds the parameters; the state is the subclass's.

    Raises ValueError for no parameters, TypeError for what is not a Value, ValueError for a setting out of range.
    """

    def __init__(self, parameters: Iterable[Value], lr: float) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(f"{type(self).__name__}: there are no parameters")
        for parameter in self.parameters:
            if not isinstance(parameter, Value):
                raise TypeError(f"{type(self).__name__}: parameters must be Values, not {type(parameter).__name__}")
        self.lr = self._checked("lr", lr)

    def _checked(self, name: str, setting: float, below: float = math.inf) -> float:
        if not 0.0 <= setting < below:
            raise ValueError(f"{type(self).__name__}: {name} must be at least 0 and below {below}, not {setting!r}")
        return setting

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Move every parameter against its gradient."""
        raise TypeError(f"{type(self).__name__} does not define step()")


class SGD(Optimizer):
    """Gradient descent with momentum: v ← μ·v + g, θ ← θ - η·v.

    Args:
        parameters: What to move.
        lr: η.
        momentum: μ in [0, 1).

    Source: seeds, "Accelerating Gradient Descent".

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.5
    """

    def __init__(self, parameters: Iterable[Value], lr: float = 1e-3, momentum: float = 0.0) -> None:
        super().__init__(parameters, lr)
        self.momentum = self._checked("momentum", momentum, below=1.0)
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """One update by the gradients there are."""
        for i, parameter in enumerate(self.parameters):
            self.velocities[i] = velocity = self.momentum * self.velocities[i] + parameter.grad
            parameter.data -= self.lr * velocity


class Adam(Optimizer):
    """Adaptive moments: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², θ ← θ - η·m̂ / (√v̂ + ε).

    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ) undo the bias of the start at 0.  Source: Kingma and Ba, arXiv:1412.6980.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, lr)
        self.betas = self._checked("betas[0]", betas[0], below=1.0), self._checked("betas[1]", betas[1], below=1.0)
        self.eps = self._checked("eps", eps)
        self.steps = 0
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def step(self) -> None:
        """One update by the gradients there are."""
        self.steps += 1
        beta1, beta2 = self.betas
        rate = self.lr / (1.0 - beta1**self.steps)
        correction = math.sqrt(1.0 - beta2**self.steps)
        for i, parameter in enumerate(self.parameters):
            g = parameter.grad
            self.means[i] = mean = beta1 * self.means[i] + (1.0 - beta1) * g
            self.squares[i] = square = beta2 * self.squares[i] + (1.0 - beta2) * g * g
            parameter.data -= rate * mean / (math.sqrt(square) / correction + self.eps)
