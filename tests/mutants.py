"""Mutation testing of the table and the core: do the tests notice mistakes that are put in?  `make mutants`.

cosmic-ray puts one mistake at a time into a copy of this checkout, and the tests of the table and the core run on it,
on the plain core, whose code is what is changed.  Of all mistakes a random share is taken.  Left out are those that any
test notices (a product that becomes a shift: TypeError), those that mostly change nothing (`is float` that becomes
`== float`), and, of the tests, those that compare a file with what is printed from the table, which would notice a
mistake without knowing that it is one, and those that take long.

Which mistakes survive is listed with the reasons in mutants.md; one that is not there is an error.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).parent.parent
COPY = ROOT / "out" / "mutants"

# Of what is in which room most mistakes fall at the first of these.
FIRST = {"table": "tiny table", "core": "tiny engine modes transforms"}
TESTS = (
    "tiny engine modes transforms law table checkpointing anomaly check cores nn losses random_graphs core_abuse "
    "native_maths structure"
)
SKIPPED = "a_million or documentation_table_is_current or forward_mode_keeps_no_graph"
LEFT_OUT = r"BinaryOperator\w*_(Bit\w+|LShift|RShift|FloorDiv|Mod)(_|$)|Operator_USub_|Operator_\w*Invert"
WITHOUT_MEANING = r"ComparisonOperator_(?!Is_IsNot|IsNot_Is)\w*(Is|IsNot)(_|$)"


def command(room: str) -> str:
    """What tells a mistake in a room."""
    first = FIRST[room].split()
    run = f"{sys.executable} -m pytest -q -x -p no:cacheprovider -k 'not ({SKIPPED})'"
    stages = (first, [name for name in TESTS.split() if name not in first])
    runs = [" ".join([run, *(f"tests/test_{name}.py" for name in stage)]) for stage in stages]
    return f'sh -c "ulimit -v 8000000; {" && ".join(runs)}"'


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
    found = [x for x in found if not re.search(f"{LEFT_OUT}|{WITHOUT_MEANING}", x.operator_name)]
    return sorted(found, key=lambda x: (str(x.module_path), x.start_pos, x.operator_name, x.occurrence))


def name_of(diff: str) -> str:
    """File and line of a mistake, as mutants.md has it: `table/numerics.py: x = 1` becomes `x = 2`."""
    lines = diff.splitlines()
    file = next(line[6:] for line in lines if line.startswith("+++ "))
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    return f"{file}: `{before}` becomes `{after}`"


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
    subprocess.run(command("core"), shell=True, check=True)  # the tests pass without a mistake
    found = mistakes()
    chosen = random.Random(options.seed).sample(found, min(options.share, len(found)))
    survivors = []
    for number, mistake in enumerate(chosen, 1):
        result = mutate_and_test([mistake], command(mistake.module_path.parts[1]), timeout=300)
        if result.test_outcome is TestOutcome.SURVIVED:
            survivors.append(name_of(result.diff))
            print(f"{number}: {mistake.operator_name} at {mistake.start_pos}, {survivors[-1]}", flush=True)
        elif result.test_outcome is not TestOutcome.KILLED:
            sys.exit(result.output)
        if number % 20 == 0:
            print(f"{number} put in, {len(survivors)} survive", flush=True)
    killed = len(chosen) - len(survivors)
    print(f"{killed} of {len(chosen)} mistakes noticed ({killed / len(chosen):.1%}), of {len(found)} that can be made")
    unknown = [survivor for survivor in survivors if survivor not in listed]
    if unknown or killed < 0.95 * len(chosen):
        sys.exit("\n".join(["not in tests/mutants.md:", *unknown]))


if __name__ == "__main__":
    main()
