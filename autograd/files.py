"""Files that are there whole or not at all: every picture, page and saved model is written here."""

import contextlib
import errno
import importlib
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_PART = re.compile(r"\.autograd-[0-9a-f]{16}\.part")

fcntl: Any
try:
    fcntl = importlib.import_module("fcntl")
except ImportError:  # Windows
    fcntl = None


def write_whole(file: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8.

    It is written under another name in the same folder, brought to the disk, and renamed.  A link is followed, and
    folders that are not there are made.  An existing file keeps its mode and owner; a new one has those of any new
    file.  What writers left in the folder that were killed is deleted.

    Raises OSError, naming the file, if it cannot be written, or is not to be replaced: a folder, a FIFO, a device, what
    may not be written to, and what would get another owner.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/new/numbers.txt", "1 2 3")
    ...     [file.name for file in Path(folder, "new").iterdir()]
    ['numbers.txt']
    """
    data = content.encode() if isinstance(content, str) else content
    path = Path(file)
    with _naming(path):
        old = _replaceable(path)
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        _delete_left(target.parent)
        half, stream = _begun(target.parent, 0o666 if old is None else 0o600)
        try:
            with stream:
                if old is not None:
                    _take_after(half, old)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
                if fcntl is None:
                    stream.close()  # an open file cannot be renamed there
                half.replace(target)
        finally:
            half.unlink(missing_ok=True)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let every error of the system name this file, and not another one that stands for it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(path)) from error
    except ValueError as error:  # a null character, or what the system's encoding has no bytes for
        raise ValueError(f"{str(path)!r} cannot be the name of a file: {error}") from error


def _replaceable(path: Path) -> os.stat_result | None:
    """What is known of the file that stands there, None if there is none; OSError if it must stay."""
    try:
        old = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(old.st_mode):
        raise OSError(errno.EINVAL, "It is a FIFO, a device or a socket, and is left alone")
    if not os.access(path, os.W_OK):  # to rename another file over it would need no such permission
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return old


def _take_after(half: Path, old: os.stat_result) -> None:
    """Give a file the owner and the mode of the one that it replaces."""
    new = half.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.chown(half, old.st_uid, old.st_gid)
        except PermissionError:
            raise PermissionError(
                errno.EPERM, "It belongs to another user or group, and could not be kept so"
            ) from None
    half.chmod(stat.S_IMODE(old.st_mode))  # after chown, which clears bits of it


# ---------------------------------------------------------------- the file under another name

# Its writer holds a lock on it, which the system takes back when the writer dies: what can be locked was left.


def _begun(folder: Path, mode: int) -> tuple[Path, BinaryIO]:
    """A new file in a folder, locked; its name is short, since that of the file may be as long as names can be."""
    while True:
        half = folder / f".autograd-{os.urandom(8).hex()}.part"
        stream = open(half, "xb", opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115  # returned
        with contextlib.suppress(OSError):  # a file system without locks
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX)
        if os.fstat(stream.fileno()).st_nlink:
            return half, stream
        stream.close()  # another writer took it for left, before it was locked


def _delete_left(folder: Path) -> None:
    """Delete what writers left that were killed."""
    with contextlib.suppress(OSError):  # a folder that may be written to, but not be read
        for entry in os.scandir(folder):
            if _PART.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _delete_if_left(entry)


def _delete_if_left(entry: os.DirEntry[str]) -> None:
    if fcntl is None:
        if time.time() - entry.stat().st_mtime > 60.0:
            os.unlink(entry)
        return
    with open(entry, "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(entry)
