"""The one table of colours: contrast, colour blindness, sign, and that nothing else has colours of its own."""

import math
import random
import re
from itertools import combinations, pairwise, product
from pathlib import Path

import pytest

import autograd
from autograd import COLOURS, Value, to_dot, to_svg
from autograd.render.pages.page import html_page
from autograd.render.pictures.style import (
    DARK,
    LIGHT,
    SERIES,
    contrast,
    gradient_scale,
    linear,
    mixed,
    readable_on,
    value_scale,
)
from nn import MLP, Sequential, dead_units
from nn.models.layers import Layer, Linear

ROOT = Path(autograd.__file__).parent.parent
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])

# What dichromats see, on linear channels.  Source: Machado, Oliveira and Fernandes, IEEE Transactions on Visualization
# and Computer Graphics 15 (2009), table 1, severity 1.0.
VISIONS = {
    "all": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
SEEN = pytest.mark.parametrize("vision", VISIONS.values(), ids=VISIONS)
_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def times(matrix, vector):
    return [math.fsum(a * b for a, b in zip(row, vector)) for row in matrix]


def distance(first, second, vision):
    """How far apart two colours look, in Oklab: 0.02 can just be told, black and white are 1 apart."""
    places = []
    for colour in (first, second):
        seen = [min(1.0, max(0.0, channel)) for channel in times(vision, linear(colour))]
        places.append(times(_OKLAB, [math.cbrt(cone) for cone in times(_CONES, seen)]))
    return math.dist(*places)


def lightness(colour):
    y = contrast(colour, "#000000") * 0.05 - 0.05
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


# ---------------------------------------------------------------- to be read


@THEMES
def test_text_has_a_contrast_of_4_5_on_all_it_stands_on(theme):
    grounds = (theme.canvas, theme.surface, *theme.clusters)
    for text in (theme.ink, theme.muted, theme.alarm, theme.positive, theme.negative, theme.value, theme.adjoint):
        for background in (*grounds, theme.boxes["operation"][0]):
            assert contrast(text, background) >= 4.5
    for glow in (theme.value_glow, theme.adjoint_glow):
        assert contrast(theme.ink, glow) >= 4.5
    for inside, outline in theme.boxes.values():
        for text in (theme.ink, theme.muted, theme.value, theme.adjoint):
            assert contrast(text, inside) >= 4.5, (text, inside)
        for around in grounds:  # WCAG asks 3 of what is needed to understand a graphic
            assert max(contrast(outline, around), contrast(outline, inside)) >= 3.0
    for channels in product((0, 51, 102, 118, 153, 204, 255), repeat=3):
        colour = "#" + "".join(f"{c:02x}" for c in channels)
        assert contrast(readable_on(colour), colour) >= 4.5


@THEMES
@SEEN
def test_kinds_and_signs_stay_apart_for_everybody(theme, vision):
    for (_, one), (_, other) in combinations(theme.boxes.items(), 2):
        assert max(map(distance, one, other, [vision] * 2)) >= 0.06, (one, other)
    assert distance(theme.positive, theme.negative, vision) >= 0.15
    for sign in (theme.positive, theme.negative):
        assert distance(sign, theme.canvas, vision) >= 0.25


@SEEN
def test_the_first_lines_of_a_plot_stay_apart_for_everybody(vision):
    for one, other in combinations(SERIES[:4], 2):
        assert distance(one, other, vision) >= 0.06, (one, other)
    for colour in SERIES:
        assert contrast(colour, "#ffffff") >= 3.0


# ---------------------------------------------------------------- sign and size


def test_a_scale_of_gradients_keeps_the_sign_and_equal_factors_look_equal():
    scale = gradient_scale([1e-4, -1.0])
    assert scale.name == "grad, logarithmic"
    assert scale.marks == (-1.0, -1e-4, 1e-4, 1.0)
    for sign in (1.0, -1.0):
        steps = [lightness(scale.colour(sign * 10.0 ** (-4 + i / 4))) for i in range(17)]
        assert all(upper > lower for upper, lower in pairwise(steps))
        sizes = [upper - lower for upper, lower in pairwise(steps)]
        assert max(sizes) < 4.0 * min(sizes)
        assert scale.colour(sign * 1e-9) == scale.colour(sign * 1e-4)
        assert scale.colour(sign) == (LIGHT.positive if sign > 0 else LIGHT.negative)
    for vision in VISIONS.values():
        assert distance(scale.colour(1e-4), scale.colour(-1e-4), vision) >= 0.04  # the smallest show their sign too
    assert gradient_scale([]).colour(0.0).startswith("#")


def test_a_scale_of_values_is_that_of_signs():
    scale = value_scale([-2.0, 1.0])
    assert lightness(scale.colour(0.0)) > 96
    assert abs(lightness(scale.colour(2.0)) - lightness(scale.colour(-2.0))) < 5
    assert (scale.colour(2.0), scale.colour(-2.0)) == (LIGHT.positive, LIGHT.negative)
    assert value_scale([0.0]).colour(0.0) == mixed("#f7f7f7", "#f7f7f7", 0.5)
    assert COLOURS["diverging"] == tuple(scale.at(i / 4) for i in range(5))


# ---------------------------------------------------------------- one table


def test_no_colour_is_written_outside_of_the_table():
    table = ROOT / "autograd" / "render" / "pictures" / "style.py"
    files = [path for room in ("autograd", "nn", "demos") for path in (ROOT / room).rglob("*") if path != table]
    for path in files:
        if path.suffix in (".py", ".css", ".js", ".html"):
            text = path.read_text(encoding="utf-8")
            found = re.findall(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b(?![\w(])", text)
            triples = re.findall(r"\[\s*(\d+),\s*(\d+),\s*(\d+),?\s*\]", text) if path.suffix == ".js" else []
            found += [channels for channels in triples if 99 < max(map(int, channels)) < 256]
            assert not found, f"{path}: {found}"


def test_a_page_has_the_variables_of_every_kind():
    page = html_page(Value(2.0, label="x") * 3.0)
    style = page.partition("<style>")[2].partition("</style>")[0]
    for kind, (inside, _) in LIGHT.boxes.items():
        assert f"--{kind}:light-dark({inside},{DARK.boxes[kind][0]});" in style
    used = set(re.findall(r"var\(--([\w-]+)\)", style))
    defined = set(re.findall(r"--([\w-]+)\s*:", style)) | set(re.findall(r'"--([\w-]+)"', page))  # by the script
    assert used <= defined


# ---------------------------------------------------------------- off, and dead


def test_a_relu_that_is_off_for_a_sample_is_told_quietly():
    model = MLP(2, [2, 1], rng=random.Random(4))
    y = model([3.0, -1.2])
    y.backward()
    source = to_dot(y, model=model)
    assert "○ off" in source
    assert LIGHT.alarm not in source
    assert "dead" not in source
    assert "off: passes nothing on for this sample" in to_svg(y, model=model)


def test_dead_units_are_off_for_a_whole_data_set():
    model = MLP(2, [3, 2, 1], activation="relu", rng=random.Random(0), dropout=0.5)
    samples = [[random.Random(i).uniform(-1, 1), random.Random(-i).uniform(-1, 1)] for i in range(40)]
    model.layers[0].neurons[1].b.data = -50.0
    data = samples, [0.0] * 40
    before = {name: (p.data, p.grad) for name, p in model.named_parameters()}
    found = dead_units(model, data)
    assert "layers.0.neurons.1" in found
    assert model.training
    assert before == {name: (p.data, p.grad) for name, p in model.named_parameters()}
    for name in found:
        for x in samples:
            model.zero_grad()
            model.eval()(x).backward()
            module = dict(model.named_modules())[name]
            assert all(p.grad == 0.0 for p in module.parameters())
    model.train()
    model.layers[0].neurons[1].b.data = 50.0
    assert "layers.0.neurons.1" not in dead_units(model, data)


def test_dead_units_are_found_wherever_the_activation_stands():
    model = Sequential(Linear(1, 2, rng=random.Random(0)), _relus, Layer(2, 1))
    for neuron in model.layers[0].neurons:
        neuron.b.data = -100.0
    assert dead_units(model, ([[1.0], [2.0]], [0.0, 1.0]))[:2] == ["layers.0.neurons.0", "layers.0.neurons.1"]


def _relus(sums):
    return [s.relu() for s in sums]
