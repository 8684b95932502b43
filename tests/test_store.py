"""Machine code of earlier processes: found again, and never that of anybody else."""

import contextlib
import math
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, compile, exp, jit, logsumexp, sin
from autograd.native import kernels
from autograd.native.kernels import _machine_code
from autograd.native.llvm import store as module
from autograd.native.llvm.store import MOST_BYTES, VARIABLE, Store, default_folder
from autograd.native.rolling.program import Memory
from autograd.native.rolling.rolled import Draft
from autograd.shell.command_line import main
from tests.test_law import EXAMPLES, POINTS, function_of, programs
from tests.test_structure import ROOT


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where machine code is kept now."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "a folder" / "of code"))
    _machine_code.cache_clear()
    return tmp_path / "a folder" / "of code"


def program(number):
    """A function that is compiled anew, and what it is at 0.5."""
    f = jit(lambda x: sin(x) * number + exp(-x) + logsumexp([x, number]))
    return f(0.5)


def files(folder):
    return sorted(folder.glob("*")) if folder.exists() else []


def test_machine_code_is_found_again(folder):
    first, kept = program(2.0), files(folder)
    assert [path.suffix for path in kept] == [".code"]
    if hasattr(os, "getuid"):
        assert (folder.stat().st_mode & 0o777, kept[0].stat().st_mode & 0o777) == (0o700, 0o600)
    os.utime(kept[0], (1.0, 1.0))
    assert program(2.0) == first
    assert files(folder) == kept
    assert kept[0].stat().st_mtime > 1.0  # it was read
    program(3.0)
    assert len(files(folder)) == 2


def test_a_batch_says_that_its_machine_code_was_kept(folder):
    def compiled():
        x, w = Value(1.0), Value(2.0)
        _machine_code.cache_clear()
        return compile((w * x - 0.1234).tanh(), [x], [w])

    first, second = compiled(), compiled()
    assert (first.stats().from_cache, second.stats().from_cache) == (False, True)
    assert first.value_and_grad([[3.0]])[0] == second.value_and_grad([[3.0]])[0]


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def be_another(path):
    program(3.0)
    (other,) = set(files(path.parent)) - {path}
    other.replace(path)


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "only the beginning": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "a bit": damage,
    "another one": be_another,
    "text": lambda path: path.write_text("no machine code"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_none(folder, kind):
    right = program(2.0)
    (path,) = files(folder)
    whole = path.read_bytes()
    DAMAGES[kind](path)
    assert program(2.0) == right
    assert path.read_bytes() == whole  # it was replaced


UNSAFE = {
    "a folder that others may write to": lambda folder, _path: folder.chmod(0o777),
    "a file that others may write to": lambda _folder, path: path.chmod(0o666),
    "a link to a file": lambda _folder, path: path.symlink_to(path.rename(path.with_suffix(".else"))),
    "a folder in its place": lambda _folder, path: (path.unlink(), path.mkdir()),
    "a FIFO in its place": lambda _folder, path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners")
@pytest.mark.parametrize("kind", UNSAFE)
def test_what_others_may_have_written_is_never_run(folder, kind):
    store = Store(folder)
    store.put("text", b"code")
    (path,) = files(folder)
    UNSAFE[kind](folder, path)
    assert store.get("text") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners")
def test_files_of_another_user_are_never_run(folder, monkeypatch):
    store = Store(folder)
    store.put("text", b"code")
    monkeypatch.setattr(module.os, "getuid", lambda: os.geteuid() + 1)
    assert store.get("text") is None
    store.put("other", b"code")
    assert len(files(folder)) == 1


def test_a_link_to_a_folder_is_not_followed(folder):
    store = Store(folder)
    store.put("text", b"code")
    link = folder.with_name("link")
    link.symlink_to(folder)
    assert Store(link).get("text") is None


NOWHERE = {
    "forbidden": lambda _tmp: "",
    "forbidden by 0": lambda _tmp: "0",
    "a file": lambda tmp: str(tmp / "file"),
    "below a file": lambda tmp: str(tmp / "file" / "folder"),
    "a null character": lambda tmp: str(tmp / "a"),
}


@pytest.mark.parametrize("kind", NOWHERE)
def test_without_a_folder_all_works_as_ever(tmp_path, monkeypatch, kind):
    right = program(2.0)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, NOWHERE[kind](tmp_path))
    if kind == "a null character":
        monkeypatch.setattr("autograd.native.kernels.default_folder", lambda: Path("a\0b"))
        monkeypatch.setattr("autograd.native.llvm.store.default_folder", lambda: Path("a\0b"))
    assert program(2.0) == right


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_none(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir(mode=0o500)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "closed" / "folder"))
    assert program(2.0) == program(2.0)


def test_the_default_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE)
    if os.name == "nt" or sys.platform == "darwin":
        assert default_folder().name == "scalar-autograd"
        return
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "scalar-autograd"
    for other in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", other)
        assert default_folder() == Path.home() / ".cache" / "scalar-autograd"
    monkeypatch.setattr(Path, "home", staticmethod(lambda: (_ for _ in ()).throw(RuntimeError)))
    assert default_folder() is None


def test_those_used_longest_ago_go(folder, monkeypatch):
    store = Store(folder)
    for k in range(10):
        store.put(str(k), bytes(10_000))
        for path in files(folder):
            os.utime(path, (path.stat().st_mtime - 100,) * 2)
    assert store.get("0") is not None
    store.shrink(48_000)
    assert [k for k in range(10) if store.get(str(k)) is not None] == [0, 8, 9]
    left = folder / f"left{module._PART}"
    left.write_bytes(b"half")
    store.shrink()
    assert left.exists()
    os.utime(left, (time.time() - 10_000.0,) * 2)
    store.shrink()
    assert not left.exists()
    (folder / "of somebody else").write_text("")
    assert store.size()[0] == 3
    store.clear()
    assert [path.name for path in files(folder)] == ["of somebody else"]
    assert MOST_BYTES > 1 << 20


def test_many_threads_keep_and_read_the_same(folder):
    store, wrong = Store(folder), []

    def work():
        for k in range(50):
            store.put(str(k % 5), str(k % 5).encode() * 1000)
            found = store.get(str(k % 5))
            if found not in (None, str(k % 5).encode() * 1000):
                wrong.append(found)
            if k % 20 == 0:
                store.shrink(20_000)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert {path.suffix for path in files(folder)} == {".code"}


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(programs(), st.lists(st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS)), min_size=1, max_size=3))
def test_a_kept_program_is_the_program_to_the_last_bit(steps, points):
    """Its numbers and what is shown of it; and for its calls no program is made of the instructions."""
    f = function_of(steps)
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {VARIABLE: folder}):
        found = []
        for _ in range(2):
            g = jit(lambda x, y: [f(x, y), 0.5, x])
            with mock.patch.object(Draft, "program", None) if found else contextlib.nullcontext():
                numbers = [repr([call(*point) for call in (g, g, g.call_at_length)]) for point in points]
            stats = g.stats()
            found.append((numbers, g.llvm_ir(), g.loops(), stats.loops, stats.workspace_bytes))
            assert stats.from_cache is (len(found) == 2)
    assert found[0] == found[1]


def test_a_program_is_kept_for_its_instructions_and_for_what_makes_machine_code_of_them(folder, monkeypatch):
    def ratio(denominator):
        return jit(lambda x: x / denominator)(1.0)

    assert [ratio(c) for c in (0.0, -0.0, math.inf, -math.inf, 0.0)] == [math.inf, -math.inf, 0.0, 0.0, math.inf]
    assert len(files(folder)) == 4
    monkeypatch.setattr(kernels, "SOURCES", "a change")
    assert ratio(-0.0) == -math.inf
    assert len(files(folder)) == 5
    monkeypatch.setattr(kernels, "SOURCES", "")  # they are not there, so nobody knows
    assert ratio(3.0) == 1.0 / 3.0
    assert len(files(folder)) == 5


sizes = st.integers(1, 50)
numbers = st.floats()


@given(st.data(), sizes, sizes, st.binary(max_size=20))
def test_the_memory_of_a_program_is_packed_and_unpacked(data, strips, slots, code):
    constants = data.draw(st.dictionaries(st.integers(0, slots - 1), numbers))
    outputs = data.draw(st.lists(st.one_of(st.integers(0, strips - 1), numbers)))
    memory = Memory(data.draw(st.integers(0, strips)), 3, strips, slots, constants, outputs)
    found, rest = Memory.unpacked(memory.packed() + code)
    assert rest == code
    assert repr(found) == repr(memory)
    assert found.packed() == memory.packed()  # nans too, bit by bit


@given(st.one_of(st.binary(), st.lists(st.integers(-3, 9), max_size=12).map(lambda x: struct.pack(f"<{len(x)}q", *x))))
def test_what_is_no_memory_is_none_or_fits(content):
    found = Memory.unpacked(content)
    if found is not None:
        memory, _ = found
        assert len(memory.new_slots()) == memory.slots
        assert all(x < memory.strips for x in memory.strip_outputs if isinstance(x, int))


PROGRAM = """
from autograd import Value, compile, jit, pow, sin, value_and_grad, where
term = lambda a, b: sin(a * b) + pow(a, 2.7) + where(a > b, a, b) ** -0.5
f = jit(value_and_grad(lambda v: sum([term(a, b) for a, b in zip(v, v[1:])])))
print(f([0.5 + 0.1 * k for k in range(30)]))
x, w = Value(1.0), Value(2.0)
made = compile(sin(w * x) + w ** 2, [x], [w])
print(made.value_and_grad(np.linspace(0.0, 1.0, 300)[:, None]), made.stats().from_cache)
"""


def run_program():
    return subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_processes_find_what_others_kept(folder):
    first, *together = [run_program().communicate()[0] for _ in range(1)], run_program(), run_program()
    (before,) = first
    kept = files(folder)
    assert len(kept) == 2
    for process in together:
        assert process.communicate()[0] == before.replace("False", "True")
    assert files(folder) == kept  # the texts are the same in each process


def test_the_command_line_tells_of_the_files_and_deletes_them(folder, capsys):
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == [str(folder), "0 programs, 0.0 MB of at most 134.2"]
    program(2.0)
    assert main(["cache", "--clear"]) == 0
    assert "0 programs" in capsys.readouterr().out
    assert not files(folder)
    folder.chmod(0o777)
    assert main(["cache"]) == 0
    assert "not used" in capsys.readouterr().out


def test_the_command_line_says_that_nothing_is_kept(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "")
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == "AUTOGRAD_CACHE forbids to keep machine code\n"


def test_processes_that_compile_the_same_at_once_do_not_mind(folder):
    found = {process.communicate()[0].replace("False", "True") for process in [run_program() for _ in range(4)]}
    assert len(found) == 1
    assert len(files(folder)) == 2
