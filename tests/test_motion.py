"""Films of graphs and trainings: what is seen when, in every kind of file."""

import io
import re
import sys
from itertools import pairwise
from math import hypot
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, animate
from autograd.render.pictures.frames import moving
from nn import MLP, SGD, Dataset, Snapshots, accuracy, cross_entropy, fit, make_blobs, make_moons, mse_loss
from nn.fitting.snapshots import FRAMES

Image = pytest.importorskip("PIL.Image", reason="Pillow is optional")
SVG = "{http://www.w3.org/2000/svg}"


def graph():
    """Of which x is used twice, and the constant once."""
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    y = (w * x + x) * 0.5
    y.label = "y"
    y.backward()
    return y


def seen(svg):
    """What is seen at each moment: the texts, and the groups that lines are traced in, by the id of their parents."""
    root = ElementTree.fromstring(svg)
    parents = {child: parent for parent in root.iter() for child in parent}
    moving = list(root.iter(f"{SVG}animate"))
    (length,) = {animation.get("dur") for animation in moving}
    moments = round(float(length.rstrip("s")))
    found = [set() for _ in range(moments)]
    for element in (*root.iter(f"{SVG}text"), *(g for g in root.iter(f"{SVG}g") if g.get("opacity"))):
        name = element.text if element.tag == f"{SVG}text" else "traced"
        place = parents[element].get("id") or ""
        animation = element.find(f"{SVG}animate")
        for i in range(moments):
            shown = element.get("opacity", "1")
            if animation is not None:
                times = [float(time) for time in animation.get("keyTimes").split(";")]
                values = animation.get("values").split(";")
                shown = [value for time, value in zip(times, values, strict=True) if time <= i / moments + 1e-5][-1]
            if shown == "1":
                found[i].add((place, name))
    return found


def film(v, tmp_path, **options):
    return animate(v, tmp_path / "film.svg", **options).read_text(encoding="utf-8")


def opened(file):
    return Image.open(io.BytesIO(file.read_bytes()))


def test_values_appear_forward_and_gradients_backward_once_they_are_complete(tmp_path):
    y = graph()
    moments = seen(film(y, tmp_path))
    scene = autograd.scene(y)
    boxes = {box.id: box for box in scene.boxes}
    operations = [box.id for box in scene.boxes if box.operation]
    assert len(moments) == 1 + 3 + 1 + 3 + 3  # start, forward, seed, backward, the end for three
    forward = {box: 1 + i for i, box in enumerate(operations)}
    backward = {box: 5 + i for i, box in enumerate(reversed(operations))}
    for name, box in boxes.items():
        values = [i for i, shown in enumerate(moments) if any(p == name and t.startswith("data") for p, t in shown)]
        grads = [i for i, shown in enumerate(moments) if any(p == name and t.startswith("grad") for p, t in shown)]
        if box.kind != "constant":
            assert values == list(range(forward.get(name, 0), len(moments)))
            users = [backward[edge.target] for edge in scene.edges if edge.source == name]
            assert grads == list(range(max(users, default=4), len(moments)))


def test_the_deltas_of_a_network_are_gradients_and_appear_as_such(tmp_path):
    model = MLP(2, [2, 1], activation="tanh", rng=Random(0))
    y = model([1.0, 2.0])
    y.backward()
    first, *_, last = seen(film(y, tmp_path, model=model))
    deltas = [(place, text) for place, text in last if text.startswith("δ")]
    assert len(deltas) == 3
    assert not {place for place, text in first if text.startswith(("δ", "grad "))} & {place for place, _ in deltas}


def test_arrows_are_traced_with_their_operation_and_those_of_constants_not_backward(tmp_path):
    y = graph()
    moments = seen(film(y, tmp_path))
    scene = autograd.scene(y)
    operations = [box.id for box in scene.boxes if box.operation]
    for k, edge in enumerate(scene.edges):
        traced = [i for i, shown in enumerate(moments) if (f"edge{k}", "traced") in shown]
        at = operations.index(edge.target)
        assert traced == [1 + at, *([7 - at] if edge.partial is not None else [])]


def test_before_backward_there_is_the_forward_pass_only(tmp_path):
    x = Value(2.0, label="x")
    moments = seen(film(x.exp() + 1.0, tmp_path))
    assert len(moments) == 1 + 2 + 3
    assert not any("← backward" in text for shown in moments for _, text in shown)


def test_what_knows_no_smil_shows_the_end(tmp_path):
    for element in ElementTree.fromstring(film(graph(), tmp_path)).iter(f"{SVG}text"):
        if (element.text or "").startswith(("data ", "grad ")):
            assert element.get("opacity") == "1"


def test_a_gif_has_a_picture_for_each_moment_and_stays_at_the_end(tmp_path):
    pytest.importorskip("typst", reason="typst is optional")
    image = opened(animate(graph(), tmp_path / "film.gif", seconds=0.5))
    assert image.n_frames == 9
    durations, pictures = [], []
    for i in range(image.n_frames):
        image.seek(i)
        durations.append(image.info["duration"])
        pictures.append(image.convert("RGB").tobytes())
    assert durations == [500] * 8 + [1500]
    assert len(set(pictures)) == 9
    assert image.info["loop"] == 0


def test_options_are_those_of_pictures(tmp_path):
    model = MLP(2, [2, 1], activation="tanh", rng=Random(0))
    loss = mse_loss([model([1.0, 2.0])], [0.5])
    loss.backward()
    assert "layers.0" in film(loss, tmp_path, model=model, rankdir="TB", theme="dark")
    with pytest.raises(ValueError, match="too large to be drawn node by node"):
        film(sum(Value(float(i)) * 2.0 for i in range(300)), tmp_path)


def training(data, outputs, loss, **options):
    model = MLP(len(data[0][0]), [3, outputs], activation="tanh", rng=Random(0))
    snapshots = Snapshots(data=data, grid=8)
    fit(model, data, loss, SGD(model.parameters(), lr=0.1), epochs=2, callbacks=[snapshots], **options)
    return snapshots


TRAININGS = {
    "score": lambda: training(make_moons(20, seed=0), 2, cross_entropy, metrics={"accuracy": accuracy}),
    "classes": lambda: training(make_blobs(20, seed=0), 3, cross_entropy),
    "number": lambda: training(Dataset([[0.0, 0.0], [1.0, 0.5], [0.0, 1.0]], [0.25, 0.5, -1.5]), 1, mse_loss),
    "no plane": lambda: training(Dataset([[0.0], [1.0]], [1.0, 0.5]), 1, mse_loss),
}


def animation(element):
    return element.find(f"{SVG}animate").get("values")


@pytest.mark.exhaustive
def test_of_many_epochs_so_many_are_shown_the_first_and_the_last_among_them(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is optional")
    model = MLP(1, [1], rng=Random(0))
    snapshots = Snapshots()
    snapshots.take(model)
    for epoch in range(FRAMES + 5):
        snapshots.take(model, loss=1.0 / (epoch + 1))
    frames = [frame.decode() for frame in snapshots.animation_frames("svg")]
    assert len(frames) == FRAMES
    assert ">epoch 0<" in frames[0]
    assert f">epoch {FRAMES + 5}<" in frames[-1]


LEAVES = st.builds(lambda word: ElementTree.fromstring(f"<g>{word}</g>"), st.sampled_from(["one", "two", "three" * 99]))


def grown(children):
    def group(name, inside):
        element = ElementTree.Element("g", {"id": name} if name else {})
        element.extend(inside)
        return element

    return st.builds(group, st.sampled_from(["", "a", "b"]), st.lists(children, max_size=3))


@given(st.lists(st.recursive(LEAVES, grown, max_leaves=8), min_size=1, max_size=4))
def test_at_its_moment_a_moving_picture_is_each_of_its_pictures(pictures):
    def text(element):
        return ElementTree.tostring(element, encoding="unicode")

    svgs = [f"<svg>{text(picture)}</svg>" for picture in pictures]
    shown = {}
    one = moving(svgs, lambda element, seen: shown.update({element: seen}))

    def at(element, i):
        found = ElementTree.Element(element.tag, element.attrib)
        found.text = element.text
        for child in element:
            if child not in shown:
                found.append(at(child, i))
            elif shown[child][i]:
                found.extend(child)
        return found

    assert [text(at(one, i)) for i in range(len(svgs))] == svgs


def points_of(line):
    x = y = 0.0
    points = []
    for kind, numbers in re.findall(r"([ML])([^ML]*)", line.replace("l", "L")):
        for a, b in re.findall(r"(-?[\d.]+) (-?[\d.]+)", numbers):
            x, y = (float(a), float(b)) if kind == "M" else (x + float(a), y + float(b))
            points.append((x, y))
    return points


@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0, 99)), min_size=2, max_size=12))
def test_a_line_that_is_written_short_passes_all_its_points(points):
    line = "M " + " L ".join(f"{x:.4f} {y:.4f}" for x, y in points)
    (path,) = moving([f'<svg><path d="{line}"/></svg>'], lambda *_: None)
    kept = points_of(path.get("d"))
    for point in points:
        assert min(distance(point, a, b) for a, b in pairwise([*kept, kept[-1]])) < 0.5


def distance(point, begin, end):
    """From a point to the nearest of many on a stretch."""
    (x, y), (x0, y0), (x1, y1) = point, begin, end
    shares = [i / 400 for i in range(401)]
    return min(hypot(x0 + share * (x1 - x0) - x, y0 + share * (y1 - y0) - y) for share in shares)


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_training_is_a_picture_for_each_epoch_kept(kind, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is optional")
    snapshots = TRAININGS[kind]()
    pictures = [Image.open(io.BytesIO(frame)) for frame in snapshots.animation_frames()]
    assert len(pictures) == len(snapshots.epochs) == 3
    assert len({picture.size for picture in pictures}) == 1
    assert len({picture.tobytes() for picture in pictures}) == 3
    if kind == "score":
        svg = ElementTree.fromstring(film(snapshots, tmp_path))
        titles = [
            group for group in svg.iter(f"{SVG}g") if "epoch " in "".join(group.itertext()) and group.get("opacity")
        ]
        assert ["".join(title.itertext()) for title in titles] == ["epoch 0", "epoch 1", "epoch 2"]
        assert [title.get("opacity") for title in titles] == ["0", "0", "1"]
        assert [animation(title) for title in titles] == ["1;0", "0;1;0", "0;1"]
        once = [group for group in svg.iter(f"{SVG}g") if group.get("id") == "PathCollection_1"]
        assert len(once) == 1
        assert opened(animate(snapshots, tmp_path / "film.gif")).n_frames == 3


# ---------------------------------------------------------------- what is refused


def test_wrong_arguments_are_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"animate: the file must end in \.svg, \.gif or \.mp4, not 'film\.png'"):
        animate(graph(), tmp_path / "film.png")
    with pytest.raises(TypeError, match=r"animate: v must be a Value, or have animation_frames\(\).*not float"):
        animate(1.0, tmp_path / "film.svg")
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="animate: seconds must be a number above 0"):
            animate(graph(), tmp_path / "film.svg", seconds=seconds)
    with pytest.raises(ValueError, match="Snapshots: nothing was taken yet"):
        animate(Snapshots(), tmp_path / "film.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("missing", "file", "message"),
    [
        ("PIL", "film.gif", r"animate: a \.gif needs pillow: pip install pillow"),
        ("typst", "film.gif", "animate: the pixels of a graph needs typst: pip install typst"),
        ("matplotlib", "film.mp4", r"animate: a \.mp4 needs matplotlib: pip install matplotlib"),
    ],
)
def test_what_is_missing_is_told(missing, file, message, tmp_path, monkeypatch):
    for module in [name for name in (*sys.modules, missing) if name.split(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=message):
        animate(graph(), tmp_path / file)


def test_without_ffmpeg_a_film_says_so(tmp_path, monkeypatch):
    writers = pytest.importorskip("matplotlib.animation", reason="matplotlib is optional")
    monkeypatch.setattr(writers.FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(FileNotFoundError, match="needs the program ffmpeg"):
        animate(graph(), tmp_path / "film.mp4")


def test_ffmpeg_makes_a_film(tmp_path):
    writers = pytest.importorskip("matplotlib.animation", reason="matplotlib is optional")
    pytest.importorskip("typst", reason="typst is optional")
    if not writers.FFMpegWriter.isAvailable():
        pytest.skip("there is no ffmpeg here")
    assert animate(graph(), tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"
