"""From a trace to instructions, the compiled core does what Python does, instruction by instruction."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import grad
from autograd.accelerator import compiled
from autograd.core import graph
from autograd.native.rolling import instructions, nests, sums
from tests.test_rolling import BLOCKS, function_of, programs, recorded

pytestmark = pytest.mark.skipif(compiled is None, reason="the compiled core is not built, or AUTOGRAD_PURE=1")


def told(f, point):
    """Instructions, results, and all as arrays, to the last bit."""
    found = recorded(f, point)
    references = nests.References(found)
    arrays = [x.tolist() for x in (references.codes, references.first, references.flat)]
    operands = [[x.hex() if isinstance(x, float) else x for x in xs] for xs in found.operands]
    outputs = [x.hex() if isinstance(x, float) else x for x in found.outputs]
    constants = [x.hex() for x in references.constants]
    return found.operations, operands, found.leaves, outputs, references.names, arrays, constants


@settings(max_examples=60)
@given(programs(), st.booleans())
@example((2, tuple((block, 12, 3) for block in BLOCKS)), True)
def test_the_core_gathers_as_python_does(program, differentiates):
    size, blocks = program
    f = function_of(blocks)
    whole = grad(lambda v: f(v)[-1]) if differentiates else f
    point = [0.3 + 0.2 * k for k in range(size)]
    fast = told(whole, point)
    with pytest.MonkeyPatch.context() as patch:
        for module in (graph, instructions, nests, sums):
            patch.setattr(module, "compiled", None)
        assert told(whole, point) == fast


numbers = st.sampled_from([0.0, -0.0, 1.0, math.inf, math.nan, 2.5])
operands = st.lists(st.one_of(numbers, st.integers(0, 300)), max_size=3).map(tuple)


@given(st.lists(st.tuples(st.sampled_from(["add", "mul", "exp"]), operands), max_size=200))
def test_the_core_finds_instructions_as_python_does(noted):
    lists = [[], []], [[], []]
    ours, pythons = compiled.Notes(*lists[0]), instructions._Notes(*lists[1])
    for operation, xs in noted * 2:
        assert ours.note("".join(operation), xs) == pythons.note(operation, xs)
    assert repr(lists[0]) == repr(lists[1])


BAD = [(["add"], [(0, 1)]), (["add"], [[]]), (["add"], []), ([1], [()]), (["add"], [("x",)]), (["add"], [(-1,)])]


@pytest.mark.parametrize("bad", BAD)
def test_what_are_no_instructions_is_refused(bad):
    how = bytearray(len(bad[0]))
    for call in (
        lambda: compiled.as_arrays(*bad),
        lambda: compiled.ways_of(*bad, [1], set(), set(), 6),
        lambda: compiled.gather(how, 0, [0] * len(how), how, *bad, [], []),
    ):
        with pytest.raises((ValueError, TypeError)):
            call()


def test_arrays_may_be_written():
    names, codes, *_ = compiled.as_arrays(["leaf"], [()])
    assert names == {"leaf": 0}
    assert np.frombuffer(codes, np.int64).tolist() == [0]
