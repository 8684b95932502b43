"""What a module says of itself, as data, and how that is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from autograd import Value


@dataclass(frozen=True)
class Description:
    """What `describe()` of a module returns: its kind, its settings, its sizes and its activation.

    The table and the tree of a model, the pages of a training, and the frames of pictures are made from it.  The last
    know no class of `nn`: they read `kind`, `settings`, `shape` and `activation` of whatever `describe()` returns.

    >>> layer = Description("Layer", sizes=(2, 3), activation=Description("ELU", {"alpha": 1.0}))
    >>> str(layer), layer.shape
    ('Layer, ELU(alpha=1.0)', '2 → 3')
    """

    kind: str
    """What it is: mostly the name of its class, or of a function."""
    settings: Mapping[str, Any] | None = None
    """What it was made with, by name; None where that is not to be told."""
    sizes: tuple[int, int] | None = None
    """How many inputs and outputs a sample has; None if as many come out as go in, or if that depends."""
    activation: Optional["Description"] = None
    """What a layer applies to its sums."""

    @property
    def shape(self) -> str:
        """The sizes in words; empty for none."""
        return " → ".join(map(str, self.sizes or ()))

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={_shown(setting)}" for name, setting in (self.settings or {}).items())
        written = self.kind if self.settings is None else f"{self.kind}({settings})"
        return f"{written}, {self.activation}" if self.activation else written


def _shown(setting: Any) -> str:
    return f"{setting:.4g}" if isinstance(setting, Value) else repr(setting)
