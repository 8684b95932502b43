/* Floating-point functions that give the bits of Python's. */
#ifndef AUTOGRAD_NUMBERS_H
#define AUTOGRAD_NUMBERS_H

#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static inline int is_finite(double number)
{
    return (bits_of(number) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

/* √(x² + y²) correctly rounded but for one in billions of cases, as Python's math.hypot and unlike libm's: the rules are to
 * give Python's bits.  The error of a first root, x² + y² - h², is exact in pairs of doubles (Dekker 1971).
 */
static double square_with_error(double x, double *error)
{
    double product = x * x, scaled = 134217729.0 * x, high = scaled - (scaled - x), low = x - high;
    *error = ((high * high - product) + 2.0 * high * low) + low * low;
    return product;
}

static double python_hypot(double x, double y)
{
    double h, xx, yy, hh, x_error, y_error, h_error;
    int exponent = 0;
    x = fabs(x);
    y = fabs(y);
    if (x < y) {
        double swapped = x;
        x = y;
        y = swapped;
    }
    if (!(x <= 1.7976931348623157e308) || y != y) {
        return isinf(x) || isinf(y) ? INFINITY : NAN;
    }
    if (y == 0.0) {
        return x;
    }
    if (x < 1e-100 || x > 1e100) { /* squares are to stay in range */
        frexp(x, &exponent);
        x = ldexp(x, -exponent);
        y = ldexp(y, -exponent);
    }
    h = sqrt(x * x + y * y);
    xx = square_with_error(x, &x_error);
    yy = square_with_error(y, &y_error);
    hh = square_with_error(h, &h_error);
    h += (((xx - hh) + yy) + ((x_error - h_error) + y_error)) / (2.0 * h);
    return exponent == 0 ? h : ldexp(h, exponent);
}

#define hypot python_hypot

/* Σ terms, correctly rounded: Shewchuk's algorithm, which is that of math.fsum.  Not finite: the caller asks Python. */
static int exact_sum(const double *terms, Py_ssize_t size, double *total)
{
    double few[64], *parts = few, *more, sum, error;
    Py_ssize_t count = 0, room = 64, kept;
    for (Py_ssize_t i = 0; i < size; i++) {
        double x = terms[i];
        if (!is_finite(x)) {
            *total = x;
            goto done;
        }
        kept = 0;
        for (Py_ssize_t j = 0; j < count; j++) {
            double y = parts[j], high, low;
            if (fabs(x) < fabs(y)) {
                double swapped = x;
                x = y;
                y = swapped;
            }
            high = x + y;
            low = y - (high - x);
            if (low != 0.0) {
                parts[kept++] = low;
            }
            x = high;
        }
        count = kept;
        if (!is_finite(x)) {
            *total = x;
            goto done;
        }
        if (x == 0.0) {
            continue; /* so that of a -0.0 the sum is 0.0, as of math.fsum */
        }
        if (count == room) {
            more = PyMem_Malloc((size_t)room * 2 * sizeof(double));
            if (more == NULL) {
                PyErr_NoMemory();
                if (parts != few) {
                    PyMem_Free(parts);
                }
                return -1;
            }
            memcpy(more, parts, (size_t)room * sizeof(double));
            if (parts != few) {
                PyMem_Free(parts);
            }
            parts = more;
            room *= 2;
        }
        parts[count++] = x;
    }
    sum = error = 0.0;
    if (count > 0) {
        sum = parts[--count];
        while (count > 0) {
            double x = sum, y = parts[--count];
            sum = x + y;
            error = y - (sum - x);
            if (error != 0.0) {
                break;
            }
        }
        /* half-way cases: round to even in view of what is left */
        if (count > 0 && ((error < 0.0 && parts[count - 1] < 0.0) || (error > 0.0 && parts[count - 1] > 0.0))) {
            double twice = error * 2.0, rounded = sum + twice;
            if (twice == rounded - sum) {
                sum = rounded;
            }
        }
    }
    *total = sum;
done:
    if (parts != few) {
        PyMem_Free(parts);
    }
    return 0;
}

#endif
