"""The worksheet of backpropagation as it is shown: matrices, equations and tables, in text and in LaTeX."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd.core.value import Value
from autograd.formulas.latex import aligned, latex_name, rounded_latex
from autograd.formulas.naming import indexed
from autograd.formulas.notation import short, superscripted
from autograd.formulas.tables import table

_LARGEST = 8
"""A matrix of more rows or columns than this is written with dots."""
_WEIGHTS = 32  # of a layer with more, the derivatives are not written out one by one


class Written(NamedTuple):
    """A part of an equation: in text, in LaTeX, and in numbers."""

    text: str
    latex: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called in one layer."""

    loss: str
    W: list[list[str]]
    b: list[str]
    inputs: list[str]
    """h⁽ˡ⁻¹⁾ⱼ, or what its owner calls it; none for a batch."""
    vector: str
    """All of them together."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LayerDeltas:
    """What one layer has on the worksheet.

    Vectors are those of the one sample, or a row for each sample of a batch; matrices are laid out by the indices of
    the lecture, a row for each j and a column for each unit k: `Layer.weight`, transposed.
    """

    number: int
    title: str
    W: list[list[float]]
    b: list[float]
    h: Any
    """What comes in: h⁽ˡ⁻¹⁾ⱼ."""
    s: Any
    slope: Any
    """φ′(s⁽ˡ⁾ₖ); nan where an activation is no function of one number, as softmax."""
    delta: Any
    weight_gradient: list[list[float]]
    """∂E/∂W⁽ˡ⁾ⱼₖ."""
    bias_gradient: list[float]
    elsewhere: bool
    """Whether E depends on W in another way too, as through a penalty: then ∂E/∂W is not h δᵀ alone."""
    equations: tuple[tuple[Written, float], ...]
    """The right sides of δ⁽ˡ⁾₁, δ⁽ˡ⁾₂, …; none for a batch."""
    names: Names

    def __str__(self) -> str:
        layer, loss, one = f"⁽{superscripted(self.number)}⁾", self.names.loss, bool(self.equations)
        product = f"{self.names.vector} δ{layer}ᵀ" if one else f"{self.names.vector}ᵀ Δ{layer}"
        more = f" + what W{layer} does elsewhere" if self.elsewhere else ""
        by_weight = f"∂{loss}/∂W{layer} = {product}{more} = "
        lines = [self.title, *self._delta_lines()]
        lines += _side_by_side(f"W{layer} = ", _matrix(self.W), by_weight, _matrix(self.weight_gradient))
        if self.b:
            by_bias = f"∂{loss}/∂b{layer} = {f'δ{layer} = ' if one and not self.elsewhere else ''}"
            lines += _side_by_side(f"b{layer} = ", _matrix([self.b]), by_bias, _matrix([self.bias_gradient]))
        if one and not self.elsewhere and len(self.W) * len(self.delta) <= _WEIGHTS:
            lines.append(table([["w", "=", f"∂{loss}/∂w", "=", "="], *self._rows()], left=1))
        return "\n".join(lines)

    __repr__ = __str__

    def _delta_lines(self) -> list[str]:
        if not self.equations:
            return _side_by_side(f"Δ⁽{superscripted(self.number)}⁾ = ", _matrix(self.delta), "", [])
        lines = []
        for k, (written, number) in enumerate(self.equations, 1):
            sides = dict.fromkeys([indexed("δ", k, layer=self.number), written.text, written.numbers, short(number)])
            lines.append(" = ".join(sides))
        return _cut(lines, "…")

    def _rows(self) -> Iterator[list[str]]:
        """Of each weight and bias the number, and its derivative: in names, in numbers, as a number."""
        for k, delta in enumerate(self.delta):
            d = indexed("δ", k + 1, layer=self.number)
            for j, (name, h) in enumerate(zip(self.names.inputs, self.h, strict=True)):
                product = f"{short(delta)} · {factor(h)}"
                yield [
                    self.names.W[j][k], short(self.W[j][k]), f"{d} · {name}", product, short(self.weight_gradient[j][k])
                ]  # fmt: skip
            if self.b:
                yield [self.names.b[k], short(self.b[k]), d, "", short(self.bias_gradient[k])]

    def latex_lines(self) -> Iterator[str]:
        """The equations of this layer, for an `aligned` of LaTeX."""
        n, loss, one = f"^{{({self.number})}}", latex_name(self.names.loss), bool(self.equations)
        delta, vector = (r"\delta" if one else r"\Delta") + n, latex_name(self.names.vector)
        more = r" + \cdots" if self.elsewhere else ""
        if one:
            written = _latex_matrix([[part.latex] for part, _ in self.equations])
            yield f"{delta} &= {written} = {_latex_numbers([[x] for x in self.delta])}"
        else:
            yield f"{delta} &= {_latex_numbers(self.delta)}"
        product = rf"{vector} \, {{{delta}}}^\top" if one else rf"{{{vector}}}^\top {delta}"
        by_weight = rf"\frac{{\partial {loss}}}{{\partial W{n}}} &= {product}{more} = "
        if one and not self.elsewhere:
            ks = range(1, len(self.delta) + 1)
            entries = [[rf"{delta}_{{{k}}} \cdot {latex_name(name)}" for k in ks] for name in self.names.inputs]
            by_weight += f"{_latex_matrix(entries)} = "
        yield by_weight + _latex_numbers(self.weight_gradient)
        if self.b:
            own = f"{delta} = " if one and not self.elsewhere else ""
            column = _latex_numbers([[x] for x in self.bias_gradient])
            yield rf"\frac{{\partial {loss}}}{{\partial b{n}}} &= {own}{column}"


class Deltas:
    """The worksheet of a loss: by the number of a layer, from 1, what that layer has on it.

    `print` shows it from the last layer to the first, as it is computed; notebooks typeset it.
    """

    __slots__ = ("_layers", "loss")

    def __init__(self, loss: Value, layers: Mapping[int, LayerDeltas]) -> None:
        self.loss = loss
        self._layers = dict(layers)

    def __getitem__(self, number: int) -> LayerDeltas:
        if number not in self._layers:
            known = ", ".join(map(str, self._layers))
            raise KeyError(f"deltas: there is no layer {number!r}; those in the graph of the loss are {known}")
        return self._layers[number]

    def __iter__(self) -> Iterator[LayerDeltas]:
        return iter(self._layers.values())

    def __len__(self) -> int:
        return len(self._layers)

    def __str__(self) -> str:
        name = next(iter(self)).names.loss
        return "\n\n".join([f"{name} = {short(self.loss.data)}", *map(str, reversed(self._layers.values()))])

    __repr__ = __str__

    def latex(self) -> str:
        """LaTeX without dollar signs."""
        return aligned(line for layer in reversed(self._layers.values()) for line in layer.latex_lines())

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


# ---------------------------------------------------------------- writing


def factor(number: float) -> str:
    """A number inside a product, of four digits.

    >>> factor(-1.23456)
    '(−1.235)'
    """
    text = short(number)
    return f"({text})" if text.startswith("−") else text


def _cut(items: Sequence[Any], between: Any) -> list[Any]:
    return list(items) if len(items) <= _LARGEST else [*items[:3], between, items[-1]]


def _dotted(rows: Sequence[Sequence[str]], dots: str) -> list[list[str]]:
    """Rows of a matrix, those in the middle of a large one left out."""
    return [_cut(row, dots) for row in _cut(rows, [dots] * len(rows[0]))]


def _matrix(rows: Sequence[Sequence[float]]) -> list[str]:
    """The lines of a matrix in brackets, numbers under numbers."""
    cells = _dotted([[short(x) for x in row] for row in rows], "…")
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    if len(lines) == 1:
        return [f"[ {lines[0]} ]"]
    ends = [("⎡", "⎤"), *[("⎢", "⎥")] * (len(lines) - 2), ("⎣", "⎦")]
    return [f"{left} {line} {right}" for line, (left, right) in zip(lines, ends, strict=True)]


def _side_by_side(first: str, left: Sequence[str], second: str, right: Sequence[str]) -> list[str]:
    """Two matrices with what stands before them at their middle."""
    lines = []
    height = max(len(left), len(right))
    for i, (a, b) in enumerate(itertools.zip_longest(left, right, fillvalue="")):
        middle = 2 * i in (height - 2, height - 1)
        before, between = (first, f"    {second}") if middle else (" " * len(first), " " * (4 + len(second)))
        lines.append(f"{before}{a}{between if right else ''}{b}".rstrip())
    return lines


def _latex_numbers(rows: Sequence[Sequence[float]]) -> str:
    return _latex_matrix([[rounded_latex(float(f"{x:.4g}")).text for x in row] for row in rows])


def _latex_matrix(rows: Sequence[Sequence[str]]) -> str:
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(row) for row in _dotted(rows, r"\cdots")) + r" \end{pmatrix}"
