"""The page of `to_playground` in a real browser: opened from disk, played with, looked at.

Needs Playwright for Python and a Chromium (on PATH, or named by CHROMIUM); without either all of it is skipped.
The screenshots are left in out/browser.
"""

import json
import random
from pathlib import Path

import pytest

import nn
from autograd import Value
from nn import (
    MLP,
    DataLoader,
    Dataset,
    evaluate,
    fit,
    l2_penalty,
    make_moons,
    make_spirals,
    random_split,
    to_playground,
)
from tests.browser.chromium import AXE, SHOTS, playwright, pytestmark, shoot  # noqa: F401  # found by their names


def network():
    return MLP(2, [8, 8, 1], activation="tanh", initializer="xavier_uniform", rng=random.Random(1))


def samples():
    return make_moons(200, noise=0.1, seed=2)


@pytest.fixture
def open_page(browser, tmp_path):
    """A function that opens a playground; afterwards nothing may have been fetched, and no error logged."""
    contexts, requests, complaints = [], [], []

    def open_one(width=1280, height=720, color_scheme="light", model=None, data=None, **options):
        file = to_playground(model or network(), data or samples(), tmp_path / "playground.html", **options)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        contexts.append(context)
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-drawn]")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("blob:")] == requests[: len(contexts)], requests


def drawn_at(page, epoch):
    page.wait_for_selector(f'body[data-drawn="{epoch}"]')


def step(page, count):
    before = page.evaluate("playground.epoch")
    for i in range(count):
        page.click("#step")
        drawn_at(page, before + i + 1)


def losses(page):
    return page.evaluate("[playground.last.train, playground.last.test]")


# ---------------------------------------------------------------- the same numbers


def test_the_same_network_learns_to_the_same_losses_as_in_python(open_page):
    page = open_page(lr=0.02, batch_size=25, seed=6)
    model, (train, test) = network(), random_split(samples(), [140, 60], seed=6)
    loss, optimizer = nn.binary_cross_entropy_with_logits, nn.Adam(model.parameters(), lr=0.02)
    batches = DataLoader(train, batch_size=25, shuffle=True, seed=6)
    for epoch in range(12):
        expected = [evaluate(model, part, loss)["loss"] for part in (train, test)]
        assert losses(page) == pytest.approx(expected, rel=1e-12), epoch
        fit(model, batches, loss, optimizer, epochs=1, progress=False)
        step(page, 1)
    theta = page.evaluate("[...playground.network.theta]")
    assert theta == pytest.approx([p.data for p in model.parameters()], rel=1e-11, abs=1e-12)


def test_what_is_changed_in_the_page_is_learnt_as_in_python(open_page):
    """Another data set with noise, layers, activation, loss, optimiser, rate, batch size, penalty and seed."""
    page = open_page()
    for name, value in {
        "source": "spirals", "activation": "silu", "initializer": "kaiming_uniform", "loss": "mse_loss",
        "optimizer": "RMSprop", "lr": "0.003", "batch": "50", "penalty": "l2_penalty", "strength": "0.01",
    }.items():  # fmt: skip
        page.select_option(f"#{name}", value)
    page.fill("#seed", "11")
    page.press("#seed", "Enter")
    page.focus("#noise")  # which is 0.1 now
    page.press("#noise", "ArrowRight")
    page.click("#add-layer")
    page.fill("#widths label:nth-child(2) input", "5")
    page.press("#widths label:nth-child(2) input", "Enter")
    assert page.evaluate("playground.network.sizes") == [2, 8, 5, 4, 1]
    step(page, 5)
    train, test = random_split(make_spirals(200, noise=0.15, seed=11), [140, 60], seed=11)
    model = MLP(2, [8, 5, 4, 1], activation="silu", initializer="kaiming_uniform", rng=random.Random(11))
    batches = DataLoader(train, batch_size=50, shuffle=True, seed=11)
    optimizer = nn.RMSprop(model.parameters(), lr=0.003)
    fit(model, batches, nn.mse_loss, optimizer, epochs=5, regularizer=lambda m: l2_penalty(m, 0.01), progress=False)
    assert losses(page) == pytest.approx(
        [evaluate(model, part, nn.mse_loss)["loss"] for part in (train, test)], rel=1e-12
    )


def downloaded(page, button):
    with page.expect_download() as waiting:
        page.click(button)
    return Path(waiting.value.path()).read_text(encoding="utf-8")


def test_own_points_by_click_and_by_numbers_are_learnt_from(open_page):
    page = open_page(batch_size=50)
    step(page, 2)
    page.select_option("#target", "0")
    page.click("#output", position={"x": 30, "y": 40})
    page.click("#own summary")
    page.fill("#own-x", "1.5")
    page.fill("#own-y", "-0.25")
    page.click("#add-point")
    [[x, y, clicked], added] = page.evaluate("playground.own")
    [[left, right], [bottom, top]] = page.evaluate("playground.plane")
    assert added == [1.5, -0.25, 0]
    assert clicked == 0
    assert left < x < left + 0.2 * (right - left)
    assert top - 0.25 * (top - bottom) < y < top
    weights = page.evaluate("[...playground.network.theta]")
    step(page, 3)
    assert page.text_content("#epoch") == "epoch 5"
    model = network()
    for parameter, number in zip(model.parameters(), weights, strict=True):
        parameter.data = number
    train, test = random_split(samples(), [140, 60], seed=0)
    train = Dataset([*train.inputs, [x, y], [1.5, -0.25]], [*train.targets, 0, 0])
    loss, optimizer = nn.binary_cross_entropy_with_logits, nn.Adam(model.parameters(), lr=0.03)
    fit(model, DataLoader(train, 50, True, seed=0), loss, optimizer, epochs=3, progress=False)
    assert losses(page) == pytest.approx([evaluate(model, part, loss)["loss"] for part in (train, test)], rel=1e-12)
    page.click("#drop-point")
    assert page.evaluate("playground.own.length") == 1


def test_a_model_is_saved_and_opened_and_programs_are_given(open_page, tmp_path):
    page = open_page()
    step(page, 2)
    (tmp_path / "saved.json").write_text(downloaded(page, "#save"), encoding="utf-8")
    loaded = nn.load(tmp_path / "saved.json")
    assert [p.data for p in loaded.parameters()] == page.evaluate("[...playground.network.theta]")
    assert "fit(model, batches, loss, optimizer, epochs=2)" in downloaded(page, "#python")
    page.click("#add-layer")  # so that it is no network any more whose page of steps is at hand
    assert 'to_html(loss, "steps.html", model=model)' in downloaded(page, "#steps")
    assert "Layers, activation or loss were changed" in page.text_content("#note")
    other = MLP(2, [3, 1], activation="relu", rng=random.Random(8))
    nn.save(other, tmp_path / "other.json")
    page.set_input_files("#file", tmp_path / "other.json")
    page.wait_for_selector("#widths input >> nth=0")
    drawn_at(page, 0)
    assert page.evaluate("[...playground.network.theta]") == [p.data for p in other.parameters()]
    assert page.input_value("#activation") == "relu"
    (tmp_path / "wrong.json").write_text(json.dumps({"format": "other"}))
    page.set_input_files("#file", tmp_path / "wrong.json")
    page.wait_for_selector("#note:not(:empty)")
    assert page.text_content("#note") == "wrong.json cannot be opened: it was not written by nn.save()."


def test_the_present_weights_are_handed_over_to_the_page_of_steps(open_page):
    page = open_page()
    step(page, 4)
    with page.expect_popup() as opened:
        page.click("#steps")
    steps = opened.value
    steps.wait_for_selector("body[data-drawn]")
    steps.click("#expand-all")
    steps.keyboard.press("End")
    shown = steps.locator("[data-box][data-adjoint]").evaluate_all(
        "(boxes) => boxes.map((box) => [box.dataset.box, box.dataset.adjoint])"
    )
    told = json.loads(steps.locator("#data").text_content())["boxes"]
    model = network()
    for parameter, number in zip(model.parameters(), page.evaluate("[...playground.network.theta]"), strict=True):
        parameter.data = number
    inputs, target = samples()[0]
    x = [Value(inputs[0]), Value(inputs[1])]
    nn.binary_cross_entropy_with_logits([model(x)], [target]).backward()
    expected = {path: p.grad for path, p in model.named_parameters()} | {"x1": x[0].grad, "x2": x[1].grad}
    found = {told[int(i)]["path"] or told[int(i)]["name"]: float(adjoint) for i, adjoint in shown}
    assert found.keys() >= expected.keys()
    for name, number in expected.items():
        assert found[name] == pytest.approx(number, rel=1e-10, abs=1e-14), name
    shoot(steps, "playground-steps")


# ---------------------------------------------------------------- play


def test_play_goes_on_until_pause(open_page):
    page = open_page()
    page.click("#play")
    assert page.text_content("#play") == "Pause"
    page.wait_for_selector("body:not([data-drawn='0'])")
    page.click("#play")
    assert page.text_content("#play") == "Play"
    stopped = page.evaluate("playground.epoch")
    page.wait_for_timeout(200)
    assert page.evaluate("playground.epoch") == stopped > 0
    page.click("#reset")
    drawn_at(page, 0)
    assert page.text_content("#epoch") == "epoch 0"


def test_a_step_that_is_too_large_is_told_and_leaves_finite_numbers(open_page):
    page = open_page(loss="mse_loss", optimizer="SGD", lr=1e150)
    page.click("#play")
    page.wait_for_selector("#note:not(:empty)")
    assert "the step was too large. Lower the learning rate" in page.text_content("#note")
    assert page.text_content("#play") == "Play"
    assert page.evaluate("[...playground.network.theta].every(Number.isFinite)")


def test_a_loss_of_classes_is_not_offered_for_other_targets(open_page):
    page = open_page()
    page.select_option("#source", "line")
    assert page.input_value("#loss") == "mse_loss"
    assert page.locator("#loss option[value=hinge_loss]").is_disabled()
    step(page, 1)
    page.select_option("#source", "moons")
    assert page.locator("#loss option[value=hinge_loss]").is_enabled()
    assert page.input_value("#loss") == page.evaluate("playground.settings.loss") == "binary_cross_entropy_with_logits"


def test_numbers_of_weights_are_told_on_hover_and_in_the_table(open_page):
    page = open_page()
    step(page, 1)
    name, weight, gradient = page.evaluate(
        "(({names, network}) => [names[0], network.theta[0], network.gradient[0]])"
        "({names: playground.network.names(), network: playground.network})"
    )
    page.locator("#links .hit").first.dispatch_event("pointermove", {"clientX": 300, "clientY": 300})
    told = page.text_content("#tooltip").split("\n")
    assert told[0] == name == "layers.0.neurons.0.w.0"
    assert [float(line.split()[1]) for line in told[1:]] == [weight, gradient]
    page.click("#numbers summary")
    page.wait_for_selector("#numbers-table tr >> nth=1")
    rows = page.locator("#numbers-table tbody tr")
    assert rows.count() == len(network().parameters())
    assert rows.first.inner_text().split("\t")[0] == name
    page.select_option("#lines", "gradients")
    widths = "[...document.querySelectorAll('#links path:not(.hit)')].map((line) => line.getAttribute('stroke-width'))"
    page.wait_for_timeout(100)
    by_gradient = page.evaluate(widths)
    page.select_option("#lines", "weights")
    page.wait_for_timeout(100)
    assert page.evaluate(widths) != by_gradient


def test_a_click_on_a_neuron_shows_its_map(open_page):
    page = open_page()
    page.click("button[aria-label='layers.0.neurons.2']")
    page.wait_for_selector("button[aria-label='layers.0.neurons.2'][aria-pressed=true]")
    assert page.text_content("#output-title") == "Neuron 3 of layer 1"
    page.click("button[aria-label='layers.0.neurons.2']")
    page.wait_for_selector("button[aria-label='layers.2.neurons.0'][aria-pressed=true]")
    assert page.text_content("#output-title") == "Output"


# ---------------------------------------------------------------- how it looks

CLIPPED = """() => {
  const found = [];
  for (const element of document.querySelectorAll("h1, h2, p, label, button:not(.neuron), legend, summary, output, span, th, td, select")) {
    const box = element.getBoundingClientRect();
    if (!box.width || element.classList.contains("input-name")) continue;
    const style = getComputedStyle(element);
    if (parseFloat(style.fontSize) < 11) found.push(["small", element.outerHTML.slice(0, 80)]);
    if (box.left < -0.5 || box.right > innerWidth + 0.5) found.push(["outside", element.outerHTML.slice(0, 80)]);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth && style.display !== "inline")
      found.push(["clipped", element.outerHTML.slice(0, 80)]);
  }
  for (const select of document.querySelectorAll("select")) {
    const probe = document.createElement("span");
    const style = getComputedStyle(select);
    probe.textContent = select.selectedOptions[0].textContent;
    Object.assign(probe.style, { font: style.font, position: "absolute", whiteSpace: "nowrap" });
    document.body.append(probe);
    if (probe.offsetWidth + 22 > select.clientWidth) found.push(["narrow", select.id, probe.offsetWidth, select.clientWidth]);
    probe.remove();
  }
  return found;
}"""  # noqa: E501


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 720), (390, 844)])
def test_nothing_is_clipped_small_or_outside(open_page, width, height, color_scheme):
    page = open_page(width, height, color_scheme)
    step(page, 3)
    shoot(page, f"playground-{width}-{color_scheme}")
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 860:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
    # neurons stand side by side, inside their board
    overlapping = page.evaluate(
        """() => { const boxes = [...document.querySelectorAll(".neuron")].map((x) => x.getBoundingClientRect());
        const board = document.getElementById("network").getBoundingClientRect();
        return boxes.filter((a, i) => a.left < board.left || a.right > board.right || a.top < board.top - 1 ||
          a.bottom > board.bottom + 1 || boxes.some((b, j) => j > i && a.left < b.right && b.left < a.right &&
          a.top < b.bottom && b.top < a.bottom)).length; }"""
    )
    assert overlapping == 0


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: npm install --prefix out/node axe-core")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_axe_finds_no_violation(open_page, width, height, color_scheme):
    page = open_page(width, height, color_scheme)
    step(page, 1)
    page.click("#numbers summary")
    page.click("#own summary")
    # by the debugger, which the policy of the page does not stop
    found = page.evaluate(f"async () => {{ {AXE.read_text(encoding='utf-8')}; return await axe.run(); }}")
    assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 15


def test_the_largest_network_has_room_too(open_page):
    page = open_page(1024, 768, model=MLP(2, [8] * 6 + [1], activation="relu", rng=random.Random(0)))
    shoot(page, "playground-deep")
    assert page.evaluate(CLIPPED) == []
    assert page.locator("#add-layer").is_disabled()
    sides = page.locator(".neuron").evaluate_all("(all) => all.map((x) => x.getBoundingClientRect().width)")
    assert min(sides) >= 20
