"""The sources of the site: the pages of docs/, the demos as notebooks, and a page of the API for each room.

`python docs/assemble.py FOLDER [MATHJAX [PYODIDE WHEELS]]` writes them, for `sphinx-build FOLDER out/docs`.
With the folders of npm's packages mathjax (its es5) and pyodide, and one with the pure wheel, formulas are set and the
code of the pages runs in the reader's browser.
"""

import inspect
import json
import math
import re
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd import Primitive, exercises

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BENCHMARKS = ROOT / "benchmarks" / "README.md"  # a page of the site, like those of docs/
DEMOS = sorted((ROOT / "demos").glob("[0-9]_*/[0-9]*.py"))

# Runs first in each notebook, unseen: what a cell leaves in out/ is shown below it.
SHOW_PICTURES = """\
import pathlib as _pathlib
from IPython import display as _display, get_ipython as _ipython

def _show_pictures(result, seen={}):
    for path in sorted(_pathlib.Path("out").glob("*")):
        changed = path.stat().st_mtime_ns
        if seen.get(path) == changed:
            continue
        seen[path] = changed
        if path.suffix == ".svg":
            _display.display(_display.SVG(path))
        elif path.suffix in (".png", ".gif"):
            _display.display(_display.Image(path))
        elif path.suffix == ".html":
            frame = path.read_text(encoding="utf-8").replace("&", "&amp;").replace('"', "&quot;")
            title = path.stem.replace("_", " ")
            _display.display(_display.HTML(f'<iframe class="page" title="{title}" srcdoc="{frame}"></iframe>'))

_ipython().events.register("post_run_cell", _show_pictures)
"""


def title_of(chapter: Path) -> str:
    """Linear models, of 2_linear_models."""
    return chapter.name[2:].replace("_", " ").capitalize()


def _hide(cell: Any) -> Any:
    cell.metadata["tags"] = ["remove-cell"]
    return cell


def notebook(demo: Path) -> Any:
    """A demo, and its solutions folded away."""
    import jupytext
    import nbformat

    book = jupytext.read(demo, fmt="py:percent")
    cells = [book.cells[0], _hide(nbformat.v4.new_code_cell(SHOW_PICTURES)), *book.cells[1:]]
    solutions = demo.parent / "solutions" / demo.name
    if solutions.exists():
        heading, *solved = jupytext.read(solutions, fmt="py:percent").cells
        rest = re.sub(r"\A# .*\n*", "", heading.source)
        fold = f'<details class="solutions"><summary>Solutions</summary>\n\n{rest}'
        cells += [nbformat.v4.new_markdown_cell(fold), *solved, nbformat.v4.new_markdown_cell("</details>")]
    for index, cell in enumerate(cells):
        cell["id"] = f"cell-{index}"
        if cell.cell_type == "markdown" and index:  # a heading inside of a fold would end it
            cell.source = re.sub(r"^#+ (?!Exercises)(.*)$", r"**\1**", cell.source, flags=re.MULTILINE)
    book.cells = cells
    book.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return book


TUTORIAL = """\
# Tutorial

The course, in the order of teaching: each chapter is a folder of `demos/`, each page one of its demos, run when this
site was built. Each ends with two exercises; their solutions are folded away below them.
"""


def write_notebooks(folder: Path) -> None:
    """The demos, a folder a chapter, each with its page of contents."""
    import nbformat

    for chapter in sorted({demo.parent for demo in DEMOS}):
        inside = folder / chapter.name
        inside.mkdir(parents=True)
        names = [demo.stem for demo in DEMOS if demo.parent == chapter]
        for demo in DEMOS:
            if demo.parent == chapter:
                nbformat.write(notebook(demo), inside / f"{demo.stem}.ipynb")
        contents = "\n".join(names)
        (inside / "index.md").write_text(
            f"# {title_of(chapter)}\n\n```{{toctree}}\n:maxdepth: 1\n\n{contents}\n```\n", encoding="utf-8"
        )
    chapters = "\n".join(f"{chapter.name}/index" for chapter in sorted({demo.parent for demo in DEMOS}))
    (folder / "index.md").write_text(f"{TUTORIAL}\n```{{toctree}}\n:maxdepth: 2\n\n{chapters}\n```\n", encoding="utf-8")


EXERCISES_PAGE = """\
# Exercises

What the notes leave to the reader. Put your answer in place of the three dots and press **Run**: it is graded here,
in the page. In a terminal, `python -m autograd.exercises` does the same.

```{toctree}
:maxdepth: 1

"""


def write_exercises(folder: Path) -> None:
    """A page for each exercise: its text, its stub with what grades it, and its hints, folded away."""
    folder.mkdir()
    for name, one in exercises.EXERCISES.items():
        check = f'from autograd import exercises\n\nexercises.check("{name}", {one.asked})'
        hints = "".join(
            f'\n<details class="solutions"><summary>Hint {index}</summary>\n\n{hint}\n\n</details>\n'
            for index, hint in enumerate(one.hints, 1)
        )
        text = f"# {one.title}\n\nNotes {one.notes}\n\n{one.text}\n\n```python\n{one.stub}\n\n{check}\n```\n{hints}"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    names = "\n".join(exercises.EXERCISES)
    (folder / "index.md").write_text(f"{EXERCISES_PAGE}{names}\n```\n", encoding="utf-8")


# ---------------------------------------------------------------- pages


def at_home(text: str, page: Path) -> str:
    """A page whose links lead to pages of the site: a demo is its notebook there, and other files are only named."""

    def moved(match: re.Match[str]) -> str:
        words, target = match.groups()
        if target.startswith(("http:", "https:", "#", "mailto:")):
            return match[0]
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve()
        inside = "benchmarks.md" if path == BENCHMARKS else ""
        if path in DEMOS:
            inside = f"tutorial/{path.parent.name}/{path.stem}.ipynb"
        if inside:
            return f"[{words}]({'../' * (len(page.relative_to(DOCS).parts) - 1)}{inside})"
        return match[0] if path.is_relative_to(DOCS) else words + anchor

    text = text.replace("\n\n```\n", "\n```\n")  # the empty line that ends an example of doctest
    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]*)\)", moved, text)


def write_pages(folder: Path) -> None:
    """The pages and pictures of docs/."""
    shutil.copytree(DOCS, folder, ignore=shutil.ignore_patterns("assemble.py", "execute.py", "__pycache__"))
    for page in DOCS.rglob("*.md"):
        text = at_home(page.read_text(encoding="utf-8"), page)
        (folder / page.relative_to(DOCS)).write_text(text, encoding="utf-8")
    text = at_home(BENCHMARKS.read_text(encoding="utf-8"), DOCS / "benchmarks.md")
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")


# ---------------------------------------------------------------- the API

ROOMS = {  # a page: its title, and what the modules of its names begin with
    "graph": ("Values and graphs", ("autograd.core", "autograd.accelerator", "autograd.files")),
    "transforms": ("Derivatives", ("autograd.transforms",)),
    "formulas": ("Programs, formulas and explanations", ("autograd.formulas",)),
    "checks": ("Checks", ("autograd.checks",)),
    "native": ("Machine code", ("autograd.native",)),
    "render": ("Pictures and pages", ("autograd.render",)),
    "table": ("The table", ("autograd.table",)),
    "export": ("Handed on, and read", ("autograd.export", "nn.export")),
    "models": ("Models", ("nn.models",)),
    "objectives": ("Losses and penalties", ("nn.objectives",)),
    "optimizing": ("Optimisers and schedules", ("nn.optimizing",)),
    "data": ("Data", ("nn.data",)),
    "fitting": ("Training", ("nn.fitting", "nn.serialization", "nn.playground")),
    "distributed": ("Training on several processes", ("nn.distributed",)),
    "judging": ("Metrics, calibration and decisions", ("nn.judging",)),
    "estimators": ("Estimators", ("nn.estimators",)),
    "plots": ("Plots", ("nn.plots",)),
}
PACKAGES = (nn.plots, nn.distributed)
"""Public names that are packages themselves."""
CONSTANTS = {"COLOURS": "render", "TABLE": "table", "primitives": "table", "INITIALIZERS": "models"}


def page_of(name: str, thing: Any) -> str:
    """The page that a public name stands on; LookupError if no room is its."""
    module = "autograd.table" if isinstance(thing, Primitive) else getattr(thing, "__module__", "")
    if name in CONSTANTS:
        return CONSTANTS[name]
    return next(page for page, (_, rooms) in ROOMS.items() if module.startswith(rooms))


def public_names() -> dict[str, list[tuple[str, Any]]]:
    """Page → its public names with their packages, and what they stand for."""
    found: dict[str, list[tuple[str, Any]]] = {page: [] for page in ROOMS}
    for package in (autograd, nn):
        for name in package.__all__:
            thing = getattr(package, name)
            if thing not in PACKAGES:
                found[page_of(name, thing)].append((f"{package.__name__}.{name}", thing))
    found["native"].append(("autograd.compile", autograd.compile))
    for page, package in zip(("plots", "distributed"), PACKAGES, strict=True):
        found[page] += [(f"{package.__name__}.{name}", getattr(package, name)) for name in package.__all__]
    return found


EXAMPLES = {  # of rows whose operands are sequences, or a choice
    "where": "where(1.0, 0.5, 2.0)",
    "sum": "sum([0.5, 2.0])",
    "prod": "prod([0.5, 2.0])",
    "mean": "mean([0.5, 2.0])",
    "dot": "dot([0.5, 2.0], [3.0, 1.0])",
    "affine": "affine([0.5, 2.0], [3.0, 1.0], 0.25)",
    "logsumexp": "logsumexp([0.5, 2.0])",
    "maximum": "maximum(0.5, 2.0)",
    "minimum": "minimum(0.5, 2.0)",
}


def row_example(row: Primitive) -> str:
    """A call of a row at numbers in its domain, with its gradient, as doctest has it."""
    if row.name in EXAMPLES:
        call = f"autograd.{EXAMPLES[row.name]}"
        return f">>> {call}\n{eval(call)}"
    points = ((0.5, 1.5), (1.5, 0.5), (2.0, 3.0))
    x, y = next(pair for pair in points if _inside(row, pair[: row.arity]))
    if row.arity == 1:
        call = f"autograd.value_and_grad(autograd.{row.name})({x})"
    else:
        call = f"autograd.value_and_grad(autograd.{row.name}, argnums=(0, 1))({x}, {y})"
    return f">>> {call}\n{eval(call)}"


def _inside(row: Primitive, point: tuple[float, ...]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return math.isfinite(row(*point))
        except autograd.DomainWarning:
            return False


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


def row_entry(name: str, row: Primitive) -> str:
    """All that the page of the API says of a row comes from the row."""
    operands = list("xyz"[: row.arity]) if row.arity else ["x", "…"]
    formula = row.latex.replace("#*", r"x_1, x_2, \dots")
    for index, operand in enumerate(operands, 1):
        formula = formula.replace(f"#{index}", operand)
    said = [f".. math:: {formula}", ""]
    if row.arity:
        leaves = [autograd.Value(1.5, label=operand) for operand in operands]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for leaf in leaves:
                *_, slope = str(autograd.derivative_expression(row(*leaves), leaf)).splitlines()
                said.append(f"| by {leaf.label}: ``{slope}``")
        said.append("")
    said += [f"Defined for: {_plain(row.domain)}.", ""] if row.domain else []
    said += [f"At ties and kinks: {_plain(row.rule)}.", ""] if row.rule else []
    said += [f"Also called ``{'``, ``'.join(row.aliases)}``.", ""] if row.aliases else []
    said += row_example(row).splitlines()
    return "\n".join(
        [f".. py:function:: {name}({', '.join(operands)})", "", *(f"   {line}".rstrip() for line in said), ""]
    )


def entry(name: str, thing: Any) -> str:
    """What the page of the API says of a name."""
    if isinstance(thing, Primitive):
        return row_entry(name, thing)
    if inspect.isclass(thing):
        return f".. autoclass:: {name}\n   :members:\n   :show-inheritance:\n"
    if inspect.isfunction(thing) or inspect.isbuiltin(thing) or callable(thing):
        return f".. autofunction:: {name}\n"
    short = "a module, printed as a page when it is run" if inspect.ismodule(thing) else f"a {type(thing).__name__}"
    return f".. py:data:: {name}\n\n   {CONSTANT_WORDS.get(name.rpartition('.')[2], short)}\n"


CONSTANT_WORDS = {
    "COLOURS": "The colours of every picture, page and plot, by what they stand for.",
    "TABLE": 'Every row of the table, by its name: ``TABLE["tanh"]`` is ``autograd.tanh``.',
    "primitives": "The module with the rows; ``python -m autograd.table.primitives`` prints them as a page.",
    "INITIALIZERS": "Every initialiser, by the name that ``Layer(initializer=)`` takes.",
}


def write_api(folder: Path) -> None:
    """A page for each room, with all of its public names."""
    folder.mkdir()
    for page, names in public_names().items():
        title = ROOMS[page][0]
        names.sort(key=lambda pair: (isinstance(pair[1], Primitive), pair[0].lower()))
        body = "\n".join(entry(name, thing) for name, thing in names)
        (folder / f"{page}.rst").write_text(f"{title}\n{'=' * len(title)}\n\n{body}", encoding="utf-8")
    contents = "\n".join(f"   {page}" for page in ROOMS)
    (folder / "index.rst").write_text(
        f"Reference\n=========\n\n.. toctree::\n   :maxdepth: 1\n\n{contents}\n", encoding="utf-8"
    )


# ---------------------------------------------------------------- Python in the browser


def write_pyodide(folder: Path, package: Path, wheel: Path) -> None:
    """Pyodide and the wheel; of the packages Pyodide knows, those whose wheels lie in its folder."""
    shutil.copytree(package, folder, ignore=shutil.ignore_patterns("*.map", "*.d.ts", "*.html", "node_modules"))
    lock = folder / "pyodide-lock.json"
    known = json.loads(lock.read_text(encoding="utf-8"))
    known["packages"] = {k: v for k, v in known["packages"].items() if (folder / v["file_name"]).exists()}
    lock.write_text(json.dumps(known), encoding="utf-8")
    shutil.copy(wheel, folder / "autograd.whl")


def main(target: str, mathjax: str = "", pyodide: str = "", wheels: str = "") -> None:
    """Write all of it, in place of what was there."""
    folder = Path(target)
    shutil.rmtree(folder, ignore_errors=True)
    write_pages(folder)
    write_notebooks(folder / "tutorial")
    write_exercises(folder / "exercises")
    write_api(folder / "api")
    if Path(mathjax).name and Path(mathjax).exists():
        shutil.copytree(mathjax, folder / "_static" / "mathjax", ignore=lambda _, names: set(names) - {"tex-svg.js"})
    if Path(pyodide).name and Path(pyodide).exists():
        write_pyodide(folder / "_static" / "pyodide", Path(pyodide), next(Path(wheels).glob("*.whl")))


if __name__ == "__main__":
    main(*sys.argv[1:])
