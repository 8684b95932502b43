/* What Python sees of a node. */
#ifndef AUTOGRAD_ATTRIBUTES_H
#define AUTOGRAD_ATTRIBUTES_H

#include "destruction.h"
#include "node.h"
#include "orders.h"
#include "sweep.h"

/* ---------------------------------------------------------------- attributes */

static PyObject *get_data(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(NODE(self)->data);
}

/* What `as_number` makes of a value; `role` is for its message. */
static int number_for(PyObject *value, PyObject *role, double *number)
{
    PyObject *made = role == NULL ? NULL : PyObject_CallFunctionObjArgs(python.as_number, value, role, NULL);
    Py_XDECREF(role);
    if (made == NULL) {
        return -1;
    }
    *number = PyFloat_AsDouble(made);
    Py_DECREF(made);
    return 0;
}

static int set_data(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "data cannot be deleted");
        return -1;
    }
    if (PyFloat_CheckExact(value)) {
        NODE(self)->data = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    return number_for(value, PyUnicode_FromFormat("data of %R", self), &NODE(self)->data);
}

static PyObject *get_grad(PyObject *self, void *unused)
{
    (void)unused;
    return has_no_grad(NODE(self)) ? Py_NewRef(Py_None) : PyFloat_FromDouble(got_nothing(NODE(self)) ? 0.0 : NODE(self)->grad);
}

static int set_grad(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "grad cannot be deleted; assign None or 0.0");
        return -1;
    }
    if (PyFloat_CheckExact(value)) {
        NODE(self)->grad = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    if (value == Py_None) {
        memcpy(&NODE(self)->grad, &NO_GRAD_BITS, sizeof NO_GRAD_BITS);
        return 0;
    }
    return number_for(value, PyUnicode_FromFormat("grad of %R", self), &NODE(self)->grad);
}

static PyObject *get_label(PyObject *self, void *unused)
{
    PyObject *address, *label;
    (void)unused;
    if (!(NODE(self)->flags & LABELLED)) {
        return PyUnicode_FromStringAndSize(NULL, 0);
    }
    address = PyLong_FromVoidPtr(self);
    label = address == NULL ? NULL : PyDict_GetItemWithError(labels, address);
    Py_XDECREF(address);
    return Py_XNewRef(label);
}

static int set_label(PyObject *self, PyObject *label, void *unused)
{
    PyObject *address;
    int failed;
    (void)unused;
    if (label == NULL || (PyUnicode_CheckExact(label) && PyUnicode_GET_LENGTH(label) == 0)) {
        if (NODE(self)->flags & LABELLED) {
            forget_label(NODE(self));
        }
        return 0;
    }
    address = PyLong_FromVoidPtr(self);
    failed = address == NULL || PyDict_SetItem(labels, address, label) < 0;
    Py_XDECREF(address);
    if (!failed) {
        NODE(self)->flags |= LABELLED;
    }
    return failed ? -1 : 0;
}

static PyObject *get_primitive(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(row_of(NODE(self)));
}

/* Operands into a tuple; where they are NULL, the numbers. */
static void put_operands(PyObject **tuple, Py_ssize_t at, Py_ssize_t size, PyObject *const *operands,
                         const double *numbers)
{
    for (Py_ssize_t i = 0; *tuple != NULL && i < size; i++) {
        PyObject *operand = operands[i] != NULL ? Py_NewRef(operands[i]) : PyFloat_FromDouble(numbers[i]);
        if (operand == NULL) {
            Py_CLEAR(*tuple);
        }
        else {
            PyTuple_SET_ITEM(*tuple, at + i, operand);
        }
    }
}

/* What a sweep hands adjoints on to. */
static PyObject *get_sources(PyObject *self, void *unused)
{
    Node *node = NODE(self);
    PyObject *found;
    Py_ssize_t n;
    (void)unused;
    switch (node->kind) {
    case UNARY:
        return PyTuple_Pack(1, node->x);
    case BINARY:
        return PyTuple_Pack(2, node->x, node->y);
    case CONSTANT_Y:
        return Py_BuildValue("(Od)", node->x, node->constant);
    case CONSTANT_X:
        return Py_BuildValue("(dO)", node->constant, node->x);
    case NEURON: /* weights, inputs, bias */
        n = node->many->inputs->size;
        found = PyTuple_New(2 * n + 1);
        put_operands(&found, 0, n, node->many->operands, PARTIALS(node->many));
        put_operands(&found, n, n, node->many->inputs->operands, NUMBERS(node->many->inputs));
        put_operands(&found, 2 * n, 1, node->many->operands + n, PARTIALS(node->many) + n);
        return found;
    case MANY:
    case OWN:
        found = PyTuple_New(node->many->size);
        put_operands(&found, 0, node->many->size, node->many->operands, NULL);
        return found;
    default:
        return PyTuple_New(0);
    }
}

static PyObject *get_operands(PyObject *self, void *unused)
{
    PyObject *sources = get_sources(self, unused), *operands;
    if (NODE(self)->kind != OWN || sources == NULL) {
        return sources;
    }
    operands = call_row(NODE(self), "operands_of", sources);
    Py_DECREF(sources);
    return operands;
}

/* Partials into a tuple, None for constants; it is NULL after an error. */
static void put_partials(PyObject **tuple, Py_ssize_t at, Py_ssize_t size, PyObject *const *operands, const double *partials)
{
    for (Py_ssize_t i = 0; *tuple != NULL && i < size; i++) {
        int is_constant = operands[i] == NULL || PyFloat_CheckExact(operands[i]);
        PyObject *partial = is_constant ? Py_NewRef(Py_None) : PyFloat_FromDouble(partials[i]);
        if (partial == NULL) {
            Py_CLEAR(*tuple);
        }
        else {
            PyTuple_SET_ITEM(*tuple, at + i, partial);
        }
    }
}

static PyObject *get_partials(PyObject *self, void *unused)
{
    Node *node = NODE(self);
    PyObject *found;
    const Many *many;
    const double one = 1.0;
    Py_ssize_t n;
    (void)unused;
    switch (node->kind) {
    case UNARY:
        return Py_BuildValue("(d)", node->x_partial);
    case BINARY:
        return Py_BuildValue("(dd)", node->x_partial, node->y_partial);
    case CONSTANT_Y:
        return Py_BuildValue("(dO)", node->x_partial, Py_None);
    case CONSTANT_X:
        return Py_BuildValue("(Od)", Py_None, node->x_partial);
    case NEURON: /* by the weights, the inputs, the bias */
        many = node->many;
        n = many->inputs->size;
        found = PyTuple_New(2 * n + 1);
        put_partials(&found, 0, n, many->operands, NUMBERS(many->inputs));
        put_partials(&found, n, n, many->inputs->operands, PARTIALS(many));
        put_partials(&found, 2 * n, 1, many->operands + n, &one);
        return found;
    case MANY:
        found = PyTuple_New(node->many->size);
        put_partials(&found, 0, node->many->size, node->many->operands, PARTIALS(node->many));
        return found;
    case OWN:
        return call_row(node, "partials_at", self);
    default:
        return PyTuple_New(0);
    }
}

static PyObject *get_uses(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromLong((int32_t)NODE(self)->uses);
}

/* The attributes of one's own, or None: reading `__dict__` would make an empty one. */
static PyObject *get_attributes(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(NODE(self)->dict == NULL ? Py_None : NODE(self)->dict);
}

static PyObject *get_dict(PyObject *self, void *unused)
{
    PyObject *dict = PyObject_GenericGetDict(self, unused);
    if (dict != NULL) {
        track(NODE(self));
    }
    return dict;
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
    int failed = PyObject_GenericSetAttr(self, name, value);
    if (NODE(self)->dict != NULL) {
        track(NODE(self));
    }
    return failed;
}

static PyGetSetDef value_attributes[] = {
    {"data", get_data, set_data,
     "The number.  Assigning to it takes one real number and changes nothing that is recorded already.", NULL},
    {"_number", get_data, set_data, NULL, NULL},
    {"grad", get_grad, set_grad,
     "The adjoint of the last `backward()`; summed over all of them on a leaf.", NULL},
    {"label", get_label, set_label, "A name for pictures and messages; empty at first.", NULL},
    {"primitive", get_primitive, NULL, "The operation that made this node; None for a leaf.", NULL},
    {"operands", get_operands, NULL,
     "What the primitive was applied to: Values, and floats for constants; () for a leaf.", NULL},
    {"partials", get_partials, NULL,
     "The local partial derivative by each operand, as numbers; None for constants.", NULL},
    {"_sources", get_sources, NULL, NULL, NULL},
    {"_uses", get_uses, NULL, NULL, NULL},
    {"_attributes", get_attributes, NULL, NULL, NULL},
    {"__dict__", get_dict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef value_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Node, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* ---------------------------------------------------------------- construction, comparison, conversion */

static int fill_from_arguments(Node *node, PyObject *data, PyObject *children, PyObject *op, PyObject *label)
{
    int is_empty = children == NULL ? 1 : PyObject_Not(children);
    if (PyFloat_CheckExact(data)) {
        node->data = PyFloat_AS_DOUBLE(data);
    }
    else if (number_for(data, PyUnicode_FromString("Value: data"), &node->data) < 0) {
        return -1;
    }
    if (label != NULL && !PyUnicode_Check(label)) {
        PyObject *kind = PyType_GetName(Py_TYPE(label));
        if (kind != NULL) {
            PyErr_Format(PyExc_TypeError, "Value: label must be text, not %U", kind);
            Py_DECREF(kind);
        }
        return -1;
    }
    if (is_empty < 0 || (label != NULL && set_label((PyObject *)node, label, NULL) < 0)) {
        return -1;
    }
    if (!is_empty) {
        PyObject *done = op == NULL ? PyObject_CallFunction(python.by_hand, "OOs", node, children, "")
                                    : PyObject_CallFunction(python.by_hand, "OOO", node, children, op);
        Py_XDECREF(done);
        return done == NULL ? -1 : 0;
    }
    return 0;
}

static PyObject *value_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Node *node = new_of_type(type);
    (void)arguments;
    (void)keywords;
    if (node != NULL) {
        node->data = 0.0;
    }
    return (PyObject *)node;
}

static int value_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"data", "_children", "_op", "label", NULL};
    PyObject *data, *children = NULL, *op = NULL, *label = NULL, *name, *value;
    Py_ssize_t position = 0;
    while (keywords != NULL && PyDict_Next(keywords, &position, &name, &value)) {
        int known = 0;
        for (int i = 0; i < 4; i++) {
            known |= PyUnicode_CompareWithASCIIString(name, names[i]) == 0;
        }
        if (!known) {
            PyObject *error = PyObject_CallOneArg(python.unknown_argument, name);
            if (error != NULL) {
                PyErr_SetObject((PyObject *)Py_TYPE(error), error);
                Py_DECREF(error);
            }
            return -1;
        }
    }
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|OOO:Value", names, &data, &children, &op, &label)) {
        return -1;
    }
    become_leaf(NODE(self));
    NODE(self)->grad = 0.0;
    if (NODE(self)->flags & LABELLED) {
        forget_label(NODE(self));
    }
    return fill_from_arguments(NODE(self), data, children, op, label);
}

/* Value(number): without a tuple of arguments, and without a second look at the class. */
static PyObject *value_call(PyObject *type, PyObject *const *arguments, size_t flagged, PyObject *keywords)
{
    Py_ssize_t count = PyVectorcall_NARGS(flagged);
    PyObject *label = NULL, *positional, *named = NULL, *made;
    if (count == 1 && (keywords == NULL || (PyTuple_GET_SIZE(keywords) == 1 && PyUnicode_CompareWithASCIIString(
                                               PyTuple_GET_ITEM(keywords, 0), "label") == 0))) {
        Node *node = new_node((PyTypeObject *)type);
        if (keywords != NULL) {
            label = arguments[1];
        }
        if (node != NULL && fill_from_arguments(node, arguments[0], NULL, NULL, label) < 0) {
            Py_CLEAR(node);
        }
        return (PyObject *)node;
    }
    positional = PyTuple_New(count);
    if (positional == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(positional, i, Py_NewRef(arguments[i]));
    }
    if (keywords != NULL) {
        named = PyDict_New();
        for (Py_ssize_t i = 0; named != NULL && i < PyTuple_GET_SIZE(keywords); i++) {
            if (PyDict_SetItem(named, PyTuple_GET_ITEM(keywords, i), arguments[count + i]) < 0) {
                Py_CLEAR(named);
            }
        }
        if (named == NULL) {
            Py_DECREF(positional);
            return NULL;
        }
    }
    made = value_new((PyTypeObject *)type, positional, named);
    if (made != NULL && value_init(made, positional, named) < 0) {
        Py_CLEAR(made);
    }
    Py_DECREF(positional);
    Py_XDECREF(named);
    return made;
}

/* `==` and `hash` stay those of the object: a node is itself, whatever its number. */
static PyObject *compare(PyObject *self, PyObject *other, int operation)
{
    double x = NODE(self)->data, y;
    PyObject *number, *found;
    if (operation == Py_EQ || operation == Py_NE) {
        return PyBaseObject_Type.tp_richcompare(self, other, operation);
    }
    if (is_node(other)) {
        y = NODE(other)->data;
        Py_RETURN_RICHCOMPARE(x, y, operation);
    }
    if (PyFloat_CheckExact(other)) {
        y = PyFloat_AS_DOUBLE(other);
        Py_RETURN_RICHCOMPARE(x, y, operation);
    }
    other = PyObject_CallFunctionObjArgs(python.comparable, other, NULL); /* a number, or NotImplemented */
    if (other == NULL || other == Py_NotImplemented) {
        return other;
    }
    number = PyFloat_FromDouble(x);
    found = number == NULL ? NULL : PyObject_RichCompare(number, other, operation); /* exact for ints */
    Py_XDECREF(number);
    Py_DECREF(other);
    return found;
}

static int is_true(PyObject *self)
{
    return NODE(self)->data != 0.0;
}

#endif
