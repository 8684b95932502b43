/* Sums of a list of instructions as one instruction each: the twin of autograd/native/rolling/sums.py. */
#ifndef AUTOGRAD_GATHERING_H
#define AUTOGRAD_GATHERING_H

#include "noting.h"

static PyObject *sum_name, *dot_name, *leaf_name;

enum Way { LEFT_OUT, TAKEN_OVER, GATHERED, FOR_PYTHON };

static int adds(PyObject *operation)
{
    return is_named(operation, add_name) || is_named(operation, sub_name) || is_named(operation, neg_name) ||
           is_named(operation, sum_name) || is_named(operation, dot_name);
}

/* The index that an operand refers to; -1 for a number. */
static inline Py_ssize_t index_of(PyObject *operand)
{
    return PyLong_CheckExact(operand) ? PyLong_AsSsize_t(operand) : -1;
}

/* Whether lists are of instructions: as many of each, operands in tuples, whose indices are of earlier ones. */
static int are_instructions(PyObject *operations, PyObject *operands)
{
    Py_ssize_t n = PyList_GET_SIZE(operations);
    int fit = PyList_GET_SIZE(operands) == n;
    for (Py_ssize_t i = 0; fit && i < n; i++) {
        PyObject *xs = PyList_GET_ITEM(operands, i);
        fit = PyTuple_CheckExact(xs) && PyUnicode_CheckExact(PyList_GET_ITEM(operations, i));
        for (Py_ssize_t k = 0; fit && k < PyTuple_GET_SIZE(xs); k++) {
            PyObject *x = PyTuple_GET_ITEM(xs, k);
            fit = PyFloat_CheckExact(x) || (PyLong_CheckExact(x) && index_of(x) >= 0 && index_of(x) < i);
        }
    }
    if (!fit && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "an instruction is a name with a tuple of numbers and earlier instructions");
    }
    return fit;
}

static int contains_index(PyObject *set, Py_ssize_t i)
{
    PyObject *index = PySet_GET_SIZE(set) == 0 ? NULL : PyLong_FromSsize_t(i);
    int contains = index == NULL ? 0 : PySet_Contains(set, index);
    Py_XDECREF(index);
    return contains;
}

/* How many terms each sum of rows has, those of the sums that only it uses included; 0 of what is no sum. */
static void count_terms(PyObject *operations, PyObject *operands, const char *is_single, const char *is_written,
                        Py_ssize_t *terms)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(operations); i++) {
        PyObject *xs = PyList_GET_ITEM(operands, i);
        if (is_written[i] || !adds(PyList_GET_ITEM(operations, i))) {
            continue;
        }
        if (is_named(PyList_GET_ITEM(operations, i), dot_name)) {
            terms[i] = PyTuple_GET_SIZE(xs) / 2;
            continue;
        }
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(xs); k++) {
            Py_ssize_t x = index_of(PyTuple_GET_ITEM(xs, k));
            terms[i] += x >= 0 && is_single[x] && terms[x] > 0 ? terms[x] : 1;
        }
    }
}

/* ways_of(operations, operands, uses, kept, written, fewest): how each instruction is taken over, and which are terms, or
 * parts of one, of one sum only.
 */
static PyObject *ways_of(PyObject *module, PyObject *arguments)
{
    PyObject *operations, *operands, *uses, *kept, *written, *found = NULL;
    Py_ssize_t n, fewest, *terms;
    char *how, *inside, *is_single, *is_written;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!O!O!O!n", &PyList_Type, &operations, &PyList_Type, &operands, &PyList_Type, &uses,
                          &PySet_Type, &kept, &PySet_Type, &written, &fewest) ||
        !are_instructions(operations, operands)) {
        return NULL;
    }
    n = PyList_GET_SIZE(operations);
    if (PyList_GET_SIZE(uses) != n) {
        PyErr_SetString(PyExc_ValueError, "ways_of takes as many of each");
        return NULL;
    }
    terms = PyMem_Calloc((size_t)n + 1, sizeof *terms + 4);
    if (terms == NULL) {
        return PyErr_NoMemory();
    }
    how = (char *)(terms + n + 1);
    inside = how + n;
    is_single = inside + n;
    is_written = is_single + n;
    for (Py_ssize_t i = 0; i < n; i++) { /* used at all, used once, to be left as it is */
        Py_ssize_t count = PyLong_AsSsize_t(PyList_GET_ITEM(uses, i));
        how[i] = count > 0 || is_named(PyList_GET_ITEM(operations, i), leaf_name) ? TAKEN_OVER : LEFT_OUT;
        is_single[i] = (char)(count == 1 && !contains_index(kept, i));
        is_written[i] = (char)(count == 0 || contains_index(written, i));
    }
    count_terms(operations, operands, is_single, is_written, terms);
    for (Py_ssize_t i = n - 1; i >= 0; i--) {
        PyObject *xs = PyList_GET_ITEM(operands, i);
        if (how[i] == TAKEN_OVER && terms[i] >= fewest) {
            how[i] = GATHERED;
        }
        if (terms[i] == 0 || !(inside[i] || how[i] == GATHERED) ||
            is_named(PyList_GET_ITEM(operations, i), dot_name)) {
            continue;
        }
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(xs); k++) {
            Py_ssize_t x = index_of(PyTuple_GET_ITEM(xs, k));
            if (x >= 0 && is_single[x] && (terms[x] > 0 || is_named(PyList_GET_ITEM(operations, x), mul_name))) {
                inside[x] = 1;
            }
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (inside[i]) {
            how[i] = LEFT_OUT;
        }
    }
    if (!PyErr_Occurred()) {
        PyObject *ways = PyByteArray_FromStringAndSize(how, n), *within = PyByteArray_FromStringAndSize(inside, n);
        found = ways == NULL || within == NULL ? NULL : PyTuple_Pack(2, ways, within);
        Py_XDECREF(ways);
        Py_XDECREF(within);
    }
    PyMem_Free(terms);
    return found;
}

/* ---------------------------------------------------------------- one sum */

/* What is taken over from, and written to: lists, but for `inside`. */
typedef struct {
    PyObject *at, *operations, *operands, *new_operations, *new_operands;
    const char *inside;
} Gathering;

/* A term, or the two factors of one, with new references; `when` the last of them is known. */
typedef struct {
    PyObject *x, *y; /* strong references; y is NULL of a term that is no product */
    Py_ssize_t when, number;
} Term;

typedef struct {
    Term *terms;
    Py_ssize_t size, room;
} Terms;

/* An operand that waits to be looked at. */
typedef struct {
    PyObject *operand; /* borrowed */
    int is_negative;
} Pending;

static int compare_terms(const void *first, const void *second)
{
    const Term *a = first, *b = second;
    return a->when != b->when ? (a->when < b->when ? -1 : 1) : a->number < b->number ? -1 : a->number > b->number;
}

/* Takes both references. */
static int terms_append(Terms *list, PyObject *x, PyObject *y, int is_product)
{
    Py_ssize_t of_x, of_y;
    if (list->size == list->room) {
        Py_ssize_t room = list->room ? 2 * list->room : 16;
        Term *more = PyMem_Realloc(list->terms, (size_t)room * sizeof *more);
        if (more == NULL) {
            PyErr_NoMemory();
            x = NULL;
        }
        else {
            list->terms = more;
            list->room = room;
        }
    }
    if (x == NULL || (is_product && y == NULL)) {
        return -1;
    }
    of_x = index_of(x);
    of_y = is_product ? index_of(y) : -1;
    list->terms[list->size] = (Term){Py_NewRef(x), Py_XNewRef(y), of_x > of_y ? of_x : of_y, list->size};
    list->size++;
    return 0;
}

static void terms_free(Terms *list)
{
    for (Py_ssize_t i = 0; i < list->size; i++) {
        Py_DECREF(list->terms[i].x);
        Py_XDECREF(list->terms[i].y);
    }
    PyMem_Free(list->terms);
}

/* The new reference of an operand, borrowed; NULL with an exception set. */
static PyObject *new_reference(const Gathering *all, PyObject *x)
{
    Py_ssize_t i = index_of(x);
    return i < 0 ? x : PyList_GetItem(all->at, i);
}

/* Write an instruction, whose operands are taken; its reference, or NULL with an exception set. */
static PyObject *write_instruction(const Gathering *all, PyObject *name, PyObject *xs)
{
    PyObject *place = xs == NULL ? NULL : PyLong_FromSsize_t(PyList_GET_SIZE(all->new_operations));
    if (place != NULL && (PyList_Append(all->new_operations, name) < 0 || PyList_Append(all->new_operands, xs) < 0)) {
        Py_CLEAR(place);
    }
    Py_XDECREF(xs);
    return place;
}

/* The products of a sum as one reference, or its other terms; NULL of none, or with an exception set. */
static PyObject *write_terms(const Gathering *all, Terms *list, int are_products)
{
    Py_ssize_t size = list->size;
    PyObject *xs, *name;
    if (size == 0) {
        return NULL;
    }
    if (size == 1) {
        return are_products ? write_instruction(all, mul_name, PyTuple_Pack(2, list->terms[0].x, list->terms[0].y))
                            : Py_NewRef(list->terms[0].x);
    }
    qsort(list->terms, (size_t)size, sizeof(Term), compare_terms);
    xs = PyTuple_New(are_products ? 2 * size : size);
    for (Py_ssize_t i = 0; xs != NULL && i < size; i++) {
        PyTuple_SET_ITEM(xs, i, Py_NewRef(list->terms[i].x));
        if (are_products) {
            PyTuple_SET_ITEM(xs, size + i, Py_NewRef(list->terms[i].y));
        }
    }
    name = are_products ? dot_name : size == 2 ? add_name : sum_name;
    return write_instruction(all, name, xs);
}

/* Sort what a sum is made of into products and other terms, those added and those subtracted; -1 with an exception set. */
static int collect_terms(const Gathering *all, Py_ssize_t root, Terms products[2], Terms others[2], double *constant)
{
    PyObject *first = PyLong_FromSsize_t(root);
    Py_ssize_t room = 64, size = 1;
    Pending *pending = PyMem_Malloc((size_t)room * sizeof *pending);
    int failed = first == NULL || pending == NULL;
    if (!failed) {
        pending[0] = (Pending){first, 0};
    }
    while (!failed && size > 0) {
        Pending next = pending[--size];
        Py_ssize_t x = index_of(next.operand), count, half;
        PyObject *name, *xs;
        int sign = next.is_negative;
        if (x < 0) {
            double number = PyFloat_AS_DOUBLE(next.operand);
            *constant += sign ? -number : number;
            continue;
        }
        if (x != root && !all->inside[x]) {
            failed = terms_append(&others[sign], PyList_GET_ITEM(all->at, x), NULL, 0) < 0;
            continue;
        }
        name = PyList_GET_ITEM(all->operations, x);
        xs = PyList_GET_ITEM(all->operands, x);
        count = PyTuple_GET_SIZE(xs);
        half = count / 2;
        if (is_named(name, dot_name) || is_named(name, mul_name)) {
            for (Py_ssize_t k = 0; !failed && k < half; k++) {
                failed = terms_append(&products[sign], new_reference(all, PyTuple_GET_ITEM(xs, k)),
                                      new_reference(all, PyTuple_GET_ITEM(xs, half + k)), 1) < 0;
            }
            continue;
        }
        if (size + count > room) {
            Pending *more = PyMem_Realloc(pending, (size_t)(2 * (size + count)) * sizeof *pending);
            if (more == NULL) {
                failed = 1;
                break;
            }
            pending = more;
            room = 2 * (size + count);
        }
        for (Py_ssize_t k = count - 1; k >= 0; k--) { /* so that the first comes next */
            int flips = is_named(name, neg_name) || (k == 1 && is_named(name, sub_name));
            pending[size++] = (Pending){PyTuple_GET_ITEM(xs, k), sign != flips};
        }
    }
    if (failed && !PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    PyMem_Free(pending);
    Py_XDECREF(first);
    return failed ? -1 : 0;
}

/* One sum with all its terms; its reference, or NULL with an exception set. */
static PyObject *write_sum(const Gathering *all, Py_ssize_t root)
{
    Terms products[2] = {{NULL, 0, 0}, {NULL, 0, 0}}, others[2] = {{NULL, 0, 0}, {NULL, 0, 0}};
    double constant = 0.0;
    PyObject *found = NULL;
    if (collect_terms(all, root, products, others, &constant) == 0) {
        found = PyFloat_FromDouble(constant);
    }
    for (int sign = 0; sign < 2 && found != NULL; sign++) {
        PyObject *parts[2] = {write_terms(all, &products[sign], 1), NULL};
        parts[1] = PyErr_Occurred() ? NULL : write_terms(all, &others[sign], 0);
        for (int k = 0; k < 2; k++) {
            PyObject *part = parts[k], *before = found;
            if (part == NULL || PyErr_Occurred()) {
                Py_XDECREF(part);
                continue;
            }
            if (PyFloat_CheckExact(found) && PyFloat_AS_DOUBLE(found) == 0.0) {
                found = sign ? write_instruction(all, neg_name, PyTuple_Pack(1, part)) : Py_NewRef(part);
            }
            else {
                found = write_instruction(all, sign ? sub_name : add_name, PyTuple_Pack(2, found, part));
            }
            Py_DECREF(before);
            Py_DECREF(part);
        }
        if (PyErr_Occurred()) {
            Py_CLEAR(found);
        }
    }
    for (int sign = 0; sign < 2; sign++) {
        terms_free(&products[sign]);
        terms_free(&others[sign]);
    }
    return found;
}

/* ---------------------------------------------------------------- all of them */

/* The operands of an instruction with other references; NULL with an exception set. */
static PyObject *renumbered(const Gathering *all, PyObject *xs)
{
    Py_ssize_t size = PyTuple_GET_SIZE(xs);
    PyObject *new_xs = PyTuple_New(size);
    for (Py_ssize_t k = 0; new_xs != NULL && k < size; k++) {
        PyObject *x = new_reference(all, PyTuple_GET_ITEM(xs, k));
        if (x == NULL) {
            Py_CLEAR(new_xs);
            break;
        }
        PyTuple_SET_ITEM(new_xs, k, Py_NewRef(x));
    }
    return new_xs;
}

/* gather(how, start, at, inside, operations, operands, new_operations, new_operands): take over instructions from `start` on,
 * and end before one that is for Python.
 */
static PyObject *gather(PyObject *module, PyObject *arguments)
{
    PyObject *how, *inside;
    Gathering all;
    Py_ssize_t i, n;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nO!O!O!O!O!O!", &PyByteArray_Type, &how, &i, &PyList_Type, &all.at,
                          &PyByteArray_Type, &inside, &PyList_Type, &all.operations, &PyList_Type, &all.operands,
                          &PyList_Type, &all.new_operations, &PyList_Type, &all.new_operands) ||
        (i == 0 && !are_instructions(all.operations, all.operands))) {
        return NULL;
    }
    n = PyList_GET_SIZE(all.at);
    if (i < 0 || PyByteArray_GET_SIZE(how) != n || PyByteArray_GET_SIZE(inside) != n ||
        PyList_GET_SIZE(all.operations) != n || PyList_GET_SIZE(all.operands) != n) {
        PyErr_SetString(PyExc_ValueError, "gather takes as many of each");
        return NULL;
    }
    all.inside = PyByteArray_AS_STRING(inside);
    for (; i < n; i++) {
        int what = PyByteArray_AS_STRING(how)[i];
        PyObject *place;
        if (what == LEFT_OUT) {
            continue;
        }
        if (what == FOR_PYTHON) {
            break;
        }
        place = what == GATHERED ? write_sum(&all, i)
                                 : write_instruction(&all, PyList_GET_ITEM(all.operations, i),
                                                     renumbered(&all, PyList_GET_ITEM(all.operands, i)));
        if (place == NULL || PyList_SetItem(all.at, i, place) < 0) { /* which takes the reference */
            return NULL;
        }
    }
    return PyLong_FromSsize_t(i);
}

/* as_arrays(operations, operands): the operations numbered in the order of their first, their numbers, where the operands of
 * each begin, the operands, and the constants that ~k among them refers to, of which 0.0 is the first.
 */
static PyObject *as_arrays(PyObject *module, PyObject *arguments)
{
    PyObject *operations, *operands, *names = NULL, *bits = NULL, *constants = NULL, *arrays[3] = {NULL, NULL, NULL};
    PyObject *found = NULL;
    int64_t *codes, *first, *flat, total = 0;
    Py_ssize_t n;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &operations, &PyList_Type, &operands) ||
        !are_instructions(operations, operands)) {
        return NULL;
    }
    n = PyList_GET_SIZE(operations);
    for (Py_ssize_t i = 0; i < n; i++) {
        total += PyTuple_GET_SIZE(PyList_GET_ITEM(operands, i));
    }
    names = PyDict_New();
    bits = PyDict_New();
    constants = Py_BuildValue("[d]", 0.0);
    arrays[0] = PyByteArray_FromStringAndSize(NULL, n * 8);
    arrays[1] = PyByteArray_FromStringAndSize(NULL, (n + 1) * 8);
    arrays[2] = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)total * 8);
    if (names == NULL || bits == NULL || constants == NULL || !arrays[0] || !arrays[1] || !arrays[2]) {
        goto done;
    }
    codes = (int64_t *)PyByteArray_AS_STRING(arrays[0]);
    first = (int64_t *)PyByteArray_AS_STRING(arrays[1]);
    flat = (int64_t *)PyByteArray_AS_STRING(arrays[2]);
    total = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *name = PyList_GET_ITEM(operations, i), *xs = PyList_GET_ITEM(operands, i), *number;
        PyObject *next = PyLong_FromSsize_t(PyDict_GET_SIZE(names));
        number = next == NULL ? NULL : PyDict_SetDefault(names, name, next);
        Py_XDECREF(next);
        if (number == NULL) {
            goto done;
        }
        codes[i] = PyLong_AsSsize_t(number);
        first[i] = total;
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(xs); k++) {
            PyObject *x = PyTuple_GET_ITEM(xs, k), *key, *place, *known;
            if (PyLong_CheckExact(x)) {
                flat[total++] = PyLong_AsSsize_t(x);
                continue;
            }
            if (bits_of(PyFloat_AS_DOUBLE(x)) == 0) {
                flat[total++] = ~0;
                continue;
            }
            key = PyLong_FromUnsignedLongLong(bits_of(PyFloat_AS_DOUBLE(x)));
            place = PyLong_FromSsize_t(PyList_GET_SIZE(constants));
            known = key == NULL || place == NULL ? NULL : PyDict_SetDefault(bits, key, place);
            if (known == NULL || (known == place && PyList_Append(constants, x) < 0)) {
                Py_XDECREF(key);
                Py_XDECREF(place);
                goto done;
            }
            flat[total++] = ~(int64_t)PyLong_AsSsize_t(known);
            Py_DECREF(key);
            Py_DECREF(place);
        }
    }
    first[n] = total;
    found = PyTuple_Pack(5, names, arrays[0], arrays[1], arrays[2], constants);
done:
    Py_XDECREF(names);
    Py_XDECREF(bits);
    Py_XDECREF(constants);
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(arrays[i]);
    }
    return found;
}

/* -1 with an exception set. */
static int name_sums(void)
{
    sum_name = PyUnicode_InternFromString("sum");
    dot_name = PyUnicode_InternFromString("dot");
    leaf_name = PyUnicode_InternFromString("leaf");
    return sum_name && dot_name && leaf_name ? 0 : -1;
}

#endif
