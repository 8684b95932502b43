"""Colours of pictures: two themes, and scales for gradients and values.

Kinds of boxes differ in shape and outline besides their colour, and marks are words, so that nothing is told by colour
alone.  Text has a contrast of at least 4.5 to 1 on whatever it stands on (WCAG 2.2, success criterion 1.4.3).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

FONT = "Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"
COLOURINGS = ("kind", "grad", "value")
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; `boxes` are (inside, outline) by kind, `clusters` the insides of outer, inner ones."""

    canvas: str
    ink: str
    muted: str
    line: str
    alarm: str
    cluster_line: str
    clusters: tuple[str, str]
    boxes: dict[str, tuple[str, str]]


LIGHT = Theme(
    canvas="#ffffff",
    ink="#17202a",
    muted="#4f5b66",
    line="#5b6770",
    alarm="#b3261e",
    cluster_line="#c3cbd2",
    clusters=("#f4f6f8", "#fbfcfd"),
    boxes={
        "input": ("#e1effc", "#2f6fa8"),
        "parameter": ("#fdf0d3", "#9a6a0b"),
        "operation": ("#ffffff", "#5b6770"),
        "result": ("#dcf3e2", "#23723f"),
        "constant": ("#f1f1f1", "#77818a"),
        "group": ("#eceefa", "#56629a"),
    },
)
DARK = Theme(
    canvas="#0f151b",
    ink="#e8eef3",
    muted="#a9b5c0",
    line="#8c99a5",
    alarm="#ff8f86",
    cluster_line="#3b4752",
    clusters=("#161e26", "#1b252f"),
    boxes={
        "input": ("#12314d", "#6fb3ea"),
        "parameter": ("#3f3010", "#e0aa43"),
        "operation": ("#222c36", "#8c99a5"),
        "result": ("#14392a", "#5fcb8d"),
        "constant": ("#2a333c", "#77838e"),
        "group": ("#252c4a", "#93a0e4"),
    },
)

# ---------------------------------------------------------------- scales

# YlGnBu and RdBu of ColorBrewer, Apache 2.0: told apart by the colour-blind too
_PALE_TO_BLUE = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
_BLUE_TO_RED = ("#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b")
_SMALLEST = 1e-6  # of the largest gradient: what is below has the colour of the bottom


@dataclass(frozen=True, slots=True)
class Scale:
    """From a number to a colour, even to the eye.

    `name` says of what; `marks` are numbers that a legend shows, from the bottom to the top.
    """

    name: str
    colours: Sequence[str]
    position: Callable[[float], float]
    marks: tuple[float, ...]

    def colour(self, number: float) -> str:
        """The colour of a number."""
        return self.at(self.position(number))

    def at(self, share: float) -> str:
        """The colour at this share of the way from the bottom to the top."""
        place = min(1.0, max(0.0, share)) * (len(self.colours) - 1)
        below = min(int(place), len(self.colours) - 2)
        return mixed(self.colours[below], self.colours[below + 1], place - below)


def gradient_scale(grads: Iterable[float]) -> Scale:
    """|grad| on a logarithmic scale from the smallest to the largest that is finite and not 0.

    >>> scale = gradient_scale([0.0, 0.01, -1.0])
    >>> scale.marks, scale.colour(0.01), scale.colour(-1.0)
    ((0.01, 0.1, 1.0), '#ffffcc', '#253494')
    """
    sizes = [abs(grad) for grad in grads if grad and math.isfinite(grad)] or [1.0]
    largest = max(sizes)
    smallest = max(min(sizes), _SMALLEST * largest)
    width = math.log(largest / smallest)
    middle = math.sqrt(smallest) * math.sqrt(largest)  # the product would underflow

    def position(grad: float) -> float:
        return math.log(max(abs(grad), smallest) / smallest) / width if width else 1.0

    return Scale("|grad|", _PALE_TO_BLUE, position, (smallest, middle, largest) if width else (largest,))


def value_scale(numbers: Iterable[float]) -> Scale:
    """Values, diverging around 0, linear up to the largest in magnitude.

    >>> value_scale([-1.0, 4.0]).marks, value_scale([-1.0, 4.0]).colour(0.0)
    ((-4.0, 0.0, 4.0), '#f7f7f7')
    """
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0) or 1.0
    return Scale("data", _BLUE_TO_RED, lambda x: 0.5 + 0.5 * (x / largest), (-largest, 0.0, largest))


def readable_on(background: str) -> str:
    """Black or white: one of them always has a contrast of at least 4.58 to 1.

    >>> readable_on("#ffffcc"), readable_on("#253494")
    ('#000000', '#ffffff')
    """
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, background))


def contrast(first: str, second: str) -> float:
    """The ratio of luminances by WCAG 2.2, from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"), 6)
    21.0
    """
    dark, bright = sorted(sum(map(float.__mul__, (0.2126, 0.7152, 0.0722), _linear(c))) for c in (first, second))
    return (bright + 0.05) / (dark + 0.05)


# ---------------------------------------------------------------- colours as coordinates
#
# Oklab, in which equal distances look equal.  Source: Björn Ottosson, "A perceptual color space for image processing"
# (2020).

_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_FROM_CONES = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def mixed(first: str, second: str, share: float) -> str:
    """The colour at this share of the way from the first to the second, in Oklab.

    >>> mixed("#000000", "#ffffff", 0.0), mixed("#000000", "#ffffff", 0.5), mixed("#000000", "#ffffff", 1.0)
    ('#000000', '#636363', '#ffffff')
    """
    # the linear last step of Oklab commutes with mixing, so the cube roots of the cone responses are enough
    ends = [[math.cbrt(cone) for cone in _product(_TO_CONES, _linear(colour))] for colour in (first, second)]
    cones = [((1.0 - share) * a + share * b) ** 3 for a, b in zip(*ends)]
    return "#" + "".join(f"{_encoded(channel):02x}" for channel in _product(_FROM_CONES, cones))


def _product(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [math.fsum(map(float.__mul__, row, vector)) for row in matrix]


def _linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def _encoded(channel: float) -> int:
    c = min(1.0, max(0.0, channel))
    return round(255.0 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1.0 / 2.4) - 0.055))
