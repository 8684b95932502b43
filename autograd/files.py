"""Files that are there whole or not at all: every picture, page and saved model is written here."""

import contextlib
import os
import stat
from pathlib import Path


def write_whole(file: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8.

    It is written under another name in the same folder, brought to the disk, and renamed.  An existing file keeps its
    mode; a new one has that of any new file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/numbers.txt", "1 2 3")
    ...     [file.name for file in Path(folder).iterdir()]
    ['numbers.txt']
    """
    path = Path(file)
    half = path.with_name(f".{os.urandom(8).hex()}.part")  # short: the name of the file may be as long as names can be
    try:
        with half.open("xb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileNotFoundError):
            half.chmod(stat.S_IMODE(path.stat().st_mode))
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
