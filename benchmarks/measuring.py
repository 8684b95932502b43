"""Ratios of times that are measured in turn: what a benchmark prints of them, and keeps for who draws them.

`--quick` measures little, to see that a benchmark runs; `--rows FILE` writes what was found as JSON.
"""

import json
import statistics
import sys
from pathlib import Path

QUICK = "--quick" in sys.argv
ROWS = []


def report(job, peer, pairs, unit=1e6, name="µs"):
    """Print one line for pairs of seconds, the peer's and ours: both medians, and median and range of the ratios."""
    ratios = sorted(theirs / ours for theirs, ours in pairs)
    theirs, ours = (statistics.median(column) * unit for column in zip(*pairs))
    middle = statistics.median(ratios)
    ROWS.append({"job": job, "peer": peer, "ratio": middle, "least": ratios[0], "largest": ratios[-1]})
    print(
        f"{job:24} {peer:10} {theirs:12.3f} {name}   ours {ours:10.3f} {name}   "
        f"{middle:6.2f}x [{ratios[0]:.2f}..{ratios[-1]:.2f}]",
        flush=True,
    )


def missing(peer, error):
    """Say that a peer is not installed."""
    ROWS.append({"missing": peer})
    print(f"{peer} is not installed ({error})", flush=True)


def write_rows():
    """Write the file that `--rows` names, if it does."""
    if "--rows" in sys.argv:
        Path(sys.argv[sys.argv.index("--rows") + 1]).write_text(json.dumps(ROWS), encoding="utf-8")
