"""Run the notebooks of a folder, as many at a time as there are processors, into the cache that MyST-NB reads.

`python docs/execute.py FOLDER CACHE`; what is in the cache, with the same code, is not run again.
"""

import sys
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

TIMEOUT = 300  # seconds a cell: a tenth of it is much on an idle machine
STARTS = 5  # a kernel is told ports that were free a moment before: one that another program has since taken stops it


def main(folder: str, cache_path: str) -> int:
    """Run them; the exit status: 1 if one did not come to its end."""
    cache = get_cache(cache_path)
    for record in cache.list_project_records():  # of an earlier run
        cache.remove_nb_from_project(record.pk)
    for path in sorted(Path(folder).rglob("*.ipynb")):
        cache.add_nb_to_project(str(path))
    executor = load_executor("temp-parallel", cache)
    for _ in range(STARTS):
        result = executor.run_and_cache(timeout=TIMEOUT)
        if not result.errored:  # as one whose kernel did not start is; `excepted` is one in which a cell failed
            break
    for record in cache.list_project_records():
        if record.uri in {*result.excepted, *result.errored}:
            sys.stderr.write(f"{record.uri}\n{record.traceback}\n")
    return int(bool(result.excepted or result.errored))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
