"""Exercises on linear models: lines, classes, and their losses."""

from collections.abc import Callable
from typing import Any

import autograd
from autograd import dot, grad, hessian, jacobian, mean
from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer
from nn import one_hot as rows_of_classes


def _minimum(loss: Callable[[Any], Any]) -> list[float]:
    """Where a quadratic function of two numbers is least: -H⁻¹·∇f(0), by Cramer's rule."""
    (p, q), ((a, b), (_, d)) = grad(loss)([0.0, 0.0]), hessian(loss)([0.0, 0.0])
    return [(b * q - d * p) / (a * d - b * b), (b * p - a * q) / (a * d - b * b)]


def _best_line(xs: list[float], ys: list[float]) -> list[float]:
    return _minimum(lambda w: mean([(w[0] * x + w[1] - y) ** 2 for x, y in zip(xs, ys, strict=True)]))


@exercise(
    "The best line, in closed form",
    "004 Lecture 3: “Think line fitting. Closed-form expression!”",
    '''
    def fit_line(xs, ys):
        """(slope, intercept) of the line through the points (x, y) that has the least mean squared error.

        >>> fit_line([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
        (2.0, 1.0)
        """
        ...
    ''',
    "the derivative of the error by the intercept is 0: so the line goes through the point of the two means.",
    "measure x and y from their means. What is left is a line through the origin, with one unknown.",
    "the slope is Σ (x - x̄)(y - ȳ) / Σ (x - x̄)².",
)
def fit_line(answer: Answer) -> None:
    """Where the gradient of the error is 0 the line is best, and for a line that can be solved on paper.

    No gradient descent, no loop over steps: sums of the data are enough.
    """
    answer.agrees(
        _best_line,
        [
            ([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]),
            ([1.0, 2.0, 4.0, 5.0], [2.0, 1.5, 4.0, 3.5]),
            ([-3.0, -1.0, 0.5], [0.0, 2.0, -1.0]),
        ],
        {
            "Both numbers are right, but in the other order.": lambda xs, ys: _best_line(xs, ys)[::-1],
            "That is the best line through the origin; this one may have an intercept.": lambda xs, ys: (
                [dot(xs, ys) / dot(xs, xs), 0.0]
            ),
            "The slope is that of x over y.": lambda xs, ys: _best_line(ys, xs),
        },
    )


def _ridge(X: list[list[float]], y: list[float], strength: float) -> list[float]:
    return _minimum(
        lambda w: sum((dot(row, w) - target) ** 2 for row, target in zip(X, y, strict=True)) + strength * dot(w, w)
    )


@exercise(
    "Ridge regression",
    "003 Alice in Wonderland ML Notes, 4.1.6 Regularizing the Least-Squares Solution",
    '''
    def solve(A, b):
        """The x with A·x = b, for a 2 × 2 matrix (Cramer's rule). Use it as it is."""
        (p, q), (r, s) = A
        determinant = p * s - q * r
        return [(b[0] * s - q * b[1]) / determinant, (p * b[1] - b[0] * r) / determinant]


    def ridge(X, y, strength):
        """The two weights w = (XᵀX + λI)⁻¹ Xᵀy, without an intercept.

        X: a list of n rows of two numbers.  y: n numbers.  strength: λ.
        """
        ...
    ''',
    "entry (i, j) of XᵀX is the sum of row[i]·row[j] over the rows of X; entry i of Xᵀy that of row[i]·target.",
    "the identity matrix I has ones on the diagonal only.",
)
def ridge(answer: Answer) -> None:
    """If one column of X is a multiple of another, XᵀX has no inverse. A small λ on its diagonal mends that.

    It also pulls the weights towards 0.
    """
    line = [[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]]
    answer.agrees(
        _ridge,
        [
            (line, [1.0, 0.0, 2.0], 0.5),
            (line, [1.0, -1.0, 4.0], 10.0),
            ([[1.0, 2.0], [2.0, 4.0]], [1.0, 2.0], 0.1),
            ([[1.0, 0.5], [-1.0, 3.0]], [2.0, 1.0], 1e-3),
        ],
        {
            "λ is multiplied by n.": lambda X, y, strength: _ridge(X, y, strength * len(X)),
            "λ is divided by n.": lambda X, y, strength: _ridge(X, y, strength / len(X)),
            "λ is halved.": lambda X, y, strength: _ridge(X, y, strength / 2.0),
            "λ is doubled.": lambda X, y, strength: _ridge(X, y, strength * 2.0),
            "λ stands in all places of the matrix, not on the diagonal only.": lambda X, y, strength: _minimum(
                lambda w: (
                    sum((dot(row, w) - target) ** 2 for row, target in zip(X, y, strict=True))
                    + strength * (w[0] + w[1]) ** 2
                )
            ),
        },
    )


_LOGITS = [[0.0, 1.0], [2.0, -1.0, 0.5], [1.0, 1.0, 1.0, -2.0]]


def _outer(y: list[float]) -> list[list[float]]:
    return [[a * b for b in y] for a in y]


@exercise(
    "Softmax's Jacobian",
    "001 Neural networks, Backpropagation Gradients (the output layer)",
    '''
    from autograd import softmax


    def softmax_jacobian(z):
        """∂softmax(z)ₖ/∂zⱼ as a list of rows, row k for the result k.

        >>> softmax_jacobian([0.0, 0.0])
        [[0.25, -0.25], [-0.25, 0.25]]
        """
        ...
    ''',
    "with ŷ = softmax(z) only two cases are to be told apart: k = j, and all others.",
    "the quotient rule: in ŷₖ = exp(zₖ)/Z the numerator depends on zⱼ if k = j only, the denominator always.",
    "for k = j it looks like the derivative of σ.",
)
def softmax(answer: Answer) -> None:
    """Each probability depends on every logit: raise one, and all the others sink.

    The matrix of all these slopes can be written with ŷ = softmax(z) alone.
    """
    probabilities = autograd.softmax
    answer.agrees(
        lambda z: jacobian(probabilities)(z),
        [(z,) for z in _LOGITS],
        {
            "The diagonal is not complete: zⱼ stands in the denominator, too.": lambda z: [
                [p * (i == j) - p * q * (i != j) for j, q in enumerate(probabilities(z))]
                for i, p in enumerate(probabilities(z))
            ],
            "Beside the diagonal it should not be 0: all probabilities share one denominator.": lambda z: [
                [p * (1 - p) * (i == j) for j in range(len(z))] for i, p in enumerate(probabilities(z))
            ],
            "Only the part of the numerator is there.": lambda z: [
                [p * (i == j) for j in range(len(z))] for i, p in enumerate(probabilities(z))
            ],
            "Only the part of the denominator is there, with the wrong sign.": lambda z: _outer(probabilities(z)),
            "Only the part of the denominator is there.": lambda z: [
                [-p for p in row] for row in _outer(probabilities(z))
            ],
        },
    )


@exercise(
    "Cross-entropy's gradient",
    "003 Alice in Wonderland ML Notes, 4.2.2 The Logistic Regression Model, and 002 Multi-layer perceptron, top layer",
    '''
    from autograd import softmax


    def cross_entropy_gradient(z, target):
        """The gradient of -log softmax(z)[target] by the logits z, a list; target is a class, counted from 0."""
        ...
    ''',
    "-log softmax(z)ₜ = -zₜ + log Σ exp(zⱼ). Differentiate both terms by zₖ.",
    "the derivative of log Σ exp(zⱼ) by zₖ is something you know.",
    "the first term gives -1 for k = t, and 0 for all others: a one-hot vector.",
)
def cross_entropy(answer: Answer) -> None:
    """Softmax and logarithm seem to make a difficult gradient, and it is the simplest of all.

    Its sum is 0: what the right class gains the others lose.
    """
    probabilities = autograd.softmax
    answer.agrees(
        lambda z, target: grad(lambda z: autograd.logsumexp(z) - z[target])(z),
        [(z, target) for z in _LOGITS for target in (0, len(z) - 1)],
        {
            "Those are the probabilities; the target is missing.": lambda z, target: probabilities(z),
            "That is the gradient by the probabilities ŷ; the chain goes on, to z.": lambda z, target: [
                -(k == target) / p for k, p in enumerate(probabilities(z))
            ],
            "That is the loss of each class, not a gradient.": lambda z, target: [
                -autograd.log(p) for p in probabilities(z)
            ],
        },
    )


@exercise(
    "logsumexp that does not overflow",
    "003 Alice in Wonderland ML Notes, 4.3.2 The logsumexp Trick",
    '''
    from autograd import exp, log  # of numbers and of Values


    def stable_logsumexp(p):
        """log Σ exp(pᵢ) of a list of numbers, or of Values, however large or small they are.

        >>> stable_logsumexp([1000.0, 1000.0])
        1000.6931471805599
        """
        ...
    ''',
    "exp(1000) fits no float. But Σ exp(pᵢ) = exp(c)·Σ exp(pᵢ - c), for every c.",
    "choose c so that the largest exponent is 0.",
)
def logsumexp(answer: Answer) -> None:
    """The loss of a classifier has a log Σ exp(pᵢ) in it, and exp(1000) overflows.

    The notes shift all the numbers by a constant c, and give it back afterwards. Which c is a good one?
    """
    points = [[0.0, 1.0, 2.0], [-3.0, 0.5], [1000.0, 1000.5], [-1000.0, -1001.0, -1000.0], [700.0, -700.0]]
    answer.agrees(
        autograd.logsumexp,
        [(p,) for p in points],
        {
            "The shift is not given back.": lambda p: autograd.logsumexp([x - max(p) for x in p]),
            "It is as if only the largest number counted.": max,
            "That is the mean in place of the sum.": lambda p: autograd.logsumexp(p) - autograd.log(len(p)),
        },
    )
    answer.differentiates(autograd.logsumexp, points)


@exercise(
    "One-hot encoding",
    "001 Neural networks, Output Encoding",
    '''
    def one_hot(classes, n):
        """For each class, counted from 0, a list of n numbers: 1 at its place, 0 elsewhere.

        >>> one_hot([0, 2], 3)
        [[1, 0, 0], [0, 0, 1]]
        """
        ...
    ''',
    "begin with a single class k: for each place j of n, is j that class?",
    "a list comprehension for one class, inside a list comprehension over all classes.",
)
def one_hot(answer: Answer) -> None:
    """Class 2 is not twice class 1: numbers would say that some classes are near to each other.

    So a class becomes a vector with one 1 in it; any two of them are equally far apart.
    """
    answer.agrees(
        rows_of_classes,
        [([0, 2, 1], 3), ([1], 4), ([3, 3, 0, 1], 5), ([0, 1], 2)],
        {
            "The classes are counted from 1.": lambda classes, n: [
                [float(j + 1 == k) for j in range(n)] for k in classes
            ],
            "Zeros and ones are exchanged.": lambda classes, n: [[float(j != k) for j in range(n)] for k in classes],
        },
    )


def _logistic_gradient(w: Any, b: Any, X: Any, y: Any, together: Callable[[Any], Any] = mean) -> Any:
    def loss(w: Any, b: Any) -> Any:
        scores = [dot(row, w) + b for row in X]
        return together([autograd.softplus(s) - target * s for s, target in zip(scores, y, strict=True)])

    return grad(loss, argnums=(0, 1))(w, b)


def _squared_gradient(activation: Callable[[Any], Any], w: Any, b: Any, X: Any, y: Any) -> Any:
    def loss(w: Any, b: Any) -> Any:
        return mean([(activation(dot(row, w) + b) - t) ** 2 / 2.0 for row, t in zip(X, y, strict=True)])

    return grad(loss, argnums=(0, 1))(w, b)


@exercise(
    "The gradient of logistic regression",
    "003 Alice in Wonderland ML Notes, 4.3.1 Binary Classification, and 001 Neural networks (the total gradient)",
    '''
    from autograd import dot, sigmoid


    def logistic_gradient(w, b, X, y):
        """(∂E/∂w, a list, and ∂E/∂b), where E is the mean cross-entropy of σ(⟨w, x⟩ + b) over the samples.

        X: n rows, the samples.  y: n targets, 0 or 1.
        """
        ...
    ''',
    "of one sample the gradient by w is (f(x) - y)·x. What is the one by b? Which input does the bias see?",
    "the loss is the mean over the samples, and so is its gradient.",
)
def logistic(answer: Answer) -> None:
    """One neuron that tells two classes apart: f(x) = σ(⟨w, x⟩ + b).

    The notes give its gradient for one sample. Write it for a data set.
    """
    X = [[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]
    answer.agrees(
        _logistic_gradient,
        [
            ([0.0, 0.0], 0.0, X, [1, 0, 1]),
            ([0.5, -1.0], 0.25, X, [0, 0, 1]),
            ([2.0, 1.0], -1.0, X[:2], [0, 1]),
            ([-1.0], 0.5, [[2.0], [1.0], [-1.0], [0.0], [4.0]], [1, 1, 0, 0, 1]),
        ],
        {
            "It is the sum over the samples; the mean is missing.": lambda w, b, X, y: _logistic_gradient(
                w, b, X, y, autograd.sum
            ),
            "That is the gradient of the squared loss of a line: where is σ?": lambda *p: _squared_gradient(
                lambda s: s, *p
            ),
            "It has a slope of σ too many: that is the squared loss, not the cross-entropy.": lambda *p: (
                _squared_gradient(autograd.sigmoid, *p)
            ),
        },
    )
