"""Files that are there whole or not at all."""

import os
import stat

import pytest

from autograd import Value, draw, to_html, write_whole
from nn import MLP, save

WRITERS = {
    "draw": ("x.svg", lambda file: draw(Value(2.0) * 3.0, file)),
    "to_html": ("x.html", lambda file: to_html(Value(2.0) * 3.0, file)),
    "save": ("x.json", lambda file: save(MLP(1, [1]), file)),
}


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize(("name", "write"), WRITERS.values(), ids=WRITERS)
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
