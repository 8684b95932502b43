"""First paint and a step of the page of a large graph, and a frame of the playground, in headless Chromium.

    .venv/bin/python -m pip install playwright    # once; and a Chromium on PATH, or named by CHROMIUM
    .venv/bin/python benchmarks/pages.py

Milliseconds: the least and the median of nine openings, 80 steps each way, 300 frames.
"""

import os
import random
import shutil
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, __file__.rsplit("/", 2)[0])

from playwright.sync_api import sync_playwright

from autograd import Value, to_html, topological_order
from nn import MLP, make_moons, to_playground

BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
# from the key to the frame that shows the step, the wait for that frame included
STEPS = """async (key) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [];
  for (let i = 0; i < 80; i++) {
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""
# what each frame computes and draws, and when it began
FRAMES = """
  window.frames_ = [];
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (then) => ask((now) => {
    const start = performance.now();
    then(now);
    window.frames_.push([start, performance.now() - start]);
  });
"""


def operations(size=1_950):
    """A graph of small operations, of no model."""
    rng = random.Random(0)
    pool = [Value(rng.uniform(-1.0, 1.0), label=f"x{i}") for i in range(40)]
    made = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a.tanh()]
    while len(pool) < size:
        pool.append(rng.choice(made)(rng.choice(pool[-120:]), rng.choice(pool[-120:])))
    used = {x for node in pool for x in node.operands}
    return sum((node for node in pool if node not in used), start=Value(0.0)), {}


def samples():
    """A network of 49 samples."""
    model, rng = MLP(3, [8, 8, 1], activation="tanh", rng=random.Random(0)), random.Random(1)
    return sum((model([rng.gauss(0.0, 1.0) for _ in range(3)]) - 1.0) ** 2 for _ in range(49)), {"model": model}


def told(what, times):
    print(f"{what:56} least {min(times):7.1f}   median {statistics.median(times):7.1f}", flush=True)


def opened(browser, file, script=""):
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.add_init_script(script)
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn]")
    return page


def graph(browser, folder, name, root, options):
    root.backward()
    file = to_html(root, folder / "page.html", **options)
    name = f"{name}, {len(topological_order(root)):,} nodes"
    paints, drawn = [], []
    for _ in range(9):
        page = opened(browser, file)
        drawn.append(page.evaluate("Number(document.body.dataset.drawn)"))
        page.wait_for_timeout(200)
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.context.close()
    told(f"{name}: first paint", paints)
    told(f"{name}: picture drawn", drawn)
    page = opened(browser, file)
    for opening in ("as it opens", "all open"):
        page.keyboard.press("Home")
        told(f"{name}: a step forward, {opening}", page.evaluate(STEPS, "ArrowRight"))
        page.keyboard.press("End")
        told(f"{name}: a step back, {opening}", page.evaluate(STEPS, "ArrowLeft"))
        page.evaluate("document.getElementById('expand-all').click()")
    page.context.close()


def playground(browser, folder):
    model = MLP(2, [8, 8, 1], activation="tanh", initializer="xavier_uniform", rng=random.Random(1))
    file = to_playground(model, make_moons(200, noise=0.1, seed=2), folder / "playground.html")
    page = opened(browser, file, FRAMES)
    page.click("#play")
    page.wait_for_timeout(1_000)
    page.evaluate("window.frames_.length = 0")
    frames = []
    while len(frames) < 300:
        page.wait_for_timeout(500)
        frames = page.evaluate("window.frames_")
    told("playground 2-8-8-1, 200 points: an epoch and its frame", [took for _, took in frames])
    told("playground: from frame to frame", [b - a for (a, _), (b, _) in pairwise(frames)])
    page.context.close()


if __name__ == "__main__":
    with sync_playwright() as api, tempfile.TemporaryDirectory() as place:
        chromium = api.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        graph(chromium, Path(place), "operations", *operations())
        graph(chromium, Path(place), "samples", *samples())
        playground(chromium, Path(place))
        chromium.close()
