"""The pages of `to_html` in a real browser: opened from disk, stepped through with keys, looked at.

Needs Playwright for Python and a Chromium (on PATH, or named by CHROMIUM); without either all of it is skipped.
The screenshots are left in out/browser.
"""

import json
import math
import random
import re

import pytest

import autograd
from autograd import Primitive, Value
from autograd.render.pages.page import Page, to_html
from nn import MLP, SGD, Adam, Linear, Sequential, binary_cross_entropy_with_logits, mse_loss
from nn.fitting.snapshots import Snapshots
from nn.fitting.training import fit
from tests.browser.chromium import playwright, pytestmark, shoot  # noqa: F401  # found by their names
from tests.test_page import lecture

NASTY = [
    "</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>", "]]><!--", "${window.hacked=1}",
    "quote \" and '", "&lt;b&gt;", "line\nbreak\x00", "∂L/∂w ŷ 漢字 🙂", "\u2028 \u202e x", "back\\slash $& $1",
]  # fmt: skip


@pytest.fixture
def open_page(browser, tmp_path):
    """A function that opens the page of something; afterwards nothing may have been fetched, and no error logged."""
    contexts, requests, complaints = [], [], []

    def open_one(v, width=1280, height=800, color_scheme="light", address="", **options):
        file = v.save(tmp_path / "page.html") if isinstance(v, Page) else to_html(v, tmp_path / "page.html", **options)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        contexts.append(context)

        def answer(route):
            requests.append(route.request.url)
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri() + address)
        page.wait_for_selector("body[data-drawn]")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
    assert len(requests) == len(contexts), requests  # the page itself, and nothing else


def network(seed=3):
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(seed))
    y = model([Value(1.0, label="x1"), Value(-2.0, label="x2")])
    y.label = "y"
    loss = (y - 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    return model, loss


def random_graph(size, seed=0):
    rng = random.Random(seed)
    pool = [Value(rng.uniform(-1.0, 1.0), label=f"x{i}") for i in range(40)]
    while len(pool) < size:
        a, b = rng.choice(pool[-120:]), rng.choice(pool[-120:])
        pool.append(
            rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a.tanh()])(a, b)
        )
    used = {x for node in pool for x in node.operands}
    result = sum((node for node in pool if node not in used), start=Value(0.0))
    result.backward()
    return result


def shown_adjoints(page):
    """The adjoint that each box shows, with all digits, and what the page was told of the grad in Python."""
    numbers = page.locator("[data-box]").evaluate_all(
        "(boxes) => boxes.map((box) => [box.dataset.box, box.dataset.adjoint ?? null])"
    )
    data = json.loads(page.locator("#data").text_content())
    return [(float(adjoint or 0.0), data["boxes"][int(i)]) for i, adjoint in numbers]


def assert_adjoints_are_the_engines(page, count):
    compared = [(shown, box["grad"]) for shown, box in shown_adjoints(page) if box["grad"] is not None]
    assert len(compared) == count
    for shown, grad in compared:
        assert math.isclose(shown, grad, rel_tol=1e-12, abs_tol=1e-15)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


# ---------------------------------------------------------------- stepping


@pytest.mark.parametrize("expand", [False, True])
def test_at_the_last_step_all_adjoints_are_those_of_the_engine(open_page, expand):
    model, loss = network()
    page = open_page(loss, model=model, expand=expand)
    last = int(page.get_attribute("#slider", "max"))
    for step in range(1, last + 1):
        press(page, "ArrowRight")
        assert page.input_value("#slider") == str(step)
    assert_adjoints_are_the_engines(page, len(page.query_selector_all("[data-box]:not(.constant)")))
    press(page, "Home")
    assert {shown for shown, _ in shown_adjoints(page)} == {0.0}


@pytest.mark.parametrize("length", [26, 27, 1000, 20_000])
def test_an_operation_of_a_long_name_is_cut_to_its_box(open_page, length):
    x = Value(1.5, label="x")
    y = Primitive("o" * length, lambda x: x * x, (lambda y, x: 2.0 * x,))(x)
    y.backward()
    page = open_page(y)
    (shown,) = page.locator("text.operation").all_text_contents()
    assert re.fullmatch("o{12,26}…?", shown)
    press(page, "End")
    assert_adjoints_are_the_engines(page, 2)


def test_the_chain_rule_is_written_out_with_its_numbers(open_page):
    page = open_page(lecture())
    press(page, "ArrowRight")
    assert page.inner_text("#headline") == "Compute e"
    assert "a·b=2·(−3)=−6" in page.inner_text("#rule").replace(" ", "").replace("\n", "")
    press(page, "End")
    assert page.inner_text("#headline") == "Pass on the gradient of e"
    assert "b.grad: 0 → −4" in page.inner_text("#rule")
    assert page.locator("#rule math mfrac").count() == 2
    assert [box.get_attribute("data-name") for box in page.query_selector_all(".box.operand")] == ["a", "b"]
    assert page.get_attribute(".box.current", "data-name") == "e"
    assert page.locator("path.edge.active").count() == 2
    assert page.inner_text("#announcement") == (
        "e passes its adjoint −2 on: a receives −2 times −3 = 6, and has 6; b receives −2 times 2 = −4, and has −4."
    )


def test_values_appear_forward_and_vanish_again_backward(open_page):
    page = open_page(network()[1])
    page.click("#expand-all")
    waiting = page.locator(".box.waiting")
    before = waiting.count()
    assert before > 0
    press(page, "ArrowRight")
    assert waiting.count() == before - 1
    press(page, "ArrowLeft")
    assert waiting.count() == before


def test_play_runs_to_the_end_and_pauses(open_page):
    page = open_page(network()[1])
    page.select_option("#speed", "20")
    page.click("body", position={"x": 500, "y": 20})
    press(page, " ")
    assert page.inner_text("#play") == "Pause"
    playwright.expect(page.locator("#count")).to_have_text("15 of 15 · backward pass")
    playwright.expect(page.locator("#play")).to_have_text("Play")


def test_a_click_on_a_box_goes_to_its_step(open_page):
    page = open_page(network()[1])
    page.click("#expand-all")
    page.click('[data-name="y"]')
    assert page.inner_text("#headline") == "Compute y"
    press(page, "End")
    page.click('[data-name="y"]')
    assert page.inner_text("#headline") == "Pass on the gradient of y"


# ---------------------------------------------------------------- modules, search, details


def test_modules_collapse_and_expand_by_click_and_by_key(open_page):
    model, loss = network()
    page = open_page(loss, model=model)
    page.click("#expand-all")
    boxes = page.locator(".box:visible")
    everything = boxes.count()
    header = page.get_by_role("button", name="layer 1")
    header.click()
    assert header.get_attribute("aria-expanded") == "false"
    assert boxes.count() < everything
    press(page, "ArrowRight")
    assert page.locator(".cluster.current").count() == 1
    shoot(page, "collapsed")
    header.focus()
    press(page, "Enter")
    assert header.get_attribute("aria-expanded") == "true"
    assert boxes.count() == everything
    page.click("#collapse-all")
    assert page.locator(".cluster.closed").count() == 3  # the loss is the third
    page.click("#expand-all")
    assert boxes.count() == everything


def test_collapsing_keeps_boxes_and_modules_apart(open_page):
    model, loss = network()
    page = open_page(loss, model=model)
    page.get_by_role("button", name="neuron 1").first.click()
    places = [
        item.bounding_box() for item in page.query_selector_all(".box, .cluster.closed .frame") if item.is_visible()
    ]
    for i, a in enumerate(places):
        for b in places[:i]:
            apart = a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"]
            assert apart or a["y"] >= b["y"] + b["height"] or b["y"] >= a["y"] + a["height"]


def test_search_dims_the_rest_and_enter_jumps(open_page):
    model, loss = network()
    page = open_page(loss, model=model, width=1500)
    page.click("#collapse-all")
    press(page, "/")
    page.keyboard.type("w1")
    assert page.inner_text("#found") == "3 found"
    press(page, "Enter")
    assert page.inner_text("#found").startswith("1 of 3")
    assert page.locator(".box.found").is_visible()
    page.locator("#search").blur()
    page.click("#expand-all")
    assert page.locator(".box.match").count() == 3
    press(page, "ArrowRight")  # the current step stands out even so
    faded = "(boxes) => boxes.filter((box) => getComputedStyle(box).opacity === '0.22').map((box) => box.dataset.name)"
    assert set(page.locator(".box").evaluate_all(faded)) == {
        "W⁽¹⁾₂₂", "b⁽¹⁾₂", "s⁽¹⁾₂", "h⁽¹⁾₁", "h⁽¹⁾₂", "W⁽²⁾₂₁", "b⁽²⁾₁", "y", "v₆", "loss", "1",
    }  # fmt: skip
    assert page.locator(".current, .operand, .edge.active, .partial.active").evaluate_all(
        "(parts) => parts.every((part) => getComputedStyle(part).opacity === '1')"
    )
    page.fill("#search", "")
    assert page.locator(".searching, .match, .found").count() == 0
    page.fill("#search", "layers.0")
    assert page.inner_text("#found") == "10 found"


def test_hover_and_focus_show_all_digits(open_page):
    _, loss = network()
    page = open_page(loss)
    page.click("#expand-all")
    press(page, "End")
    page.hover('[data-name="loss"]')
    assert repr(loss.data) in page.inner_text("#tooltip")
    press(page, "Escape")
    assert not page.is_visible("#tooltip")
    page.focus('[data-name="y"]')
    tooltip = page.inner_text("#tooltip")
    assert repr(loss.operands[0].operands[0].grad).replace("-", "−") in tooltip
    assert "grad in Python" in tooltip


def test_pan_zoom_and_fit(open_page):
    page = open_page(network()[1])
    view = "document.querySelector('#world').getAttribute('transform')"
    fitted = page.evaluate(view)
    page.mouse.move(300, 200)
    page.mouse.down()
    page.mouse.move(380, 240, steps=4)
    page.mouse.up()
    panned = page.evaluate(view)
    page.mouse.wheel(0, -300)
    zoomed = page.evaluate(view)
    press(page, "+")
    assert len({fitted, panned, zoomed, page.evaluate(view)}) == 4
    press(page, "0")
    assert page.evaluate(view) == fitted


def test_a_view_that_the_reader_chose_stays_when_the_window_changes(open_page):
    page = open_page(network()[1])
    view = "document.querySelector('#world').getAttribute('transform')"
    whole = page.evaluate(view)
    page.set_viewport_size({"width": 1100, "height": 700})
    page.wait_for_timeout(200)
    assert page.evaluate(view) != whole
    press(page, "+")
    chosen = page.evaluate(view)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate(view) == chosen


def test_text_can_be_read_at_the_beginning(open_page):
    model = MLP(3, [4, 4, 1], rng=random.Random(0))
    loss = (model([0.5, -1.0, 2.0]) - 1.0) ** 2
    page = open_page(loss, model=model)
    scale = "document.querySelector('#world').transform.baseVal.consolidate().matrix.a"
    assert 13 * page.evaluate(scale) >= 11.0
    assert page.locator(".cluster.closed.result").is_visible()
    page.click("#expand-all")
    page.set_viewport_size({"width": 1200, "height": 700})
    page.wait_for_timeout(200)
    assert page.evaluate(scale) < 0.5  # who asked for the whole keeps it


PARTIALS = """() => [...document.querySelectorAll(".partial")].map((label) => {
  const { left, top, right, bottom } = label.getBoundingClientRect();
  return [left, top, right, bottom];
})"""
CROSSED = """() => {
  const labels = [...document.querySelectorAll(".partial")].map((label) => label.getBoundingClientRect());
  return [...document.querySelectorAll("path.edge")].some((path) => {
    const [length, matrix] = [path.getTotalLength(), path.getScreenCTM()];
    return [...Array(200).keys()].some((i) => {
      const { x, y } = path.getPointAtLength((length * i) / 199).matrixTransform(matrix);
      return labels.some((box) => x > box.left && x < box.right && y > box.top + 3 && y < box.bottom - 3);
    });
  });
}"""


@pytest.mark.parametrize("kind", ["square", "chain"])
def test_partials_stand_beside_their_lines_and_not_on_each_other(open_page, kind):
    if kind == "square":
        x = Value(2.0, label="x")
        y = x * x
    else:
        y = -((Value(0.5, label="w") * Value(2.0, label="x") + 0.1).sigmoid().log())
    y.backward()
    page = open_page(y)
    press(page, "End")
    labels = page.evaluate(PARTIALS)
    assert len(labels) == (2 if kind == "square" else 6)
    assert not page.evaluate(CROSSED)
    for i, (left, top, right, bottom) in enumerate(labels):
        for a, b, c, d in labels[:i]:
            assert right <= a or c <= left or bottom <= b or d <= top
    shoot(page, f"partials-{kind}")
    if kind == "square":
        assert page.locator("#rule mfrac mtext").all_text_contents() == ["first\xa0", "second\xa0"]


def test_words_as_labels_are_not_cut_off_and_do_not_overlap(open_page):
    w, x, b = (
        Value(number, label=label)
        for number, label in ((0.5, "hidden_layer_weight"), (2.0, "input_feature"), (0.1, "W" * 30))
    )
    p = (w * x + b).sigmoid()
    p.label = "predicted_probability"
    loss = -p.log()
    loss.label = "binary_cross_entropy_of_one_sample"
    loss.backward()
    page = open_page(loss)
    press(page, "End")
    assert page.evaluate(
        "[...document.querySelectorAll('.formula')].every((line) => line.scrollWidth <= line.clientWidth)"
    )
    for box in page.locator(".box").all():
        frame, name = box.locator("rect").bounding_box(), box.locator(".name").bounding_box()
        assert name["x"] + name["width"] <= frame["x"] + frame["width"]
        if box.locator(".operation").count():
            assert name["x"] + name["width"] < box.locator(".operation").bounding_box()["x"]
    shoot(page, "words")


def test_changed_numbers_are_pointed_out(open_page):
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    z = w * x
    page = open_page(z)
    assert not page.is_visible("#note")
    w.data = -1.0
    page = open_page(z)
    assert "run the model again" in page.inner_text("#note")
    press(page, "ArrowRight")
    assert page.inner_text("#announcement") == "v₁ = w · x = 6"


def test_a_summary_shows_the_gradients_of_python_and_its_titles_fit(open_page):
    model = MLP(64, [60, 50, 10], activation="tanh", rng=random.Random(0))
    rng = random.Random(1)
    loss = sum(sum(model([rng.gauss(0.0, 1.0) for _ in range(64)])) for _ in range(30))
    loss.label = "loss"
    loss.backward()
    page = open_page(loss, model=model)
    assert "summarised" in page.inner_text("#about")
    assert page.text_content(".box.result .adjoint") == "1"
    for group in page.locator(".box.group").all():
        frame, name = group.locator("rect").bounding_box(), group.locator(".name").bounding_box()
        assert name["x"] + name["width"] < frame["x"] + frame["width"]
    shoot(page, "summary-modules")


@pytest.mark.parametrize("kind", ["graph", "training"])
def test_a_narrow_window_is_wide_enough(open_page, kind):
    page = open_page(network()[1] if kind == "graph" else training()[0], width=320, height=640)
    press(page, "End")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    shoot(page, f"narrow-{kind}")


def test_the_buttons_do_not_cover_the_current_box(open_page):
    page = open_page(network()[1], width=800, height=400)
    for _ in range(15):
        press(page, "ArrowRight")
        box = page.locator(".current").bounding_box()
        bar = page.locator(".strip").bounding_box()
        assert box["y"] + box["height"] <= bar["y"]


# ---------------------------------------------------------------- for everybody


def test_the_theme_follows_the_system_and_the_button(open_page):
    paper = "getComputedStyle(document.body).backgroundColor"
    page = open_page(network()[1], color_scheme="dark")
    assert page.evaluate(paper) == "rgb(15, 21, 27)"
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_a_contrast_of_at_least_4_5(open_page, scheme):
    model, loss = network()
    page = open_page(loss, model=model, color_scheme=scheme)
    for key in ("ArrowRight", "End"):
        press(page, key)
        poor = page.evaluate(CONTRAST)
        assert poor == []


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return { c: [r, g, b], a: a / 255 };
  };
  const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const shares = [0.2126, 0.7152, 0.0722];
  const light = (rgb) => rgb.reduce((sum, x, i) => sum + linear(x / 255) * shares[i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const rect = e instanceof SVGGElement ? e.querySelector(":scope > rect, :scope > .frame") : null;
      const fill = rgb(rect ? getComputedStyle(rect).fill : getComputedStyle(e).backgroundColor);
      if (fill.a > 0.9) return fill.c;
    }
    return rgb(getComputedStyle(document.body).backgroundColor).c;
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest("script, style, .unseen, [aria-disabled=true]")) continue;
    const style = getComputedStyle(e);
    const ink = rgb(e instanceof SVGElement ? style.fill : style.color).c;
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    const what = [e.tagName, e.getAttribute("class"), e.textContent.slice(0, 20), contrast.toFixed(2)];
    if (contrast < 4.5) poor.push(what.join(" "));
  }
  return poor;
}"""


@pytest.mark.parametrize("kind", ["graph", "training"])
def test_everything_in_the_accessibility_tree_has_a_name(open_page, kind):
    model, loss = network()
    page = open_page(loss, model=model) if kind == "graph" else open_page(training()[0])
    press(page, "ArrowRight")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "searchbox", "combobox", "img", "image", "group", "toolbar", "heading", "link"}
    nodes = [node for node in tree if not node.get("ignored") and node["role"]["value"] in roles]
    assert len(nodes) > 8
    containers = {"group"}  # a plain <g> or <details> groups without a name of its own
    nameless = [node for node in nodes if not node["name"]["value"] and node["role"]["value"] not in containers]
    assert nameless == []
    names = [node["name"]["value"] for node in nodes]
    if kind == "graph":
        assert any(name.startswith("neuron 1 data") for name in names), names
        assert any(name.startswith("x₁ data 1") for name in names)
        assert any(name.startswith("Computation graph: 19 boxes") for name in names)


def test_tab_reaches_every_control_and_box(open_page):
    model, loss = network()
    page = open_page(loss, model=model)
    page.click("#expand-all")
    reached = set()
    for _ in range(80):
        press(page, "Tab")
        reached.add(
            page.evaluate("[document.activeElement].map((e) => e.id || e.dataset.box || `c${e.dataset.cluster}`)[0]")
        )
    wanted = {
        "search",
        "theme",
        "zoom-in",
        "zoom-out",
        "fit",
        "collapse-all",
        "first",
        "play",
        "slider",
        "speed",
        "rule",
    }
    wanted |= {str(i) for i in range(19)} | {f"c{i}" for i in range(5)}
    assert wanted <= reached


def test_motion_stops_where_it_is_not_wanted(open_page):
    page = open_page(network()[1])
    page.emulate_media(reduced_motion="reduce")
    press(page, "End")
    assert page.evaluate("getComputedStyle(document.querySelector('path.edge.active')).animationName") == "none"


@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_whatever_is_in_them(open_page, label):
    v = Value(1.0, label=label) * Value(2.0, label=label + " again")
    v.label = label
    v.backward()
    page = open_page(v, title=label)
    press(page, "ArrowRight", "End")
    page.hover(".box.result")
    assert page.evaluate("window.hacked") is None
    assert page.get_attribute(".box.result", "data-name") == label
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0


def test_no_closure_no_summary_no_leaf_breaks_the_page(open_page):
    a = Value(2.0, label="a")
    lecture = Value(6.0, (a,), "triple")
    lecture._backward = lambda: setattr(a, "grad", a.grad + 3.0 * lecture.grad)
    for v in (Value(3.0, label="alone"), lecture * 2.0, Value(float("nan")) * float("inf")):
        page = open_page(v)
        press(page, "End", "Home")
    x = Value(0.5, label="x")
    y = x
    for _ in range(6000):
        y = y.sin()
    page = open_page(y)
    assert "summarised" in page.inner_text("#about")
    assert not page.is_visible("footer")
    shoot(page, "summary")


# ---------------------------------------------------------------- large graphs


@pytest.mark.parametrize("kind", ["operations", "samples"])
def test_two_thousand_nodes_are_stepped_through_to_the_adjoints_of_the_engine(open_page, kind):
    """How long it takes is measured by benchmarks/pages.py."""
    if kind == "operations":
        root, options = random_graph(1_950), {}
    else:
        model = MLP(3, [8, 8, 1], activation="tanh", rng=random.Random(0))
        rng = random.Random(1)
        root = sum((model([Value(rng.gauss(0.0, 1.0)) for _ in range(3)]) - 1.0) ** 2 for _ in range(49))
        root.label, options = "loss", {"model": model}
        root.backward()
    assert len(autograd.topological_order(root)) >= 2_000
    page = open_page(root, **options)
    press(page, "ArrowRight")
    shoot(page, f"large-{kind}-forward")
    press(page, "End", "ArrowLeft")
    shoot(page, f"large-{kind}-backward")
    page.click("#expand-all")
    press(page, "End", "0")
    page.wait_for_timeout(400)
    assert_adjoints_are_the_engines(page, len(page.query_selector_all("[data-box]:not(.constant)")))
    assert page.locator("[data-box]").count() >= 2_000
    shoot(page, f"large-{kind}-whole")


# ---------------------------------------------------------------- training


def training():
    rng = random.Random(0)
    points, classes = [], []
    for i in range(80):
        angle, side = rng.uniform(0.0, math.pi), i % 2
        x, y = math.cos(angle), math.sin(angle)
        points.append([(1.0 - x if side else x) + rng.gauss(0.0, 0.1), (0.5 - y if side else y) + rng.gauss(0.0, 0.1)])
        classes.append(side)
    model = MLP(2, [6, 1], activation="tanh", initializer="xavier_uniform", rng=random.Random(0))
    snapshots = Snapshots(data=(points, classes), grid=20)
    optimizer = Adam(model.parameters(), lr=0.1)
    fit(model, (points, classes), binary_cross_entropy_with_logits, optimizer, epochs=15, callbacks=[snapshots])
    return snapshots, model


def test_the_training_page_scrubs_through_the_epochs(open_page):
    snapshots, model = training()
    page = open_page(snapshots, title="Two moons")
    picture = "document.querySelector('#boundary').toDataURL()"
    before = page.evaluate(picture)
    assert page.inner_text("#count") == "epoch 0 of 15"
    press(page, "End")
    assert page.inner_text("#count") == "epoch 15 of 15"
    assert page.evaluate(picture) != before
    name, weight = next(iter(model.state_dict().items()))
    assert page.locator("#weights line title").first.text_content() == f"{name} = {json.dumps(weight)}"
    assert "epoch 15" in page.get_attribute("#boundary", "aria-label")
    box = page.locator("#losses").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#count") in ("epoch 7 of 15", "epoch 8 of 15")
    shoot(page, "training")
    page.click("#theme")
    press(page, "End")
    shoot(page, "training-dark")


def test_a_model_of_other_inputs_has_losses_and_weights(open_page):
    model = MLP(3, [4, 2], rng=random.Random(0))
    snapshots = Snapshots(data=([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]], [0, 1]))
    for epoch in range(3):
        snapshots.take(model, **({"loss": 1.0 / epoch} if epoch else {}))
    page = open_page(snapshots)
    press(page, "End")
    assert not page.is_visible("#boundary")
    assert page.locator("#weights line").count() == 3 * 4 + 4 * 2
    shoot(page, "training-three-inputs")
    table = Snapshots()
    table.take(Sequential(Linear(2, 3), Linear(2, 1)))  # no chain
    page = open_page(table)
    assert page.locator("#weights tbody tr").count() == 2


def test_large_layers_are_heat_maps_that_name_each_weight(open_page):
    large = MLP(64, [32, 10], rng=random.Random(0))
    snapshots = Snapshots()
    snapshots.take(large)
    page = open_page(snapshots)
    maps = page.locator("#weights canvas")
    assert [(int(m.get_attribute("width")), int(m.get_attribute("height"))) for m in maps.all()] == [(66, 32), (34, 10)]
    for index, (row, column), name in (
        (0, (0, 0), "layers.0.neurons.0.w.0"),
        (0, (31, 65), "layers.0.neurons.31.b"),
        (1, (4, 7), "layers.1.neurons.4.w.7"),
    ):
        rows, columns = ((32, 66), (10, 34))[index]
        place = {"x": (column + 0.5), "y": (row + 0.5)}
        box = maps.nth(index).bounding_box()
        maps.nth(index).hover(
            position={"x": place["x"] * box["width"] / columns, "y": place["y"] * box["height"] / rows}
        )
        said, number = page.inner_text("#reading").split(" = ")
        assert said == name
        assert float(number.replace("−", "-")) == pytest.approx(large.state_dict()[name], rel=1e-3)
    shoot(page, "training-heat-maps")


def test_the_pointer_reads_numbers_of_the_boundary_and_of_the_epochs(open_page):
    snapshots, model = training()
    page = open_page(snapshots)
    press(page, "End")
    page.hover("#boundary")
    x, y, output = map(float, re.findall(r"[=t] (-?[\d.]+)", page.inner_text("#reading").replace("−", "-")))
    assert output == pytest.approx(model([x, y]).data, abs=0.1)  # of a grid of 20, by curves
    page.hover("#losses")
    epoch, loss = re.match(r"epoch (\d+): loss ([\d.]+)", page.inner_text("#reading")).groups()
    assert float(loss) == pytest.approx(snapshots.records["loss"][int(epoch) - 1], rel=1e-3)
    page.hover("h1")
    assert not page.is_visible("#reading")


def test_losses_and_metrics_have_named_axes_with_ticks_and_accuracy_goes_from_0_to_1(open_page):
    snapshots = Snapshots()
    model = MLP(2, [1], rng=random.Random(0))
    snapshots.take(model)
    for epoch in range(1, 9):
        snapshots.take(model, loss=1 / epoch, validation_loss=1.1 / epoch, accuracy=0.97, validation_accuracy=0.95)
    page = open_page(snapshots)
    texts = page.locator("#losses text").all_text_contents()
    assert {"loss", "accuracy", "epoch", "0", "0.5", "1", "8"} <= set(texts)
    dashes = page.locator("#losses path[stroke-linecap]").evaluate_all(
        "(lines) => lines.map((line) => [line.getAttribute('stroke'), line.getAttribute('stroke-dasharray')])"
    )
    train, validation = dashes[:2]
    assert train[1] == "none" != validation[1]
    assert dashes == [train, validation, train, validation]


def test_classes_have_a_mark_each_and_a_legend(open_page):
    rng = random.Random(0)
    points = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(40)]
    rows = [[float(i % 4 == k) for k in range(4)] for i in range(40)]
    snapshots = Snapshots(data=(points, rows), grid=5)
    snapshots.take(MLP(2, [4], rng=random.Random(0)))
    page = open_page(snapshots)
    assert page.locator("#boundary-caption .class").all_inner_texts() == [f" class {i}" for i in range(4)]
    marks = page.locator("#boundary-caption path").evaluate_all(
        "(paths) => paths.map((path) => path.getAttribute('d') + path.getAttribute('fill'))"
    )
    assert len(set(marks)) == 4
    shoot(page, "training-classes")
    snapshots = Snapshots(data=(points, [i % 2 for i in range(40)]), grid=5)
    snapshots.take(MLP(2, [2], rng=random.Random(0)))
    assert "where the two outputs are equal" in open_page(snapshots).inner_text("#boundary-caption")


def test_many_epochs_on_a_fine_grid_are_drawn(open_page):
    class Large:
        def page_data(self):
            data = training()[0].page_data()
            values = [[float(i % 7) for i in range(1600)]] * 120
            data["boundary"] |= {"grid": 40, "values": values, "kind": "number", "classes": []}
            return data | {"epochs": list(range(120)), "states": data["states"][:1] * 120}

    page = open_page(Large())
    press(page, "End")
    assert page.inner_text("#count") == "epoch 119 of 119"
    assert "blue is high" in page.inner_text("#boundary-caption")
    assert "blue is positive" in page.inner_text("#weights-caption")


def test_losses_of_one_epoch_or_of_no_number_are_said(open_page):
    snapshots = Snapshots()
    model = MLP(2, [1], rng=random.Random(0))
    snapshots.take(model)
    snapshots.take(model, loss=0.7, validation_loss=math.nan)
    page = open_page(snapshots)
    press(page, "End")
    assert "validation loss nan" in page.inner_text("#loss-caption")
    assert page.locator("#losses text").all_text_contents() == ["0.7", "loss", "0", "1", "epoch"]
    assert page.locator("#losses path[stroke-linecap]").count() == 1
    assert page.inner_text("#about") == "3 parameters, 1 epoch, 1 kept"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_of_no_epoch_are_called_so(open_page):
    model = MLP(2, [3, 1], rng=random.Random(0))
    snapshots = Snapshots()
    data = ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0])
    fit(model, data, mse_loss, SGD(model.parameters(), lr=1e200), epochs=3, batch_size=1, callbacks=[snapshots])
    page = open_page(snapshots)
    assert page.inner_text("#count") == "epoch 0 of 0"
    press(page, "End")
    assert page.inner_text("#count") == "after epoch 0 of 0"


# ---------------------------------------------------------------- pictures to look at


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"width": 390, "height": 844}),
        ("phone-dark", {"width": 390, "height": 844, "color_scheme": "dark"}),
    ],
)
def test_pictures_in_the_middle_of_the_backward_pass(open_page, name, options):
    model, loss = network()
    page = open_page(loss, model=model, **options)
    press(page, "End", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    shoot(page, name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
