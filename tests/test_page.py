"""The pages of `to_html`: what is in the file, the layout, and the snapshots of a training."""

import base64
import hashlib
import itertools
import json
import math
import random
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

import autograd
from autograd import Value, topological_order
from autograd.render.pages.columns import ranks
from autograd.render.pages.graph import graph_data
from autograd.render.pages.layout import HEADER, lay_out_layers
from autograd.render.pages.loss import LOSS
from autograd.render.pages.own_page import embedded
from autograd.render.pages.page import MOST, html_page, to_html
from nn import MLP, SGD, Dropout, Linear, ReLU, Sequential, mse_loss
from nn.fitting.callbacks import EarlyStopping
from nn.fitting.snapshots import Snapshots
from nn.fitting.training import fit

ROOT = Path(__file__).parent.parent
ASSETS = files("autograd.render.pages") / "assets"


def lecture():
    """L = (a·b + c)·f, with its gradients."""
    a, b, c, f = (Value(x, label=name) for x, name in ((2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")))
    e = a * b
    e.label = "e"
    L = (e + c) * f
    L.label = "L"
    L.backward()
    return L


def network(sizes=(2, 2, 1), samples=1, **options):
    model = MLP(sizes[0], list(sizes[1:]), activation="tanh", rng=random.Random(0), **options)
    rng = random.Random(1)
    loss = sum((model([Value(rng.gauss(0.0, 1.0)) for _ in range(sizes[0])]) - 1.0) ** 2 for _ in range(samples))
    loss.backward()
    return model, loss


class Parts(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open = [], [], ""
        self.texts = {"script": [], "style": []}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attributes)))
        self.open = tag

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open in self.texts:
            self.texts[self.open].append(data)


def data_of(page):
    return json.loads(page.split('type="application/json">')[1].split("</script>")[0])


# ---------------------------------------------------------------- the file

NASTY = [
    "</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;script&gt;", "$title ${data} $$", 'quote " \'',
    "line\nbreak", "nul \x00 esc \x1b", "\u2028\u2029", "∂L/∂w ŷ 漢字 🙂", "\ud800 half", "back\\slash", "", " ",
]  # fmt: skip


@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_and_come_out_as_they_went_in(label):
    v = Value(1.0, label=label) * 2.0
    page = html_page(v, title=label)
    parts = Parts(page)
    assert parts.tags.count("script") == html_page(lecture()).count("<script") == 2
    assert "img" not in parts.tags
    box = data_of(page)["boxes"][0]
    assert box["name"] == (label if label.strip() else "x₁")
    assert data_of(page)["title"] == (label or "Backpropagation, step by step")


def test_the_page_is_one_file_that_fetches_nothing_and_runs_only_its_own_script():
    for v in (lecture(), taken()):
        page = html_page(v)
        parts = Parts(page)
        policy = next(a["content"] for tag, a in parts.attributes if a.get("http-equiv") == "Content-Security-Policy")
        assert policy.startswith("default-src 'none'; ")
        for kind, text in (("script", parts.texts["script"][-1]), ("style", parts.texts["style"][0])):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in policy
        addresses = set(re.findall(r"https?://[^\"'\s]+", page))
        assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
        assert not {"src", "href", "style", "onclick"} & {
            name for _, a in parts.attributes for name in a if not str(a[name]).startswith("#")
        }


def test_every_element_that_the_script_looks_for_is_there():
    ids = {a["id"] for _, a in Parts(html_page(lecture())).attributes if "id" in a}
    script = "".join((ASSETS / name).read_text() for name in sorted(p.name for p in ASSETS.iterdir()) if "js" in name)
    assert set(re.findall(r'byId\("([\w-]+)"\)', script)) <= ids


def test_the_file_is_whole_or_not_there(tmp_path, monkeypatch):
    path = to_html(lecture(), tmp_path / "new" / "page.html")
    assert path.read_text(encoding="utf-8") == html_page(lecture())
    before = path.read_text(encoding="utf-8")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        to_html(Value(1.0), path)
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]
    assert path.read_text(encoding="utf-8") == before


def test_bad_arguments_are_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"to_html: file must end in \.html or \.htm, not 'page.svg'"):
        to_html(lecture(), tmp_path / "page.svg")
    with pytest.raises(TypeError, match=r"to_html: v must be a Value, or have page_data\(\).*not float"):
        to_html(1.0, tmp_path / "page.html")
    with pytest.raises(TypeError, match="named_parameters"):
        to_html(lecture(), tmp_path / "page.html", model=3)
    assert not list(tmp_path.iterdir())


def test_anything_with_page_data_has_a_page():
    class Mine:
        def page_data(self):
            return taken().page_data() | {"title": "mine & yours"}

    assert "<title>mine &amp; yours</title>" in html_page(Mine())


def test_the_title_names_the_root():
    assert "<title>Backpropagation through L, step by step</title>" in html_page(lecture())
    assert "<h1>a &lt; b</h1>" in html_page(lecture(), title="a < b")


@pytest.mark.filterwarnings("ignore:.*overflows:autograd.DomainWarning")
def test_no_number_is_lost_and_json_stays_json():
    x = Value(0.1, label="x")
    y = x * 1e308 * 100.0
    z = y - y
    z.backward()
    boxes = {box["name"]: box for box in data_of(html_page(z))["boxes"]}
    assert boxes["x"]["data"] == 0.1
    assert boxes["v₂"]["data"] == "Infinity"
    assert boxes["v₃"]["data"] == "NaN"
    with pytest.raises(ValueError, match="JSON"):
        embedded({"x": math.nan})


# ---------------------------------------------------------------- the loss


def framed(root, **options):
    """The title of the frame of the loss, and the names of what is in it; None if there is none."""
    data = graph_data(root, most=MOST, **options)
    found = [i for i, cluster in enumerate(data["clusters"]) if cluster["path"] == LOSS]
    if not found:
        return None
    (loss,) = found
    for edge in data["edges"]:  # nothing comes out of it
        assert data["boxes"][edge["source"]]["cluster"] != loss or data["boxes"][edge["target"]]["cluster"] == loss
    return data["clusters"][loss]["title"], [box["name"] for box in data["boxes"] if box["cluster"] == loss]


def test_what_comes_after_all_modules_has_a_frame_of_its_own():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    y = model([1.0, -2.0])
    target = Value(1.0)
    half = 0.5 * (target - y) ** 2
    assert framed(half, model=model) == ("loss: ½‖t − y‖²", ["x₁", "v₆", "v₇", "0.5", "v₈"])
    target.label, half.label = "t", "E"
    assert framed(half, model=model) == ("E: ½‖t − y‖²", ["v₆", "v₇", "0.5", "E"])  # a target with a name is an input
    penalty = half + 0.1 * sum(p * p for p in [*model.parameters()][:2])
    assert "E" in framed(penalty, model=model)[1]
    assert framed(half)[0] == "E: ½‖t − y‖²"  # in layers that were found


def test_what_is_before_or_between_modules_or_one_operation_has_no_frame():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    x = Value(1.0, label="x").exp().log()
    assert framed(model([x, 2.0 * x]), model=model) is None
    y = model([model([1.0, x]).exp().log(), x])
    assert framed(y - 1.0, model=model) is None
    assert framed(x.exp().exp()) is None


# ---------------------------------------------------------------- the steps


def swept(data):
    """The reverse sweep that the page makes of its data, here in Python."""
    adjoints = [0.0] * len(data["boxes"])
    adjoints[data["root"]] = 1.0
    for box in reversed(data["order"]):
        for edge in data["edges"]:
            if edge["target"] == box and edge["partial"] is not None and adjoints[box]:
                adjoints[edge["source"]] += adjoints[box] * float(edge["partial"])
    return adjoints


@pytest.mark.parametrize("options", [{}, {"expand": True}, {"fold_leaves": 0}])
def test_the_partials_in_the_page_give_the_engines_gradients(options):
    model, loss = network((3, 4, 1), samples=2)
    data = graph_data(loss, most=MOST, model=model, **options)
    for box, adjoint in zip(data["boxes"], swept(data), strict=True):
        if box["grad"] is not None:
            assert adjoint == pytest.approx(box["grad"], rel=1e-12, abs=1e-15)


def test_every_operation_has_one_step_after_its_operands():
    model, loss = network((3, 4, 1), samples=3)
    data = graph_data(loss, most=MOST, model=model, expand=True)
    place = {box: i for i, box in enumerate(data["order"])}
    assert sorted(place) == [i for i, box in enumerate(data["boxes"]) if box["operation"]]
    for edge in data["edges"]:
        assert place.get(edge["source"], -1) < place[edge["target"]]


def test_formulas_are_those_of_paper():
    L = lecture()
    written = {box["name"]: (box["formula"], box["numbers"]) for box in graph_data(L, most=MOST)["boxes"]}
    assert written["e"] == ("a · b", "2 · (−3)")
    assert written["L"] == ("v₂ · f", "4 · (−2)")
    x = Value(3.0, label="x")
    for v, formula, numbers in (
        (Value(2.0, label="x1") * Value(3.0, label="w_12"), "x₁ · w₁₂", "2 · 3"),
        (x**2.0, "x^2", "3^2"),
        (-x, "−x", "−3"),
        ((-x).exp(), "exp(v₁)", "exp(−3)"),
        (1.0 - x * -1.0, "1 − v₁", "1 − (−3)"),
    ):
        box = graph_data(v, most=MOST)["boxes"][-1]
        assert (box["formula"], box["numbers"]) == (formula, numbers)


def test_an_affine_node_is_written_as_a_sum_of_products_if_it_is_short():
    model, loss = network()
    formulas = [box["formula"] for box in graph_data(loss, most=MOST, model=model)["boxes"]]
    assert "b⁽¹⁾₁ + W⁽¹⁾₁₁ · x₁ + W⁽¹⁾₂₁ · x₂" in formulas
    model, loss = network((9, 1))
    formulas = [box["formula"] for box in graph_data(loss, most=MOST, model=model)["boxes"]]
    assert "b⁽¹⁾₁ + W⁽¹⁾₁₁ · x₁ + W⁽¹⁾₂₁ · x₂ + … + W⁽¹⁾₉₁ · x₉" in formulas
    expanded = graph_data(loss, most=MOST, model=model, expand=True)
    assert {"W⁽¹⁾₁₁ · x₁", "b⁽¹⁾₁ + v₁"} <= {box["formula"] for box in expanded["boxes"]}


def test_names_are_unique_where_the_page_invents_them():
    a = Value(1.0, label="v₁")
    names = [box["name"] for box in graph_data(a.exp().exp() * Value(2.0), most=MOST)["boxes"]]
    assert names == ["v₁", "v₁⁽²⁾", "v₂", "x₁", "v₃"]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("x1", ""), ["x1", "x₂"]),
        (("", "x_1"), ["x₂", "x_1"]),
        (("x", "x"), ["x", "x"]),
        (("x1", "x_1"), ["x1", "x_1"]),
        (("v1", ""), ["v1", "x₁"]),
    ],
)
def test_a_name_the_page_invents_looks_like_no_label_and_labels_stay_as_they_are(labels, names):
    a, b = (Value(number, label=label) for number, label in zip((2.0, 5.0), labels, strict=True))
    last = "v₁⁽²⁾" if "v1" in labels else "v₁"
    assert [box["name"] for box in graph_data(a * b, most=MOST)["boxes"]] == [*names, last]


def test_parameters_have_names_of_their_own_and_are_called_shorter_inside_a_frame():
    model, loss = network()
    boxes = [box for box in graph_data(loss, most=MOST, model=model)["boxes"] if box["kind"] == "parameter"]
    assert {box["name"]: box["short"] for box in boxes if "W" in box["name"]} == {
        "W⁽²⁾₁₁": "W₁₁", "W⁽²⁾₂₁": "W₂₁", "W⁽¹⁾₁₁": "W₁₁", "W⁽¹⁾₂₁": "W₂₁", "W⁽¹⁾₁₂": "W₁₂", "W⁽¹⁾₂₂": "W₂₂",
    }  # fmt: skip
    assert len({box["name"] for box in boxes}) == len(boxes) == 9


def test_a_leaf_alone_and_a_closure_have_a_page():
    assert data_of(html_page(Value(3.0, label="alone")))["order"] == []
    a = Value(2.0, label="a")
    v = Value(6.0, (a,), "triple")
    v._backward = lambda: None
    edges = data_of(html_page(v * 2.0))["edges"]
    assert [edge["partial"] for edge in edges] == [None, 2.0, None]


def test_a_graph_beyond_the_limit_is_summarised_without_steps():
    x = Value(0.5, label="x")
    y = x
    for _ in range(MOST):
        y = y.sin()
    data = data_of(html_page(y))
    assert "5,001 nodes are more than 5,000" in data["summary"]
    assert len(data["boxes"]) < 30
    assert (data["order"], data["root"]) == ([], -1)


@pytest.mark.parametrize(
    ("v", "formula", "numbers", "rounded"),
    [
        (lambda x: x(2.0) * 1.00001, "x₁ · 1.00001", "2 · 1", True),
        (lambda x: x(0.1) + x(0.2), "x₁ + x₂", "0.1 + 0.2", False),
        (lambda x: x(1 / 3) * x(2.0), "x₁ · x₂", "0.3333 · 2", True),
        (lambda x: x(1234567.0) - x(1234566.0), "x₁ − x₂", "1.234567·10⁶ − 1.234566·10⁶", False),
        (lambda x: x(1e-7) * x(math.inf), "x₁ · x₂", "1·10⁻⁷ · ∞", False),
        (lambda x: x(2.0) * x(-1e-7), "x₁ · x₂", "2 · (−1·10⁻⁷)", False),
        (lambda x: x(math.nan) + x(-math.inf), "x₁ + x₂", "nan + (−∞)", False),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_have_the_digits_that_tell_the_result(v, formula, numbers, rounded):
    box = graph_data(v(Value), most=MOST)["boxes"][-1]
    assert (box["formula"], box["numbers"], box["rounded"]) == (formula, numbers, rounded)


def test_numbers_changed_after_the_recording_make_no_false_equation():
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    data = graph_data((w * x).exp(), most=MOST)
    assert (data["stale"], data["boxes"][2]["numbers"]) == (False, "2 · 3")
    w.data = -1.0
    z = w * x
    w.data = 2.0
    data = graph_data(z.exp(), most=MOST)
    assert data["stale"]
    assert [box["numbers"] for box in data["boxes"]] == ["", "", "", "exp(−3)"]


def test_the_first_terms_of_a_long_sum_are_written():
    total = autograd.sum([Value(float(i)) for i in range(20)])
    box = graph_data(total, most=MOST)["boxes"][-1]
    assert (box["formula"], box["numbers"]) == ("x₁ + x₂ + x₃ + … + x₂₀", "0 + 1 + 2 + … + 19")
    box = graph_data(autograd.mean([Value(float(i)) for i in range(20)]), most=MOST)["boxes"][-1]
    assert box["formula"] == "(x₁ + x₂ + x₃ + … + x₂₀) / 20"


# ---------------------------------------------------------------- the layout


def rectangle(item):
    return item["x"], item["y"], item["x"] + item["w"], item["y"] + item["h"]


def apart(a, b):
    (a0, a1, a2, a3), (b0, b1, b2, b3) = rectangle(a), rectangle(b)
    return a2 <= b0 or b2 <= a0 or a3 <= b1 or b3 <= a1


def ancestors(data, cluster):
    while cluster >= 0:
        yield cluster
        cluster = data["clusters"][cluster]["parent"]


@pytest.mark.parametrize(("sizes", "samples"), [((2, 2, 1), 1), ((3, 5, 4, 1), 3)])
def test_no_two_boxes_overlap_and_modules_hold_their_own_boxes_only(sizes, samples):
    model, loss = network(sizes, samples)
    data = graph_data(loss, most=MOST, model=model)
    for a, b in itertools.combinations(data["boxes"], 2):
        assert apart(a, b), (a["name"], b["name"])
    for c, cluster in enumerate(data["clusters"]):
        left, top, right, bottom = rectangle(cluster)
        for box in data["boxes"]:
            if c in ancestors(data, box["cluster"]):
                x0, y0, x1, y1 = rectangle(box)
                assert left < x0
                assert x1 < right
                assert top + HEADER < y0
                assert y1 < bottom
            else:
                assert apart(cluster, box)
        for other in data["clusters"][:c]:
            related = data["clusters"].index(other) in ancestors(data, c)
            assert related or apart(cluster, other)


def test_lines_run_from_the_right_of_the_operand_to_the_left_of_the_result():
    model, loss = network((3, 4, 1), samples=2)
    data = graph_data(loss, most=MOST, model=model)
    for edge in data["edges"]:
        source, target = data["boxes"][edge["source"]], data["boxes"][edge["target"]]
        (x0, y0), (x1, y1) = edge["route"][0], edge["route"][-1]
        assert x0 == pytest.approx(source["x"] + source["w"], abs=0.2)
        assert x1 == pytest.approx(target["x"], abs=0.2)
        assert source["y"] < y0 < source["y"] + source["h"]
        assert target["y"] < y1 < target["y"] + target["h"]
        assert edge["route"] == sorted(edge["route"], key=lambda point: point[0])


def test_two_lines_from_one_box_to_another_end_side_by_side():
    x = Value(3.0, label="x")
    routes = [edge["route"] for edge in graph_data(x * x, most=MOST)["edges"]]
    assert len(routes) == 2
    assert routes[0][-1] != routes[1][-1]


def test_a_lane_leads_a_long_line_past_the_boxes_between():
    sizes = dict.fromkeys("abcd", (100.0, 60.0))
    layout = lay_out_layers(sizes, [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")], {})
    route = layout.routes[3]
    for key in "bc":
        box = layout.rectangles[key]
        assert all(not (box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height) for x, y in route)


def test_modules_that_use_each_other_in_turn_are_laid_out_too():
    inside = {"a1": "A", "b1": "B", "a2": "A", "b2": "B"}
    sizes = dict.fromkeys(inside, (50.0, 30.0))
    layout = lay_out_layers(sizes, [("a1", "b1"), ("b1", "a2"), ("a2", "b2")], inside)
    a, b = layout.rectangles["A"], layout.rectangles["B"]
    assert a.x + a.width <= b.x
    assert len(layout.routes) == 3
    assert ranks(2, [(0, 1), (1, 0)]) == [0, 1]


def test_an_empty_graph_has_an_empty_layout():
    layout = lay_out_layers({}, [], {})
    assert (layout.rectangles, layout.width) == ({}, 0.0)


def test_a_long_chain_takes_no_recursion():
    keys = [str(i) for i in range(5000)]
    layout = lay_out_layers(dict.fromkeys(keys, (10.0, 10.0)), list(itertools.pairwise(keys)), {})
    assert len({box.y for box in layout.rectangles.values()}) == 1


def test_a_box_with_folded_leaves_has_room_to_say_so():
    _, loss = network((3, 2, 1))
    boxes = graph_data(loss, most=MOST, fold_leaves=0)["boxes"]
    folded = [box for box in boxes if any(note.startswith("folded") for note in box["notes"])]
    assert len(folded) == 3
    assert min(box["h"] for box in folded) > max(box["h"] for box in boxes if box not in folded)


def test_large_pages_begin_with_their_modules_closed():
    model, loss = network((8, 20, 1))
    data = graph_data(loss, most=MOST, model=model)
    assert all(cluster["closed"] for cluster in data["clusters"])
    assert not any(cluster["closed"] for cluster in graph_data(lecture(), most=MOST)["clusters"])


# ---------------------------------------------------------------- snapshots

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0, 1, 1, 0]


def taken(epochs=4, data=(X, Y), **options):
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    snapshots = Snapshots(data=data, **{"grid": 5, **options})
    fit(model, (X, Y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=epochs, callbacks=[snapshots])
    return snapshots


def test_fit_tells_the_snapshots_of_every_epoch():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    before = model.state_dict()
    snapshots = Snapshots(data=(X, Y), grid=5)
    history = fit(model, (X, Y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=4, callbacks=[snapshots])
    assert snapshots.epochs == [0, 1, 2, 3, 4]
    assert snapshots.states[0] == before
    assert snapshots.states[-1] == model.state_dict()
    assert snapshots.records == history.records
    data = snapshots.page_data()
    assert data["states"][-1] == list(model.state_dict().values())
    assert [len(surface) for surface in data["boundary"]["values"]] == [25] * 5
    assert data["boundary"]["points"][1] == [0.0, 1.0, 1]


def test_the_surface_is_what_the_model_says_there_without_dropout_or_a_graph():
    model = Sequential(Linear(2, 4, rng=random.Random(0)), ReLU(), Dropout(0.9), Linear(4, 1, rng=random.Random(1)))
    snapshots = Snapshots(data=(X, Y), grid=3)
    snapshots.take(model)
    assert model.training
    model.eval()
    (left, right), (bottom, top) = snapshots.page_data()["boundary"]["plane"]
    corners = snapshots.surfaces[0][0], snapshots.surfaces[0][2], snapshots.surfaces[0][-1]
    assert corners == (model([left, bottom]).data, model([right, bottom]).data, model([right, top]).data)


def test_every_and_most_bound_what_is_kept_and_the_ends_are_kept_always():
    assert taken(epochs=7, every=3).epochs == [0, 3, 6, 7]
    many = taken(epochs=40, most=8)
    assert len(many.epochs) <= 8
    assert (many.epochs[0], many.epochs[-1]) == (0, 40)
    assert len(many.states) == len(many.surfaces) == len(many.epochs)
    assert len(many.records["loss"]) == 40


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_no_epoch_ended_with_do_not_take_the_name_of_one():
    model = MLP(2, [3, 1], rng=random.Random(0))
    before = model.state_dict()
    snapshots = Snapshots()
    optimizer = SGD(model.parameters(), lr=1e200)
    fit(model, (X, [3.0, 1.0, 2.0, 4.0]), mse_loss, optimizer, epochs=3, batch_size=1, callbacks=[snapshots])
    assert (snapshots.epochs, snapshots.changed_after) == ([0, 0], True)
    assert snapshots.states == [before, model.state_dict()]
    assert repr(snapshots) == "Snapshots(every=1, grid=30, most=120: 0 of 0 epochs kept)"


@pytest.mark.parametrize(("every", "epochs"), [(1, [0, 1, 2, 3, 3]), (2, [0, 2, 3])])
def test_going_back_to_the_best_weights_keeps_those_of_the_epochs(every, epochs):
    model = MLP(2, [3, 1], rng=random.Random(0))
    snapshots = Snapshots(every)
    best = EarlyStopping("loss", patience=1, min_delta=1e9)
    optimizer = SGD(model.parameters(), lr=0.1)
    fit(model, (X, Y), mse_loss, optimizer, epochs=9, callbacks=[best, snapshots])
    assert snapshots.states[-1] == model.state_dict()
    assert (snapshots.epochs, snapshots.changed_after) == (epochs, True)


def test_a_second_training_begins_anew():
    model = MLP(2, [1], rng=random.Random(0))
    snapshots = Snapshots()
    for _ in range(2):
        fit(model, (X, Y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, callbacks=[snapshots])
    assert snapshots.epochs == [0, 1, 2]
    assert snapshots.records["loss"] == snapshots.page_data()["records"]["loss"]
    assert len(snapshots.records["loss"]) == 2


@pytest.mark.parametrize(
    ("outputs", "targets", "kind", "threshold"),
    [
        ({"output_activation": "sigmoid"}, [0, 1, 1, 0], "score", 0.5),
        ({}, [-1, 1, 1, -1], "score", 0.0),
        ({}, [0.5, 1.5, 2.5, 0.25], "number", 0.0),
        ({}, [0, 1, 2, 3], "number", 0.0),
    ],
)
def test_targets_and_outputs_say_what_the_boundary_is(outputs, targets, kind, threshold):
    model = MLP(2, [2, 1], rng=random.Random(0), **outputs)
    snapshots = Snapshots(data=(X, targets), grid=4)
    snapshots.take(model)
    boundary = snapshots.page_data()["boundary"]
    assert (boundary["kind"], boundary["threshold"]) == (kind, threshold)
    classes = sorted(set(targets)) if kind == "score" else None
    expected = [classes.index(y) for y in targets] if classes else targets
    assert [point[2] for point in boundary["points"]] == expected


@pytest.mark.parametrize(("count", "kind"), [(2, "score"), (3, "classes")])
def test_several_outputs_are_classes(count, kind):
    model = MLP(2, [count], rng=random.Random(0))
    snapshots = Snapshots(data=(X, [0, 1, count - 1, 0]), grid=4)
    snapshots.take(model)
    boundary = snapshots.page_data()["boundary"]
    assert boundary["kind"] == kind
    first = [output.data for output in model([boundary["plane"][0][0], boundary["plane"][1][0]])]
    expected = first[1] - first[0] if count == 2 else first.index(max(first))
    assert boundary["values"][0][0] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("targets", "marks"),
    [
        ([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0, 2, 1, 2]),
        ([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.0, 0.0, 1.0]], [0, 2, 1, 2]),
        ([[2], [0], [0], [2]], [2, 0, 0, 2]),
        ([2, 0, 0, 2], [2, 0, 0, 2]),
    ],
)
def test_rows_of_classes_are_marked_as_the_class_with_most(targets, marks):
    snapshots = Snapshots(data=(X, targets), grid=4)
    snapshots.take(MLP(2, [3], rng=random.Random(0)))
    boundary = snapshots.page_data()["boundary"]
    assert (boundary["kind"], boundary["classes"]) == ("classes", ["0", "1", "2"])
    assert [point[2] for point in boundary["points"]] == marks


def test_of_several_numbers_the_first_is_shown():
    model = MLP(2, [2], rng=random.Random(0))
    snapshots = Snapshots(data=(X, [[0.5, 3.0], [1.5, 2.0], [-2.5, 1.0], [0.25, 0.0]]), grid=4)
    snapshots.take(model)
    boundary = snapshots.page_data()["boundary"]
    assert boundary["kind"] == "number"
    assert [point[2] for point in boundary["points"]] == [0.5, 1.5, -2.5, 0.25]
    first = model([boundary["plane"][0][0], boundary["plane"][1][0]])[0].data
    assert boundary["values"][0][0] == pytest.approx(first, rel=1e-3)


def test_models_of_other_inputs_have_no_boundary():
    model = MLP(3, [2], rng=random.Random(0))
    snapshots = Snapshots(data=([[1.0, 2.0, 3.0]], [1]))
    snapshots.take(model)
    assert snapshots.page_data()["boundary"] is None
    assert Snapshots().planar is False


def test_layers_are_found_where_they_form_a_chain():
    def layers(model):
        snapshots = Snapshots()
        snapshots.take(model)
        return snapshots.page_data()["layers"]

    drawn = layers(MLP(2, [3, 1], rng=random.Random(0)))
    assert [(len(layer["weights"][0]), len(layer["weights"])) for layer in drawn] == [(2, 3), (3, 1)]
    assert sorted(i for layer in drawn for row in layer["weights"] for i in row) + sorted(
        i for layer in drawn for i in layer["biases"]
    ) == sorted(range(13), key=lambda i: i in {i for layer in drawn for i in layer["biases"]})
    assert layers(Sequential(Linear(2, 2, bias=False), Linear(2, 1)))[0]["biases"] == [-1, -1]
    assert len(layers(MLP(64, [32, 10]))) == 2
    assert layers(Sequential(Linear(2, 3), Linear(2, 1))) == []  # no chain


def test_snapshots_refuse_what_cannot_be():
    with pytest.raises(ValueError, match="Snapshots: every must be a whole number of at least 1, not 0"):
        Snapshots(0)
    with pytest.raises(ValueError, match="grid must be a whole number of at least 2, not 1"):
        Snapshots(grid=1)
    with pytest.raises(ValueError, match="nothing was taken yet"):
        html_page(Snapshots())


def test_losses_that_are_not_finite_stay_json():
    snapshots = Snapshots()
    model = MLP(2, [1], rng=random.Random(0))
    snapshots.take(model)
    snapshots.take(model, loss=math.inf)
    snapshots.take(model, loss=1.0, accuracy=0.5)
    assert snapshots.page_data()["records"] == {"loss": ["Infinity", 1.0], "accuracy": ["NaN", 0.5]}
    assert data_of(html_page(snapshots))["epochs"] == [0, 1, 2]


# ---------------------------------------------------------------- the script itself


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; it is needed for these tests only")
def test_the_pure_functions_of_the_script():
    run = subprocess.run(
        ["node", "--test", str(ROOT / "tests" / "browser" / "page.test.mjs")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout


def test_the_scripts_are_short_and_ask_for_nothing():
    for file in ASSETS.iterdir():
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 500, file.name
        assert not re.search(r"\b(import|require|fetch|XMLHttpRequest|eval|WebSocket)\b *[({'\"]", text), file.name


TSC = ROOT / "out" / "node" / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.mark.skipif(not TSC.exists(), reason="TypeScript is not there: npm install --prefix out/node typescript")
def test_the_types_of_the_scripts_agree():
    command = ["node", str(TSC), "-p", str(ROOT / "tests" / "browser")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout
    told = json.loads((ROOT / "tests" / "browser" / "tsconfig.json").read_text())["files"]
    assert {Path(file).name for file in told} == {p.name for p in ASSETS.iterdir() if p.suffix == ".js"} | {
        "globals.d.ts"
    }


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; it is needed for these tests only")
@pytest.mark.parametrize("v", [lecture, taken])
def test_the_script_as_embedded_has_no_syntax_error(v, tmp_path):
    script = tmp_path / "page.js"
    script.write_text(Parts(html_page(v())).texts["script"][-1], encoding="utf-8")
    run = subprocess.run(["node", "--check", str(script)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


@pytest.mark.exhaustive
def test_the_page_of_two_thousand_nodes_is_complete():
    model, loss = network((3, 8, 8, 1), samples=49)
    assert len(topological_order(loss)) > 2000
    data = graph_data(loss, most=MOST, model=model)
    assert len(data["boxes"]) > 2000
    assert not data["summary"]
