"""What is drawn, and how: a scene and the options of a picture, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from autograd.core.value import Value
from autograd.render.pictures.style import COLOURINGS, DARK, LIGHT, THEMES, Scale, Theme, gradient_scale, value_scale
from autograd.render.scenes.parts import Box, Scene
from autograd.render.scenes.scene import scene

MOST_NODES = 1000  # beyond, the layout takes minutes and nobody can read it
_DIRECTIONS = ("LR", "RL", "TB", "BT")


class Options(TypedDict, total=False):
    """The options that every function that draws takes; `to_dot` explains them."""

    rankdir: str
    partials: bool
    fold_leaves: int | None
    model: Any
    expand: bool
    colour: Literal["kind", "grad", "value"] | None
    color: Literal["kind", "grad", "value"] | None
    theme: Literal["auto", "light", "dark"]
    summarize: Literal["module", "depth", False] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A scene, and how it is drawn."""

    scene: Scene
    rankdir: str
    partials: bool
    theme: str
    scale: Scale | None
    """What colours the boxes, if not their kind."""

    @property
    def colours(self) -> Theme:
        """The colours that are written; for "auto" the light ones, over which a style sheet puts the dark ones."""
        return DARK if self.theme == "dark" else LIGHT

    @property
    def names(self) -> dict[str, str]:
        """From the id of a box to its name in DOT, in which no text of a user is."""
        ids = [box.id for box in self.scene.boxes]
        return {box: f"g{i}" if box.startswith("g:") else box for i, box in enumerate(ids)}

    @property
    def frames(self) -> dict[str, str]:
        """From the path of a cluster to its name in DOT, which has to begin so."""
        return {cluster.path: f"cluster{i}" for i, cluster in enumerate(self.scene.clusters)}

    def measured(self, box: Box) -> float | None:
        """The number that colours this box; None if it has its kind's colour."""
        if self.scale is None:
            return None
        number = box.data if self.scale.name == "data" else _gradient(box) if self.scene.swept else None
        return number if number is None or number == number else None


def plan(
    root: Value,
    *,
    rankdir: str = "LR",
    partials: bool = True,
    fold_leaves: int | None = None,
    model: Any = None,
    expand: bool = False,
    colour: str | None = None,
    color: str | None = None,
    theme: str = "auto",
    summarize: str | bool | None = None,
) -> Plan:
    """The options of `to_dot`, checked, and the scene they ask for."""
    _check("rankdir", rankdir, _DIRECTIONS)
    if colour is not None and color is not None:
        raise TypeError("to_dot: colour and color are two spellings of one option; give one of them")
    colour = colour if colour is not None else color if color is not None else "kind"
    _check("colour", colour, COLOURINGS)
    _check("theme", theme, THEMES)
    found = scene(root, model=model, expand=expand, fold_leaves=fold_leaves, summarize=summarize, compact=True)
    boxes = len(found.boxes)
    if boxes > MOST_NODES:
        raise ValueError(
            f"the graph has {boxes} boxes, more than {MOST_NODES}: draw a part of it, leave summarize=None for a "
            "summary, or pass fold_leaves=0 to draw the unlabelled leaves of each node inside it"
        )
    return Plan(found, rankdir, partials, theme, _scale(found, colour))


def _scale(found: Scene, colour: str) -> Scale | None:
    if colour == "grad":
        return gradient_scale([grad for grad in map(_gradient, found.boxes) if grad is not None])
    if colour == "value":
        return value_scale([box.data for box in found.boxes if box.data is not None])
    return None


def _gradient(box: Box) -> float | None:
    return box.largest if box.kind == "group" else box.grad


def _check(name: str, wish: str, allowed: Sequence[str]) -> None:
    if wish not in allowed:
        raise ValueError(f"to_dot: {name} must be {', '.join(allowed[:-1])} or {allowed[-1]}, not {wish!r}")
