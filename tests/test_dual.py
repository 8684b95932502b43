"""Dual numbers of plain numbers take a short way, which gives what the long one gives, to the last bit."""

import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import TABLE, jvp
from autograd.transforms.dual import Dual
from tests.test_law import POINTS, function_of, programs

ROWS = sorted(name for name, row in TABLE.items() if row.arity is not None)
number = st.sampled_from([*POINTS, 1e-310, -0.0, 0.3, 2])


def outcome(f, primals, tangents):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = [float(x).hex() for x in jvp(f, primals, tangents)]
        except Exception as error:
            found = [type(error).__name__, str(error)]
    return found, [str(x.message) for x in caught]


def both_ways(f, primals, tangents):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dual, "_of_numbers", lambda *_: None)
        at_length = outcome(f, primals, tangents)
    return outcome(f, primals, tangents), at_length


@settings(max_examples=300)
@given(st.sampled_from(ROWS), st.lists(number, min_size=3, max_size=3), st.lists(number, min_size=3, max_size=3))
@example("mul", [0.0, 0.0, 0.0], [1.0, 0.0, 0.0])
def test_a_row_of_dual_numbers(name, numbers, directions):
    row = TABLE[name]
    primals, tangents = tuple(map(float, numbers[: row.arity])), tuple(map(float, directions[: row.arity]))
    quickly, at_length = both_ways(row, primals, tangents)
    assert quickly == at_length


@settings(max_examples=200)
@given(programs(), st.tuples(number, number), st.tuples(number, number))
def test_a_program_of_dual_numbers(steps, point, direction):
    quickly, at_length = both_ways(function_of(steps), tuple(map(float, point)), tuple(map(float, direction)))
    assert quickly == at_length
