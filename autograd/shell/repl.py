"""The prompt of `python -m autograd`: IPython if it is there, else Python's own, with everything at hand."""

import code
import functools
import importlib
import math
import os
import platform
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import autograd
from autograd.core.graph import is_small, topological_order
from autograd.core.value import Value
from autograd.shell.report import say

_TRY = "Try   x = Value(2.0); y = (x*x + 1).log(); y.backward(); x.grad"
_THEN = "Then  explain(y)   y.latex()   draw(y)   to_html(y)   grad(sin)(0.0)   help(grad)"
_SEARCHED = 1000
"""In graphs of up to so many nodes a label is looked for before it is given again."""
_CONSOLE = {"__name__": "__console__", "__doc__": None}


def start() -> int:
    """Run the prompt until its end, and return the exit status.

    Where the input is no terminal its statements are run one after the other, as by `python -i` but without prompts:
    what expressions give is printed, an error does not end the rest, and the status is 1 if there was one.
    """
    names = names_at_hand()
    if sys.stdin is None or not sys.stdin.isatty():
        return _run_input(names)
    welcome = welcome_lines("nn" in names)
    try:
        ipython = importlib.import_module("IPython")
    except ImportError:
        ipython = None
    # out of the except: else this error would stand before each of the user's, as what they happened during
    return _run_python(names, welcome) if ipython is None else _run_ipython(ipython, names, welcome)


def names_at_hand() -> dict[str, Any]:
    """π and e, the public names of autograd, and those of nn where it can be imported.

    `draw` and `to_html` without a file open what they make in the browser.

    >>> {"pi", "Value", "grad", "tanh", "draw", "MLP", "nn"} <= set(names_at_hand())
    True
    """
    names: dict[str, Any] = {"pi": math.pi, "e": math.e}
    try:
        nn: ModuleType = importlib.import_module("nn")  # a room above this one, wanted here only
    except ImportError:
        pass
    else:
        # not what nn itself imports when it is first asked for: scikit-learn takes a second
        names |= {name: vars(nn)[name] for name in nn.__all__ if name in vars(nn)} | {"nn": nn}
    names |= {name: getattr(autograd, name) for name in autograd.__all__}
    for name in ("draw", "to_html"):
        names[name] = _opening(names[name])
    return names | {"autograd": autograd}


def _opening(make: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which opens what it makes where it is not to write it, and says where it is."""

    @functools.wraps(make)
    def opened(v: Any, file: Any = None, **options: Any) -> Any:
        made = make(v, file, **options)
        if file is None:
            path = made.save(_folder() / f"{next(_NUMBERS)}.{'svg' if make is autograd.draw else 'html'}")
            shown = _has_screen() and webbrowser.open(path.as_uri())
            say(f"{'opened in the browser' if shown else 'to be opened in a browser'}: {path}")
        return made

    return opened


_NUMBERS = count(1)


@functools.cache
def _folder() -> Path:
    """Where the pictures of this prompt are; they stay, for a browser may still read them when it ends."""
    return Path(tempfile.mkdtemp(prefix="autograd-"))


def _has_screen() -> bool:
    """Whether a browser has a window to open; one in the terminal would take the prompt's place."""
    windows = sys.platform in ("win32", "darwin")
    return windows or any(map(os.environ.get, ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")))


def welcome_lines(with_nn: bool = True) -> str:
    """The three lines above the first prompt.

    >>> len(welcome_lines().splitlines())
    3
    """
    at_hand = "Value, grad, sin, draw" + (", MLP, Adam …" if with_nn else " …")
    head = f"scalar-autograd {autograd.__version__}, Python {platform.python_version()}. At hand: {at_hand}"
    return f"{head}\n{_TRY}\n{_THEN}"


def _run_ipython(ipython: Any, names: dict[str, Any], welcome: str) -> int:
    config = importlib.import_module("traitlets.config").Config()
    config.TerminalInteractiveShell.banner1 = welcome + "\n"
    config.InteractiveShellApp.extensions = [__name__]
    ipython.start_ipython(argv=[], user_ns=names, config=config)
    return 0


def load_ipython_extension(shell: Any) -> None:
    """What IPython calls: after each cell Values get their labels."""
    shell.events.register("post_run_cell", lambda _result: label_by_variable(shell.user_ns))


def label_by_variable(names: Mapping[str, Any]) -> None:
    """Label each Value that has no label yet by the variable that holds it, unless its graph has that label already.

    Names that begin with an underscore are those of the prompt itself.

    >>> names = {"x": Value(2.0), "_": Value(1.0), "y": Value(3.0, label="z")}
    >>> label_by_variable(names)
    >>> [x.label for x in names.values()]
    ['x', '', 'z']
    """
    for name, value in names.items():
        if isinstance(value, Value) and not value.label and not name.startswith("_"):
            before = topological_order(value) if is_small(value, _SEARCHED) else ()
            if all(node.label != name for node in before):  # x = x + 1: the first x is the one called so
                value.label = name


def _run_python(names: dict[str, Any], welcome: str) -> int:
    names.update(_CONSOLE)
    try:
        readline = importlib.import_module("readline")  # not on Windows
        completer = importlib.import_module("rlcompleter").Completer(names)
    except ImportError:
        pass
    else:
        readline.set_completer(completer.complete)
        is_libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    _Console(names).interact(banner=welcome, exitmsg="")
    return 0


class _Console(code.InteractiveConsole):
    """Python's own prompt, after each of whose statements Values get their labels."""

    def runcode(self, code: CodeType) -> None:
        super().runcode(code)
        label_by_variable(self.locals)


class _InputConsole(_Console):
    """Reads statements from the standard input, without prompts."""

    failed = False

    def raw_input(self, prompt: str = "") -> str:  # noqa: ARG002
        line = sys.stdin.readline() if sys.stdin else ""
        if not line:
            raise EOFError
        return line.rstrip("\n")

    def write(self, data: str) -> None:
        if data.strip():  # at its end the console writes an empty line, as after Ctrl-D at a prompt
            sys.stderr.write(data)

    def finish(self) -> None:
        """Run the last block, which no empty line ends; a statement that is not whole is a SyntaxError."""
        if self.buffer:
            try:
                statement = compile("\n".join([*self.buffer, ""]), self.filename, "single")
            except (SyntaxError, ValueError, OverflowError):
                self.showsyntaxerror(self.filename)
            else:
                self.runcode(statement)

    def showtraceback(self, **options: Any) -> None:
        self.failed = True
        super().showtraceback(**options)

    def showsyntaxerror(self, *arguments: Any, **options: Any) -> None:
        self.failed = True
        super().showsyntaxerror(*arguments, **options)


def _run_input(names: dict[str, Any]) -> int:
    console = _InputConsole(_CONSOLE | names)
    console.interact(banner="", exitmsg="")
    console.finish()
    return int(console.failed)
