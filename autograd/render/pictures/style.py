"""The one table of colours of pictures, pages and plots: two themes, signs, series, and scales for numbers.

Blue is positive, orange negative, everywhere.  Kinds of boxes have other hues, and differ in shape and outline besides;
marks are words, so that nothing is told by colour alone.  Text has a contrast of at least 4.5 to 1 on whatever it
stands on (WCAG 2.2, success criterion 1.4.3), and kinds and signs stay apart for the colour-blind; tests compute both.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

FONT = "Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"
COLOURINGS = ("kind", "grad", "value")
THEMES = ("auto", "light", "dark")
SERIES = ("#0072b2", "#d55e00", "#009e73", "#882255", "#8a6d00", "#3a96c8", "#332288", "#cc79a7", "#6b7280", "#117733")
"""Of lines and classes in plots: most are those of Okabe and Ito, or of Tol, or darker."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; `boxes` are (inside, outline) by kind, `clusters` the insides of outer, inner ones.

    `value` and `adjoint` are the way forward and the way back on a page, each with a glow to stand on.
    """

    canvas: str
    surface: str
    ink: str
    muted: str
    line: str
    alarm: str
    positive: str
    negative: str
    value: str
    adjoint: str
    value_glow: str
    adjoint_glow: str
    cluster_line: str
    clusters: tuple[str, str]
    boxes: dict[str, tuple[str, str]]


LIGHT = Theme(
    canvas="#ffffff",
    surface="#f6f8fa",
    ink="#17202a",
    muted="#4f5b66",
    line="#5b6770",
    alarm="#b3261e",
    positive="#2166ac",
    negative="#a95005",
    value="#0b5cad",
    adjoint="#a94000",
    value_glow="#dcecff",
    adjoint_glow="#ffe6d1",
    cluster_line="#c3cbd2",
    clusters=("#f4f6f8", "#fbfcfd"),
    boxes={
        "input": ("#cfeee0", "#0b6e50"),
        "parameter": ("#ebe1fb", "#7444bd"),
        "operation": ("#ffffff", "#5b6770"),
        "result": ("#fff0b3", "#17202a"),
        "constant": ("#f1f1f1", "#77818a"),
        "group": ("#e3eaf2", "#1f3f78"),
    },
)
DARK = Theme(
    canvas="#0f151b",
    surface="#1a2129",
    ink="#e8eef3",
    muted="#a9b5c0",
    line="#8c99a5",
    alarm="#ff8f86",
    positive="#7cbcff",
    negative="#ffab66",
    value="#7cbcff",
    adjoint="#ffab66",
    value_glow="#17375a",
    adjoint_glow="#52300f",
    cluster_line="#3b4752",
    clusters=("#161e26", "#1b252f"),
    boxes={
        "input": ("#12382c", "#4fc79a"),
        "parameter": ("#33264f", "#b592f0"),
        "operation": ("#222c36", "#8c99a5"),
        "result": ("#4a3f10", "#f4f7fa"),
        "constant": ("#2a333c", "#77838e"),
        "group": ("#243447", "#9db8d9"),
    },
)


def css_variables() -> str:
    """The table as the variables of a style sheet, light or dark as the page is."""
    plain = {"paper": "canvas", "faint": "cluster_line", "warning": "alarm"}
    plain |= {name.replace("_", "-"): name for name in ("surface", "ink", "muted", "line", "positive", "negative")}
    plain |= {name.replace("_", "-"): name for name in ("value", "adjoint", "value_glow", "adjoint_glow")}
    pairs = {name: (getattr(LIGHT, field), getattr(DARK, field)) for name, field in plain.items()}
    for i, name in enumerate(("module", "module-inner")):
        pairs[name] = LIGHT.clusters[i], DARK.clusters[i]
    for kind, (inside, outline) in LIGHT.boxes.items():
        pairs[kind], pairs[f"{kind}-line"] = (inside, DARK.boxes[kind][0]), (outline, DARK.boxes[kind][1])
    variables = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items())
    return f":root{{{variables}}}\n"


# ---------------------------------------------------------------- scales

# PuOr and RdBu of ColorBrewer, Apache 2.0, half of each: told apart by the colour-blind too
_NEGATIVE_TO_POSITIVE = (LIGHT.negative, "#fdb863", "#f7f7f7", "#92c5de", LIGHT.positive)
COLOURS = {"series": SERIES, "diverging": _NEGATIVE_TO_POSITIVE}
"""For plots: of lines and classes, and from negative numbers over 0 to positive ones."""

_SMALLEST = 1e-6  # of the largest gradient: what is below has the colour of the smallest
_STEP = 0.15  # from the middle of a scale of gradients to the smallest: its sign has to be seen


@dataclass(frozen=True, slots=True)
class Scale:
    """From a number to a colour, even to the eye.

    `name` says of what, and how; `marks` are numbers that a legend shows, from the bottom to the top.
    """

    name: str
    position: Callable[[float], float]
    marks: tuple[float, ...]

    def colour(self, number: float) -> str:
        """The colour of a number."""
        return self.at(self.position(number))

    def at(self, share: float) -> str:
        """The colour at this share of the way from the bottom to the top."""
        colours = _NEGATIVE_TO_POSITIVE
        place = min(1.0, max(0.0, share)) * (len(colours) - 1)
        below = min(int(place), len(colours) - 2)
        return mixed(colours[below], colours[below + 1], place - below)


def gradient_scale(grads: Iterable[float]) -> Scale:
    """Gradients by sign, and on either side logarithmic from the smallest to the largest that is finite and not 0.

    >>> scale = gradient_scale([0.0, 0.01, -1.0])
    >>> scale.marks, scale.colour(1.0), scale.colour(-1.0)
    ((-1.0, -0.01, 0.01, 1.0), '#2166ac', '#a95005')
    """
    sizes = [abs(grad) for grad in grads if grad and math.isfinite(grad)] or [1.0]
    largest = max(sizes)
    smallest = max(min(sizes), _SMALLEST * largest)
    width = math.log(largest / smallest)

    def position(grad: float) -> float:
        share = math.log(max(abs(grad), smallest) / smallest) / width if width else 1.0
        return 0.5 + 0.5 * math.copysign(_STEP + (1.0 - _STEP) * share, grad)

    return Scale(
        "grad, logarithmic",
        position,
        (-largest, -smallest, smallest, largest) if width else (-largest, largest),
    )


def value_scale(numbers: Iterable[float]) -> Scale:
    """Values, diverging around 0, linear up to the largest in magnitude.

    >>> value_scale([-1.0, 4.0]).marks, value_scale([-1.0, 4.0]).colour(0.0)
    ((-4.0, 0.0, 4.0), '#f7f7f7')
    """
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0) or 1.0
    return Scale("data", lambda x: 0.5 + 0.5 * (x / largest), (-largest, 0.0, largest))


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
    dark, bright = sorted(math.fsum(map(float.__mul__, (0.2126, 0.7152, 0.0722), linear(c))) for c in (first, second))
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
    ends = [[math.cbrt(cone) for cone in _product(_TO_CONES, linear(colour))] for colour in (first, second)]
    cones = [((1.0 - share) * a + share * b) ** 3 for a, b in zip(*ends)]
    return "#" + "".join(f"{_encoded(channel):02x}" for channel in _product(_FROM_CONES, cones))


def _product(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [math.fsum(map(float.__mul__, row, vector)) for row in matrix]


def linear(colour: str) -> list[float]:
    """The channels red, green and blue of a colour in proportion to light, from 0 to 1."""
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def _encoded(channel: float) -> int:
    c = min(1.0, max(0.0, channel))
    return round(255.0 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1.0 / 2.4) - 0.055))
