"""The README's table of speed: each job against each peer that is installed, in one run, as ratios and as a picture.

    make bench                                      # the table, and out/bench.png
    .venv/bin/python benchmarks/all.py --quick      # little of it, to see that it runs

Peers: micrograd (both cores), JAX, PyTorch, CasADi, Dr.Jit (machine code); those that are missing are named.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograd import COLOURS

# What a script measures, under which heading, and whether on the plain core.
RUNS = [
    ("eager.py", "compiled core", ""),
    ("eager.py", "plain core", "1"),
    ("compiled.py", "machine code", ""),
]


def measured(script, heading, pure):
    """The rows that a script finds in a process of its own; what it prints is seen."""
    print(f"\n{heading} ({script})", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, ROOT / "benchmarks" / script, *sys.argv[1:], "--rows", file]
        done = subprocess.run(command, env={**os.environ, "AUTOGRAD_PURE": pure}, check=False)
        if done.returncode:
            print(f"{script} ended with status {done.returncode}")
        rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return [{**row, "job": f"{heading}: {row.get('job')}"} for row in rows]


def times(ratio):
    """Three digits, or a whole number."""
    return f"{ratio:,.0f}" if ratio >= 100.0 else f"{ratio:.3g}"


def as_table(rows):
    """The ratios as a table in Markdown."""
    lines = ["| job | peer | times faster | least to largest |", "|---|---|--:|--:|"]
    for row in rows:
        least, largest = times(row["least"]), times(row["largest"])
        lines.append(f"| {row['job']} | {row['peer']} | {times(row['ratio'])} | {least} to {largest} |")
    return "\n".join(lines)


def draw(rows, file):
    """Bars on a logarithmic scale, each from 1, as fast as the peer, to the median; a whisker from least to largest."""
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    colours = dict(zip(peers, COLOURS["series"]))
    figure, axes = plt.subplots(figsize=(9.0, 1.3 + 0.33 * len(rows)), layout="constrained")
    for i, row in enumerate(rows):
        new = row["peer"] not in {other["peer"] for other in rows[:i]}
        label = row["peer"] if new else None
        axes.barh(i, row["ratio"] - 1.0, left=1.0, height=0.65, color=colours[row["peer"]], label=label)
        axes.plot([row["least"], row["largest"]], [i, i], color="0.25", linewidth=1.2)
        end = max(row["largest"], 1.0)
        axes.annotate(f"{times(row['ratio'])}×", (end, i), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), [row["job"] for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(min(0.9, *(0.9 * row["least"] for row in rows)), 3.0 * max(row["largest"] for row in rows))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}×"))
    axes.axvline(1.0, color="0.25", linewidth=0.8)
    axes.set_xlabel("time of the peer / ours, median of pairs taken in turn (line: least to largest)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside upper center", ncols=len(peers))
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, dpi=110)


def main():
    found = [row for run in RUNS for row in measured(*run)]
    rows = [row for row in found if "ratio" in row]
    absent = list(dict.fromkeys(row["missing"] for row in found if "missing" in row))
    if absent:
        print(f"\nnot found here, and left out: {', '.join(absent)}")
    if not rows:
        sys.exit("there is no peer to measure against: pip install --group bench, or see benchmarks/README.md")
    print(f"\n{as_table(rows)}")
    draw(rows, ROOT / "out" / "bench.png")
    print("\ndrawn in out/bench.png")


if __name__ == "__main__":
    main()
