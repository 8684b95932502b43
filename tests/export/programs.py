"""Random programs that are exported, until a hundred were compared."""

import dataclasses
import logging
import math

from hypothesis import assume, given, settings

from autograd import Value
from tests.test_native_random import data_of, programs, record

LOG = logging.getLogger(__name__)


def hold_for_a_hundred(holds, count=100):
    """Call `holds(program, loss, inputs, parameters)` for random programs until so many were compared.

    One whose loss is a constant, or not finite where it was recorded, is drawn and not compared; --log-cli-level=INFO
    tells how many were drawn.
    """
    drawn, compared = [], []

    @settings(max_examples=count, deadline=None)
    @given(programs())
    def each(program):
        drawn.append(program)
        program = dataclasses.replace(program, wild=False)  # samples of an export are finite
        data, numbers = data_of(program)
        inputs, parameters = [Value(x) for x in data[0]], [Value(x) for x in numbers]
        _, loss = record(program, inputs, parameters)
        assume(isinstance(loss, Value) and math.isfinite(loss.data))
        holds(program, loss, inputs, parameters)
        compared.append(program)

    each()
    LOG.info("%d programs compared, %d drawn", len(compared), len(drawn))
    assert len(compared) >= count
