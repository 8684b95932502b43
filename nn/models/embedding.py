"""Embeddings: a vector of weights for each of several things that are told by their number."""

import random
from collections.abc import Sequence
from typing import Any

from autograd import Value, linear
from nn.inputs.checks import MOST, brief, whole_number
from nn.inputs.sequences import is_sequence, to_list
from nn.inputs.spellings import local_names
from nn.models.description import Description
from nn.models.initializers import Generator, Initializer, get_initializer
from nn.models.module import Module


class Embedding(Module):
    """The vector of number i in a table of weights, e = Wᵀ (one-hot of i); of several numbers the list of theirs.

    A number is taken as an index.  Where machine code is recorded, in `jit` and in `fit(…, compile=True)`, it is not
    known yet, and the vector is the product with the one-hot vector; a number that is none of 0 … n - 1 gives 0 there.

    Args:
        num_embeddings: How many things there are, n.
        embedding_dim: How many numbers each vector has.
        initializer: Draws the weights, a name or a function; by default N(0, 1), as in PyTorch.
        rng: Source of random numbers.

    Raises TypeError for what is not a whole number, ValueError for one outside 0 … n - 1.
    Source: Bengio et al., "A neural probabilistic language model" (2003); as `torch.nn.Embedding`.

    >>> embedding = Embedding(3, 2, initializer=lambda *_: 0.5)
    >>> [x.data for x in embedding(2)]
    [0.5, 0.5]
    >>> len(embedding([0, 2, 2])), len(embedding.parameters())
    (3, 6)
    """

    @local_names
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        initializer: str | Initializer | None = None,
        rng: Generator = random,
    ) -> None:
        num_embeddings = whole_number("num_embeddings", num_embeddings, most=MOST)
        embedding_dim = whole_number("embedding_dim", embedding_dim, most=MOST)
        draw = _normal if initializer is None else get_initializer(initializer)
        self.table = [
            [Value(draw(num_embeddings, embedding_dim, rng)) for _ in range(embedding_dim)]
            for _ in range(num_embeddings)
        ]

    def forward(self, index: Any) -> Any:
        """The vector of a number, or a list of those of several."""
        if is_sequence(index):
            return [self.forward(i) for i in to_list(index)]
        if not isinstance(index, Value):
            return list(self.table[self._checked(index)])
        chosen: Sequence[Any] = [(index >= k) & (index <= k) for k in range(len(self.table))]
        if all(isinstance(one, bool) for one in chosen):
            return list(self.table[self._checked(index.data)])
        columns = [list(column) for column in zip(*self.table, strict=True)]
        return linear(chosen, columns, [0.0] * len(columns))

    def _checked(self, index: Any) -> int:
        """A number as an index of the table; data hold it as a float."""
        whole = isinstance(index, float) and index.is_integer()
        i = whole_number("Embedding: a number", int(index) if whole else index, least=0)
        if i >= len(self.table):
            raise ValueError(f"Embedding: {brief(i)} is not one of the numbers 0 to {len(self.table) - 1}")
        return i

    def describe(self) -> Description:
        """Embedding with its sizes."""
        return Description("Embedding", sizes=(len(self.table), len(self.table[0])))

    def __repr__(self) -> str:
        return f"Embedding({len(self.table)}, {len(self.table[0])})"


def _normal(_nin: int, _nout: int, rng: Generator) -> float:
    """N(0, 1)."""
    return rng.gauss(0.0, 1.0)
