"""exp and log of vectors, written out in LLVM's operations instead of called.

A call of a vector library makes the caller save all its registers, which in a formula of many terms costs as much as
the function itself; and only glibc has such a library.  Both are within 1.1 ulp.  Their polynomials are the best ones
of their degree (by Remez's algorithm), and within a thirtieth of an ulp of the functions.
"""

import math
import struct
from collections.abc import Sequence
from typing import Any

from autograd.native.planning.operand import Operand as Register

Code = Any  # of `autograd.native.llvm.code`, which calls these

_ROUNDER = 1.5 * 2.0**52  # a number of ordinary size plus this has its whole part in its lowest bits
_LN2_HIGH = float.fromhex("0x1.62e42fefa0000p-1")  # with 22 zeros at the end, so that multiples of it are exact
_LN2_LOW = float.fromhex("0x1.cf79abc9e3b3ap-40")  # the rest of ln 2
_SQRT_HALF_BITS = struct.unpack("<q", struct.pack("<d", math.sqrt(0.5)))[0]
_ONE_BITS = 1023 << 52
# (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, within 4e-18 of eʳ
_EXP = (
    0.5000000000000011, 0.16666666666666413, 0.04166666666653025, 0.008333333333494345, 0.0013888888943600932,
    0.0001984126950675957, 2.4801493132468676e-05, 2.7557586277150177e-06, 2.7630235361320597e-07,
    2.500007122327542e-08,
)  # fmt: skip
# (2·artanh(s)/s - 2) / s² by z = s², for |s| ≤ (√2 - 1)/(√2 + 1), times z/2 within 2e-18
_LOG = (
    0.6666666666666734, 0.3999999999941461, 0.2857142874240509, 0.2222219857124307, 0.1818356443430066,
    0.1531404760719793, 0.14795980862506292,
)  # fmt: skip


def vector_exp(code: Code, x: Register) -> Any:
    """eˣ = 2ⁿ·eʳ with n = round(x / ln 2), |r| ≤ ln 2 / 2; the factor 2ⁿ in two halves, for subnormal results.

    AVX-512 has an instruction for the factor.

    Source: Cody and Waite, Software Manual for the Elementary Functions (1980), chapter 6.
    """
    x = code.where(x > 1400.0, 1400.0, code.where(x < -1400.0, -1400.0, x))  # inf and 0 from there on; nan stays
    n = code.fused(x, 1.0 / math.log(2.0), _ROUNDER) - _ROUNDER
    r = code.fused(n, -_LN2_LOW, code.fused(n, -_LN2_HIGH, x))
    series = _polynomial(code, _EXP, r)
    power = 1.0 + code.fused(series * r, r, r)
    if code.has_scalef:
        return code.scaled(power, n)
    half = code.fused(n, 0.5, _ROUNDER)
    other = (n - (half - _ROUNDER)) + _ROUNDER
    return power * _power_of_two(code, half) * _power_of_two(code, other)


def _polynomial(code: Code, coefficients: Sequence[float], x: Register) -> Any:
    """Σ cₖxᵏ by Horner's rule."""
    *others, second, first = coefficients
    found = code.fused(x, first, second)
    for coefficient in reversed(others):
        found = code.fused(found, x, coefficient)
    return found


def _power_of_two(code: Code, rounded: Register) -> Any:
    """2ᵏ for k that is in the lowest bits of a sum with the rounder."""
    return code.from_bits(code.integers("add", code.integers("shl", code.to_bits(rounded), 52), _ONE_BITS))


def vector_log(code: Code, x: Register) -> Any:
    """Ln x = k·ln 2 + ln m with m in [√½, √2), and ln m = 2·artanh((m-1)/(m+1)).

    Source: the arrangement of fdlibm's e_log.c (Sun Microsystems, 1993), by its description.
    """
    tiny = x < 2.0**-1022
    bits = code.to_bits(code.where(tiny, x * 2.0**54, x))
    exponent = code.integers("ashr", code.integers("sub", bits, _SQRT_HALF_BITS), 52)
    m = code.from_bits(code.integers("sub", bits, code.integers("shl", exponent, 52)))
    k = code.as_numbers(exponent) - code.where(tiny, 54.0, 0.0)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = _polynomial(code, _LOG, z)
    half_square = 0.5 * f * f
    small = code.fused(s, half_square + series * z, k * _LN2_LOW)
    found = code.fused(k, _LN2_HIGH, f - (half_square - small))
    at_zero = code.where(code.equal(x, 0.0), -math.inf, code.where(x > 0.0, x, math.nan))  # inf and nan are themselves
    return code.where(code.both(x > 0.0, x < math.inf), found, at_zero)


INLINE = {"exp": vector_exp, "log": vector_log}
