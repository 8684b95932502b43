"""Exercises on networks: layers, and the gradients that go back through them."""

from typing import Any

import autograd
from autograd import dot, grad, jacobian, sigmoid
from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer


@exercise(
    "The Jacobian of a layer of sigmoids",
    "001 Neural networks, Hidden layer: “can you show this?”",
    '''
    from autograd import sigmoid


    def layer_jacobian(z):
        """∂hₖ/∂zⱼ of h = [σ(z₁), σ(z₂), …] as a list of rows, row k for the result k."""
        ...
    ''',
    "how does h₁ change, if z₂ changes and z₁ does not?",
    "so all is 0 but the diagonal, where the slope of σ stands.",
)
def sigmoid_layer(answer: Answer) -> None:
    """An activation is applied to each number by itself; what does its Jacobian look like?

    Write it as a matrix, with its zeros. Then you see why programs keep its diagonal only.
    """
    layer = lambda z: [sigmoid(s) for s in z]
    answer.agrees(
        jacobian(layer),
        [([0.0, 1.0],), ([2.0, -1.0, 0.5],), ([-0.25],)],
        {
            "The slopes stand in all places; hₖ depends on zₖ only.": lambda z: [
                [grad(sigmoid)(s)] * len(z) for s in z
            ],
            "σ itself stands where its slope should.": lambda z: [
                [sigmoid(s) * (i == j) for j in range(len(z))] for i, s in enumerate(z)
            ],
            "One factor of the slope is missing.": lambda z: [
                [sigmoid(-s) * (i == j) for j in range(len(z))] for i, s in enumerate(z)
            ],
        },
    )


def _weight_gradient(h: list[float], dz: list[float]) -> Any:
    """Of l = ⟨dz, Wᵀh⟩, whose derivative by z = Wᵀh is dz."""
    zeros = [[0.0] * len(dz) for _ in h]
    return grad(lambda W: dot(dz, [dot(h, column) for column in zip(*W, strict=True)]))(zeros)


@exercise(
    "A third-order tensor, contracted",
    "001 Neural networks, Backpropagation Gradients: “left as an exercise”",
    '''
    def weight_gradient(h, dz):
        """∂l/∂W of a layer z = Wᵀh + w₀, as a list of rows, one for each number of h.

        h: the N inputs of the layer.  dz: the c numbers ∂l/∂z.  W is N × c.
        """
        ...
    ''',
    "zₖ = Σⱼ Wⱼₖ hⱼ + w₀ₖ. Which of the z depend on Wⱼₖ, and how much?",
    "∂l/∂Wⱼₖ = Σₘ ∂l/∂zₘ · ∂zₘ/∂Wⱼₖ, and only m = k is left of the sum.",
)
def outer_product(answer: Answer) -> None:
    """∂z/∂W has three indices, and almost all its numbers are 0.

    The notes leave it as an exercise that the sum over it is something simple.
    """
    points = [([1.0, 2.0, 3.0], [10.0, -1.0]), ([0.5, -2.0], [1.0, 4.0, 0.0]), ([2.0, 3.0], [5.0, 7.0])]
    answer.agrees(_weight_gradient, points)


def _network(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    z = [sigmoid(dot(x, column) + b) for column, b in zip(zip(*W1, strict=True), b1, strict=True)]
    return [sigmoid(dot(z, column) + b) for column, b in zip(zip(*W2, strict=True), b2, strict=True)]


def _deltas(x: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """∂E/∂b of the two layers, which is δ: the bias is added to what the activation gets."""
    error = lambda b1, b2: sum((y - s) ** 2 for y, s in zip(_network(x, W1, b1, W2, b2), t, strict=True)) / 2
    return [grad(error, argnums=i)(b1, b2) for i in (1, 0)]


def _deltas_without(part: str, x: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """The rules of the lecture with something left out."""
    z = [sigmoid(dot(x, column) + b) for column, b in zip(zip(*W1, strict=True), b1, strict=True)]
    y = _network(x, W1, b1, W2, b2)
    slope1, slope2 = ([h * (1.0 - h) for h in z], [h * (1.0 - h) for h in y])
    if part == "slope 1":
        slope1 = [1.0] * len(z)
    else:
        slope2 = [1.0] * len(y)
    delta2 = [(a - b) * slope for a, b, slope in zip(y, t, slope2, strict=True)]
    return [delta2, [dot(delta2, row) * slope for row, slope in zip(W2, slope1, strict=True)]]


_W1 = [[0.5, -0.3, 0.8], [0.1, 0.7, -0.2], [-0.6, 0.4, 0.3]]
_W2 = [[0.9, -0.4], [-0.5, 0.2], [0.3, 0.6]]


@exercise(
    "The δ rules of the 3-3-2 network",
    "004 Lecture 3: δ⁽²⁾, δ⁽¹⁾, and the multi-layer network, “left as an exercise”",
    '''
    from autograd import sigmoid


    def deltas(x, t, W1, b1, W2, b2):
        """(δ⁽²⁾, δ⁽¹⁾): two lists, ∂E/∂yⁱⁿ and ∂E/∂zⁱⁿ, for E = ½ Σ (t - y)².

        z = σ(zⁱⁿ) with zⁱⁿₖ = Σⱼ xⱼ W1[j][k] + b1[k], and y = σ(yⁱⁿ) with yⁱⁿₖ = Σⱼ zⱼ W2[j][k] + b2[k].
        """
        ...
    ''',
    "first forward: compute z and y as the docstring says, and keep them.",
    "δ⁽²⁾ₖ = (yₖ - tₖ)·φ′(yⁱⁿₖ), and of a sigmoid φ′ is yₖ(1 - yₖ).",
    "zₖ goes into all the y: ∂E/∂zₖ is a sum over them, with the weights W2[k][0], W2[k][1], …",
)
def deltas(answer: Answer) -> None:
    """Backpropagation by hand: three inputs, three hidden units, two outputs, all with sigmoids.

    Each δ of the last layer is an error times a slope; each δ below is made of those above it. With them every
    ∂E/∂W is one product.
    """
    answer.agrees(
        _deltas,
        [
            ([1.0, 0.0, -1.0], [1.0, 0.0], _W1, [0.0, 0.0, 0.0], _W2, [0.0, 0.0]),
            ([0.5, 2.0, -1.5], [0.0, 1.0], _W1, [0.1, -0.2, 0.3], _W2, [-0.1, 0.4]),
        ],
        {
            "The sign of both is wrong: is the error y - t?": lambda *p: [[-d for d in layer] for layer in _deltas(*p)],
            "In δ⁽²⁾ the slope of the last activation is missing.": lambda *p: _deltas_without("slope 2", *p),
            "δ⁽²⁾ is right. In δ⁽¹⁾ the slope of the hidden activation is missing.": lambda *p: _deltas_without(
                "slope 1", *p
            ),
            "Both are right, but in the other order.": lambda *p: _deltas(*p)[::-1],
        },
    )


def _batch_gradient(H: Any, dZ: Any) -> Any:
    each = [_weight_gradient(h, dz) for h, dz in zip(H, dZ, strict=True)]
    return [[autograd.mean(numbers) for numbers in zip(*rows, strict=True)] for rows in zip(*each, strict=True)]


@exercise(
    "The gradient of a whole batch",
    "001 Neural networks, Hidden layer: “left as an exercise to show that the summation … can be circumvented”",
    '''
    def batch_gradient(H, dZ):
        """∂E/∂W of a layer for N samples, where E is the mean of their losses: a list of rows as of one sample.

        H: N rows, the inputs of the layer.  dZ: N rows, each the ∂lᵢ/∂z of its own sample.
        """
        ...
    ''',
    "of one sample it is the outer product of a row of H and a row of dZ.",
    "the entry (j, k) is a sum over the samples of H[i][j]·dZ[i][k]: that is a product of two matrices.",
    "HᵀΔ, and the total loss is a mean.",
)
def batch_gradient(answer: Answer) -> None:
    """The gradient of a mean is the mean of the gradients, one outer product for each sample.

    One product of matrices does it for all of them at once.
    """

    def total(H: Any, dZ: Any) -> Any:
        return [[len(H) * number for number in row] for row in _batch_gradient(H, dZ)]

    answer.agrees(
        _batch_gradient,
        [
            ([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]], [[1.0, 0.0, 2.0], [-1.0, 1.0, 0.5], [0.25, 4.0, 0.0]]),
            ([[1.0, -2.0, 0.5], [2.0, 0.0, 1.0]], [[3.0, -1.0], [1.0, 2.0]]),
            ([[2.0], [1.0], [0.0], [4.0]], [[1.0], [3.0], [5.0], [-1.0]]),
        ],
        {
            "It is the sum over the samples; the mean is missing.": total,
            "That is the gradient of the first sample alone.": lambda H, dZ: _weight_gradient(H[0], dZ[0]),
            "That is the gradient of the last sample alone: is it added up?": lambda H, dZ: _weight_gradient(
                H[-1], dZ[-1]
            ),
        },
    )


def _after_each_other(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = [dot(row, x) + b for row, b in zip(W1, b1, strict=True)]
    return [dot(row, h) + b for row, b in zip(W2, b2, strict=True)]


@exercise(
    "Two linear layers are one",
    "003 Alice in Wonderland ML Notes, 5.2 Composition and Hidden Layers",
    '''
    def collapse(W1, b1, W2, b2):
        """(A, c) with W2·(W1·x + b1) + b2 = A·x + c for every x; matrices are lists of rows."""
        ...
    ''',
    "multiply the left side out.",
    "A = W2·W1: entry (i, j) is the product of row i of W2 and column j of W1. c is a matrix times a vector, and b2.",
)
def collapse(answer: Answer) -> None:
    """Without an activation in between two layers can do no more than one: find that one.

    It is why a network needs something that is not linear.
    """
    answer.agrees(
        lambda W1, b1, W2, b2: (
            jacobian(lambda x: _after_each_other(x, W1, b1, W2, b2))([0.0] * len(W1[0])),
            _after_each_other([0.0] * len(W1[0]), W1, b1, W2, b2),
        ),
        [
            ([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]], [1.0, 0.0, -2.0], [[1.0, 2.0, 0.0], [0.5, -1.0, 4.0]], [0.25, 3.0]),
            ([[2.0, 1.0], [-1.0, 3.0]], [0.5, 1.0], [[1.0, 0.0], [2.0, -1.0]], [0.0, -1.0]),
        ],
        {
            "A is right. In c, what becomes of the first bias on its way?": lambda W1, b1, W2, b2: (
                jacobian(lambda x: _after_each_other(x, W1, b1, W2, b2))([0.0] * len(W1[0])),
                [a + b for a, b in zip(b1, b2, strict=False)],
            ),
        },
    )
