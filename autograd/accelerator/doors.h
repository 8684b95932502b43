/* Doors: calls of machine code by Python, in which numbers go from where they are into the rows that it reads, and its
 * results into what is returned, with no object in between.
 *
 * A door is made of one structure of arguments, such as (a list of three numbers, a vector of ten).  A call whose arguments
 * have another structure, or hold anything but floats, whole numbers and arrays of float64, does not fit, and nothing has
 * happened then: the caller takes the long way, which alone says what a call means.
 *
 * While arguments are read and while the machine code runs, nothing else of Python does.  Objects are made of results
 * after that; the cycle collector may run then, hence finalizers and other threads, and a door that is busy fits nothing.
 */
#ifndef AUTOGRAD_DOORS_H
#define AUTOGRAD_DOORS_H

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

enum { C_CONTIGUOUS = 0x0001, WRITEABLE = 0x0400 };
enum { SLOT_VERSION = 0, SLOT_NEW_FROM_DTYPE = 94 }; /* in the table of NumPy's functions */

typedef PyObject *(*NewArray)(PyTypeObject *, PyObject *, int, const Py_ssize_t *, const Py_ssize_t *, void *, int, PyObject *);

/* And Static of the core in Python; NULL before they are introduced. */
static struct {
    PyObject *array, *float64, *dtype, *fixed;
    NewArray new_array; /* NULL where NumPy is of a version that is not known here: no array goes through a door then */
} numpy;

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
    PART_KINDS
};

typedef struct {
    int kind;
    Py_ssize_t size;
    PyObject *object;  /* a strong reference, or NULL */
    Py_ssize_t *shape; /* of an array */
    Py_ssize_t row;    /* of an array in results: where its numbers stand one after the other in the rows; else -1 */
    double *image;     /* of an array in results with constants: itself with these in place; else NULL */
    Py_ssize_t *moves; /* and for each other number where it goes, and its row; `size_of_moves` of these */
    Py_ssize_t size_of_moves;
} Part;

typedef struct {
    Part *parts;
    Py_ssize_t count, numbers;
} Structure;

typedef struct {
    PyObject_HEAD
    void (*function)(double *, double *);
    PyObject *keeper;          /* what the function lives as long as */
    Py_ssize_t calls_left;     /* until `then` is called, once; 0 if it is not to be */
    PyObject *then;
    PyObject *captured;        /* a tuple of Values, whose numbers are the first slots */
    PyObject *names;           /* a tuple: the arguments that are given by name, which come last */
    Py_ssize_t positional;
    Structure arguments, results;
    Py_ssize_t *outputs;       /* the row of each number of the results */
    Py_buffer slots, rows;
    int busy;
} Door;

static PyTypeObject *door_type, *doors_type;

static Py_ssize_t check_parts(const Structure *structure, Py_ssize_t at, Py_ssize_t *numbers)
{
    const Part *part;
    Py_ssize_t next = at + 1;
    if (at >= structure->count) {
        return -1;
    }
    part = &structure->parts[at];
    if (part->kind == A_NUMBER) {
        ++*numbers;
    }
    else if (part->kind == NUMBERS || part->kind == ARRAY) {
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
        case DICT:
        case ARRAY:
            fits = PyTuple_CheckExact(object);
            if (fits && part->kind == ARRAY && (numpy.new_array == NULL || read_shape(part) < 0)) {
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

static int read_part(const Part **at, PyObject *x, double **to);

/* As `read_part`, of which a number need not be called. */
static inline int read_next(const Part **at, PyObject *x, double **to)
{
    if ((*at)->kind == A_NUMBER) {
        ++*at;
        return read_number(x, (*to)++);
    }
    return read_part(at, x, to);
}

/* Read x and go on to what follows the part.  0 if it does not fit, -1 with an exception set. */
static int read_part(const Part **at, PyObject *x, double **to)
{
    const Part *part = (*at)++;
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
    default:
        return is_fixed(part, x);
    }
}

/* ---------------------------------------------------------------- rows into results */

/* Whether what is given for `out` has the structure of the results, and goes on.  As `read_part`. */
static int takes(const Part **at, PyObject *out)
{
    const Part *part = (*at)++;
    Py_ssize_t place = 0;
    PyObject *key, *item;
    int found;
    if (out == Py_None) { /* made anew */
        Structure whole = {.parts = (Part *)part, .count = PY_SSIZE_T_MAX};
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

static PyObject *make_part(const Part **at, PyObject *out, const double *rows, const Py_ssize_t **from);

/* As `make_part`, of which a number need not be called. */
static inline PyObject *make_next(const Part **at, PyObject *out, const double *rows, const Py_ssize_t **from)
{
    if ((*at)->kind == A_NUMBER) {
        ++*at;
        return PyFloat_FromDouble(rows[*(*from)++]);
    }
    return make_part(at, out, rows, from);
}

static PyObject *make_part(const Part **at, PyObject *out, const double *rows, const Py_ssize_t **from)
{
    const Part *part = (*at)++;
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

/* ---------------------------------------------------------------- a door */

/* What the machine code makes of the arguments.  NULL without an exception if they do not fit. */
static PyObject *go_through(Door *door, PyObject *const *arguments, Py_ssize_t count, Py_ssize_t names_count,
                            PyObject *names, PyObject *out)
{
    const Part *at = door->arguments.parts;
    double *rows = door->rows.buf, *slots = door->slots.buf, *to = rows;
    const Py_ssize_t *from = door->outputs;
    PyObject *made;
    if (count != door->positional || names_count != PyTuple_GET_SIZE(door->names) || door->busy) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < names_count; i++) {
        if (!is_same_text(PyTuple_GET_ITEM(names, i), PyTuple_GET_ITEM(door->names, i))) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < count + names_count; i++) {
        if (read_next(&at, arguments[i], &to) <= 0) {
            return NULL;
        }
    }
    if (out != NULL) {
        at = door->results.parts;
        if (takes(&at, out) <= 0) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(door->captured); i++) {
        slots[i] = NODE(PyTuple_GET_ITEM(door->captured, i))->data;
    }
    door->function(slots, rows);
    door->busy = 1;
    at = door->results.parts;
    made = make_next(&at, out, rows, &from);
    door->busy = 0;
    if (door->calls_left > 0 && --door->calls_left == 0 && made != NULL) {
        PyObject *done = PyObject_CallNoArgs(door->then);
        if (done == NULL) {
            PyErr_WriteUnraisable(door->then);
        }
        Py_XDECREF(done);
    }
    return made;
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

static int read_rows(Door *door, PyObject *outputs, Py_ssize_t first_constant)
{
    Py_ssize_t count = PyList_GET_SIZE(outputs), size = door->rows.len / (Py_ssize_t)sizeof(double), at = 0;
    door->outputs = PyMem_Malloc(((size_t)count + 1) * sizeof(Py_ssize_t));
    if (door->outputs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t row = PyLong_AsSsize_t(PyList_GET_ITEM(outputs, i));
        if (row < 0 || row >= size) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "Door: there is no such row");
            }
            return -1;
        }
        door->outputs[i] = row;
    }
    for (Part *part = door->results.parts; part < door->results.parts + door->results.count; part++) {
        if (part->kind == ARRAY && plan_array(part, door->outputs + at, door->rows.buf, first_constant) < 0) {
            return -1;
        }
        at += part->kind == A_NUMBER ? 1 : part->kind == NUMBERS || part->kind == ARRAY ? part->size : 0;
    }
    return 0;
}

static PyObject *door_new(PyTypeObject *type, PyObject *given, PyObject *keywords)
{
    static char *names[] = {"arguments", "positional", "names", "results", "outputs", "captured",
                            "slots",     "rows",       "first_constant", "address", "keeper", NULL};
    PyObject *arguments, *argument_names, *results, *outputs, *captured, *slots, *rows, *keeper;
    Py_ssize_t positional, first_constant;
    unsigned long long address;
    Door *door;
    if (!PyArg_ParseTupleAndKeywords(given, keywords, "O!nO!O!O!O!OOnKO:Door", names, &PyList_Type, &arguments, &positional,
                                     &PyTuple_Type, &argument_names, &PyList_Type, &results, &PyList_Type, &outputs,
                                     &PyTuple_Type, &captured, &slots, &rows, &first_constant, &address, &keeper)) {
        return NULL;
    }
    if (numpy.array == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "Door: call introduce_numpy first");
        return NULL;
    }
    door = (Door *)type->tp_alloc(type, 0);
    if (door == NULL) {
        return NULL;
    }
    door->function = (void (*)(double *, double *))(uintptr_t)address;
    door->keeper = Py_NewRef(keeper);
    door->captured = Py_NewRef(captured);
    door->names = Py_NewRef(argument_names);
    door->positional = positional;
    if (fill_structure(&door->arguments, arguments, positional + PyTuple_GET_SIZE(argument_names)) < 0 ||
        fill_structure(&door->results, results, 1) < 0 ||
        PyObject_GetBuffer(slots, &door->slots, PyBUF_CONTIG) < 0 ||
        PyObject_GetBuffer(rows, &door->rows, PyBUF_CONTIG) < 0 || read_rows(door, outputs, first_constant) < 0) {
        Py_DECREF(door);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(captured); i++) {
        if (!is_node(PyTuple_GET_ITEM(captured, i))) {
            PyErr_SetString(PyExc_TypeError, "Door: what is captured must be Values");
            Py_DECREF(door);
            return NULL;
        }
    }
    if (door->arguments.numbers * (Py_ssize_t)sizeof(double) > door->rows.len ||
        PyTuple_GET_SIZE(captured) * (Py_ssize_t)sizeof(double) > door->slots.len ||
        door->results.numbers != PyList_GET_SIZE(outputs)) {
        PyErr_SetString(PyExc_ValueError, "Door: the memory is too small, or the number of outputs is another");
        Py_DECREF(door);
        return NULL;
    }
    return (PyObject *)door;
}

static int door_traverse(PyObject *self, visitproc visit, void *arg)
{
    Door *door = (Door *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(door->keeper);
    Py_VISIT(door->then);
    Py_VISIT(door->captured);
    Py_VISIT(door->slots.obj);
    Py_VISIT(door->rows.obj);
    for (Structure *each = &door->arguments; each <= &door->results; each++) {
        for (Py_ssize_t i = 0; each->parts != NULL && i < each->count; i++) {
            Py_VISIT(each->parts[i].object);
        }
    }
    return 0;
}

static void door_deallocate(PyObject *self)
{
    Door *door = (Door *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (Structure *each = &door->arguments; each <= &door->results; each++) {
        for (Py_ssize_t i = 0; each->parts != NULL && i < each->count; i++) {
            Py_XDECREF(each->parts[i].object);
            PyMem_Free(each->parts[i].shape);
            PyMem_Free(each->parts[i].image);
            PyMem_Free(each->parts[i].moves);
        }
        PyMem_Free(each->parts);
    }
    PyMem_Free(door->outputs);
    PyBuffer_Release(&door->slots);
    PyBuffer_Release(&door->rows);
    Py_XDECREF(door->captured);
    Py_XDECREF(door->names);
    Py_XDECREF(door->keeper);
    Py_XDECREF(door->then);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *door_use(PyObject *self, PyObject *given)
{
    unsigned long long address;
    PyObject *keeper;
    if (!PyArg_ParseTuple(given, "KO:use", &address, &keeper)) {
        return NULL;
    }
    ((Door *)self)->function = (void (*)(double *, double *))(uintptr_t)address;
    Py_SETREF(((Door *)self)->keeper, Py_NewRef(keeper));
    Py_RETURN_NONE;
}

static PyObject *door_after(PyObject *self, PyObject *given)
{
    Py_ssize_t calls;
    PyObject *then;
    if (!PyArg_ParseTuple(given, "nO:after", &calls, &then)) {
        return NULL;
    }
    ((Door *)self)->calls_left = calls;
    Py_XSETREF(((Door *)self)->then, Py_NewRef(then));
    Py_RETURN_NONE;
}

static PyMethodDef door_methods[] = {
    {"after", door_after, METH_VARARGS, "after(calls, then): call then(), once, after so many calls from now on."},
    {"use", door_use, METH_VARARGS, "use(address, keeper): other machine code of the same plan, from the next call on."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot door_slots[] = {
    {Py_tp_new, door_new},           {Py_tp_dealloc, door_deallocate}, {Py_tp_traverse, door_traverse},
    {Py_tp_methods, door_methods},   {0, NULL},
};

static PyType_Spec door_spec = {
    .name = "autograd.accelerator.Door",
    .basicsize = sizeof(Door),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = door_slots,
};

/* ---------------------------------------------------------------- several doors
 *
 * The base class of Jitted.  A call tries the doors, the last used first; where none fits, or in an unusual mode, the method
 * `call_at_length` is called.
 */

#define MOST_DOORS 32

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *doors[MOST_DOORS]; /* strong references, the last used first; then NULL */
    char takes_out;              /* whether the argument `out` is none of the function's */
    char went_through;           /* whether the last call did */
} Doors;

/* NULL without an exception where none fits. */
static PyObject *knock(Doors *doors, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t names_count = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *out = NULL, *made;
    if (names_count > 0 && doors->takes_out) {
        PyObject *last = PyTuple_GET_ITEM(names, names_count - 1);
        if (PyUnicode_CompareWithASCIIString(last, "out") == 0) {
            out = arguments[count + --names_count];
        }
    }
    for (int i = 0; i < MOST_DOORS && doors->doors[i] != NULL; i++) {
        PyObject *door = Py_NewRef(doors->doors[i]);
        made = go_through((Door *)door, arguments, count, names_count, names, out);
        if (made != NULL || PyErr_Occurred()) {
            if (i > 0 && doors->doors[i] == door) { /* else what ran meanwhile has changed their order */
                memmove(&doors->doors[1], &doors->doors[0], (size_t)i * sizeof(PyObject *));
                doors->doors[0] = door;
            }
            doors->went_through = 1;
            Py_DECREF(door);
            return made;
        }
        Py_DECREF(door);
    }
    doors->went_through = 0;
    return NULL;
}

static PyObject *doors_call(PyObject *self, PyObject *const *arguments, size_t flagged, PyObject *names)
{
    static PyObject *at_length;
    Py_ssize_t count = PyVectorcall_NARGS(flagged);
    if (!unusual) {
        PyObject *made = knock((Doors *)self, arguments, count, names);
        if (made != NULL || PyErr_Occurred()) {
            return made;
        }
    }
    if (at_length == NULL && (at_length = PyUnicode_InternFromString("call_at_length")) == NULL) {
        return NULL;
    }
    return call_method(self, at_length, arguments, count, names);
}

static PyObject *doors_call_tuple(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    if (keywords == NULL || PyDict_GET_SIZE(keywords) == 0) {
        return doors_call(self, &PyTuple_GET_ITEM(arguments, 0), (size_t)PyTuple_GET_SIZE(arguments), NULL);
    }
    return PyVectorcall_Call(self, arguments, keywords);
}

static PyObject *doors_knock(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *made = knock((Doors *)self, arguments, count, names);
    return made != NULL || PyErr_Occurred() ? made : Py_NewRef(Py_NotImplemented);
}

static PyObject *doors_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Doors *doors = (Doors *)type->tp_alloc(type, 0);
    (void)arguments;
    (void)keywords;
    if (doors != NULL) {
        doors->vectorcall = doors_call;
    }
    return (PyObject *)doors;
}

static int doors_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    (void)self;
    (void)arguments;
    (void)keywords;
    return 0;
}

/* Take a door away from the others; whether it was there. */
static int take_away(Doors *doors, PyObject *door)
{
    for (int i = 0; i < MOST_DOORS && doors->doors[i] != NULL; i++) {
        if (doors->doors[i] == door) {
            memmove(&doors->doors[i], &doors->doors[i + 1], (size_t)(MOST_DOORS - 1 - i) * sizeof(PyObject *));
            doors->doors[MOST_DOORS - 1] = NULL;
            Py_DECREF(door);
            return 1;
        }
    }
    return 0;
}

static PyObject *doors_open(PyObject *self, PyObject *door)
{
    Doors *doors = (Doors *)self;
    PyObject *oldest;
    if (Py_TYPE(door) != door_type) {
        return PyErr_Format(PyExc_TypeError, "open: takes a Door, not %s", Py_TYPE(door)->tp_name);
    }
#if PY_VERSION_HEX < 0x030c0000
    if (Py_TYPE(self)->tp_call == doors_call_tuple) { /* as in adopt_row */
        Py_TYPE(self)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
#endif
    Py_INCREF(door);
    take_away(doors, door);
    oldest = doors->doors[MOST_DOORS - 1];
    memmove(&doors->doors[1], &doors->doors[0], (MOST_DOORS - 1) * sizeof(PyObject *));
    doors->doors[0] = door;
    Py_XDECREF(oldest);
    Py_RETURN_NONE;
}

static PyObject *doors_shut(PyObject *self, PyObject *door)
{
    return PyBool_FromLong(take_away((Doors *)self, door));
}

static PyObject *doors_list(PyObject *self, void *unused)
{
    PyObject *list = PyList_New(0);
    (void)unused;
    for (int i = 0; i < MOST_DOORS && ((Doors *)self)->doors[i] != NULL && list != NULL; i++) {
        if (PyList_Append(list, ((Doors *)self)->doors[i]) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static int doors_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < MOST_DOORS; i++) {
        Py_VISIT(((Doors *)self)->doors[i]);
    }
    return 0;
}

static int doors_clear(PyObject *self)
{
    for (int i = MOST_DOORS; i-- > 0;) {
        Py_CLEAR(((Doors *)self)->doors[i]);
    }
    return 0;
}

static void doors_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    doors_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef doors_methods[] = {
    {"knock", (PyCFunction)(void (*)(void))doors_knock, METH_FASTCALL | METH_KEYWORDS,
     "What the first door that fits gives, whatever mode is on; NotImplemented where none does."},
    {"open_door", doors_open, METH_O, "Try this door first; of more than 32 the one that was used longest ago goes."},
    {"shut_door", doors_shut, METH_O, "Try this door no more; whether it was there."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef doors_attributes[] = {
    {"open_doors", doors_list, NULL, "The doors, the last used first.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef doors_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Doors, vectorcall), READONLY, NULL},
    {"went_through", T_BOOL, offsetof(Doors, went_through), 0, "Whether the last call went through a door."},
    {"takes_out", T_BOOL, offsetof(Doors, takes_out), 0, "Whether the argument `out` is none of the function's."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot doors_slots[] = {
    {Py_tp_new, doors_new},           {Py_tp_init, doors_init},         {Py_tp_dealloc, doors_deallocate},
    {Py_tp_traverse, doors_traverse}, {Py_tp_clear, doors_clear},       {Py_tp_call, doors_call_tuple},
    {Py_tp_methods, doors_methods},   {Py_tp_getset, doors_attributes}, {Py_tp_members, doors_members},
    {0, NULL},
};

static PyType_Spec doors_spec = {
    .name = "autograd.accelerator.Doors",
    .basicsize = sizeof(Doors),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = doors_slots,
};

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
    Py_XSETREF(numpy.array, Py_NewRef(array));
    Py_XSETREF(numpy.float64, Py_NewRef(float64));
    Py_XSETREF(numpy.dtype, Py_NewRef(dtype));
    Py_XSETREF(numpy.fixed, Py_NewRef(fixed));
    return PyBool_FromLong(numpy.new_array != NULL);
}

#endif
