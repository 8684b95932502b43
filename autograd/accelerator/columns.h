/* Machine code that runs over many samples at once: where the numbers of each are, and where its results go. */
#ifndef AUTOGRAD_COLUMNS_H
#define AUTOGRAD_COLUMNS_H

#include "passing.h"

enum { ALL_PHASES = 7 }; /* of a batch, as in signature.py */

typedef void (*Kernel)(int64_t, double **, int64_t *, int64_t, double, double *, double *, double **, int64_t *);

/* The arguments of the machine code.  An input or an output of it is a column: number s of it stands at place[s · stride]. */
typedef struct {
    Kernel kernel;
    Py_ssize_t inputs, outputs, most; /* columns; and samples, of which it takes so many at most */
    double **places;                  /* of the inputs, and then of the outputs */
    int64_t *strides;                 /* in numbers */
    Py_buffer strips;
} Columns;

/* -1 with an exception set. */
static int make_columns(Columns *columns, Py_ssize_t inputs, Py_ssize_t outputs)
{
    size_t count = (size_t)(inputs + outputs) + 1;
    columns->inputs = inputs;
    columns->outputs = outputs;
    columns->places = PyMem_Calloc(count, sizeof(double *));
    columns->strides = PyMem_Calloc(count, sizeof(int64_t));
    if (columns->places == NULL || columns->strides == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static int have_same_shape(const Array *x, const Array *y)
{
    int same = x->dimensions_count == y->dimensions_count;
    for (int i = 0; same && i < x->dimensions_count; i++) {
        same = x->dimensions[i] == y->dimensions[i];
    }
    return same;
}

/* How many samples the arrays that were met have, and one of them; 0 if they do not agree. */
static Py_ssize_t count_samples(const Structure *arguments, const Array **first)
{
    Py_ssize_t n = 0;
    *first = NULL;
    for (const Part *part = arguments->parts; part < arguments->parts + arguments->count; part++) {
        if (part->kind == ELEMENTS) {
            if (*first == NULL) {
                n = 1;
                for (int i = 0; i < part->array->dimensions_count; i++) {
                    n *= part->array->dimensions[i];
                }
            }
            else if (!have_same_shape(part->array, *first)) {
                return 0;
            }
            *first = part->array;
        }
        else if (part->kind == SAMPLES) {
            if (*first != NULL && part->array->dimensions[0] != n) {
                return 0;
            }
            n = part->array->dimensions[0];
            *first = part->array;
        }
    }
    return n;
}

/* The columns of the elements of a sample, one after the other. */
static void place_elements(const Array *array, int dimension, char *at, double ***place)
{
    if (dimension == array->dimensions_count) {
        *(*place)++ = (double *)at;
        return;
    }
    for (Py_ssize_t i = 0; i < array->dimensions[dimension]; i++) {
        place_elements(array, dimension + 1, at + i * array->strides[dimension], place);
    }
}

/* The columns of arrays that were met or made; a number of the rows is a column that stands still. */
static void place_columns(const Structure *structure, double *rows, double **places, int64_t *strides)
{
    double **place = places;
    for (const Part *part = structure->parts; part < structure->parts + structure->count; part++) {
        Py_ssize_t size = part->kind == A_NUMBER || part->kind == ELEMENTS ? 1
                          : part->kind == NUMBERS || part->kind == ARRAY || part->kind == SAMPLES ? part->size
                                                                                                   : 0;
        double **first = place;
        int64_t stride = 0;
        if (part->kind == ELEMENTS) {
            *place++ = (double *)part->array->data;
            stride = 1;
        }
        else if (part->kind == SAMPLES) {
            place_elements(part->array, 1, part->array->data, &place);
            stride = part->array->strides[0] / (Py_ssize_t)sizeof(double);
        }
        else {
            for (Py_ssize_t i = 0; i < size; i++, place++) {
                *place = rows + (place - places);
            }
        }
        for (Py_ssize_t i = 0; i < size; i++) {
            strides[(first - places) + i] = stride;
        }
    }
}

/* Run the machine code over the samples of the arguments that were read.  NULL without an exception if they do not fit.
 *
 * Its results are made before, so the cycle collector rests: it would run finalizers, which could change the arguments.
 */
static PyObject *run_over_samples(Columns *columns, const Structure *arguments, const Structure *results, double *rows,
                                  double *slots)
{
    const Array *first;
    const Py_ssize_t *no_rows = NULL;
    Py_ssize_t n = count_samples(arguments, &first);
    Part *at = results->parts;
    PyObject *made;
    int collected;
    if (n == 0 || n > columns->most) {
        return NULL;
    }
    for (Part *part = results->parts; part < results->parts + results->count; part++) {
        if (part->kind == ELEMENTS) {
            part->array = (Array *)first;
        }
        else if (part->kind == SAMPLES) {
            part->shape[0] = n;
        }
    }
    collected = PyGC_Disable();
    made = make_next(&at, NULL, rows, &no_rows);
    if (made != NULL) {
        place_columns(arguments, rows, columns->places, columns->strides);
        place_columns(results, rows, columns->places + columns->inputs, columns->strides + columns->inputs);
        columns->kernel(ALL_PHASES, columns->places, columns->strides, n, 1.0, slots, columns->strips.buf,
                        columns->places + columns->inputs, columns->strides + columns->inputs);
    }
    if (collected) {
        PyGC_Enable();
    }
    return made;
}

#endif
