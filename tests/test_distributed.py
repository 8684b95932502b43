"""Training on several processes: the same losses as on one, and nothing lost when one of them ends.

What needs several processes needs JAX: `make distributed` brings it.
"""

import errno
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import JaxKernel
from nn import MLP, SGD, Adam, Checkpoint, ExponentialLR, cross_entropy, distributed, fit, l2_penalty, load, mse_loss
from nn.distributed import training
from nn.distributed.launcher import launch

needs_jax = pytest.mark.skipif(
    not importlib.util.find_spec("jax"), reason="several processes need jax: make distributed"
)

TRAINING = """
    import json, random, sys
    from nn import MLP, Adam, ExponentialLR, cross_entropy, distributed, l2_penalty

    epochs, file, rest = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    draw = random.Random(5)
    X = [[draw.gauss(0.0, 1.0) for _ in range(3)] for _ in range(37)]
    y = [int(a + b * c > 0.0) for a, b, c in X]
    random.seed(1 if "seeded" in rest else None)
    model = MLP(3, [5, 2])
    optimizer = Adam(model.parameters(), lr=0.05)
    group = distributed.start()
    if "differs" in rest and not group.first:
        y[0] = 1 - y[0]
    def told(run):
        if run.writes and "told" in rest:
            print(run.history.epochs, flush=True)
    history = distributed.fit(
        model, (X, y), cross_entropy, optimizer, epochs, batch_size=9, seed=2, validation=(X, y),
        metrics={"right": lambda targets, outputs: sum((b > a) == t for (a, b), t in zip(outputs, targets))},
        regularizer=lambda model: l2_penalty(model.parameters(), 0.01), schedule=ExponentialLR(optimizer, 0.98),
        checkpoint=None if file == "-" else file, callbacks=[told], progress=False,
        backend=next((word for word in rest if word in ("jax", "llvm")), None),
    )
    if group.first:
        numbers = [p.data for p in model.parameters()]
        print(json.dumps({"records": history.records, "stopped": history.stopped, "numbers": numbers}))
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    file = tmp_path_factory.mktemp("distributed") / "train it.py"  # a path with a space
    file.write_text(textwrap.dedent(TRAINING))
    return file


def run(script, processes, *arguments):
    command = [sys.executable, "-m", "nn.distributed", "-n", str(processes), str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def told_by(finished):
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.strip().splitlines()[-1])


@given(st.integers(0, 1000), st.integers(1, 40))
def test_shares_are_all_the_samples_and_alike_in_size(n, processes):
    shares = [range(n)[distributed.Group(p, processes).share(n)] for p in range(processes)]
    assert [i for share in shares for i in share] == list(range(n))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_one_process_trains_as_fit_does():
    X, y = [[0.1 * i, 1.0] for i in range(11)], [0.3 * i for i in range(11)]
    found = []
    for train in (lambda *a, **k: fit(*a, **k, compile=True), distributed.fit):
        random.seed(0)
        model = MLP(2, [3, 1])
        history = train(model, (X, y), mse_loss, SGD(model.parameters(), lr=0.05, momentum=0.9), 4, batch_size=4)
        found.append((history.records, [p.data for p in model.parameters()]))
    assert found[0] == found[1]


def test_the_launcher_tells_how_a_process_ended(capfd):
    assert launch(["-c", "import sys; sys.exit(0)"], 2) == 0
    assert launch(["-c", "import os; os._exit(3 * int(os.environ['NN_PROCESS']))"], 2) == 3
    assert "process 1 of 2 ended with status 3" in capfd.readouterr().err
    kill = (
        "import os, signal, time; int(os.environ['NN_PROCESS']) or os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)"
    )
    started = time.monotonic()
    assert launch(["-c", kill], 3) == 128 + signal.SIGKILL
    assert "process 0 of 3 was ended by SIGKILL" in capfd.readouterr().err
    assert time.monotonic() - started < 30.0  # a bar, far above what it takes


def test_no_other_program_is_given_the_port_of_the_coordinator(tmp_path):
    told = tmp_path / "told"
    stranger = (
        "import os, pathlib, socket; host, port = os.environ['NN_COORDINATOR'].split(':'); s = socket.socket()\n"
        f"try: s.bind((host, int(port)))\nexcept OSError as e: pathlib.Path({str(told)!r}).write_text(str(e.errno))"
    )
    assert launch(["-c", stranger], 1) == 0
    assert int(told.read_text()) == errno.EADDRINUSE


def test_an_accelerator_that_jax_has_is_used(monkeypatch):
    def with_device(platform):
        devices = [types.SimpleNamespace(platform=platform)]
        monkeypatch.setitem(sys.modules, "jax", types.SimpleNamespace(local_devices=lambda: devices))
        return training.kernel_named(None)

    assert with_device("cpu") == "llvm"
    assert with_device("gpu") is with_device("tpu") is JaxKernel
    monkeypatch.delitem(sys.modules, "jax")
    assert training.kernel_named(None) == "llvm"


def test_a_back_end_that_is_asked_for_is_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", types.SimpleNamespace())
    assert training.kernel_named("jax") is JaxKernel
    assert training.kernel_named("llvm") == "llvm"
    with pytest.raises(ValueError, match="backend must be 'llvm', machine code, or 'jax'"):
        training.kernel_named("cuda")
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ModuleNotFoundError, match=r"distributed.fit\(backend='jax'\) needs jax: pip install jax"):
        training.kernel_named("jax")


@pytest.mark.parametrize("arguments", [{"coordinator": "h:1"}, {"processes": 2}, {"coordinator": "h:1", "process": 0}])
def test_a_start_that_is_told_half_is_refused(arguments, monkeypatch):
    monkeypatch.setattr("nn.distributed.group._group", None)
    with pytest.raises(ValueError, match="must be given too"):
        distributed.start(**arguments)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("every", [1, 2])
def test_a_training_goes_on_from_its_checkpoint_bit_for_bit(compile, every, tmp_path):
    X, y = [[0.1 * i, 1.0] for i in range(11)], [int(i % 3 == 0) for i in range(11)]

    def train(epochs, callbacks, stop_at=None):
        random.seed(0)
        model = MLP(2, [3, 2])
        optimizer = Adam(model.parameters(), lr=0.05)
        schedule = ExponentialLR(optimizer, 0.9)

        def stop(run):
            if run.history.epochs == stop_at:
                run.stop("enough")

        history = fit(
            model, (X, y), cross_entropy, optimizer, epochs, batch_size=4, schedule=schedule, compile=compile,
            callbacks=[*callbacks, stop], regularizer=lambda model: l2_penalty(model.parameters(), 0.01),
        )  # fmt: skip
        return history.records, [p.data for p in model.parameters()], history.stopped

    whole = train(7, [])
    file = tmp_path / "new folder" / "run.json"
    for stop_at in (1, 4, None):
        found = train(7, [Checkpoint(file, every)], stop_at)
    assert found == whole
    assert train(7, [Checkpoint(file, every)]) == whole  # nothing is left to do


@needs_jax
@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_have_the_losses_of_one(processes, script):
    one, several = (told_by(run(script, n, 6, "-", "seeded")) for n in (1, processes))
    for name, numbers in one["records"].items():
        assert several["records"][name] == pytest.approx(numbers, rel=1e-12, abs=0.0)
    assert several["numbers"] == pytest.approx(one["numbers"], rel=1e-11, abs=1e-13)


@needs_jax
@pytest.mark.parametrize("processes", [1, 2])
def test_the_gradient_by_jax_has_the_losses_of_machine_code(processes, script):
    kernel, jax = (told_by(run(script, processes, 6, "-", "seeded", backend)) for backend in ("llvm", "jax"))
    for name, numbers in kernel["records"].items():
        assert jax["records"][name] == pytest.approx(numbers, rel=1e-12, abs=0.0)
    assert jax["numbers"] == pytest.approx(kernel["numbers"], rel=1e-11, abs=1e-13)


@needs_jax
def test_processes_begin_with_the_parameters_of_the_first(script):
    records = told_by(run(script, 2, 3, "-"))["records"]
    assert records["validation_loss"][0] > records["validation_loss"][2]


@needs_jax
def test_what_is_not_the_same_in_all_processes_is_named(script):
    finished = run(script, 2, 1, "-", "differs")
    assert finished.returncode != 0
    assert "the targets must be the same in all processes" in finished.stderr


@needs_jax
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_all_and_the_checkpoint_is_whole(victim, script, tmp_path):
    file = tmp_path / "run.json"
    command = [sys.executable, "-m", "nn.distributed", "-n", "2", str(script), "100000", str(file), "seeded", "told"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            if line.strip() == "5":
                break
        os.kill(children(running.pid)[victim], signal.SIGKILL)
        killed = time.monotonic()
        _, errors = running.communicate(timeout=60)
    assert time.monotonic() - killed < 30.0
    assert running.returncode != 0
    assert f"process {victim} of 2 was ended by SIGKILL" in errors or "has lost the others" in errors
    kept = load_epochs(file)
    assert kept >= 5
    continued = told_by(run(script, 2, kept + 2, file, "seeded"))
    assert continued == told_by(run(script, 2, kept + 2, "-", "seeded"))  # bit for bit


def children(process):
    told = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=True).stdout
    return sorted(map(int, told.split()))


def load_epochs(file):
    load(file)  # whole
    return len(json.loads(file.read_text())["content"]["states"]["history"]["records"]["loss"])


@needs_jax
def test_an_interrupt_of_one_ends_all_after_the_same_step(script):
    command = [sys.executable, "-m", "nn.distributed", "-n", "2", str(script), "100000", "-", "seeded", "told"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            if line.strip() == "3":
                break
        os.kill(children(running.pid)[1], signal.SIGINT)
        output, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert json.loads(output.strip().splitlines()[-1])["stopped"] == "interrupted by Ctrl-C"
