/* The structure of what goes through doors: numbers, arrays of NumPy, and sequences and dicts of them, as a row of parts. */
#ifndef AUTOGRAD_PARTS_H
#define AUTOGRAD_PARTS_H

#include "node.h"

/* ---------------------------------------------------------------- NumPy
 *
 * What its header says, of which every extension is compiled a copy, so that it stays; built without it, the core asks for
 * its functions where NumPy itself offers them to extensions, as import_array() does.  The buffer protocol would take 70 ns
 * for an array, and numpy.empty 120.
 */

typedef struct {
    PyObject_HEAD
    char *data;
    int dimensions_count;
    Py_ssize_t *dimensions, *strides;
    PyObject *base, *dtype;
    int flags;
} Array;

typedef struct {
    PyObject_HEAD
    PyObject *scalar;
    char kind, type, byte_order, old_flags;
    int number;
} DType;

enum { C_CONTIGUOUS = 0x0001, FORCE_CAST = 0x0010, ALIGNED = 0x0100, WRITEABLE = 0x0400 };
enum { SLOT_VERSION = 0, SLOT_NEW_FROM_DTYPE = 94, SLOT_FROM_ARRAY = 109 }; /* in the table of NumPy's functions */

typedef PyObject *(*NewArray)(PyTypeObject *, PyObject *, int, const Py_ssize_t *, const Py_ssize_t *, void *, int, PyObject *);
typedef PyObject *(*FromArray)(PyObject *, PyObject *, int);

/* And Static of the core in Python; NULL before they are introduced. */
static struct {
    PyObject *array, *float64, *dtype, *fixed;
    FromArray from_array;
    NewArray new_array; /* NULL where NumPy is of a version that is not known here: no array goes through a door then */
} numpy;

/* Whether arrays can go through doors. */
static PyObject *introduce_numpy(PyObject *module, PyObject *given)
{
    PyObject *array, *float64, *dtype, *functions, *fixed;
    void **table;
    unsigned int version;
    (void)module;
    if (!PyArg_ParseTuple(given, "O!O!OOO!:introduce_numpy", &PyType_Type, &array, &PyType_Type, &float64, &dtype,
                          &functions, &PyType_Type, &fixed)) {
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)float64, &PyFloat_Type)) {
        PyErr_SetString(PyExc_TypeError, "introduce_numpy: float64 must be a kind of float");
        return NULL;
    }
    table = PyCapsule_GetPointer(functions, NULL);
    if (table == NULL) {
        return NULL;
    }
    version = ((unsigned int (*)(void))table[SLOT_VERSION])();
    numpy.new_array = version == 0x01000009 || version == 0x02000000 ? (NewArray)table[SLOT_NEW_FROM_DTYPE] : NULL;
    numpy.from_array = (FromArray)table[SLOT_FROM_ARRAY];
    Py_XSETREF(numpy.array, Py_NewRef(array));
    Py_XSETREF(numpy.float64, Py_NewRef(float64));
    Py_XSETREF(numpy.dtype, Py_NewRef(dtype));
    Py_XSETREF(numpy.fixed, Py_NewRef(fixed));
    return PyBool_FromLong(numpy.new_array != NULL);
}

/* ---------------------------------------------------------------- structures */

enum PartKind {
    A_NUMBER,
    NUMBERS,   /* a list or tuple of `size` numbers; `object` is its type */
    SEQUENCE,  /* a list or tuple of `size` parts, which follow */
    DICT,      /* of `size` parts; `object` is the tuple of keys */
    ARRAY,     /* of `size` numbers of float64; `object` is the shape */
    SAME,      /* `object` itself, or an equal text or integer */
    ALIVE,     /* what `object`, a weak reference, refers to */
    NAMED,     /* in results: `object` called with the tuple of `size` parts, as the `_make` of a namedtuple is */
    COPIED,    /* in results: `object.copy()`, of constants that may be changed */
    SAMPLES,   /* an array of samples of `size` numbers each; `object` is its shape, of which the first length may be any */
    ELEMENTS,  /* an array of float64 of any shape, each element a sample of its own */
    PART_KINDS
};

typedef struct {
    int kind;
    Py_ssize_t size;
    PyObject *object;  /* a strong reference, or NULL */
    Py_ssize_t *shape; /* of an array */
    Array *array;      /* of samples or elements: what is met or made now; a strong reference in arguments */
    Py_ssize_t row;    /* of an array in results: where its numbers stand one after the other in the rows; else -1 */
    double *image;     /* of an array in results with constants: itself with these in place; else NULL */
    Py_ssize_t *moves; /* and for each other number where it goes, and its row; `size_of_moves` of these */
    Py_ssize_t size_of_moves;
} Part;

typedef struct {
    Part *parts;
    Py_ssize_t count, numbers;
} Structure;

static Py_ssize_t check_parts(const Structure *structure, Py_ssize_t at, Py_ssize_t *numbers)
{
    const Part *part;
    Py_ssize_t next = at + 1;
    if (at >= structure->count) {
        return -1;
    }
    part = &structure->parts[at];
    if (part->kind == A_NUMBER || part->kind == ELEMENTS) {
        ++*numbers;
    }
    else if (part->kind == NUMBERS || part->kind == ARRAY || part->kind == SAMPLES) {
        *numbers += part->size;
    }
    else if (part->kind == SEQUENCE || part->kind == DICT || part->kind == NAMED) {
        for (Py_ssize_t i = 0; i < part->size && next >= 0; i++) {
            next = check_parts(structure, next, numbers);
        }
    }
    return next;
}

static int read_shape(Part *part)
{
    Py_ssize_t n = PyTuple_GET_SIZE(part->object), numbers = 1;
    part->shape = PyMem_Malloc(((size_t)n + 1) * sizeof(Py_ssize_t));
    if (part->shape == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        part->shape[i] = PyLong_AsSsize_t(PyTuple_GET_ITEM(part->object, i));
        if (part->shape[i] < 0) {
            return -1;
        }
        numbers *= part->shape[i];
    }
    return numbers == part->size ? 0 : -1;
}

/* Read parts of a list of tuples (kind, size, object).  -1 with an exception set. */
static int fill_structure(Structure *structure, PyObject *parts, Py_ssize_t roots)
{
    Py_ssize_t count = PyList_GET_SIZE(parts), at = 0;
    structure->parts = PyMem_Calloc((size_t)count + 1, sizeof(Part));
    if (structure->parts == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    structure->count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        Part *part = &structure->parts[i];
        PyObject *object, *tuple = PyList_GET_ITEM(parts, i);
        int fits = 1;
        if (!PyTuple_Check(tuple) || !PyArg_ParseTuple(tuple, "inO", &part->kind, &part->size, &object)) {
            return -1;
        }
        part->object = Py_NewRef(object);
        part->row = -1;
        switch (part->kind) {
        case NUMBERS:
        case SEQUENCE:
            fits = PyType_Check(object) && (object == (PyObject *)&PyList_Type ||
                                            PyType_IsSubtype((PyTypeObject *)object, &PyTuple_Type));
            break;
        case ELEMENTS:
            fits = numpy.new_array != NULL;
            break;
        case DICT:
        case ARRAY:
        case SAMPLES:
            fits = PyTuple_CheckExact(object) && (part->kind != SAMPLES || PyTuple_GET_SIZE(object) > 0);
            if (fits && part->kind != DICT && (numpy.new_array == NULL || read_shape(part) < 0)) {
                fits = 0;
            }
            break;
        case ALIVE:
            fits = PyWeakref_CheckRef(object);
            break;
        }
        if (PyErr_Occurred()) {
            return -1;
        }
        if (!fits || part->kind < 0 || part->kind >= PART_KINDS || part->size < 0 ||
            (part->kind == DICT && PyTuple_GET_SIZE(object) != part->size)) {
            PyErr_SetString(PyExc_ValueError, "Door: a part of no such kind");
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < roots && at >= 0; i++) {
        at = check_parts(structure, at, &structure->numbers);
    }
    if (at != count) {
        PyErr_SetString(PyExc_ValueError, "Door: parts are missing, or too many");
        return -1;
    }
    return 0;
}

#endif
