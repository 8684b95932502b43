"""Backpropagation by hand, as the lecture does it: δ of each layer, and with them every ∂E/∂W and ∂E/∂b.

δ⁽ˡ⁾ₖ = ∂E/∂s⁽ˡ⁾ₖ = ∂E/∂h⁽ˡ⁾ₖ · φ′(s⁽ˡ⁾ₖ), where ∂E/∂h⁽ˡ⁾ₖ = Σₘ δ⁽ˡ⁺¹⁾ₘ W⁽ˡ⁺¹⁾ₖₘ below the last layer, and
∂E/∂W⁽ˡ⁾ⱼₖ = δ⁽ˡ⁾ₖ h⁽ˡ⁻¹⁾ⱼ, ∂E/∂b⁽ˡ⁾ₖ = δ⁽ˡ⁾ₖ.  Source: seeds, Lecture 3, "Let's calculate ∂E/∂W₃₁⁽²⁾".
"""

import itertools
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

from autograd.core.graph import reverse_sweep, topological_order
from autograd.core.mode import is_grad_enabled
from autograd.core.value import Value
from autograd.formulas.algebra import Sum
from autograd.formulas.latex import latex_name
from autograd.formulas.layer_deltas import Deltas, LayerDeltas, Names, Written, factor
from autograd.formulas.naming import LayerParameters, Parameters, alike, graph_names, indexed
from autograd.formulas.notation import short, superscripted, visible
from autograd.formulas.symbolic import derivative_in_names

_TERMS = 4  # of a longer sum the first two and the last are written
_LONG = 60  # characters of ∂E/∂y, if it is to be written out


def deltas(loss: Value, model: Any) -> Deltas:
    """δ⁽ˡ⁾ₖ = ∂E/∂s⁽ˡ⁾ₖ of each layer of a model, and from them ∂E/∂W⁽ˡ⁾ⱼₖ = δ⁽ˡ⁾ₖ h⁽ˡ⁻¹⁾ⱼ: the lecture's worksheet.

    Nothing is changed, no `grad` either: the numbers are those of a sweep of its own.

    Args:
        loss: E, of one sample or of a batch.
        model: Anything with `named_parameters()` whose layers have a `weight`, as those of `nn`.

    Raises TypeError for a loss that is no Value and for another model, ValueError where no layer of it is in the graph.
    Source: seeds, Lecture 3, and its exercise, the multi-layer network.

    >>> from random import Random
    >>> from nn import MLP
    >>> model = MLP(2, [2, 1], activation="sigmoid", rng=Random(0))
    >>> y = model([Value(1.0, label="x1"), Value(-1.0, label="x2")])
    >>> y.label = "y"
    >>> sheet = deltas(0.5 * (y - 1.0) ** 2, model)
    >>> print(sheet[2])
    layer 2: 2 → 1, identity
    δ⁽²⁾₁ = y − 1 = −1.098
    W⁽²⁾ = ⎡ 0.02255 ⎤    ∂E/∂W⁽²⁾ = h⁽¹⁾ δ⁽²⁾ᵀ = ⎡ −0.5964 ⎤
           ⎣ −0.1901 ⎦                            ⎣  −0.637 ⎦
    b⁽²⁾ = [ 0 ]    ∂E/∂b⁽²⁾ = δ⁽²⁾ = [ −1.098 ]
    ╭────────┬─────────┬───────────────┬─────────────────┬─────────╮
    │ w      │       = │         ∂E/∂w │               = │       = │
    ├────────┼─────────┼───────────────┼─────────────────┼─────────┤
    │ W⁽²⁾₁₁ │ 0.02255 │ δ⁽²⁾₁ · h⁽¹⁾₁ │ −1.098 · 0.5431 │ −0.5964 │
    │ W⁽²⁾₂₁ │ −0.1901 │ δ⁽²⁾₁ · h⁽¹⁾₂ │ −1.098 · 0.5801 │  −0.637 │
    │ b⁽²⁾₁  │       0 │         δ⁽²⁾₁ │                 │  −1.098 │
    ╰────────┴─────────┴───────────────┴─────────────────┴─────────╯
    >>> [round(number, 6) for number in sheet[1].delta], sheet[1].weight_gradient[0][1] == sheet[1].delta[1]
    ([-0.006144, 0.050853], True)
    """
    if not isinstance(loss, Value):
        raise TypeError(f"deltas: loss must be a Value, not {type(loss).__name__} {loss!r:.60}; do not take its .data")
    if model is None:
        raise TypeError("deltas: model must have named_parameters(), as an nn.Module, not None")
    sheet = _Sheet(loss, Parameters(model, "deltas: model"))
    if not sheet.sums:
        raise ValueError(
            "deltas: no layer of the model is in the graph of the loss: is it of this model, and not frozen?"
        )
    found = {layer.number: sheet.of(layer) for layer in sheet.parameters.layers if layer.number in sheet.sums}
    return Deltas(loss, found)


class _Sheet:
    """What is known of a graph once it is swept."""

    def __init__(self, loss: Value, parameters: Parameters) -> None:
        self.loss, self.parameters = loss, parameters
        self.name = visible(loss.label.strip()) or "E"
        self.order = topological_order(loss)
        adjoints: dict[Any, Any] = {loss: 1.0}
        reverse_sweep(self.order, adjoints)
        self.adjoints = adjoints
        self.names = {node: visible(name) for node, name in graph_names(self.order, parameters).items()}
        self.sums: dict[int, dict[int, list[Value]]] = {}
        """Of each layer, by unit, its weighted sums, one for each sample."""
        self.unit: dict[Value, tuple[LayerParameters, int]] = {}
        for s, layer, k in parameters.units(self.order):
            self.sums.setdefault(layer.number, {}).setdefault(k, []).append(s)
            self.unit[s] = layer, k
        self.users: dict[Value, list[Value]] = {}
        for node in self.order:
            for x in {x for x in node.operands if isinstance(x, Value)}:
                self.users.setdefault(x, []).append(node)
        activations = [self._activation(s, layer, k) for s, (layer, k) in self.unit.items()]
        labelled = [x for x in self.order if x.primitive is None and x.label.strip()]
        self.symbols = {x: self.names[x] for x in [*labelled, *self.unit, *activations] if x is not None}

    def adjoint(self, node: Any) -> float:
        return self.adjoints.get(node, 0.0) if isinstance(node, Value) else 0.0

    def of(self, layer: LayerParameters) -> LayerDeltas:
        size = len(layer.weight)
        by_unit = [self.sums[layer.number].get(k, []) for k in range(size)]
        samples = list(itertools.zip_longest(*by_unit))
        inputs = [next(self._inputs(s) for s in sample if s is not None) for sample in samples]
        rows = [[self._numbers(s, layer, k) for k, s in enumerate(sample)] for sample in samples]
        s, slope, delta = ([[unit[i] for unit in row] for row in rows] for i in range(3))
        h = [[x.data if isinstance(x, Value) else float(x) for x in row] for row in inputs]
        gradient = [[self.adjoint(row[j]) for row in layer.weight] for j in range(len(layer.weight[0]))]
        bias = [x for x in layer.bias if isinstance(x, Value)]
        by_deltas = [
            [math.fsum(d[k] * x[j] for d, x in zip(delta, h, strict=True)) for k in range(size)]
            for j in range(len(h[0]))
        ]
        one = len(samples) == 1
        equations = [self._equation(unit, layer, k) for k, unit in enumerate(samples[0])] if one else []
        return LayerDeltas(
            number=layer.number,
            title=self._title(layer),
            W=[[row[j].data for row in layer.weight] for j in range(len(layer.weight[0]))],
            b=[x.data for x in bias],
            h=h[0] if one else h,
            s=s[0] if one else s,
            slope=slope[0] if one else slope,
            delta=delta[0] if one else delta,
            weight_gradient=gradient,
            bias_gradient=[self.adjoint(x) for x in bias],
            equations=tuple(equations),
            names=self._named(layer, inputs[0] if one else []),
            elsewhere=any(
                not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300) and a == a and b == b
                for a, b in zip(itertools.chain(*gradient), itertools.chain(*by_deltas), strict=True)
            ),
        )

    def _named(self, layer: LayerParameters, inputs: Sequence[Any]) -> Names:
        below = layer.number - 1
        called = [
            self.names[x] if isinstance(x, Value) else indexed("h", j, layer=below) for j, x in enumerate(inputs, 1)
        ]
        vector = f"{'h' if inputs else 'H'}⁽{superscripted(below)}⁾"
        plain = [unicodedata.normalize("NFKC", name).replace("_", "") for name in called]
        if plain and plain == [f"{plain[0][:1]}{j}" for j in range(1, len(plain) + 1)]:  # x1, x2, x3 are x
            vector = plain[0][:1]
        return Names(
            loss=self.name,
            W=[[self._called(row[j]) for row in layer.weight] for j in range(len(layer.weight[0]))],
            b=[self._called(x) for x in layer.bias if isinstance(x, Value)],
            inputs=called,
            vector=vector,
        )

    def _called(self, parameter: Value) -> str:
        return self.names.get(parameter) or visible(self.parameters.names[parameter])

    def _inputs(self, s: Value) -> Sequence[Any]:
        row = s.primitive
        assert row is not None
        assert row.parts is not None
        return row.parts(s.operands).inputs

    def _numbers(self, s: Value | None, layer: LayerParameters, k: int) -> tuple[float, float, float]:
        """s, φ′(s) and δ of a unit; of one that nothing depends on no number, and no δ."""
        if s is None:
            return math.nan, math.nan, 0.0
        h = self._activation(s, layer, k)
        slope = 1.0 if h is s else math.nan if h is None else float(h.partials[0] or 0.0)
        return s.data, slope, self.adjoint(s)

    def _activation(self, s: Value, layer: LayerParameters, k: int) -> Value | None:
        """h = φ(s): the node that is made of s alone by what the layer says, s itself for the identity, or None."""
        kind = self.parameters.activation_of(layer, k)
        if kind in ("", "identity"):
            return s
        made = [
            h for h in self.users.get(s, ()) if len(h.operands) == 1 and h.primitive and alike(kind, h.primitive.name)
        ]
        return made[0] if len(made) == 1 and len(self.users[s]) == 1 else None

    # ------------------------------------------------------------ equations

    def _equation(self, s: Value | None, layer: LayerParameters, k: int) -> tuple[Written, float]:
        """The right side of δ⁽ˡ⁾ₖ."""
        if s is None:
            return Written("0", "0", "0"), 0.0
        h = self._activation(s, layer, k)
        if h is None or h is s:
            return self._outer(s, alone=True), self.adjoint(s)
        name = self.names[s]
        outer, slope = self._outer(h, alone=False), factor(float(h.partials[0] or 0.0))
        tex = rf"{outer.latex} \cdot {{\varphi^{{({layer.number})}}}}'\left({latex_name(name)}\right)"
        return Written(f"{outer.text} · φ′({name})", tex, f"{outer.numbers} · {slope}"), self.adjoint(s)

    def _outer(self, h: Value, *, alone: bool) -> Written:
        """∂E/∂h: from the δ that h goes into, or where it goes into the loss from that."""
        users = sorted(self.users.get(h, []), key=lambda s: self.unit[s][1] if s in self.unit else 0)
        if users and all(user in self.unit for user in users):
            terms = [self._term(user, h) for user in users]
            if len(terms) > _TERMS:
                terms = [*terms[:2], Written("…", r"\cdots", "…"), terms[-1]]
            joined = Written(*(" + ".join(parts) for parts in zip(*terms)))
            return (
                joined
                if alone or len(terms) == 1
                else Written(f"({joined.text})", rf"\left({joined.latex}\right)", f"({joined.numbers})")
            )
        text, tex = self._from_loss(h, is_factor=not alone)
        return Written(text, tex, short(self.adjoint(h)) if alone else factor(self.adjoint(h)))

    def _from_loss(self, h: Value, *, is_factor: bool) -> tuple[str, str]:
        """∂E/∂h as a formula of what has a name, or if that is long as ∂E/∂h."""
        if is_grad_enabled() and h is not self.loss:
            formula = derivative_in_names(self.loss, h, self.symbols)
            text = str(formula).replace("**", "^").replace("*", " · ").replace("-", "−")
            if len(text) <= _LONG and "\n" not in text:
                is_sum = is_factor and isinstance(formula.formula, Sum)
                return (f"({text})", rf"\left({formula.latex()}\right)") if is_sum else (text, formula.latex())
        name = self.names[h]
        derivative = rf"\frac{{\partial {latex_name(self.name)}}}{{\partial {latex_name(name)}}}"
        return f"∂{self.name}/∂{name}", derivative

    def _term(self, s: Value, h: Value) -> Written:
        """δₘ · Wₖₘ of one weighted sum that h goes into."""
        layer, m = self.unit[s]
        j = next(j for j, x in enumerate(self._inputs(s)) if x is h)
        d, w = indexed("δ", m + 1, layer=layer.number), layer.weight[m][j]
        name = self.names[w]
        numbers = f"{factor(self.adjoint(s))} · {factor(w.data)}"
        return Written(f"{d} · {name}", rf"{latex_name(d)} \cdot {latex_name(name)}", numbers)

    def _title(self, layer: LayerParameters) -> str:
        kind = self.parameters.activation_of(layer, 0)
        return f"layer {layer.number}: {len(layer.weight[0])} → {len(layer.weight)}" + (f", {kind}" if kind else "")
