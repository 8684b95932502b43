// What C's library has and JavaScript has not, or has otherwise.  Each function calls those above it only; a file gets
// those that it calls.  Tested against Python's `math`: tests/test_javascript.py states how far they may be off.

// |x| with the sign of y.
function copysign(x, y) {
  return y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x);
}

// C gives 1 for 1 to the nan and ±1 to the infinity, where ** gives nan.
function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

function exp2(x) {
  return 2 ** x;
}

// exp(x²)·erfc(x)·(x + 2.75) for x ≥ ½ is smooth in (x - 2.75) / (x + 2.75): 24 terms of its Chebyshev series.
// The rounding error of x² is put back (Dekker 1971), for alone it would cost x² units in the last place.
function erfcFar(x) {
  if (x > 28) return 0;
  const series = [
    2.221050279178195, -0.6869145325726274, 0.16816977537844, -0.031312870610491,
    0.003937095931999008, -0.00018224828097483794, -4.057530949069583e-05, 7.821019651646902e-06,
    1.5946780534225196e-07, -1.918840465556002e-07, 6.321429401459424e-09, 4.930913097351678e-09,
    -3.011275531300072e-10, -1.4693968212537876e-10, 9.43819346639308e-12, 5.074261430285339e-12,
    -2.0839897806021828e-13, -1.9326974127975263e-13, -7.426933207949947e-16, 7.5807884909065e-15,
    5.115863399608655e-16, -2.8178277323907575e-16, -4.4836210832631657e-17, 8.57164997398347e-18,
  ];
  const u = ((13 * (x - 2.75)) / (x + 2.75) - 2) / 11;
  let [next, last] = [0, 0];
  for (let k = series.length - 1; k > 0; k--) [next, last] = [series[k] + 2 * u * next - last, next];
  const factor = (series[0] / 2 + u * next - last) / (x + 2.75);
  const scaled = 134217729 * x;
  const high = scaled - (scaled - x);
  const low = x - high;
  const error = high * high - x * x + 2 * high * low + low * low;
  const root = Math.exp(-0.5 * x * x); // twice, as exp(-x²) alone is subnormal where the result is not yet
  return x > 26 ? root * (factor * (1 - error)) * root : Math.exp(-x * x) * (factor * (1 - error));
}

// 2/√π · x · (1 - x²/3 + x⁴/10 - …) for |x| < ½.
function erfNear(x) {
  let [term, total] = [1, 1];
  for (let n = 1; n < 14; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return x * (total * 1.1283791670955126);
}

function erf(x) {
  if (Math.abs(x) < 0.5) return erfNear(x);
  return x > 0 ? 1 - erfcFar(x) : x < 0 ? erfcFar(-x) - 1 : x;
}

function erfc(x) {
  if (Math.abs(x) < 0.5) return 1 - erfNear(x);
  return x > 0 ? erfcFar(x) : x < 0 ? 2 - erfcFar(-x) : x;
}
