"""Regularisers R(θ): what is added to a loss so that small parameters are preferred, each the -log of a prior p(f).

The maximum a posteriori solution minimises -log p(S|f) - log p(f), with the likelihood summed over the n samples.
Beside a mean of losses the strength that follows from a prior is therefore divided by n.

All take a Module, or Values.  Frozen parameters (`requires_grad` False) are constants: they add to the penalty, so
that freezing does not change an objective, and get no gradient.  A Module's biases are the parameters held by
attributes named b, bias or biases.  TypeError for what is not a Value; ValueError for no parameters, or a strength
that is negative, infinite or nan.

Sources: seeds, "Regularization" and "Bayesian Learning".
"""

from collections.abc import Iterable
from typing import Any

from autograd import Value, dot, primitive, sign, sqrt, where
from autograd import sum as total
from nn.inputs.checks import flag, number
from nn.models.activations import ActivationModule
from nn.models.module import Module
from nn.objectives.loss_inputs import records

_BIASES = {"b", "bias", "biases"}

Parameters = Module | Iterable[Value]


@primitive(
    partials=lambda _result, xs: [sign(x) for x in xs],
    symbol="‖·‖₁",
    latex=r"\left\|\left(#*\right)\right\|_1",
    rule="abs'(0) = 0",
    pack=tuple,
)
def l1_norm(xs: list[float]) -> float:
    """‖x‖₁ = Σ |xᵢ|, one node for any number of operands; the subgradient at 0 is 0."""
    return sum(map(abs, xs), 0.0)


def l1_penalty(parameters: Parameters, strength: float, biases: bool = True) -> Any:
    """Lasso penalty, α Σ |w|: it makes parameters exactly 0, one after the other.

    The -log of the Laplace prior p(w) ∝ exp(-|w| / b) for each parameter, with α = 1 / b.
    With biases=False the biases of a Module are left out.  Source: Tibshirani (1996).

    >>> l1_penalty([Value(3.0), Value(-1.0)], strength=0.5)
    Value(data=2.0, grad=0.0)
    """
    _check_strength("l1_penalty", strength)
    return strength * l1_norm(_chosen("l1_penalty", parameters, biases))


def l2_penalty(parameters: Parameters, strength: float, biases: bool = True) -> Any:
    """Ridge penalty, ½ α Σ w²: its gradient α w draws every parameter to 0 in proportion, as weight decay does.

    The -log of the Gaussian prior N(0, σ²) for each parameter, with α = 1 / σ².
    With biases=False the biases of a Module are left out.  Source: Hoerl and Kennard (1970).

    >>> l2_penalty([Value(3.0), Value(-1.0)], strength=0.5)
    Value(data=2.5, grad=0.0)
    """
    _check_strength("l2_penalty", strength)
    return _half_squares(_chosen("l2_penalty", parameters, biases), strength)


def elastic_net_penalty(parameters: Parameters, strength: float, l1_ratio: float = 0.5, biases: bool = True) -> Any:
    """Elastic net, α (ρ Σ |w| + ½ (1 - ρ) Σ w²) with ρ = l1_ratio in [0, 1]: scikit-learn's formula.

    The -log of the prior p(w) ∝ exp(-|w| / b - w² / 2σ²), with αρ = 1 / b and α(1 - ρ) = 1 / σ².
    With biases=False the biases of a Module are left out.  Source: Zou and Hastie (2005).

    >>> elastic_net_penalty([Value(3.0), Value(-1.0)], strength=1.0, l1_ratio=0.5)
    Value(data=4.5, grad=0.0)
    """
    _check_strength("elastic_net_penalty", strength)
    number("elastic_net_penalty: l1_ratio", l1_ratio, high=1.0)
    chosen = _chosen("elastic_net_penalty", parameters, biases)
    return strength * l1_ratio * l1_norm(chosen) + _half_squares(chosen, strength * (1.0 - l1_ratio))


def frobenius_penalty(parameters: Parameters, strength: float, squared: bool = True) -> Any:
    """Frobenius penalty of the weight matrices, ½ α Σ_L ‖W⁽ᴸ⁾‖²_F, so that ∂R/∂W⁽ᴸ⁾ = α W⁽ᴸ⁾; biases never count.

    Args:
        parameters: A Module; or Values, which are then the entries of one matrix.
        strength: α.
        squared: False for the norms themselves, α Σ_L ‖W⁽ᴸ⁾‖_F with ‖W‖_F = (Σᵢⱼ wᵢⱼ²)^½: it can make a whole
            matrix 0.  The subgradient at 0 is 0.

    Which weights are one matrix is read from their names: those of the neurons of one Layer (`layers.0.neurons.2.w.1`
    belongs to `layers.0.neurons.w`), otherwise those that one attribute holds in a list.  What is not in a list, and
    what belongs to an activation, is no weight matrix.

    Squared it is the -log of the Gaussian prior N(0, 1/α) for each weight; the norm itself that of the prior
    p(W) ∝ exp(-α ‖W‖_F).  The seeds equate the two, "½ ‖W‖²_F = (Σ |wᵢⱼ|²)^½", but their gradient is that of the
    first.  Source: seeds, "Regularization".

    >>> frobenius_penalty([Value(3.0), Value(4.0)], strength=2.0)
    Value(data=25.0, grad=0.0)
    >>> frobenius_penalty([Value(3.0), Value(4.0)], strength=2.0, squared=False)
    Value(data=10.0, grad=0.0)
    """
    _check_strength("frobenius_penalty", strength)
    if isinstance(parameters, Module):
        matrices = _matrices(parameters)
    else:
        matrices = [_chosen("frobenius_penalty", parameters, biases=True)]
    if flag("frobenius_penalty: squared", squared):
        return _half_squares([w for matrix in matrices for w in matrix], strength)
    return strength * total([_norm(matrix) for matrix in matrices])


def _norm(matrix: list[Value]) -> Any:
    square = dot(matrix, matrix)
    # √ has no slope at 0: 0 is the subgradient of least magnitude.  The same graph whatever the numbers are.
    return where(square, sqrt(where(square, square, 1.0)), 0.0)


def _half_squares(parameters: list[Value], strength: float) -> Any:
    return 0.5 * strength * dot(parameters, parameters)


def _chosen(name: str, parameters: Parameters, biases: bool) -> list[Value]:
    """The parameters that count, checked."""
    flag(f"{name}: biases", biases)
    if isinstance(parameters, Module):
        named = list(parameters.named_parameters())
        chosen = [p for path, p in named if biases or _attribute(path) not in _BIASES]
        if not chosen:
            without = " that are not biases" if named else ""
            raise ValueError(f"{name}: {type(parameters).__name__} has no parameters{without}")
        return chosen
    if not biases:
        raise ValueError(
            f"{name}: biases=False needs the Module, since plain Values have no names to tell biases by: "
            "give the Module, or the weights alone"
        )
    if isinstance(parameters, Value) or not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: parameters must be a Module or a sequence of Values, not {parameters!r}")
    chosen = list(parameters)
    if not chosen:
        raise ValueError(f"{name}: there are no parameters")
    for i, p in enumerate(chosen):
        if not records(p):
            raise TypeError(f"{name}: parameter {i} must be a Value, not {type(p).__name__} {p!r}")
    return chosen


def _matrices(module: Module) -> list[list[Value]]:
    matrices: dict[str, list[Value]] = {}
    activations = [inner for inner in module.modules() if isinstance(inner, ActivationModule)]
    of_activations = {parameter for activation in activations for parameter in activation.parameters()}
    for path, parameter in module.named_parameters():
        parts = path.split(".")
        if _attribute(path) in _BIASES or not parts[-1].isdigit() or "activation" in parts:
            continue
        if parameter in of_activations:
            continue
        while parts[-1].isdigit():
            parts.pop()
        if "neurons" in parts[:-2]:
            del parts[parts.index("neurons") + 1]
        matrices.setdefault(".".join(parts), []).append(parameter)
    if not matrices:
        raise ValueError(f"frobenius_penalty: {type(module).__name__} has no weights in lists, so no weight matrix")
    return list(matrices.values())


def _attribute(path: str) -> str:
    """The name of the attribute that holds the parameter of this path: its last part that is not an index."""
    return next((part for part in reversed(path.split(".")) if not part.isdigit()), "")


def _check_strength(name: str, strength: float) -> None:
    number(f"{name}: strength", strength)
