"""Machine code of earlier processes: files in a folder of the user's, which are there whole or not at all.

What is loaded is run, so a file counts only if nobody else can have written it: the folder and the file belong to this
user, nobody else may write to them, and neither is a link.  A file begins with a digest of what follows, so that one
that is damaged, or was made for another key, is none.  Whatever goes wrong, there is no file, and LLVM works as ever.
"""

import contextlib
import hashlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

VARIABLE = "AUTOGRAD_CACHE"
MOST_BYTES = 1 << 27  # of all files; beyond, those go that were read or written longest ago
_LEAST_BYTES = 1 << 12  # that a file takes on a disk
_FORMAT = b"autograd machine code 1\n"
_ENDING, _PART = ".code", ".part"
_LEFT_AFTER = 3600.0  # seconds: a file in the making that is older was left by a process that was killed
_LOOKS = 16  # one write in so many looks at the size of all


def default_folder() -> Path | None:
    """Where the files are: what AUTOGRAD_CACHE says, else a folder of the user's caches; None for nowhere.

    An empty AUTOGRAD_CACHE, or 0, forbids to keep any.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen is not None:
        return Path(chosen).absolute() if chosen.strip() not in ("", "0") else None
    caches = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    try:
        if not os.path.isabs(caches):  # the specification of XDG_CACHE_HOME has others ignored
            caches = str(Path.home().joinpath(*(("Library", "Caches") if sys.platform == "darwin" else (".cache",))))
    except RuntimeError:  # no home
        return None
    return Path(caches, "scalar-autograd")


def _digest_of_sources() -> str:
    here = Path(__file__).parents[2]
    found = hashlib.sha256()
    paths = sorted(path for room in ("native", "table") for path in here.joinpath(room).rglob("*.py"))
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest() if paths else ""


SOURCES = _digest_of_sources()
"""A digest of the modules that make machine code of instructions; empty where they are not there as files.

It is made when they are imported, for later they may have been changed.
"""


class Store:
    """Machine code by the texts, or the instructions, that it was made of.

    Args:
        folder: Where the files are; it is made when the first is written.  None keeps nothing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder, "of mine"))
    ...     store.put("what it was made of", b"code")
    ...     store.get("what it was made of"), store.get("anything else")
    (b'code', None)
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, text: str) -> bytes | None:
        """The machine code for a text, None if there is none to be trusted."""
        path = self._path(text)
        if path is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            if not self.is_safe():
                return None
            with open(path, "rb", opener=_without_links) as file:
                found = os.fstat(file.fileno())
                if not _is_ours(found, stat.S_ISREG) or found.st_size > MOST_BYTES:
                    return None
                content = file.read()
            code = content[len(_FORMAT) + 32 :]
            if content == _sealed(path.stem, code):
                with contextlib.suppress(OSError):
                    os.utime(path)  # it is in use
                return code
        return None

    def put(self, text: str, code: bytes) -> None:
        """Keep the machine code for a text, if that is possible."""
        path = self._path(text)
        if path is None or len(code) > MOST_BYTES // 4:
            return
        with contextlib.suppress(OSError, ValueError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.is_safe():
                return
            part = path.with_name(f"{os.urandom(8).hex()}{_PART}")
            try:
                with open(part, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                    file.write(_sealed(path.stem, code))
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
            if os.urandom(1)[0] % _LOOKS == 0:
                self.shrink()

    def is_safe(self) -> bool:
        """Whether there is a folder in which nobody else can put files."""
        try:
            return self.folder is not None and _is_ours(os.lstat(self.folder), stat.S_ISDIR)
        except (OSError, ValueError):
            return False

    def size(self) -> tuple[int, int]:
        """How many files there are, and their bytes."""
        sizes = [found.st_size for _, found in self._files()]
        return len(sizes), sum(sizes)

    def clear(self) -> None:
        """Delete all files."""
        self.shrink(0)

    def shrink(self, most: int = MOST_BYTES) -> None:
        """Delete the files that were used longest ago, to three quarters of `most` bytes if all are more."""
        files = sorted(self._files(), key=lambda file: file[1].st_mtime)
        total = sum(max(found.st_size, _LEAST_BYTES) for _, found in files)
        left = most if total <= most else most * 3 // 4
        now = time.time()
        for path, found in files:
            if total > left or (path.suffix == _PART and now - found.st_mtime > _LEFT_AFTER):
                with contextlib.suppress(OSError):  # another process was faster, or reads it just now
                    path.unlink()
                total -= max(found.st_size, _LEAST_BYTES)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.folder) if self.folder is not None else ():
                if entry.name.endswith((_ENDING, _PART)) and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(OSError):
                        yield Path(entry.path), entry.stat(follow_symlinks=False)

    def _path(self, text: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}{_ENDING}"


def _sealed(name: str, code: bytes) -> bytes:
    """The content of the file of this name."""
    return _FORMAT + hashlib.sha256(name.encode() + code).digest() + code


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _is_ours(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether a file or folder is of this kind, belongs to this user, and can be written to by nobody else."""
    if not kind(found.st_mode):
        return False
    if not hasattr(os, "getuid"):  # Windows, where the folder is in the user's profile
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
