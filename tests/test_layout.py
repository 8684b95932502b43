"""Pictures measured: nothing overlaps, nothing is cut off, everything stands in reading order."""

import math
import random
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.formulas.notation import LONGEST, short
from autograd.render.pages.graph import graph_data
from autograd.render.pages.page import MOST
from autograd.render.pages.views import frame_key
from autograd.render.pictures.layered import _Picture, layered_svg, length_of
from autograd.render.pictures.plan import plan
from autograd.render.pictures.style import LIGHT
from nn import MLP, cross_entropy, half_squared_loss, hinge_loss

SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = r"-?[\d.]+"


class Box(NamedTuple):
    """The edges of a rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x, y, margin=0.0):
        return self.left + margin < x < self.right - margin and self.top + margin < y < self.bottom - margin

    def meets(self, other):
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def contains(self, other):
        return self.holds(other.left, other.top) and self.holds(other.right, other.bottom)


class Drawn:
    """What an SVG of ours shows, by the ids of the scene."""

    def __init__(self, root, **options):
        drawing = plan(root, **options)
        self.scene = drawing.scene
        self.svg = layered_svg(drawing)
        self.root = ET.fromstring(self.svg)
        groups = {g.get("id"): g for g in self.root.iter(f"{SVG}g") if g.get("id")}
        self.width, self.height = map(float, self.root.get("viewBox").split()[2:])
        self.groups = groups
        self.boxes = {box.id: outline(groups[box.id.replace(":", "-")]) for box in self.scene.boxes}
        self.frames = {c.path: outline(groups[f"clust{i}"]) for i, c in enumerate(self.scene.clusters)}
        self.lines = [points(groups[f"edge{i}"]) for i in range(len(self.scene.edges))]
        self.around = {c.path: c.parent for c in self.scene.clusters}

    def homes(self, box):
        path = next(b.cluster for b in self.scene.boxes if b.id == box)
        while path:
            yield path
            path = self.around[path]


def outline(group):
    d = group.find(f"{SVG}path").get("d")
    x, y, straight, r, down = map(
        float, re.match(rf"M({_NUMBER}),({_NUMBER})h({_NUMBER})a({_NUMBER}),.*?v({_NUMBER})", d).groups()
    )
    return Box(x - r, y, x + straight + r, y + down + 2 * r)


def points(group):
    """Points along the curves and strokes of a line."""
    found = []
    for path in group.findall(f"{SVG}path"):
        place = None
        for command, numbers in re.findall(r"([MLC])([^MLC]*)", path.get("d")):
            n = [float(x) for x in re.findall(_NUMBER, numbers)]
            ends = [(n[i], n[i + 1]) for i in range(0, len(n), 2)]
            if command == "M":
                place = ends[0]
            elif command == "L":
                found += [along((place, ends[0]), i / 20) for i in range(21)]
                place = ends[0]
            else:
                found += [along((place, *ends), i / 20) for i in range(21)]
                place = ends[-1]
    return found


def along(controls, share):
    """The point of a Bézier curve, by de Casteljau."""
    while len(controls) > 1:
        controls = [((1 - share) * a + share * c, (1 - share) * b + share * d) for (a, b), (c, d) in pairwise(controls)]
    return controls[0]


def assert_tidy(drawn):
    boxes, frames = drawn.boxes, drawn.frames
    for (a, one), (b, other) in combinations(boxes.items(), 2):
        assert not one.meets(other), (a, b)
    for path, frame in frames.items():
        for key, box in boxes.items():
            assert frame.contains(box) if path in drawn.homes(key) else not frame.meets(box), (path, key)
        for path2, frame2 in frames.items():
            inside = path2.startswith(f"{path}.")
            assert path == path2 or inside or path.startswith(f"{path2}.") or not frame.meets(frame2), (path, path2)
    page = Box(-11.0, -11.0, drawn.width - 11.0, drawn.height - 11.0)  # the picture is moved by its margin
    for place in (*boxes.values(), *frames.values()):
        assert page.contains(place)
    for key, place in boxes.items():
        for text in drawn.groups[key.replace(":", "-")].findall(f"{SVG}text"):
            x, y, size = float(text.get("x")), float(text.get("y")), float(text.get("font-size"))
            half = length_of(text.text, size) / 2
            left = x - half if text.get("text-anchor") == "middle" else x
            assert place.holds(left, y), (key, text.text)
            assert place.holds(left + 2 * half, y - size * 0.7), (key, text.text)
    for edge, line in zip(drawn.scene.edges, drawn.lines):
        homes = {*drawn.homes(edge.source), *drawn.homes(edge.target)}
        for x, y in line:
            assert page.holds(x, y)
            for path, frame in frames.items():
                assert path in homes or not frame.holds(x, y, 1.0), (edge, path)
            for key, box in boxes.items():
                assert key in (edge.source, edge.target) or not box.holds(x, y, 1.0), (edge, key)


def assert_in_reading_order(drawn, along_the_column, across):
    """Parameters one below the other in the first column of their frame, and inputs before all frames."""
    for path in {box.cluster for box in drawn.scene.boxes if box.kind == "parameter"}:
        own = [box for box in drawn.scene.boxes if box.cluster == path]
        parameters = sorted((box for box in own if box.kind == "parameter"), key=lambda box: natural(box.path))
        places = [drawn.boxes[box.id] for box in parameters]
        assert all(along_the_column(a) < along_the_column(b) for a, b in pairwise(places))
        first = min(across(drawn.boxes[box.id]) for box in own if box.kind != "constant")
        assert all(across(place) < first + 1.0 for place in places), path
    entering = {edge.source for edge in drawn.scene.edges if next(drawn.homes(edge.target), "")}
    inputs = [box.id for box in drawn.scene.boxes if box.kind == "input" and box.id in entering]
    if drawn.frames:
        border = min(map(across, drawn.frames.values()))
        assert all(across(drawn.boxes[key]) < border for key in inputs)
    places = [along_the_column(drawn.boxes[key]) for key in inputs]
    assert places == sorted(places)


def natural(path):
    """Weights before the bias, by number."""
    *_, name = re.split(r"\.(?=[a-z])", path)
    return name.startswith("b"), [int(part) for part in re.findall(r"\d+", path)]


def network(sizes, loss=None, seed=0):
    model = MLP(sizes[0], sizes[1:], rng=random.Random(seed))
    outputs = model([Value(random.Random(i).uniform(-2, 2), label=f"x{i + 1}") for i in range(sizes[0])])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    targets = [Value(1.0, label=f"t{i + 1}") for i in range(sizes[-1])]
    root = loss([outputs], [targets]) if loss else sum(outputs[1:], outputs[0])
    root.label = "E"
    root.backward()
    return model, root


# ---------------------------------------------------------------- networks


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=4),
    st.booleans(),
    st.sampled_from([None, half_squared_loss, hinge_loss]),
    st.sampled_from(["LR", "RL", "TB", "BT"]),
    st.booleans(),
)
def test_networks_are_tidy_and_in_reading_order(sizes, expand, loss, rankdir, named):
    model, root = network(sizes, loss)
    drawn = Drawn(root, model=model if named else None, expand=expand, rankdir=rankdir, summarize=False)
    assert_tidy(drawn)
    across = {
        "LR": lambda box: box.left,
        "RL": lambda box: -box.right,
        "TB": lambda box: box.top,
        "BT": lambda box: -box.bottom,
    }[rankdir]
    if named:
        assert_in_reading_order(drawn, lambda box: box.top if rankdir in ("LR", "RL") else box.left, across)


def test_an_input_of_a_later_layer_stands_before_all_frames_too():
    first, second = MLP(2, [3]), MLP(4, [1])
    x = [Value(1.0, label="x1"), Value(2.0, label="x2")]
    skipped = Value(3.0, label="x3")

    class Both:
        def named_parameters(self):
            for name, model in (("first", first), ("second", second)):
                yield from ((f"{name}.{path}", p) for path, p in model.named_parameters())

    drawn = Drawn(second([*first(x), skipped]), model=Both())
    assert_tidy(drawn)
    by_name = {box.name: drawn.boxes[box.id] for box in drawn.scene.boxes}
    assert by_name["x3"].right < min(frame.left for frame in drawn.frames.values())


# ---------------------------------------------------------------- dense layers


def test_dense_layers_are_faint_lines_by_size_and_sign_of_the_weight():
    model, root = network([2, 16, 16, 1])
    for options in ({"model": model}, {}):
        drawn = Drawn(root, fold_leaves=0, partials=False, **options)
        assert_tidy(drawn)
        dense = [g for g in drawn.root.iter(f"{SVG}g") if "dense" in g.get("class", "").split()]
        assert len(dense) == 16 * 16 + 16
        weights = {f"local partial {w.data!r}" for w in model.parameters()}
        strengths = []
        for line in dense:
            words = line.find(f"{SVG}title").text.splitlines()[0]
            weight = float(words.split()[-1])
            (path,) = line.findall(f"{SVG}path")
            assert words in weights
            assert path.get("stroke") == (LIGHT.negative if weight < 0 else LIGHT.positive)
            strengths.append((abs(weight), float(path.get("stroke-opacity")), float(path.get("stroke-width"))))
        strengths.sort()
        for (_, faint, thin), (_, strong, thick) in pairwise(strengths):
            assert faint <= strong
            assert thin <= thick
        assert strengths[-1][1] <= 0.7
        assert "weight above 0" in drawn.svg
        assert "thick is large" in drawn.svg


# ---------------------------------------------------------------- expressions


def expression():
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    return autograd.log(x1) + x1 * x2 - autograd.sin(x2)


def micrograd():
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def long_sum():
    return sum(Value(float(i), label=f"a{i}") * Value(2.0, label=f"b{i}") for i in range(14))


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("make", [expression, micrograd, long_sum])
def test_expressions_are_tidy(make, rankdir):
    root = make()
    root.backward()
    for options in ({}, {"expand": True}, {"colour": "grad"}):
        assert_tidy(Drawn(root, rankdir=rankdir, **options))


def test_the_arrows_of_a_long_sum_end_apart():
    drawn = Drawn(long_sum())
    ends = sorted(
        line[-1][1] for edge, line in zip(drawn.scene.edges, drawn.lines) if edge.target == drawn.scene.boxes[-1].id
    )
    assert len(ends) == 14
    assert all(below - above >= 6.0 for above, below in pairwise(ends))


@settings(deadline=None, max_examples=20)
@given(st.integers(3, 25), st.randoms(use_true_random=False))
def test_random_graphs_are_tidy(count, rng):
    nodes = [Value(rng.uniform(-2, 2), label=f"x{i}") for i in range(3)]
    for _ in range(count):
        a, b = rng.choice(nodes), rng.choice(nodes[-4:])
        nodes.append(
            rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: b.tanh()])(a, b)
        )
    nodes[-1].backward()
    assert_tidy(Drawn(nodes[-1]))


# ---------------------------------------------------------------- numbers that change


def places(svg):
    """Where everything is that is drawn, without what is written and how it is coloured."""
    geometry = ("d", "points", "x", "y", "width", "height", "viewBox", "transform", "text-anchor")
    return [(part.tag, [part.get(name) for name in geometry]) for part in ET.fromstring(svg).iter()]


def moved(numbers):
    """A small network at these numbers: a lecturer's, on sliders."""
    w1, w2, x1, x2, b = (Value(number, label=name) for name, number in zip(["w1", "w2", "x1", "x2", "b"], numbers))
    y = autograd.affine([w1, w2], [x1, x2], 0.5) * w1 + 3.0 * x2 + numbers[0] + b
    y.backward()
    return y


numbers = st.floats(0.05, 99.0) | st.floats(-99.0, -0.05)


@pytest.mark.parametrize(
    "options", [{}, {"rankdir": "TB"}, {"colour": "value"}, {"colour": "grad"}, {"summarize": "depth"}]
)
@given(st.tuples(numbers, numbers, numbers, numbers, st.floats(-1e300, 1e300)))
@example((-12.345678, 0.0512345, 98.7654, -9.0, -1.2345e-300))
@settings(max_examples=20, deadline=None)
def test_no_picture_jumps_as_its_numbers_change_width(options, given_numbers):
    drawn, still = plan(moved(given_numbers), **options), plan(moved((1.0, 2.0, 3.0, 4.0, 5.0)), **options)
    marks = [[box.notes for box in shown.scene.boxes if box.kind != "group"] for shown in (drawn, still)]
    assume(marks[0] == marks[1])  # a mark such as ○ off is something to see, and has a line of its own
    assert places(layered_svg(drawn)) == places(layered_svg(still))


@given(st.floats(-1e308, 1e308))
@example(math.nan)
@example(-math.inf)
@example(-1.23456e-300)
@example(-0.000123456)
def test_a_number_has_no_more_characters_than_there_is_room_for(number):
    text = short(number)
    assert len(text) <= LONGEST
    assert length_of(text, 1.0) <= length_of("0" * LONGEST, 1.0)
    assert number != number or float(text.replace("\u2212", "-")) == pytest.approx(number, rel=0.05, abs=1e-320)


@pytest.mark.parametrize("target", [0, 1, 2])
def test_the_neurons_of_a_layer_stand_in_order_whichever_the_graph_meets_first(target):
    model = MLP(2, [3, 3], activation="tanh", rng=random.Random(0))
    loss = cross_entropy(model([0.1, 0.2]), target)  # of which the logit of the target is the first operand
    data = graph_data(loss, most=MOST, model=model)
    clusters = {cluster["path"]: cluster for cluster in data["clusters"]}
    outputs = [data["boxes"][i]["name"] for i in clusters["layers.1"]["outputs"]]
    assert outputs == ["s⁽²⁾₁", "s⁽²⁾₂", "s⁽²⁾₃"]
    drawn = _Picture(plan(loss, model=model)).layout.rectangles
    for layer in (0, 1):
        paths = [f"layers.{layer}.neurons.{k}" for k in range(3)]
        assert sorted(paths, key=lambda path: clusters[path]["y"]) == paths
        assert sorted(paths, key=lambda path: drawn[frame_key(path)].y) == paths
