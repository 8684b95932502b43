"""Mutation testing of the table and the core: do the tests notice mistakes that are put in?  `make mutants`.

cosmic-ray puts one mistake at a time into a copy of this checkout, and the tests of the table and the core run on it,
on the plain core, whose code is what is changed.  Of all mistakes a random share is taken.  Left out are those that any
test notices (a product that becomes a shift: TypeError), those that mostly change nothing (`is float` that becomes
`== float`), and, of the tests, those that compare a file with what is printed from the table, which would notice a
mistake without knowing that it is one, and those that take long.

What changes nothing is listed with the reasons in mutants.md.  Of all others 95 % must be noticed.
"""

import argparse
import difflib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import hypothesis  # noqa: F401  # these four are imported once, before the forks
import mpmath  # noqa: F401
import numpy  # noqa: F401
import pytest
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).parent.parent
COPY = ROOT / "out" / "mutants"

# Of what is in which room most mistakes fall at the first of these.
FIRST = {"table": ["tiny", "table"], "core": ["tiny", "modes", "engine"]}
REST = [
    "transforms",
    "law",
    "corners",
    "checkpointing",
    "anomaly",
    "check",
    "cores",
    "nn",
    "engine",
    "modes",
    "table",
    "gamma",
]
REST.append("native_maths")  # the formulas, on all machines
LEFT_OUT = "a_million or forward_mode_keeps_no_graph or documentation_table_is_current"
NEVER_PUT_IN = (
    r"BinaryOperator\w*_(Bit\w+|LShift|RShift|FloorDiv|Mod)(_|$)|Operator_USub_|Operator_\w*Invert"
    r"|ComparisonOperator_(?!Is_IsNot|IsNot_Is)\w*(Is|IsNot)(_|$)"
)


def tests_pass(room: str) -> bool:
    """Whether those pass that would tell a mistake in a room; in a fork, so that nothing is imported twice."""
    child = os.fork()
    if not child:
        signal.alarm(300)  # a mistake may take forever
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        options = ["-qx", "-pno:cacheprovider", "-Wignore::pytest.PytestAssertRewriteWarning", f"-knot ({LEFT_OUT})"]
        for stage in (FIRST[room], [name for name in REST if name not in FIRST[room]]):
            if pytest.main([*options, *(f"tests/test_{name}.py" for name in stage)]):
                os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def mistakes() -> list[MutationSpec]:
    """All that cosmic-ray can put into the copy, in the order of the text."""
    Path("cosmic-ray.toml").write_text(
        '[cosmic-ray]\nmodule-path = ["autograd/table", "autograd/core"]\ntimeout = 300.0\nexcluded-modules = []\n'
        'test-command = "true"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    cosmic_ray = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([cosmic_ray, "init", "cosmic-ray.toml", "session.sqlite"], check=True)
    with use_db("session.sqlite") as session:
        found = [mutation for item in session.work_items for mutation in item.mutations]
    lines = {path: path.read_text(encoding="utf-8").splitlines() for path in {x.module_path for x in found}}
    found = [x for x in found if not re.search(NEVER_PUT_IN, x.operator_name) and is_code(x, lines[x.module_path])]
    return sorted(found, key=lambda x: (str(x.module_path), x.start_pos, x.operator_name, x.occurrence))


def name_of(file: Path, before: str, after: str) -> str:
    """File and line of a mistake, as mutants.md has it: autograd/x.py: `x = 1` becomes `x = 2`."""
    first, second = (
        " ".join(line[2:].strip() for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] == sign)
        for sign in "-+"
    )
    return f"{file}: `{first}` becomes `{second}`"


def is_code(mistake: MutationSpec, lines: Sequence[str]) -> bool:
    """Whether it runs, and is not there for type checkers alone."""
    indent = ""
    for line in reversed(lines[: mistake.start_pos[0]]):
        here = line[: len(line) - len(line.lstrip())]
        if line.strip() and (not indent or len(here) < len(indent)):
            if "if TYPE_CHECKING:" in line:
                return False
            indent = here
    return True


def main() -> None:
    """Put them in, and tell which survive."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=int, default=400, help="how many mistakes to put in")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    listed = (ROOT / "tests" / "mutants.md").read_text(encoding="utf-8")
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ("autograd", "nn", "tests", "docs"):
        shutil.copytree(ROOT / name, COPY / name, ignore=shutil.ignore_patterns("*.so", "__pycache__", "browser"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(ROOT / name, COPY)
    os.chdir(COPY)
    os.environ |= {"AUTOGRAD_PURE": "1", "PYTHONPATH": str(COPY), "MPLBACKEND": "Agg"}
    sys.path.insert(0, str(COPY))
    assert tests_pass("core"), "the tests fail without a mistake"
    sys.dont_write_bytecode = True  # of a mistake it might be taken for that of the file, if both are of one second
    found = mistakes()
    random.Random(options.seed).shuffle(found)
    survivors: list[str] = []
    for number, mistake in enumerate(found[: options.share], 1):
        operator = get_operator(mistake.operator_name)(**mistake.operator_args)
        path, times = mistake.module_path, mistake.module_path.stat()
        with use_mutation(path, operator, mistake.occurrence) as (before, after):
            if tests_pass(path.parts[1]):
                survivors.append(name_of(path, before, after))
                print(f"{number}: {survivors[-1]}", flush=True)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # the bytecode is right again
        if number % 20 == 0:
            print(f"{number} put in, {len(survivors)} survive", flush=True)
    unknown = [survivor for survivor in survivors if survivor not in listed]
    real = number - len(survivors) + len(unknown)  # what is listed changes nothing
    score = 1.0 - len(unknown) / real
    print(f"{real - len(unknown)} of {real} mistakes noticed ({score:.1%}), of {len(found)} that can be put in")
    if unknown:
        print("not in tests/mutants.md:", *unknown, sep="\n")
    sys.exit(score < 0.95)


if __name__ == "__main__":
    main()
