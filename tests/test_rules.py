"""The rules of the compiled core, functions of C printed from the table, against the table."""

import ctypes
import math
from random import Random

import numpy as np
import pytest

from autograd import TABLE, accelerator
from autograd.core.graph import numeric_partials
from autograd.native.c.rules import HEADER, rules_header
from tests.test_c_source import compiled_strictly, needs_compiler

ROWS = [row for row in TABLE.values() if row.arity in (1, 2)]


def test_the_rules_are_those_of_the_table():
    assert HEADER.read_text(encoding="utf-8") == rules_header(), "run: make rules"


@pytest.mark.skipif(accelerator.compiled is None, reason="there is no compiled core here")
def test_the_compiled_core_has_these_rules():
    assert f'"{accelerator.compiled.rules_version}"' in HEADER.read_text(encoding="utf-8"), (
        "install again: make .venv/installed"
    )


# All functions of the header behind one: which of a row's to apply to how many points.
HARNESS = """
#include <stddef.h>
#include "%s"

void apply(int row, int which, size_t n, const double *z, const double *x, const double *y, double *result)
{
    size_t i;
    switch (row) {
#define CASE1(name) \\
    case ROW_##name: \\
        for (i = 0; i < n; i++) \\
            result[i] = which < 0 ? value_##name(x[i]) : partial0_##name(z[i], x[i]); \\
        break;
#define CASE2(name) \\
    case ROW_##name: \\
        for (i = 0; i < n; i++) \\
            result[i] = which < 0    ? value_##name(x[i], y[i]) \\
                        : which == 0 ? partial0_##name(z[i], x[i], y[i]) \\
                                     : partial1_##name(z[i], x[i], y[i]); \\
        break;
    ROWS1(CASE1)
    ROWS2(CASE2)
    }
}

int rows(void)
{
    return ROWS;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    source = HARNESS % HEADER.as_posix()
    flags = ("-O2", "-ffp-contract=off", "-fno-strict-aliasing", "-fPIC", "-shared")
    found = ctypes.CDLL(str(compiled_strictly(tmp_path_factory.mktemp("rules"), source, *flags)))
    found.apply.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_size_t, *[ctypes.c_void_p] * 4]
    found.apply.restype = None
    return found


SPECIAL = [0.0, 0.5, 1.0, 2.0, 3.0, 28.0, 40.0, 50.0, 745.0, 1e-310, 5e-324, 2.2e-308, 1e154, 1.7e308, math.inf]
SPECIAL = [*SPECIAL, *(-x for x in SPECIAL), math.nan]


def points(arity, count, random):
    """Special values in every combination, then small, large, tiny and whole numbers, and any bits at all."""
    found = [(x,) for x in SPECIAL] if arity == 1 else [(x, y) for x in SPECIAL for y in SPECIAL]
    kinds = [
        lambda: random.gauss(0.0, 1.0),
        lambda: random.uniform(-40.0, 40.0),
        lambda: math.ldexp(random.uniform(-1.0, 1.0), random.randint(-1074, 1024)),
        lambda: float(random.randint(-9, 9)),
        lambda: random.choice(SPECIAL),
        lambda: np.array(random.getrandbits(64), np.uint64).view(float).item(),
    ]
    while len(found) < count:
        found.append(tuple(random.choice(kinds)() for _ in range(arity)))
    return found


@needs_compiler
def test_the_header_numbers_every_row_once(library):
    assert library.rows() == len(ROWS)


# By Python's hypot, which is not libm's: they differ in the last bit or two.
BY_HYPOT = {("hypot", -1), ("hypot", 0), ("hypot", 1), ("direction", -1), ("direction", 0), ("direction", 1)}
BY_HYPOT |= {("atan", 0), ("atan2", 0), ("atan2", 1), ("asinh", 0)}


@needs_compiler
@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_the_rules_compute_what_the_table_does(number, library):
    """To the last bit: 126 functions at 2,400 points each, what Python's arithmetic raises at included."""
    row = ROWS[number]
    operands = points(row.arity, 2400, Random(number))
    results = [row.evaluate(xs) for xs in operands]
    partials = [numeric_partials(row, z, xs) for z, xs in zip(results, operands, strict=True)]
    columns = [np.array(column) for column in (results, *zip(*operands, strict=True))]
    for which in range(-1, row.arity):
        expected = np.array(results if which < 0 else [p[which] for p in partials])
        found = np.empty(len(operands))
        z, x, y = (column.ctypes.data for column in (*columns, columns[-1])[:3])
        library.apply(number, which, len(found), z, x, y, found.ctypes.data)
        same = (expected.view(np.uint64) == found.view(np.uint64)) | (np.isnan(expected) & np.isnan(found))
        if (row.name, which) in BY_HYPOT:
            same |= np.isclose(expected, found, rtol=1e-15, atol=1e-323)
        wrong = [(operands[i], expected[i], found[i]) for i in np.flatnonzero(~same)]
        assert not wrong, (row.name, which, len(wrong), wrong[:5])
