"""The gamma function's logarithm and its derivatives, as formulas on any machine.

For large x they are Stirling's series, which tends to the function there.  Smaller x are brought to [1, 2], or above
the beginning of the series, by Γ(x + 1) = x·Γ(x), and negative ones to positive ones by Γ(x)·Γ(1 - x) = π / sin πx.

For x > 0 all are within a few units in the last place, also at the zeros of ln Γ at 1 and 2 and of ψ at 1.46: there
they are a polynomial times the distance from the zero.  For x < 0 they are so relative to the larger of the two terms
of the reflection, so that the digits of a number near a zero are lost, as in a difference of any two such numbers.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), sections 6.1, 6.3 and 6.4.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from autograd.table.machine import Lowering, Machine, Mask, Operand

_BERNOULLI = [Fraction(*pair) for pair in (
    (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798), (-174611, 330),
)]  # fmt: skip
"""B₂, B₄, …, B₂₀."""
_SERIES_FROM = 8  # from there on nine terms of Stirling's series are within 2e-17 of the functions
_STIRLING = [float(b / (2 * k * (2 * k - 1))) for k, b in enumerate(_BERNOULLI[:9], 1)]
_STIRLING_SLOPE = [float(b / (2 * k)) for k, b in enumerate(_BERNOULLI[:9], 1)]
_LN_PI = math.log(math.pi)
_HALF_LN_2PI = 0.5 * math.log(2.0 * math.pi)

# ln Γ(1 + t) / (t·(t - 1)) and ψ(1 + t) / (t - zero) for 0 ≤ t ≤ 1, by powers of t - ½: the polynomials that agree with
# them at Chebyshev's points, within 6e-17 and 8e-17.
_ZERO, _ZERO_LOW = 0.46163214496836236, -1.5522348162858677e-17
_LGAMMA = (
    0.4831289505409809, -0.14595989591430594, 0.06291140107456485, -0.03130848750105327, 0.01679709863121395,
    -0.009425622444829649, 0.005446457842219553, -0.0032120742206072908, 0.0019229162321227923,
    -0.001164411377219605, 0.0007115202752051298, -0.00043803516132580534, 0.00027130273545114005,
    -0.0001685717945035172, 0.00010541715222185904, -6.793733027397047e-05, 4.281642862794779e-05,
    -2.148770252062576e-05, 1.3584275459130943e-05, -1.8527803997032962e-05, 1.1820969445467145e-05,
)  # fmt: skip
_DIGAMMA = (
    0.951055876031833, -0.4236274212814605, 0.2405424842407742, -0.14840492305390884, 0.09498872445494122,
    -0.061922133273064534, 0.04076083381242074, -0.02697579675613825, 0.0179072524394512, -0.011908218001568644,
    0.007926944646403797, -0.005279964873257405, 0.003519006401502276, -0.002345267632540769, 0.0015566317474486838,
    -0.0010376374098418604, 0.0007233266279287554, -0.0004821990530566789, 0.0002272331660987376,
    -0.00015148586836773365, 0.00025968482126430747, -0.00017312261802727394,
)  # fmt: skip


def lgamma(m: Machine, x: Operand) -> Operand:
    """ln |Γ(x)|; infinite at 0, -1, -2, …"""
    found = _lgamma_right(m, m.where(x < 0.0, 1.0 - x, x))
    # next to 0 it is -ln |x|, and π·x would lose the digits of a subnormal number
    tiny = m.abs(x) < 1e-17
    sine = m.where(tiny, m.abs(x), m.abs(m.call("sin", math.pi * _from_nearest(m, x))))
    reflected = m.where(tiny, 0.0, _LN_PI) - m.call("log", sine) - found
    return m.where(_is_pole(m, x), math.inf, m.where(x < 0.0, reflected, found))


def _lgamma_right(m: Machine, x: Operand) -> Operand:
    steps, t = _to_first(m, x)
    product: Operand = 1.0
    for above, y in steps:
        product = m.where(above, product * y, product)
    small, below = x < float(_SERIES_FROM), x < 1.0
    logarithm = m.call("log", m.where(m.both(small, x >= 1.0), product, x))
    near = t * (t - 1.0) * _polynomial(m, _LGAMMA, t - 0.5) + m.where(below, -logarithm, logarithm)
    w = 1.0 / m.where(small, float(_SERIES_FROM), x)
    far = (x - 0.5) * (logarithm - 1.0) + (_HALF_LN_2PI - 0.5 + w * _polynomial(m, _STIRLING, w * w))
    return m.where(small, near, far)


def digamma(m: Machine, x: Operand) -> Operand:
    """ψ(x) = d/dx ln Γ(x); infinite at 0, nan at -1, -2, …, where it jumps from one infinity to the other."""
    found = _digamma_right(m, m.where(x < 0.0, 1.0 - x, x))
    found = m.where(x < 0.0, found - math.pi * _cotangent(m, x), found)
    return m.where(_is_pole(m, x), _at_odd_pole(m, x), found)


def _digamma_right(m: Machine, x: Operand) -> Operand:
    steps, t = _to_first(m, x)
    above_line: Operand = 0.0  # Σ 1/y as a fraction, so that there is one division
    below_line: Operand = 1.0
    for above, y in steps:
        above_line = m.where(above, above_line * y + below_line, above_line)
        below_line = m.where(above, below_line * y, below_line)
    small, below = x < float(_SERIES_FROM), x < 1.0
    shift = m.where(below, -1.0, above_line) / _no_zero(m, m.where(below, x, below_line))
    near = ((t - _ZERO) - _ZERO_LOW) * _polynomial(m, _DIGAMMA, t - 0.5) + shift
    w = 1.0 / m.where(small, float(_SERIES_FROM), x)
    far = m.call("log", m.where(small, 1.0, x)) - (0.5 * w + w * w * _polynomial(m, _STIRLING_SLOPE, w * w))
    return m.where(small, near, far)


HIGHEST_ORDER = 100
"""Of `polygamma`: the numbers in the formula of a higher order come near the largest float."""


def polygamma(order: int) -> Lowering:
    """The formula of ψ⁽ⁿ⁾(x), n from 1 on: infinite at 0 and, where it does not change its sign there, at -1, -2, …

    For x > 0 it is ± n!·Σ 1/(x + k)ⁿ⁺¹ with k from 0 on, summed as it stands until x + k is large, and by Stirling's
    series from there on.
    """
    start = float(_SERIES_FROM + order)
    series = [1.0, order / 2.0]
    for k, b in enumerate(_BERNOULLI, 1):
        series += [float(b * math.comb(2 * k + order - 1, 2 * k)), 0.0]
    slopes = [float(c) * math.pi ** (order + 1) for c in _cotangent_derivative(order)]
    odd = order % 2

    def right(m: Machine, x: Operand) -> Operand:
        small = x < start
        total: Operand = 0.0
        for k in reversed(range(int(start))):
            inverse = 1.0 / (x + float(k) if k else _no_zero(m, x))
            total = total + _factorial_times_power(inverse, order) * inverse
        w = 1.0 / m.where(small, x + start, x)
        rest = _factorial_times_power(w, order - 1) * w * _polynomial(m, series, w)
        return m.where(small, total + rest, rest)

    def formula(m: Machine, x: Operand) -> Operand:
        found = right(m, m.where(x < 0.0, 1.0 - x, x))
        cotangent = _cotangent(m, x)
        by_square = _polynomial(m, slopes[1 - odd :: 2], cotangent * cotangent)
        reflected = -found - (by_square if odd else by_square * cotangent)
        at_pole = m.where(x > -math.inf, math.inf, math.nan) if odd else _at_odd_pole(m, x)
        return m.where(_is_pole(m, x), at_pole, m.where(x < 0.0, reflected, found if odd else -found))

    return formula


# ---------------------------------------------------------------- parts


def _is_pole(m: Machine, x: Operand) -> Mask:
    """Where x is 0, -1, -2, …"""
    return m.both(x <= 0.0, m.equal(m.floor(x), x))


def _at_odd_pole(m: Machine, x: Operand) -> Operand:
    """Infinite at 0, by the sign of the 0; at the other poles nobody knows from which side x comes."""
    return m.where(m.equal(x, 0.0), -m.copysign(math.inf, x), math.nan)


def _to_first(m: Machine, x: Operand) -> tuple[list[tuple[Mask, Operand]], Operand]:
    """The steps from [1, 2] to x < 8, each (whether it is taken, the number below it), and where in [1, 2] x comes."""
    steps, y = [], x
    for _ in range(_SERIES_FROM - 2):
        above, lower = y > 2.0, y - 1.0  # exact
        steps.append((above, lower))
        y = m.where(above, lower, y)
    return steps, m.where(x < 1.0, x, y - 1.0)


def _from_nearest(m: Machine, x: Operand) -> Operand:
    """X less the nearest whole number: exact, and of the same sine and tangent of π·x but for the sign."""
    return x - m.floor(x + 0.5)


def _cotangent(m: Machine, x: Operand) -> Operand:
    """The cotangent of π·x, accurate next to its zeros too: there as the tangent of the distance from them."""
    r = _from_nearest(m, x)
    steep = m.abs(r) <= 0.25
    angle = math.pi * m.where(steep, m.abs(r), 0.5 - m.abs(r))
    cosine, sine = m.call("cos", angle), m.call("sin", angle)
    return m.copysign(m.where(steep, cosine, sine) / _no_zero(m, m.where(steep, sine, cosine)), r)


def _cotangent_derivative(order: int) -> list[int]:
    """The n-th derivative of cot as a polynomial of cot, whose own derivative is -1 - cot²."""
    found = [0, 1]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(found)][1:]
        found = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return found


def _factorial_times_power(x: Operand, n: int) -> Operand:
    """n!·xⁿ, in an order in which nothing overflows that is not too large itself."""
    found: Operand = 1.0
    for k in range(1, n + 1):
        found = found * (float(k) * x)
    return found


def _no_zero(m: Machine, x: Operand) -> Operand:
    """A divisor; 1 in the place of 0."""
    return m.where(m.equal(x, 0.0), 1.0, x)


def _polynomial(m: Machine, coefficients: Sequence[float], x: Operand) -> Operand:
    """Σ cₖxᵏ by Horner's rule."""
    found: Operand = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        found = m.fused(found, x, coefficient)
    return found
