/* The twins of `reverse_sweep`, whose adjoints are in a dictionary, on numbers, and recorded for most nodes of one or two
 * operands; and of `forward_sweep`, on numbers.
 */
#ifndef AUTOGRAD_ADJOINTS_H
#define AUTOGRAD_ADJOINTS_H

#include "orders.h"
#include "recording.h"

/* ---------------------------------------------------------------- on numbers */

static double numeric_partial(const Node *node, Py_ssize_t k)
{
    Py_ssize_t n;
    if (node->kind < NEURON) {
        return k == 0 ? node->x_partial : node->y_partial;
    }
    if (node->kind == MANY) {
        return PARTIALS(node->many)[k];
    }
    n = node->many->inputs->size;
    return k < n ? NUMBERS(node->many->inputs)[k] : k < 2 * n ? PARTIALS(node->many)[k - n] : 1.0;
}

/* Hand on the adjoint of a node.  1 if it was, 0 if it is a case for Python, -1 with an exception set.
 *
 * First a look, whether all that is there and arrives is finite: a sum of it is never nan.
 */
static int hand_on_number(const Node *node, double adjoint, PyObject *within, PyObject *adjoints)
{
    Py_ssize_t count = operand_count(node);
    for (int stores = 0; stores < 2; stores++) {
        for (Py_ssize_t k = 0; k < count; k++) {
            PyObject *x = (PyObject *)operand_at(node, k), *known, *number;
            double partial = numeric_partial(node, k), arrived = adjoint * partial;
            int is_within = x == NULL ? 0 : PySet_Contains(within, x), failed;
            if (is_within < 0) {
                return -1;
            }
            if (!is_within || (partial == 0.0 && node->kind < NEURON && row_is_gate[node->code])) {
                continue;
            }
            known = PyDict_GetItemWithError(adjoints, x);
            if (known == NULL && PyErr_Occurred()) {
                return -1;
            }
            if (!stores) {
                if (!is_finite(arrived) || (partial == 0.0 && node->kind == MANY) ||
                    (known != NULL && !(PyFloat_CheckExact(known) && is_finite(PyFloat_AS_DOUBLE(known))))) {
                    return 0;
                }
                continue;
            }
            number = PyFloat_FromDouble(known == NULL ? arrived : PyFloat_AS_DOUBLE(known) + arrived);
            failed = number == NULL || PyDict_SetItem(adjoints, x, number) < 0;
            Py_XDECREF(number);
            if (failed) {
                return -1;
            }
        }
    }
    return 1;
}

/* The tangent of a node, from those of its operands.  1 if it was found, or there is none, 0 if it is a case for Python,
 * as where what arrives is not finite; -1 with an exception set.
 */
static int tangent_of_number(const Node *node, PyObject *tangents)
{
    double found = 0.0;
    PyObject *number;
    int arrived = 0, failed;
    for (Py_ssize_t k = 0, count = operand_count(node); k < count; k++) {
        PyObject *x = (PyObject *)operand_at(node, k), *tangent = x == NULL ? NULL : PyDict_GetItemWithError(tangents, x);
        double partial, contribution;
        if (tangent == NULL) {
            if (x != NULL && PyErr_Occurred()) {
                return -1;
            }
            continue;
        }
        partial = numeric_partial(node, k);
        if (!PyFloat_CheckExact(tangent) || (partial == 0.0 && node->kind == MANY)) {
            return 0;
        }
        if (partial == 0.0 && node->kind < NEURON && row_is_gate[node->code]) {
            continue;
        }
        contribution = PyFloat_AS_DOUBLE(tangent) * partial;
        found = arrived ? found + contribution : contribution;
        arrived = 1;
    }
    if (!arrived) {
        return 1;
    }
    if (!is_finite(found)) {
        return 0;
    }
    number = PyFloat_FromDouble(found);
    failed = number == NULL || PyDict_SetItem(tangents, (PyObject *)node, number) < 0;
    Py_XDECREF(number);
    return failed ? -1 : 1;
}

/* hand_up(order, position, tangents): from a position on; the first that is a case for Python. */
static PyObject *hand_up(PyObject *module, PyObject *arguments)
{
    PyObject *order, *tangents;
    Py_ssize_t i;
    int done = 1;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nO!", &PyList_Type, &order, &i, &PyDict_Type, &tangents)) {
        return NULL;
    }
    for (; done == 1 && i >= 0 && i < PyList_GET_SIZE(order); i += done == 1) {
        PyObject *object = PyList_GET_ITEM(order, i);
        int is_known;
        if (!is_node(object) || NODE(object)->kind == OWN) {
            break;
        }
        if (NODE(object)->kind == LEAF) {
            continue;
        }
        is_known = PyDict_Contains(tangents, object);
        if (is_known != 0) {
            done = is_known;
            continue;
        }
        Py_INCREF(object); /* to look into a dictionary may run Python */
        done = tangent_of_number(NODE(object), tangents);
        Py_DECREF(object);
    }
    return done < 0 ? NULL : PyLong_FromSsize_t(i);
}

/* ---------------------------------------------------------------- recorded */

/* An operand that an adjoint goes to, the local partial by it, and the sum of what has arrived there then. */
typedef struct {
    PyObject *operand;         /* borrowed */
    PyObject *partial, *total; /* strong references */
} Edge;

static int is_number_or_node(PyObject *x)
{
    return PyFloat_CheckExact(x) || is_plain(x) || is_frozen(x) || Py_TYPE(x) == traced_type;
}

static double number_of(PyObject *x)
{
    return PyFloat_CheckExact(x) ? PyFloat_AS_DOUBLE(x) : NODE(x)->data;
}

/* One partial of a row at (result, operands), as `evaluate_partial` gives it. */
static PyObject *partial_at(PyObject *rule, PyObject *const *result_and_operands, Py_ssize_t operands)
{
    if (PyFloat_CheckExact(rule)) {
        return Py_NewRef(rule);
    }
    return PyObject_TypeCheck(rule, row_type)
               ? PyObject_Vectorcall(rule, result_and_operands + 1, (size_t)operands, NULL)
               : PyObject_Vectorcall(rule, result_and_operands, (size_t)operands + 1, NULL);
}

/* Whether the number of a node, or a partial of it, is still what it was when it was recorded. */
static int agrees(const Node *node)
{
    double z = node->data, c = node->constant, now;
    const Node *x = NODE(node->x);
    switch (node->kind) {
    case UNARY:
        now = unary_values[node->code](x->data);
        break;
    case BINARY:
        now = binary_values[node->code](x->data, NODE(node->y)->data);
        break;
    case CONSTANT_Y:
        now = binary_values[node->code](x->data, c);
        break;
    default:
        now = binary_values[node->code](c, x->data);
    }
    return now == z;
}

/* adjoint · partial */
static PyObject *contribution(PyObject *adjoint, PyObject *partial, int traces)
{
    if (PyFloat_CheckExact(partial)) {
        double number = PyFloat_AS_DOUBLE(partial);
        if (number == 1.0) {
            return Py_NewRef(adjoint);
        }
        if (number == -1.0 && traces) {
            return record_neg(adjoint, NULL);
        }
    }
    if (PyFloat_CheckExact(adjoint)) {
        if (PyFloat_AS_DOUBLE(adjoint) == 1.0) {
            return Py_NewRef(partial);
        }
        return PyNumber_Multiply(adjoint, partial);
    }
    return record_mul(adjoint, partial);
}

/* What has arrived at an operand with one contribution more, which is taken. */
static PyObject *with_contribution(PyObject *known, PyObject *added)
{
    PyObject *found;
    if (known == NULL || added == NULL) {
        return added;
    }
    found = PyFloat_CheckExact(known) ? PyNumber_Add(known, added) : record_add(known, added);
    Py_DECREF(added);
    return found;
}

/* Whether all that arrives at the operands within is finite: nothing is to be warned of then. */
static int arrives_finite(const Node *node, PyObject *adjoint, PyObject *within, PyObject *adjoints)
{
    double before = 0.0;
    for (Py_ssize_t k = 0, count = operand_count(node); k < count; k++) {
        PyObject *x = (PyObject *)operand_at(node, k), *known;
        double arrived;
        int is_within = PySet_Contains(within, x);
        if (is_within <= 0) {
            if (is_within < 0) {
                return -1;
            }
            continue;
        }
        known = PyDict_GetItemWithError(adjoints, x);
        if (known == NULL && PyErr_Occurred()) {
            return -1;
        }
        if (known != NULL && !is_number_or_node(known)) {
            return 0;
        }
        arrived = number_of(adjoint) * numeric_partial(node, k) + (known == NULL ? 0.0 : number_of(known)) + before;
        if (!is_finite(arrived)) {
            return 0;
        }
        before = arrived; /* for x·x, where both arrive at x */
    }
    return 1;
}

/* The edges of a node to operands that are within; how many, or -1, without an exception for a case for Python. */
static int find_edges(Node *node, PyObject *within, PyObject *rules, int traces, Edge *edges)
{
    int count = 0, arity = node->kind == UNARY ? 1 : 2, is_first_constant = node->kind == CONSTANT_X;
    PyObject *of[3] = {(PyObject *)node, node->x, node->y}, *number = NULL;
    if (node->kind == CONSTANT_Y || node->kind == CONSTANT_X) {
        if ((number = PyFloat_FromDouble(node->constant)) == NULL) {
            return -1;
        }
        of[1] = is_first_constant ? number : node->x;
        of[2] = is_first_constant ? node->x : number;
    }
    for (int i = 0; i < arity && count >= 0; i++) {
        PyObject *x = of[i + 1], *rule = PyTuple_GET_ITEM(rules, i), *partial;
        int is_within = x == number ? 0 : PySet_Contains(within, x);
        if (is_within <= 0) {
            count = is_within < 0 ? -1 : count;
            continue;
        }
        partial = partial_at(rule, of, arity);
        if (partial == NULL) {
            count = -1;
            break;
        }
        edges[count].operand = x;
        edges[count].total = NULL;
        edges[count++].partial = partial;
        if (!is_number_or_node(partial) ||
            (!traces && number_of(partial) != (i == 1 && node->kind == BINARY ? node->y_partial : node->x_partial))) {
            for (; count > 0; count--) {
                Py_DECREF(edges[count - 1].partial);
            }
            count = -1;
        }
    }
    Py_XDECREF(number);
    return count;
}

static void forget_edges(Edge *edges, int count)
{
    for (int i = 0; i < count; i++) {
        Py_XDECREF(edges[i].partial);
        Py_XDECREF(edges[i].total);
    }
}

/* Hand on the adjoint of a node.  1 if it was, 0 if it is a case for Python, -1 with an exception set. */
static int hand_on_recorded(Node *node, PyObject *adjoint, PyObject *within, PyObject *adjoints, int traces)
{
    Edge edges[2];
    int done, count;
    if (row_is_gate[node->code] || (!traces && !row_is_linear[node->code] && !agrees(node))) {
        return 0;
    }
    done = traces ? 1 : arrives_finite(node, adjoint, within, adjoints);
    if (done != 1) {
        return done;
    }
    count = find_edges(node, within, row_partials[node->code], traces, edges);
    if (count < 0) {
        if (!PyErr_Occurred()) {
            return 0;
        }
        if (PyErr_ExceptionMatches(PyExc_ArithmeticError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear(); /* of constants as numbers */
            return 0;
        }
        return -1;
    }
    for (int i = 0; i < count && done == 1; i++) {
        PyObject *known = i == 1 && edges[1].operand == edges[0].operand
                              ? edges[0].total
                              : PyDict_GetItemWithError(adjoints, edges[i].operand);
        if (known == NULL && PyErr_Occurred()) {
            done = -1;
        }
        else if (known != NULL && !is_number_or_node(known)) {
            done = 0;
        }
        else {
            edges[i].total = with_contribution(known, contribution(adjoint, edges[i].partial, traces));
            done = edges[i].total != NULL ? 1 : -1;
        }
    }
    for (int i = 0; i < count && done == 1; i++) {
        done = PyDict_SetItem(adjoints, edges[i].operand, edges[i].total) < 0 ? -1 : 1;
    }
    forget_edges(edges, count);
    return done;
}

/* Whether an adjoint is one that no gate is on the way of, and of the kind that is recorded. */
static int is_open(PyObject *adjoint, int traces)
{
    return traces ? Py_TYPE(adjoint) == traced_type && *(PyObject **)((char *)adjoint + gate_offset) == NULL
                  : PyFloat_CheckExact(adjoint) || is_plain(adjoint) || is_frozen(adjoint);
}

/* Hand on one adjoint, as numbers or recorded; as above. */
static int hand_on_one(PyObject *object, PyObject *adjoint, PyObject *within, PyObject *adjoints, int records)
{
    int mode, traces;
    if (!records) {
        return PyFloat_CheckExact(adjoint) && NODE(object)->kind != OWN
                   ? hand_on_number(NODE(object), PyFloat_AS_DOUBLE(adjoint), within, adjoints)
                   : 0;
    }
    mode = unusual ? mode_decides() : RECORDS;
    traces = mode == TRACES;
    if (mode < 0) {
        return -1;
    }
    return (traces || mode == RECORDS) && NODE(object)->kind <= CONSTANT_X &&
                   Py_TYPE(object) == (traces ? traced_type : value_type) && is_open(adjoint, traces)
               ? hand_on_recorded(NODE(object), adjoint, within, adjoints, traces)
               : 0;
}

/* hand_down(order, position, within, adjoints, records): from a position backwards; the first that is a case for Python. */
static PyObject *hand_down(PyObject *module, PyObject *arguments)
{
    PyObject *order, *within, *adjoints;
    Py_ssize_t i;
    int records, done = 1;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nO!O!p", &PyList_Type, &order, &i, &PySet_Type, &within, &PyDict_Type, &adjoints,
                          &records)) {
        return NULL;
    }
    for (; done == 1 && i >= 0 && i < PyList_GET_SIZE(order); i -= done == 1) {
        PyObject *object = PyList_GET_ITEM(order, i), *adjoint;
        if (!is_node(object)) {
            break;
        }
        adjoint = NODE(object)->kind == LEAF ? NULL : PyDict_GetItemWithError(adjoints, object);
        if (adjoint != NULL) {
            Py_INCREF(object); /* partials are Python's */
            Py_INCREF(adjoint);
            done = hand_on_one(object, adjoint, within, adjoints, records);
            Py_DECREF(adjoint);
            Py_DECREF(object);
        }
        else if (PyErr_Occurred()) {
            done = -1;
        }
    }
    return done < 0 ? NULL : PyLong_FromSsize_t(i);
}

#endif
