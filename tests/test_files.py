"""Files that are there whole or not at all, whatever stands at the path, and whenever the writer is killed."""

import os
import socket
import stat
import subprocess
import sys

import pytest

from autograd import Value, draw, files, to_html, write_whole
from nn import MLP, save

WRITERS = {
    "draw": ("x.svg", lambda file: draw(Value(2.0) * 3.0, file)),
    "to_html": ("x.html", lambda file: to_html(Value(2.0) * 3.0, file)),
    "save": ("x.json", lambda file: save(MLP(1, [1]), file)),
    "write_whole": ("x", lambda file: write_whole(file, b"1")),
}
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions, links and special files")
every_writer = pytest.mark.parametrize(("name", "write"), WRITERS.values(), ids=WRITERS)


@posix
@every_writer
def test_an_existing_file_keeps_its_mode_and_a_new_one_has_the_usual(tmp_path, monkeypatch, name, write):
    monkeypatch.setattr(os, "umask", None)  # it belongs to the whole process, other threads included
    (tmp_path / "plain").touch()
    write(tmp_path / name)
    mode = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    (tmp_path / name).chmod(0o640)
    write(tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"plain", name}


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    write_whole(tmp_path / ("n" * 255), "1")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["1"]


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "x", "\ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@posix
@every_writer
def test_a_link_is_followed_even_to_what_is_not_there_yet(tmp_path, name, write):
    (tmp_path / name).symlink_to(tmp_path / "new" / "target")
    for _ in range(2):
        write(tmp_path / name)
        assert (tmp_path / name).is_symlink()
        assert stat.S_ISREG((tmp_path / "new" / "target").lstat().st_mode)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["target"]


@every_writer
def test_folders_that_are_not_there_are_made(tmp_path, name, write):
    write(tmp_path / "a" / "b" / name)
    assert (tmp_path / "a" / "b" / name).stat().st_size > 0


@posix
@every_writer
def test_what_is_no_file_is_left_alone(tmp_path, name, write):
    (tmp_path / "fifo").mkdir()
    os.mkfifo(tmp_path / "fifo" / name)
    (tmp_path / "folder" / name).mkdir(parents=True)
    (tmp_path / "device").mkdir()
    (tmp_path / "device" / name).symlink_to("/dev/null")
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / name).symlink_to(name)
    (tmp_path / "socket").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(tmp_path / "socket", os.O_RDONLY)  # a path to a socket may not be long
        listener.bind(f"/proc/self/fd/{folder}/{name}" if sys.platform == "linux" else str(tmp_path / "socket" / name))
        os.close(folder)
    for kind in ("fifo", "folder", "device", "loop", "socket"):
        before = (tmp_path / kind / name).lstat()
        with pytest.raises(OSError, match=f"{kind}/{name}'$"):
            write(tmp_path / kind / name)
        after = (tmp_path / kind / name).lstat()
        assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
        assert [path.name for path in (tmp_path / kind).iterdir()] == [name]


@every_writer
def test_an_error_names_the_file_that_was_asked_for(tmp_path, monkeypatch, name, write):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=f"file.{name}'$"):
        write(tmp_path / "file" / name)
    with pytest.raises(ValueError, match=f"null.*{name}' cannot be the name of a file"):
        write(f"{tmp_path}/null\0{name}")
    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left", "elsewhere")))
            with pytest.raises(OSError, match=f"No space left.*{name}'$"):
                write(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@posix
def test_an_existing_file_keeps_its_owner_or_is_left_alone(tmp_path, monkeypatch):
    file = tmp_path / "x"
    file.write_text("old")
    if os.geteuid() == 0:  # others may give nothing away
        os.chown(file, 1234, 4321)
        file.chmod(0o640)
        write_whole(file, "new")
        status = file.stat()
        assert (file.read_text(), status.st_uid, status.st_gid) == ("new", 1234, 4321)
        assert stat.S_IMODE(status.st_mode) == 0o640
        file.write_text("old")
    else:
        monkeypatch.setattr(
            files, "_replaceable", lambda path: os.stat_result((*path.stat()[:4], 0, 0, *path.stat()[6:]))
        )

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(PermissionError, match=r"belongs to another user or group.*x'$"):
        write_whole(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert file.read_text() == "old"


@posix
def test_a_file_that_may_not_be_written_to_is_left_alone(tmp_path, monkeypatch):
    file = tmp_path / "x"
    file.write_text("old")
    file.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, _: bool(stat.S_IMODE(os.stat(path).st_mode) & 0o222))  # root may
    with pytest.raises(PermissionError, match=r"x'$"):
        write_whole(file, "new")
    assert file.read_text() == "old"


# ---------------------------------------------------------------- writers that are killed


@posix
def test_what_a_killed_writer_left_is_deleted_and_what_one_is_writing_is_not(tmp_path):
    half, stream = files._begun(tmp_path, 0o600)
    write_whole(tmp_path / "x", "1")
    assert half.exists()
    stream.close()  # as the system does for a process that is killed
    (tmp_path / ".other.part").touch()
    (tmp_path / half.name.replace("autograd-", "autograd-0")).touch()
    (tmp_path / ".autograd-0123456789abcdef.part").mkdir()
    kept = {path.name for path in tmp_path.iterdir()} - {half.name}
    write_whole(tmp_path / "x", "2")
    assert {path.name for path in tmp_path.iterdir()} == kept


@posix
def test_a_writer_that_was_taken_for_killed_begins_anew(tmp_path, monkeypatch):
    lock, taken = files.fcntl.flock, []

    def delete_first(stream, how):
        if not taken:
            taken.append(stream.name)
            os.unlink(stream.name)  # as another writer does between the two
        lock(stream, how)

    monkeypatch.setattr(files.fcntl, "flock", delete_first)
    write_whole(tmp_path / "x", "1")
    assert len(taken) == 1
    assert [path.read_text() for path in tmp_path.iterdir()] == ["1"]


KILLER = """
import os, random, signal, sys, time
from nn import MLP, load, save

file, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(0)
models = [MLP(2, [size, 1]) for size in (1, 40)]  # a short file and a long one
whole = []
for model in models:
    save(model, file)
    whole.append(open(file, "rb").read())
halves = 0
for _ in range(kills):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"1")
        while True:
            for model in models:
                save(model, file)
    os.read(reader, 1)
    time.sleep(rng.uniform(0.0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader), os.close(writer)
    assert open(file, "rb").read() in whole, "a file that is not whole"
    load(file)
    left = [name for name in os.listdir(os.path.dirname(file)) if name.endswith(".part")]
    assert len(left) <= 1, f"what was left is not deleted: {left}"
    halves += len(left)
save(models[0], file)
assert os.listdir(os.path.dirname(file)) == [os.path.basename(file)]
print(kills, "kills,", halves, "of them while a file was being written")
"""


def killed(tmp_path, kills):
    command = [sys.executable, "-c", KILLER, str(tmp_path / "m.json"), str(kills)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"{kills} kills")


@posix
def test_a_file_is_whole_whenever_its_writer_is_killed(tmp_path):
    killed(tmp_path, 20)


@posix
@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_file_is_whole_after_each_of_a_thousand_kills(tmp_path):
    killed(tmp_path, 1000)
