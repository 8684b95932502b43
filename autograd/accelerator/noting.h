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

/* The reference of an operand, borrowed; NULL if it is none, with an exception set if something failed. */
static PyObject *reference_of(PyObject *at, PyObject *operand)
{
    PyObject *reference = PyDict_GetItemWithError(at, operand);
    return reference != NULL && PyLong_CheckExact(reference) ? reference : NULL;
}

/* What is negated by the instruction of a reference, borrowed; NULL if it is another one. */
static PyObject *negated(PyObject *operations, PyObject *operands, PyObject *reference)
{
    Py_ssize_t i = PyLong_AsSsize_t(reference);
    PyObject *name = PyList_GetItem(operations, i), *xs = PyList_GetItem(operands, i);
    if (name == NULL || xs == NULL || !PyTuple_CheckExact(xs) || PyTuple_GET_SIZE(xs) != 1 ||
        PyObject_RichCompareBool(name, neg_name, Py_EQ) != 1) {
        return NULL;
    }
    return PyTuple_GET_ITEM(xs, 0);
}

/* Note one node.  1 if it was, 0 if it is a case for Python, -1 with an exception set. */
static int note_node(PyObject *object, PyObject *at, PyObject *known, PyObject *operations, PyObject *operands)
{
    Node *node = NODE(object);
    PyObject *name = name_of_operation(node), *x, *number = NULL, *told, *xs, *key, *found;
    int done = -1;
    if (name == NULL || (x = reference_of(at, node->x)) == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (node->kind == UNARY) {
        if (negated(operations, operands, x) != NULL) {
            return 0;
        }
        xs = PyTuple_Pack(1, x);
        told = Py_XNewRef(xs);
    }
    else if (node->kind == BINARY) {
        PyObject *y = reference_of(at, node->y), *other;
        if (y == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
        if (name == add_name && ((other = negated(operations, operands, y)) != NULL)) { /* x + -y is x - y */
            name = sub_name;
            y = other;
        }
        else if (name == add_name && ((other = negated(operations, operands, x)) != NULL)) {
            name = sub_name;
            x = y;
            y = other;
        }
        xs = PyTuple_Pack(2, x, y);
        told = Py_XNewRef(xs);
    }
    else {
        double c = node->constant;
        PyObject *text;
        if ((name == add_name && (c == 0.0 || negated(operations, operands, x) != NULL)) || (name == mul_name && (c == 1.0 || c == -1.0))) {
            return 0;
        }
        number = PyFloat_FromDouble(c);
        text = number == NULL ? NULL : PyObject_Repr(number);
        if (text == NULL) {
            Py_XDECREF(number);
            return -1;
        }
        xs = node->kind == CONSTANT_Y ? PyTuple_Pack(2, x, number) : PyTuple_Pack(2, number, x);
        told = node->kind == CONSTANT_Y ? PyTuple_Pack(2, x, text) : PyTuple_Pack(2, text, x);
        Py_DECREF(text);
        Py_DECREF(number);
    }
    key = xs == NULL || told == NULL ? NULL : PyTuple_Pack(2, name, told);
    if (key == NULL) {
        goto done;
    }
    found = Py_XNewRef(PyDict_GetItemWithError(known, key));
    if (found == NULL) {
        if (PyErr_Occurred() || (found = PyLong_FromSsize_t(PyList_GET_SIZE(operations))) == NULL ||
            PyList_Append(operations, name) < 0 || PyList_Append(operands, xs) < 0 ||
            PyDict_SetItem(known, key, found) < 0) {
            Py_XDECREF(found);
            goto done;
        }
    }
    done = PyDict_SetItem(at, object, found) < 0 ? -1 : 1;
    Py_DECREF(found);
done:
    Py_XDECREF(key);
    Py_XDECREF(told);
    Py_XDECREF(xs);
    return done;
}

/* note_down(nodes, start, at, known, operations, operands): the first node from `start` on that is a case for Python. */
static PyObject *note_down(PyObject *module, PyObject *arguments)
{
    PyObject *nodes, *at, *known, *operations, *operands;
    Py_ssize_t i;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nO!O!O!O!", &PyList_Type, &nodes, &i, &PyDict_Type, &at, &PyDict_Type, &known,
                          &PyList_Type, &operations, &PyList_Type, &operands)) {
        return NULL;
    }
    for (; i >= 0 && i < PyList_GET_SIZE(nodes); i++) {
        PyObject *node = PyList_GET_ITEM(nodes, i);
        int done;
        if (!is_node(node) || NODE(node)->kind < UNARY || NODE(node)->kind > CONSTANT_X) {
            break;
        }
        done = note_node(node, at, known, operations, operands);
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
