"""The prompt of `python -m autograd`: IPython if it is there, else Python's own, with everything at hand."""

import code
import importlib
import math
import platform
import sys
from collections.abc import Mapping
from types import CodeType, ModuleType
from typing import Any

import autograd
from autograd.core.graph import is_small, topological_order
from autograd.core.value import Value

_TRY = "Try   x = Value(2.0); y = (x*x + 1).log(); y.backward(); x.grad"
_THEN = 'Then  explain(y)   y.latex()   draw(y, "y.svg")   grad(sin)(0.0)   help(grad)'
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
    return names | {"autograd": autograd}


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
