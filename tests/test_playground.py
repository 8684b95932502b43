"""The playground's page: its program is that of Python, number for number; run here by node, without a page."""

import json
import math
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from autograd import Value, tanh, to_javascript, traced, tracing, value_and_grad, write_page
from nn import DataLoader, Dataset, evaluate, fit, random_split, to_playground
from nn.models.activations import ACTIVATIONS
from nn.playground.page import _SCRIPTS, DEEPEST, WIDEST
from nn.playground.pieces import LOSSES, OPTIMIZERS, PENALTIES, sources, told_initializers

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
ROOT = Path(nn.__file__).parent.parent


def written(path, model=None, data=None, **options):
    model = model or nn.MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(3))
    return to_playground(model, data or nn.make_moons(60, noise=0.1, seed=0), path / "playground.html", **options)


def told_and_script(page):
    text = page.read_text(encoding="utf-8")
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1]
    return json.loads(data), text.split("<script>", 1)[1].split("</script>", 1)[0]


def run_page(page, program):
    """What a program in JavaScript returns that has the page's code, and `playground` as the page makes it."""
    _, script = told_and_script(page)
    given = page.with_suffix(".data.json")
    given.write_text(json.dumps(told_and_script(page)[0]))
    code = page.with_suffix(".cjs")
    # the page's own code, without a page: a canvas is all that it makes of one while it is read
    code.write_text(
        "globalThis.document = { createElement: () => ({ setAttribute() {}, append() {} }) };\n"
        f"const code = require('fs').readFileSync({str(page.with_suffix('.js'))!r}, 'utf8');\n"
        f"const told = JSON.parse(require('fs').readFileSync({str(given)!r}, 'utf8'));\n"
        f"const run = new Function('told', code + {chr(10)!r} + {program!r});\n"
        "console.log(JSON.stringify(run(told)));\n"
    )
    page.with_suffix(".js").write_text(script.split('if (typeof document !== "undefined")')[0])
    run = subprocess.run([NODE, str(code)], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


# ---------------------------------------------------------------- Python's random numbers


@needs_node
def test_its_random_numbers_are_those_of_python(tmp_path):
    seeds = [0, 1, 12345, 2**31, 2**32 - 1, "0, 0", "7, 123", "ü 🙂", "long " * 60]
    found = run_page(
        written(tmp_path),
        f"""return {json.dumps(seeds)}.map((seed) => {{
          const g = new PythonRandom(seed);
          return [g.random(), g.uniform(-2, 3), g.gauss(1, 2), g.gauss(0, 1), g.gauss(0, 1), g.random(),
            g.shuffle([...Array(37).keys()]), randomOrder(1000, seed)];
        }});""",
    )
    for seed, (first, between, *normal, last, shuffled, order) in zip(seeds, found, strict=True):
        rng = random.Random(seed)
        assert (first, between) == (rng.random(), rng.uniform(-2, 3))
        # of sine, cosine and logarithm the last digits may differ
        assert normal == pytest.approx([rng.gauss(1, 2), rng.gauss(0, 1), rng.gauss(0, 1)], rel=1e-14)
        assert last == rng.random()
        expected = list(range(37))
        rng.shuffle(expected)
        assert shuffled == expected
        expected = list(range(1000))
        random.Random(seed).shuffle(expected)
        assert order == expected


@needs_node
def test_numbers_are_written_as_python_does(tmp_path):
    rng = random.Random(1)
    numbers = [rng.uniform(-10, 10) * 10 ** rng.randint(-30, 30) for _ in range(2000)]
    numbers += [round(x, 3) for x in numbers] + [0.0, -0.0, 1.0, 100.0, 1e15, 1e16, 1e-4, 1e-5, 5e-324, 1.7e308, 1e22]
    given = json.dumps([repr(x) for x in numbers])
    found = run_page(written(tmp_path), f"return {given}.map((x) => pythonNumber(Number(x)));")
    assert found == [repr(x) for x in numbers]


@needs_node
def test_data_and_first_weights_of_a_seed_are_those_of_python(tmp_path):
    page = written(tmp_path)
    found = run_page(
        page,
        """return Object.fromEntries(Object.entries(told.sources).map(([name, source]) =>
          [name, parted(drawn(source, 0.1, 5), 0.3, 5)]));""",
    )
    for name, source in sources(200).items():
        if source.call:
            call = source.call.replace("NOISE", "0.1").replace("SEED", "5")
            train, test = random_split(eval(call, vars(nn).copy()), [140, 60], seed=5)
            for part, expected in ((found[name]["train"], train), (found[name]["test"], test)):
                assert [row[2] for row in part] == expected.targets
                for row, inputs in zip(part, expected.inputs, strict=True):
                    assert row[:2] == pytest.approx(inputs, rel=1e-13, abs=1e-15)
    names = list(told_initializers(WIDEST))
    found = run_page(
        page,
        """return Object.values(told.initializers).map((initializer) => {
          const network = new Network([2, 8, 3, 1], PIECES.activations.tanh);
          network.draw(initializer, 9);
          return [network.names(), Array.from(network.theta)];
        });""",
    )
    for name, (called, theta) in zip(names, found, strict=True):
        model = nn.MLP(2, [8, 3, 1], initializer=name, rng=random.Random(9))
        assert called == [path for path, _ in model.named_parameters()]
        expected = [p.data for p in model.parameters()]
        assert theta == (pytest.approx(expected, rel=1e-14) if name.endswith("normal") else expected)


# ---------------------------------------------------------------- learning

CASES = [
    *[("tanh", "mse_loss", name, "none") for name in OPTIMIZERS],
    *[("tanh", name, "SGD", "l2_penalty") for name in LOSSES],
    *[(name, "binary_cross_entropy_with_logits", "SGD", "l1_penalty") for name in ACTIVATIONS],
]


@needs_node
def test_every_piece_learns_as_in_python(tmp_path):
    """Losses, penalised, after 8 epochs in batches that do not divide the samples, and the gradient of every weight."""
    page = written(tmp_path)
    told, _ = told_and_script(page)
    found = run_page(
        page,
        f"""return {json.dumps(CASES)}.map(([activation, loss, optimizer, penalty]) => {{
          const network = new Network([2, 4, 3, 1], PIECES.activations[activation]);
          network.draw(told.initializers.xavier_uniform, 2);
          const settings = {{ loss, optimizer, penalty, strength: 0.01, lr: 0.02, batch: 16, seed: 4 }};
          const run = new Run(network, told.sources.given.points, settings, told);
          const losses = [run.loss(run.train)];
          for (let i = 0; i < 8; i++) losses.push(run.runEpoch() && run.loss(run.train));
          run.differentiate(run.train);
          return [losses, Array.from(network.gradient), Array.from(network.theta)];
        }});""",
    )
    for (activation, loss, optimizer, penalty), (losses, gradient, theta) in zip(CASES, found, strict=True):
        model = nn.MLP(2, [4, 3, 1], activation=activation, initializer="xavier_uniform", rng=random.Random(2))
        train = Dataset.from_pairs([(row[:2], int(row[2])) for row in told["sources"]["given"]["points"]])
        make, settings = OPTIMIZERS[optimizer]
        chosen = make(model.parameters(), lr=0.02, **settings)
        batches = DataLoader(train, batch_size=16, shuffle=True, seed=4)
        regularizer = None if penalty == "none" else lambda m, f=PENALTIES[penalty]: f(m, 0.01)
        function = LOSSES[loss].function
        expected = [evaluate(model, train, function)["loss"]]
        for _ in range(8):
            fit(model, batches, function, chosen, epochs=1, regularizer=regularizer, progress=False)
            expected.append(evaluate(model, train, function)["loss"])
        case = f"{activation}, {loss}, {optimizer}"
        assert losses == pytest.approx(expected, rel=1e-12), case
        assert theta == pytest.approx([p.data for p in model.parameters()], rel=1e-11, abs=1e-12), case
        model.zero_grad()
        objective = function(model(train.inputs), train.targets)
        (objective if regularizer is None else objective + regularizer(model)).backward()
        assert gradient == pytest.approx([p.grad for p in model.parameters()], rel=1e-10, abs=1e-12), case


@needs_node
def test_an_epoch_that_would_leave_the_finite_numbers_moves_nothing(tmp_path):
    theta, before, steps, epochs = run_page(
        written(tmp_path),
        """const playground = new Playground(told);
        Object.assign(playground.settings, { lr: 1e200, optimizer: "SGD", loss: "mse_loss" });
        playground.goOn();
        const { run, network } = playground;
        let before;
        do before = [...network.theta]; while (run.runEpoch());
        return [[...network.theta], before, run.steps, run.epoch];""",
    )
    assert theta == before
    assert all(map(math.isfinite, theta))
    assert steps == 3 * epochs  # of 42 samples in batches of 20


# ---------------------------------------------------------------- what goes out and comes in

TRAININGS = {
    "as given": "for (let i = 0; i < 3; i++) playground.run.runEpoch();",
    "from a seed, by a call": """Object.assign(playground.settings, { source: "spirals", noise: 0.05, seed: 3,
        share: 0.2, optimizer: "SGD, Nesterov", loss: "hinge_loss", activation: "relu", initializer: "kaiming_normal",
        batch: 17, penalty: "l1_penalty", strength: 0.001 });
        playground.takeData(); playground.restart([5, 4]); for (let i = 0; i < 3; i++) playground.run.runEpoch();""",
    "own points, and a setting changed on the way": """playground.restart();
        playground.run.runEpoch(); playground.own.push([0.5, 0.25, 1]); playground.takeData(); playground.goOn();
        playground.run.runEpoch(); playground.settings.lr = 0.1; playground.goOn();
        for (let i = 0; i < 2; i++) playground.run.runEpoch();""",
    "numbers as targets, nothing for a test, no hidden layer": """Object.assign(playground.settings, { source: "line",
        noise: 0.1, share: 0, loss: "huber_loss" });
        playground.takeData(); playground.restart([]); playground.run.runEpoch();""",
    "before the first step": "playground.restart([3]);",
}


@needs_node
@pytest.mark.parametrize("case", TRAININGS)
def test_its_python_programs_give_the_same_numbers(tmp_path, case):
    program, steps, losses, theta = run_page(
        written(tmp_path),
        f"""const playground = new Playground(told);
        {TRAININGS[case]}
        playground.record();
        const state = playground.state();
        const {{ train, test }} = playground.last;
        return [pythonTraining(state), pythonSteps(state, playground.train[0]), test === test ? [train, test] : [train],
          Array.from(playground.network.theta)];""",
    )
    losses = [x for x in losses if x is not None]
    compile(program, "playground.py", "exec")
    (tmp_path / "playground.py").write_text(program, encoding="utf-8")
    assert max(map(len, program.splitlines())) <= 120
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "MPLBACKEND": "Agg"}
    ran = [
        subprocess.run(
            [sys.executable, "-W", "error", name], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        for name in ("playground.py", "steps.py")
        if (tmp_path / "steps.py").write_text(steps, encoding="utf-8")
    ]
    assert [run.stderr for run in ran] == ["", ""]
    found = [float(line) for line in ran[0].stdout.splitlines()]
    assert found == pytest.approx(losses, rel=1e-12)
    assert "<html" in (tmp_path / "steps.html").read_text(encoding="utf-8")
    assert all(f"{x!r}" in steps for x in theta)


@needs_node
def test_a_model_comes_in_from_save_and_goes_out_to_load(tmp_path):
    model = nn.MLP(2, [5, 3, 1], activation="silu", rng=random.Random(7))
    nn.save(model, tmp_path / "in.json")
    texts, activation, theta = run_page(
        written(tmp_path),
        f"""const playground = new Playground(told);
        playground.read({(tmp_path / "in.json").read_text()!r});
        const {{ network, settings }} = playground;
        return [told.activations.map((name) => savedModel(network, name)), settings.activation,
          Array.from(network.theta)];""",
    )
    assert (activation, theta) == ("silu", [p.data for p in model.parameters()])
    for name, text in zip(ACTIVATIONS, texts, strict=True):
        (tmp_path / "out.json").write_text(text, encoding="utf-8")
        loaded = nn.load(tmp_path / "out.json")
        assert loaded.state_dict() == model.state_dict()
        twin = nn.MLP(2, [5, 3, 1], activation=name, rng=random.Random(7))
        assert loaded([0.3, -0.4]).data == twin([0.3, -0.4]).data
        told, _ = told_and_script(written(tmp_path, loaded))  # and into a page again
        assert told["model"] == {"sizes": [2, 5, 3, 1], "activation": name, "theta": theta}


BAD = {
    "no JSON": ("{", "it is no JSON file"),
    "foreign": ("{}", "it was not written by nn.save"),
    "no MLP": (nn.Sequential(nn.Linear(2, 1)), "it is no MLP"),
    "inputs": (nn.MLP(3, [1]), "its sizes go from 3 to 1; here they go from 2 to 1"),
    "outputs": (nn.MLP(2, [2]), "its sizes go from 2 to 2"),
    "wide": (nn.MLP(2, [99, 1]), "here there are at most 6 hidden ones of 8"),
    "mixed": (nn.MLP(2, [2, 2, 1], activation=["relu", "tanh"]), "its activations are relu, tanh; here all"),
    "output": (nn.MLP(2, [2, 1], output_activation="sigmoid"), "its output has an activation"),
}


@needs_node
@pytest.mark.parametrize("case", BAD)
def test_a_file_that_it_cannot_show_is_refused_with_the_reason(tmp_path, case):
    given, message = BAD[case]
    if not isinstance(given, str):
        nn.save(given, tmp_path / "in.json")
        given = (tmp_path / "in.json").read_text()
    found = run_page(
        written(tmp_path),
        f"""const playground = new Playground(told);
        const before = playground.network;
        try {{ playground.read({given!r}); }} catch (error) {{ return [error.message, before === playground.network]; }}
        return ["", false];""",
    )
    assert message in found[0]
    assert found[1]


# ---------------------------------------------------------------- what Python refuses


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": nn.Linear(2, 1)}, TypeError, "model must be an MLP, not Linear"),
        ({"model": nn.MLP(3, [1])}, ValueError, "2 inputs and 1 output, not 3 and 1"),
        ({"model": nn.MLP(2, [2, 1], output_activation="sigmoid")}, ValueError, "the output must have no activation"),
        ({"model": nn.MLP(2, [2, 1]).requires_grad_(False)}, ValueError, "some are frozen; use requires_grad_"),
        ({"model": nn.MLP(2, [2, 1], dropout=0.5)}, ValueError, "no Dropout"),
        ({"model": nn.MLP(2, [2, 1], activation="prelu")}, ValueError, "one activation by name, of identity, relu"),
        ({"model": nn.MLP(2, [2, 2, 1], activation=["relu", "tanh"])}, ValueError, "one activation by name"),
        ({"data": ([[1.0]], [1])}, ValueError, "samples must have 2 inputs and 1 target"),
        ({"data": ([[1.0, 2.0]] * 2001, [1] * 2001)}, ValueError, "at most 2,000 samples can be drawn, not 2,001"),
        ({"loss": "cross_entropy"}, ValueError, "loss must be one of binary_cross_entropy_with_logits, hinge_loss"),
        (
            {"loss": "hinge_loss", "data": ([[1.0, 2.0]] * 30, [2.0] * 30)},
            ValueError,
            "hinge_loss needs targets 0 and 1",
        ),
        ({"optimizer": "LBFGS"}, ValueError, "optimizer must be one of SGD, "),
        ({"lr": 0.0}, ValueError, "lr must be above 0"),
        ({"lr": math.nan}, ValueError, "lr must be at least 0 and finite"),
        ({"lr": "0.1"}, TypeError, "lr must be a number"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1"),
        ({"seed": -1}, ValueError, "seed must be a whole number of at least 0"),
        ({"test": 1.0}, ValueError, "test must be below 1"),
    ],
)
def test_what_the_page_cannot_show_is_refused(tmp_path, options, error, message):
    with pytest.raises(error, match=f"to_playground: .*{message}"):
        written(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_the_file_must_be_a_page(tmp_path):
    with pytest.raises(ValueError, match=r"to_playground: file must end in \.html or \.htm, not 'a.txt'"):
        to_playground(nn.MLP(2, [1]), nn.make_xor(), tmp_path / "a.txt", batch_size=4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"script": "'</Script>'"}, "f: the script holds '</Script', which would end its element"),
        ({"script": "'<!--'"}, "f: the script holds '<!--'"),
        ({"style": "a</style>"}, "f: the style holds '</style'"),
    ],
)
def test_a_script_or_style_that_would_end_its_element_is_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        write_page(tmp_path / "a.html", "", name="f", **{"title": "", "style": "", "script": "", "data": 0, **options})
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- the page as text


def test_the_page_fetches_nothing_and_writes_no_derivative_by_hand(tmp_path):
    page = written(tmp_path, title="</title><script>alert(1)</script>")
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="|https?://(?!www\.w3\.org)|@import|\bfetch\(|eval\(', text)
    assert "alert(1)</script>" not in text
    by_hand = "\n".join((ROOT / "nn/playground/assets" / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    assert not re.search(r"Math\.(tanh|exp|expm1|log1p|sinh|cosh|pow)\b", by_hand)


TSC = ROOT / "out" / "node" / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.mark.skipif(not TSC.exists(), reason="TypeScript is not there: npm install --prefix out/node typescript")
def test_the_types_of_its_scripts_agree():
    project = ROOT / "tests" / "browser" / "playground.tsconfig.json"
    run = subprocess.run([NODE, str(TSC), "-p", str(project)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout
    told = {Path(file).name for file in json.loads(project.read_text())["files"]}
    assert told == {*_SCRIPTS, "playground.d.ts"}


def test_no_file_of_it_is_long():
    for path in (ROOT / "nn" / "playground").rglob("*.*"):
        if path.suffix != ".pyc":
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path


def test_own_data_with_other_targets_begins_with_the_squared_error(tmp_path):
    told, _ = told_and_script(written(tmp_path, data=nn.make_line(30, weights=[1.0, 2.0], seed=0)))
    assert told["settings"]["loss"] == "mse_loss"
    assert not told["sources"]["given"]["classes"]
    assert (told["widest"], told["deepest"]) == (WIDEST, DEEPEST)
    deep = nn.MLP(2, [12, *[2] * 7, 1], rng=random.Random(0))
    told, _ = told_and_script(written(tmp_path, deep))
    assert (told["widest"], told["deepest"]) == (12, 8)


# ---------------------------------------------------------------- to_javascript


def test_what_to_javascript_cannot_print_is_refused():
    x = traced(0.5)
    with tracing():
        y = tanh(x)
    for arguments, name in (((y, [x]), "outputs"), (([y], x), "inputs"), (([y], [x], [1.0]), "parameters")):
        with pytest.raises(TypeError, match=f"to_javascript: {name} must be a list of Values"):
            to_javascript(*arguments)


@needs_node
def test_to_javascript_prints_the_recorded_derivative():
    x, w = traced(0.5), traced(2.0)
    with tracing():
        outputs = value_and_grad(lambda x: tanh(w * x))(x)
    text = to_javascript(outputs, [x], [w], name="phi")
    call = (
        "const slots = new Float64Array(phi.slots), found = new Float64Array(2); phi.init(slots); slots.set([2]);"
        "phi.run(1, Float64Array.of(0.5), 1, slots, found); console.log(JSON.stringify([...found]))"
    )
    run = subprocess.run([NODE, "-e", text + call], capture_output=True, text=True, check=True)
    leaf = Value(0.5)
    y = tanh(2.0 * leaf)
    y.backward()
    assert json.loads(run.stdout) == pytest.approx([y.data, leaf.grad], rel=1e-14)
