/* Sums, products and quotients of a trace as instructions: the twin of `Instructions.node` for most of its nodes. */
#ifndef AUTOGRAD_NOTING_H
#define AUTOGRAD_NOTING_H

#include "node.h"

static PyObject *add_name, *sub_name, *mul_name, *div_name, *neg_name;

static PyObject *name_of_operation(const Node *node)
{
    switch (node->code) {
    case ROW_add: return add_name;
    case ROW_sub: return sub_name;
    case ROW_mul: return mul_name;
    case ROW_div: return div_name;
    case ROW_neg: return neg_name;
    default: return NULL;
    }
}

static inline int is_named(PyObject *operation, PyObject *name)
{
    return operation == name || (!PyUnicode_CHECK_INTERNED(operation) && PyUnicode_Compare(operation, name) == 0);
}

/* ---------------------------------------------------------------- what was notes, each instruction once
 *
 * A hash table of the places of instructions in the two lists that they are in.  Numbers are known by their bits: 0.0 and
 * -0.0 are equal and yet not the same.
 */

typedef struct {
    int32_t place; /* -1 of none */
    uint32_t hash;
} Slot;

typedef struct {
    PyObject_HEAD
    PyObject *operations, *operands; /* lists */
    Slot *slots;
    Py_ssize_t filled, room;         /* room is a power of 2, of which at most half is filled */
} Notes;

static PyTypeObject *notes_type;

static inline uint64_t mixed(uint64_t hash, uint64_t next)
{
    hash = (hash ^ next) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint32_t hash_of(PyObject *name, PyObject *xs)
{
    uint64_t hash = (uint64_t)PyObject_Hash(name);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(xs); k++) {
        PyObject *x = PyTuple_GET_ITEM(xs, k);
        hash = mixed(hash, PyFloat_CheckExact(x) ? ~bits_of(PyFloat_AS_DOUBLE(x)) : (uint64_t)PyLong_AsSsize_t(x));
    }
    return (uint32_t)hash;
}

static int is_same_operand(PyObject *x, PyObject *y)
{
    return PyFloat_CheckExact(x) ? PyFloat_CheckExact(y) && bits_of(PyFloat_AS_DOUBLE(x)) == bits_of(PyFloat_AS_DOUBLE(y))
                                 : PyLong_CheckExact(y) && PyLong_AsSsize_t(x) == PyLong_AsSsize_t(y);
}

static int is_instruction(const Notes *notes, Py_ssize_t place, PyObject *name, PyObject *xs)
{
    PyObject *operation = PyList_GetItem(notes->operations, place), *ys = PyList_GetItem(notes->operands, place);
    Py_ssize_t size = PyTuple_GET_SIZE(xs);
    if (operation == NULL || ys == NULL || !PyTuple_CheckExact(ys) || PyTuple_GET_SIZE(ys) != size ||
        (operation != name && PyUnicode_Compare(operation, name) != 0)) {
        return 0;
    }
    for (Py_ssize_t k = 0; k < size; k++) {
        if (!is_same_operand(PyTuple_GET_ITEM(xs, k), PyTuple_GET_ITEM(ys, k))) {
            return 0;
        }
    }
    return 1;
}

/* The slot of an instruction, or the one that it is to have. */
static Slot *slot_of(const Notes *notes, uint32_t hash, PyObject *name, PyObject *xs)
{
    for (size_t at = hash;; at++) {
        Slot *slot = &notes->slots[at & (size_t)(notes->room - 1)];
        if (slot->place < 0 || (name != NULL && slot->hash == hash && is_instruction(notes, slot->place, name, xs))) {
            return slot;
        }
    }
}

static int make_room(Notes *notes)
{
    Slot *before = notes->slots;
    Py_ssize_t room = notes->room;
    notes->slots = PyMem_Malloc((size_t)(room ? 4 * room : 64) * sizeof(Slot));
    if (notes->slots == NULL) {
        notes->slots = before;
        PyErr_NoMemory();
        return -1;
    }
    notes->room = room ? 4 * room : 64;
    memset(notes->slots, 0xff, (size_t)notes->room * sizeof(Slot));
    for (Py_ssize_t i = 0; i < room; i++) {
        if (before[i].place >= 0) {
            *slot_of(notes, before[i].hash, NULL, NULL) = before[i];
        }
    }
    PyMem_Free(before);
    return 0;
}

/* The place of an instruction: the one that is there already, or the next.  -1 with an exception set. */
static Py_ssize_t place_of(Notes *notes, PyObject *name, PyObject *xs)
{
    Py_ssize_t next = PyList_GET_SIZE(notes->operations);
    uint32_t hash = hash_of(name, xs);
    Slot *slot;
    if (2 * notes->filled >= notes->room && make_room(notes) < 0) {
        return -1;
    }
    slot = slot_of(notes, hash, name, xs);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (slot->place < 0) {
        if (next >= INT32_MAX || PyList_Append(notes->operations, name) < 0 || PyList_Append(notes->operands, xs) < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_OverflowError, "more than 2**31 instructions");
            }
            return -1;
        }
        *slot = (Slot){(int32_t)next, hash};
        notes->filled++;
    }
    return slot->place;
}

static PyObject *notes_note(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t place;
    int fits = count == 2 && PyUnicode_CheckExact(arguments[0]) && PyTuple_CheckExact(arguments[1]);
    for (Py_ssize_t k = 0; fits && k < PyTuple_GET_SIZE(arguments[1]); k++) {
        PyObject *x = PyTuple_GET_ITEM(arguments[1], k);
        fits = PyFloat_CheckExact(x) || PyLong_CheckExact(x);
    }
    if (!fits) {
        PyErr_SetString(PyExc_TypeError, "note takes a name and a tuple of numbers and places");
        return NULL;
    }
    place = place_of((Notes *)self, arguments[0], arguments[1]);
    return place < 0 ? NULL : PyLong_FromSsize_t(place);
}

static PyObject *notes_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *operations, *operands;
    Notes *notes;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &operations, &PyList_Type, &operands)) {
        return NULL;
    }
    notes = (Notes *)type->tp_alloc(type, 0);
    if (notes != NULL) {
        notes->operations = Py_NewRef(operations);
        notes->operands = Py_NewRef(operands);
    }
    return (PyObject *)notes;
}

static void notes_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((Notes *)self)->operations);
    Py_XDECREF(((Notes *)self)->operands);
    PyMem_Free(((Notes *)self)->slots);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef notes_methods[] = {
    {"note", (PyCFunction)(void (*)(void))notes_note, METH_FASTCALL, "The place of an instruction, a new one at the end."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot notes_slots[] = {
    {Py_tp_new, notes_new},
    {Py_tp_dealloc, notes_deallocate},
    {Py_tp_methods, notes_methods},
    {0, NULL},
};

static PyType_Spec notes_spec = {
    .name = "autograd.accelerator.Notes",
    .basicsize = sizeof(Notes),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = notes_slots,
};

/* ---------------------------------------------------------------- nodes of a trace */

/* The reference of an operand, borrowed; NULL if it is none, with an exception set if something failed. */
static PyObject *reference_of(PyObject *at, PyObject *operand)
{
    PyObject *reference = PyDict_GetItemWithError(at, operand);
    return reference != NULL && PyLong_CheckExact(reference) ? reference : NULL;
}

/* What is negated by the instruction of a reference, borrowed; NULL if it is another one. */
static PyObject *negated(const Notes *notes, PyObject *reference)
{
    Py_ssize_t i = PyLong_AsSsize_t(reference);
    if (i < 0 || i >= PyList_GET_SIZE(notes->operations) || !is_named(PyList_GET_ITEM(notes->operations, i), neg_name)) {
        return NULL;
    }
    return PyTuple_GET_ITEM(PyList_GET_ITEM(notes->operands, i), 0);
}

/* Note one node.  1 if it was, 0 if it is a case for Python, -1 with an exception set. */
static int note_node(Notes *notes, PyObject *object, PyObject *at)
{
    Node *node = NODE(object);
    PyObject *name = name_of_operation(node), *x, *y, *other, *number = NULL, *xs, *found;
    Py_ssize_t place;
    int failed;
    if (name == NULL || (x = reference_of(at, node->x)) == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (node->kind == UNARY) {
        if (negated(notes, x) != NULL) {
            return 0;
        }
        xs = PyTuple_Pack(1, x);
    }
    else if (node->kind == BINARY) {
        y = reference_of(at, node->y);
        if (y == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
        if (name == add_name && (other = negated(notes, y)) != NULL) { /* x + -y is x - y */
            name = sub_name;
            y = other;
        }
        else if (name == add_name && (other = negated(notes, x)) != NULL) {
            name = sub_name;
            x = y;
            y = other;
        }
        xs = PyTuple_Pack(2, x, y);
    }
    else {
        double c = node->constant;
        if ((name == add_name && (c == 0.0 || negated(notes, x) != NULL)) || (name == mul_name && (c == 1.0 || c == -1.0))) {
            return 0;
        }
        number = PyFloat_FromDouble(c);
        xs = number == NULL                ? NULL
             : node->kind == CONSTANT_Y ? PyTuple_Pack(2, x, number)
                                        : PyTuple_Pack(2, number, x);
        Py_XDECREF(number);
    }
    if (xs == NULL) {
        return -1;
    }
    place = place_of(notes, name, xs);
    Py_DECREF(xs);
    found = place < 0 ? NULL : PyLong_FromSsize_t(place);
    failed = found == NULL || PyDict_SetItem(at, object, found) < 0;
    Py_XDECREF(found);
    return failed ? -1 : 1;
}

/* note_down(nodes, start, at, notes): the first node from `start` on that is a case for Python. */
static PyObject *note_down(PyObject *module, PyObject *arguments)
{
    PyObject *nodes, *at, *notes;
    Py_ssize_t i;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nO!O!", &PyList_Type, &nodes, &i, &PyDict_Type, &at, notes_type, &notes)) {
        return NULL;
    }
    for (; i >= 0 && i < PyList_GET_SIZE(nodes); i++) {
        PyObject *node = PyList_GET_ITEM(nodes, i);
        int done;
        if (!is_node(node) || NODE(node)->kind < UNARY || NODE(node)->kind > CONSTANT_X) {
            break;
        }
        done = note_node((Notes *)notes, node, at);
        if (done < 0) {
            return NULL;
        }
        if (!done) {
            break;
        }
    }
    return PyLong_FromSsize_t(i);
}

/* uses_below(operands, uses): add to each the number of uses by those that are used, the last first. */
static PyObject *uses_below(PyObject *module, PyObject *arguments)
{
    PyObject *operands, *uses, *found;
    Py_ssize_t n, *counts;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &operands, &PyList_Type, &uses)) {
        return NULL;
    }
    n = PyList_GET_SIZE(uses);
    if (PyList_GET_SIZE(operands) != n) {
        PyErr_SetString(PyExc_ValueError, "uses_below takes as many of each");
        return NULL;
    }
    counts = PyMem_Calloc((size_t)n + 1, sizeof(Py_ssize_t));
    if (counts == NULL) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        counts[i] = PyLong_AsSsize_t(PyList_GET_ITEM(uses, i));
    }
    for (Py_ssize_t i = n - 1; i >= 0; i--) {
        PyObject *xs = PyList_GET_ITEM(operands, i);
        for (Py_ssize_t k = 0; counts[i] && PyTuple_CheckExact(xs) && k < PyTuple_GET_SIZE(xs); k++) {
            PyObject *x = PyTuple_GET_ITEM(xs, k);
            Py_ssize_t at = PyLong_CheckExact(x) ? PyLong_AsSsize_t(x) : -1;
            if (at >= 0 && at < i) {
                counts[at]++;
            }
        }
    }
    found = PyErr_Occurred() ? NULL : PyList_New(n);
    for (Py_ssize_t i = 0; found != NULL && i < n; i++) {
        PyObject *count = PyLong_FromSsize_t(counts[i]);
        if (count == NULL) {
            Py_CLEAR(found);
            break;
        }
        PyList_SET_ITEM(found, i, count);
    }
    PyMem_Free(counts);
    return found;
}

/* -1 with an exception set. */
static int name_operations(void)
{
    add_name = PyUnicode_InternFromString("add");
    sub_name = PyUnicode_InternFromString("sub");
    mul_name = PyUnicode_InternFromString("mul");
    div_name = PyUnicode_InternFromString("div");
    neg_name = PyUnicode_InternFromString("neg");
    return add_name && sub_name && mul_name && div_name && neg_name ? 0 : -1;
}

#endif
