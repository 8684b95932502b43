/* Numbers on their way: out of arguments into rows, and out of rows into results. */
#ifndef AUTOGRAD_PASSING_H
#define AUTOGRAD_PASSING_H

#include "parts.h"

/* ---------------------------------------------------------------- arguments into rows */

static inline int read_number(PyObject *x, double *to)
{
    if (PyFloat_CheckExact(x) || (PyObject *)Py_TYPE(x) == numpy.float64) {
        *to = PyFloat_AS_DOUBLE(x);
        return 1;
    }
    if (PyLong_CheckExact(x)) {
        *to = PyLong_AsDouble(x);
        if (*to != -1.0 || !PyErr_Occurred()) {
            return 1;
        }
        PyErr_Clear(); /* too large */
    }
    return 0;
}

/* Copy between an array and numbers that stand one after the other. */
static void copy_strided(const Array *array, int dimension, char *at, double **numbers, int into_the_array)
{
    Py_ssize_t n = array->dimensions[dimension], stride = array->strides[dimension];
    if (dimension + 1 < array->dimensions_count) {
        for (Py_ssize_t i = 0; i < n; i++) {
            copy_strided(array, dimension + 1, at + i * stride, numbers, into_the_array);
        }
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++, at += stride) {
        if (into_the_array) {
            memcpy(at, (*numbers)++, sizeof(double)); /* it need not be aligned */
        }
        else {
            memcpy((*numbers)++, at, sizeof(double));
        }
    }
}

static inline int is_float64(PyObject *dtype)
{
    if (dtype == numpy.dtype) {
        return 1;
    }
    return Py_TYPE(dtype) == Py_TYPE(numpy.dtype) && ((DType *)dtype)->number == ((DType *)numpy.dtype)->number &&
           ((DType *)dtype)->byte_order == ((DType *)numpy.dtype)->byte_order; /* a copy, as in an array from a file */
}

/* x as an array of float64 of the shape of a part; NULL for anything else. */
static inline Array *array_of(const Part *part, PyObject *x)
{
    Array *array = (Array *)x;
    if ((PyObject *)Py_TYPE(x) != numpy.array || !is_float64(array->dtype) ||
        array->dimensions_count != PyTuple_GET_SIZE(part->object)) {
        return NULL;
    }
    for (int i = 0; i < array->dimensions_count; i++) {
        if (array->dimensions[i] != part->shape[i]) {
            return NULL;
        }
    }
    return array;
}

static int read_array(const Part *part, PyObject *x, double *to)
{
    const Array *array = array_of(part, x);
    if (array == NULL) {
        return 0;
    }
    if (array->flags & C_CONTIGUOUS) {
        memcpy(to, array->data, (size_t)part->size * sizeof(double));
    }
    else {
        copy_strided(array, 0, array->data, &to, 0);
    }
    return 1;
}

/* Note an array of samples, or of elements that stand one after the other; one of other numbers is converted.  0 if it does
 * not fit.
 */
static int meet_array(Part *part, PyObject *x)
{
    Array *array = (Array *)x;
    int in_place, is_elements = part->kind == ELEMENTS;
    if ((PyObject *)Py_TYPE(x) != numpy.array || array->dimensions_count == 0 ||
        (!is_elements && array->dimensions_count != PyTuple_GET_SIZE(part->object))) {
        return 0;
    }
    in_place = is_float64(array->dtype) && array->flags & ALIGNED && (!is_elements || array->flags & C_CONTIGUOUS);
    for (int i = 0; i < array->dimensions_count; i++) {
        in_place &= array->strides[i] % (Py_ssize_t)sizeof(double) == 0;
        if (!is_elements && i > 0 && array->dimensions[i] != part->shape[i]) {
            return 0;
        }
    }
    if (in_place) {
        Py_INCREF(x);
    }
    else {
        char kind = ((DType *)array->dtype)->kind;
        if (kind != 'b' && kind != 'i' && kind != 'u' && kind != 'f') {
            return 0;
        }
        x = numpy.from_array(x, Py_NewRef(numpy.dtype), C_CONTIGUOUS | ALIGNED | FORCE_CAST);
        if (x == NULL) {
            PyErr_Clear(); /* the call at length says it */
            return 0;
        }
    }
    Py_XSETREF(part->array, (Array *)x);
    return 1;
}

static void forget_arrays(Structure *structure)
{
    for (Part *part = structure->parts; part < structure->parts + structure->count; part++) {
        Py_CLEAR(part->array);
    }
}

static inline int is_same_text(PyObject *x, PyObject *y)
{
    return x == y || (PyUnicode_CheckExact(x) && PyUnicode_CheckExact(y) && PyUnicode_Compare(x, y) == 0);
}

/* As a key of a dict, or as what is fixed; what else may be equal takes the long way. */
static inline int is_same(PyObject *x, PyObject *y)
{
    return is_same_text(x, y) ||
           (PyLong_CheckExact(x) && PyLong_CheckExact(y) && PyObject_RichCompareBool(x, y, Py_EQ) == 1);
}

/* Whether x is what a part stands for, or the `Static` of it. */
static int is_fixed(const Part *part, PyObject *x)
{
    static PyObject *value;
    PyObject *held = NULL, *expected;
    int same;
    if ((PyObject *)Py_TYPE(x) == numpy.fixed) {
        if (value == NULL && (value = PyUnicode_InternFromString("value")) == NULL) {
            return -1;
        }
        x = held = PyObject_GetAttr(x, value);
        if (x == NULL) {
            return -1;
        }
    }
    if (part->kind == SAME) {
        same = is_same(x, part->object);
    }
    else {
#if PY_VERSION_HEX >= 0x030d0000
        same = PyWeakref_GetRef(part->object, &expected) > 0 && x == expected;
        Py_XDECREF(expected);
#else
        expected = PyWeakref_GET_OBJECT(part->object);
        same = x == expected;
#endif
    }
    Py_XDECREF(held);
    return same;
}

static int read_part(Part **at, PyObject *x, double **to);

/* As `read_part`, of which a number need not be called. */
static inline int read_next(Part **at, PyObject *x, double **to)
{
    if ((*at)->kind == A_NUMBER) {
        ++*at;
        return read_number(x, (*to)++);
    }
    return read_part(at, x, to);
}

/* Read x and go on to what follows the part.  0 if it does not fit, -1 with an exception set. */
static int read_part(Part **at, PyObject *x, double **to)
{
    Part *part = (*at)++;
    Py_ssize_t place = 0;
    PyObject *const *items, *key, *item;
    int found;
    switch (part->kind) {
    case A_NUMBER:
        return read_number(x, (*to)++);
    case NUMBERS:
    case SEQUENCE:
        if ((PyObject *)Py_TYPE(x) != part->object || PySequence_Fast_GET_SIZE(x) != part->size) {
            return 0;
        }
        items = PySequence_Fast_ITEMS(x); /* nothing runs that could change it */
        if (part->kind == NUMBERS) {
            double *numbers = *to;
            for (Py_ssize_t i = 0; i < part->size; i++) {
                if (!read_number(items[i], &numbers[i])) {
                    return 0;
                }
            }
            *to += part->size;
            return 1;
        }
        for (Py_ssize_t i = 0; i < part->size; i++) {
            if ((found = read_next(at, items[i], to)) <= 0) {
                return found;
            }
        }
        return 1;
    case DICT:
        if (!PyDict_CheckExact(x) || PyDict_GET_SIZE(x) != part->size) {
            return 0;
        }
        for (Py_ssize_t i = 0; i < part->size && PyDict_Next(x, &place, &key, &item); i++) {
            if (!is_same(key, PyTuple_GET_ITEM(part->object, i))) {
                return 0;
            }
            if ((found = read_next(at, item, to)) <= 0) {
                return found;
            }
        }
        return 1;
    case ARRAY:
        found = read_array(part, x, *to);
        *to += part->size;
        return found;
    case SAMPLES:
    case ELEMENTS:
        *to += part->kind == SAMPLES ? part->size : 1;
        return meet_array(part, x);
    default:
        return is_fixed(part, x);
    }
}

/* ---------------------------------------------------------------- rows into results */

/* Whether what is given for `out` has the structure of the results, and goes on.  As `read_part`. */
static int takes(Part **at, PyObject *out)
{
    Part *part = (*at)++;
    Py_ssize_t place = 0;
    PyObject *key, *item;
    int found;
    if (out == Py_None) { /* made anew */
        Structure whole = {.parts = part, .count = PY_SSIZE_T_MAX};
        Py_ssize_t numbers = 0;
        *at = part + check_parts(&whole, 0, &numbers);
        return 1;
    }
    switch (part->kind) {
    case SEQUENCE:
        if ((PyObject *)Py_TYPE(out) != part->object || PySequence_Fast_GET_SIZE(out) != part->size) {
            return 0;
        }
        for (Py_ssize_t i = 0; i < part->size; i++) {
            if ((found = takes(at, PySequence_Fast_GET_ITEM(out, i))) <= 0) {
                return found;
            }
        }
        return 1;
    case DICT:
        if (!PyDict_CheckExact(out) || PyDict_GET_SIZE(out) != part->size) {
            return 0;
        }
        for (Py_ssize_t i = 0; PyDict_Next(out, &place, &key, &item); i++) {
            if (!is_same(key, PyTuple_GET_ITEM(part->object, i))) {
                return 0;
            }
            if ((found = takes(at, item)) <= 0) {
                return found;
            }
        }
        return 1;
    case ARRAY:
        return array_of(part, out) != NULL && ((Array *)out)->flags & WRITEABLE;
    default:
        return 0;
    }
}

static void fill_array(const Part *part, const double *rows, const Py_ssize_t *from, double *to)
{
    if (part->row >= 0) {
        memcpy(to, rows + part->row, (size_t)part->size * sizeof(double));
    }
    else if (part->image != NULL) {
        memcpy(to, part->image, (size_t)part->size * sizeof(double));
        for (Py_ssize_t i = 0; i < part->size_of_moves; i++) {
            to[part->moves[2 * i]] = rows[part->moves[2 * i + 1]];
        }
    }
    else {
        for (Py_ssize_t i = 0; i < part->size; i++) {
            to[i] = rows[from[i]];
        }
    }
}

static PyObject *make_array(const Part *part, PyObject *out, const double *rows, const Py_ssize_t *from)
{
    PyObject *array;
    if (out == NULL) {
        array = numpy.new_array((PyTypeObject *)numpy.array, Py_NewRef(numpy.dtype), (int)PyTuple_GET_SIZE(part->object),
                                part->shape, NULL, NULL, 0, NULL);
    }
    else if (array_of(part, out) != NULL && ((Array *)out)->flags & WRITEABLE) {
        array = Py_NewRef(out);
    }
    else {
        PyErr_SetString(PyExc_RuntimeError, "out: it was changed while it was written to");
        return NULL;
    }
    if (array == NULL) {
        return NULL;
    }
    if (((Array *)array)->flags & C_CONTIGUOUS && (uintptr_t)((Array *)array)->data % sizeof(double) == 0) {
        fill_array(part, rows, from, (double *)((Array *)array)->data);
    }
    else {
        double *numbers = PyMem_Malloc(((size_t)part->size + 1) * sizeof(double)), *at = numbers;
        if (numbers == NULL) {
            Py_DECREF(array);
            return PyErr_NoMemory();
        }
        fill_array(part, rows, from, numbers);
        copy_strided((Array *)array, 0, ((Array *)array)->data, &at, 1);
        PyMem_Free(numbers);
    }
    return array;
}

/* Memory for the results of all samples. */
static PyObject *make_samples(Part *part)
{
    int is_like = part->kind == ELEMENTS; /* of the shape of the array that is noted */
    PyObject *made = numpy.new_array((PyTypeObject *)numpy.array, Py_NewRef(numpy.dtype),
                                     is_like ? part->array->dimensions_count : (int)PyTuple_GET_SIZE(part->object),
                                     is_like ? part->array->dimensions : part->shape, NULL, NULL, 0, NULL);
    part->array = (Array *)made;
    return made;
}

static PyObject *copy_of(PyObject *object)
{
    static PyObject *copy;
    if (PyList_CheckExact(object)) {
        return PyList_GetSlice(object, 0, PyList_GET_SIZE(object));
    }
    if (copy == NULL && (copy = PyUnicode_InternFromString("copy")) == NULL) {
        return NULL;
    }
    return PyObject_CallMethodNoArgs(object, copy);
}

static PyObject *make_part(Part **at, PyObject *out, const double *rows, const Py_ssize_t **from);

/* As `make_part`, of which a number need not be called. */
static inline PyObject *make_next(Part **at, PyObject *out, const double *rows, const Py_ssize_t **from)
{
    if ((*at)->kind == A_NUMBER) {
        ++*at;
        return PyFloat_FromDouble(rows[*(*from)++]);
    }
    return make_part(at, out, rows, from);
}

static PyObject *make_part(Part **at, PyObject *out, const double *rows, const Py_ssize_t **from)
{
    Part *part = (*at)++;
    PyObject *made, *item;
    int is_list = part->object == (PyObject *)&PyList_Type;
    if (out == Py_None) {
        out = NULL;
    }
    switch (part->kind) {
    case A_NUMBER:
        return PyFloat_FromDouble(rows[*(*from)++]);
    case ARRAY:
        made = make_array(part, out, rows, *from);
        *from += part->size;
        return made;
    case SAMPLES:
    case ELEMENTS:
        return make_samples(part);
    case SAME:
        return Py_NewRef(part->object);
    case COPIED:
        return copy_of(part->object);
    case DICT:
        made = PyDict_New();
        for (Py_ssize_t i = 0; i < part->size && made != NULL; i++) {
            PyObject *key = PyTuple_GET_ITEM(part->object, i);
            PyObject *given = out == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(out, key));
            item = out != NULL && PyErr_Occurred() ? NULL : make_next(at, given, rows, from);
            if (item == NULL || PyDict_SetItem(made, key, item) < 0) {
                Py_CLEAR(made);
            }
            Py_XDECREF(item);
            Py_XDECREF(given);
        }
        return made;
    default: /* a sequence */
        made = is_list ? PyList_New(part->size) : PyTuple_New(part->size);
        for (Py_ssize_t i = 0; i < part->size && made != NULL; i++) {
            PyObject *given = NULL;
            if (out != NULL && i < PySequence_Fast_GET_SIZE(out)) { /* it may be changed meanwhile */
                given = Py_NewRef(PySequence_Fast_GET_ITEM(out, i));
            }
            item = part->kind == NUMBERS ? PyFloat_FromDouble(rows[*(*from)++]) : make_next(at, given, rows, from);
            Py_XDECREF(given);
            if (item == NULL) {
                Py_CLEAR(made);
            }
            else if (is_list) {
                PyList_SET_ITEM(made, i, item);
            }
            else {
                PyTuple_SET_ITEM(made, i, item);
            }
        }
        if (part->kind == NAMED && made != NULL) {
            item = PyObject_CallOneArg(part->object, made);
            Py_SETREF(made, item);
        }
        return made;
    }
}

/* Choose how an array is filled. */
static int plan_array(Part *part, const Py_ssize_t *from, const double *rows, Py_ssize_t first_constant)
{
    Py_ssize_t in_line = 1, constants = 0;
    for (Py_ssize_t i = 0; i < part->size; i++) {
        in_line &= from[i] == from[0] + i;
        constants += from[i] >= first_constant;
    }
    if (part->size > 0 && in_line) {
        part->row = from[0];
    }
    else if (constants > 0) {
        part->image = PyMem_Calloc((size_t)part->size, sizeof(double));
        part->moves = PyMem_Malloc((size_t)(2 * (part->size - constants) + 1) * sizeof(Py_ssize_t));
        if (part->image == NULL || part->moves == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        for (Py_ssize_t i = 0; i < part->size; i++) {
            if (from[i] >= first_constant) {
                part->image[i] = rows[from[i]];
            }
            else {
                part->moves[2 * part->size_of_moves] = i;
                part->moves[2 * part->size_of_moves++ + 1] = from[i];
            }
        }
    }
    return 0;
}

#endif
