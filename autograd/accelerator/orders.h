/* Lists of nodes in an order. */
#ifndef AUTOGRAD_ORDERS_H
#define AUTOGRAD_ORDERS_H

#include "node.h"

typedef struct {
    Node **nodes;
    Py_ssize_t size, room;
    Node *few[256];
} List;

static void list_init(List *list)
{
    list->nodes = list->few;
    list->size = 0;
    list->room = 256;
}

static int list_append(List *list, Node *node)
{
    if (list->size == list->room) {
        size_t bytes = (size_t)list->room * 2 * sizeof(Node *);
        Node **more = PyMem_Realloc(list->nodes == list->few ? NULL : list->nodes, bytes);
        if (more == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (list->nodes == list->few) {
            memcpy(more, list->few, sizeof list->few);
        }
        list->nodes = more;
        list->room *= 2;
    }
    list->nodes[list->size++] = node;
    return 0;
}

static void list_free(List *list)
{
    if (list->nodes != list->few) {
        PyMem_Free(list->nodes);
    }
}

static inline Py_ssize_t operand_count(const Node *node)
{
    switch (node->kind) {
    case LEAF:
        return 0;
    case UNARY:
    case CONSTANT_Y:
    case CONSTANT_X:
        return 1;
    case BINARY:
        return 2;
    case NEURON:
        return 2 * node->many->inputs->size + 1;
    default:
        return node->many->size;
    }
}

/* An operand that is a Value, or NULL. */
static inline Node *operand_at(const Node *node, Py_ssize_t i)
{
    PyObject *x;
    Py_ssize_t n;
    if (node->kind < NEURON) {
        return NODE(i == 0 ? node->x : node->y);
    }
    if (node->kind == NEURON) {
        n = node->many->inputs->size;
        x = i < n ? node->many->operands[i] : i < 2 * n ? node->many->inputs->operands[i - n] : node->many->operands[n];
    }
    else {
        x = node->many->operands[i];
    }
    return x == NULL || PyFloat_CheckExact(x) ? NULL : NODE(x);
}

/* The way from a root to a node, and which operand of each node on it comes next. */
typedef struct {
    List nodes;
    Py_ssize_t *next, room;
} Path;

static int path_append(Path *path, Node *node)
{
    if (list_append(&path->nodes, node) < 0) {
        return -1;
    }
    node->flags |= MET;
    if (path->room < path->nodes.room) {
        Py_ssize_t *more = PyMem_Realloc(path->next, (size_t)path->nodes.room * sizeof *more);
        if (more == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        path->next = more;
        path->room = path->nodes.room;
    }
    path->next[path->nodes.size - 1] = 0;
    return 0;
}

/* Append to the order what is below a root and was not met before. -1 with an exception set. */
static int append_below(Node *root, Path *path, List *order, int *has_own_ways)
{
    if (root->flags & MET) {
        return 0;
    }
    if (path_append(path, root) < 0) {
        return -1;
    }
    while (path->nodes.size > 0) {
        Node *node = path->nodes.nodes[path->nodes.size - 1], *below = NULL;
        Py_ssize_t *next = &path->next[path->nodes.size - 1], count = operand_count(node);
        *has_own_ways |= node->kind == OWN;
        while (*next < count && below == NULL) {
            below = operand_at(node, (*next)++);
            if (below != NULL && below->flags & MET) {
                below = NULL;
            }
        }
        if (below != NULL) {
            if (path_append(path, below) < 0) {
                return -1;
            }
        }
        else {
            if (list_append(order, node) < 0) {
                return -1;
            }
            path->nodes.size--;
        }
    }
    return 0;
}

/* Every node below the roots, each after its operands, depth first; None where a row has a way of its own to say what
 * its operands are.
 */
static PyObject *topological_order(PyObject *module, PyObject *const *roots, Py_ssize_t count)
{
    Path path = {.next = NULL, .room = 0};
    List order;
    PyObject *found = NULL;
    int has_own_ways = 0, failed = 0;
    (void)module;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_node(roots[i])) {
            Py_RETURN_NONE;
        }
    }
    list_init(&path.nodes);
    list_init(&order);
    for (Py_ssize_t i = 0; i < count && !failed && !has_own_ways; i++) {
        failed = append_below(NODE(roots[i]), &path, &order, &has_own_ways) < 0;
    }
    for (Py_ssize_t i = 0; i < path.nodes.size; i++) {
        path.nodes.nodes[i]->flags &= (uint8_t)~MET;
    }
    for (Py_ssize_t i = 0; i < order.size; i++) {
        order.nodes[i]->flags &= (uint8_t)~MET;
    }
    if (has_own_ways && !failed) {
        found = Py_NewRef(Py_None);
    }
    else if (!failed && (found = PyList_New(order.size)) != NULL) {
        for (Py_ssize_t i = 0; i < order.size; i++) {
            PyList_SET_ITEM(found, i, Py_NewRef((PyObject *)order.nodes[i]));
        }
    }
    list_free(&path.nodes);
    list_free(&order);
    PyMem_Free(path.next);
    return found;
}

static int all_nodes(PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (!is_node(PyList_GET_ITEM(list, i)) || NODE(PyList_GET_ITEM(list, i))->kind == OWN) {
            return 0;
        }
    }
    return 1;
}

static void mark_all(PyObject *list, int mark)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        Node *node = NODE(PyList_GET_ITEM(list, i));
        node->flags = (uint8_t)(mark ? node->flags | MET : node->flags & ~MET);
    }
}

static int any_operand_is_marked(const Node *node)
{
    for (Py_ssize_t k = 0, count = operand_count(node); k < count; k++) {
        const Node *x = operand_at(node, k);
        if (x != NULL && x->flags & MET) {
            return 1;
        }
    }
    return 0;
}

/* depending_on(order, inputs): the inputs in the order, and what is made from any of them; None as above. */
static PyObject *depending_on(PyObject *module, PyObject *arguments)
{
    PyObject *order, *inputs, *found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &order, &PyList_Type, &inputs)) {
        return NULL;
    }
    if (!all_nodes(order) || !all_nodes(inputs)) {
        Py_RETURN_NONE;
    }
    found = PyList_New(0);
    mark_all(inputs, 1);
    for (Py_ssize_t i = 0; found != NULL && i < PyList_GET_SIZE(order); i++) {
        PyObject *object = PyList_GET_ITEM(order, i);
        if (NODE(object)->flags & MET || any_operand_is_marked(NODE(object))) {
            NODE(object)->flags |= MET;
            if (PyList_Append(found, object) < 0) {
                Py_CLEAR(found);
            }
        }
    }
    mark_all(order, 0);
    mark_all(inputs, 0);
    return found;
}

/* as_recorded(order, trace): what of the order is not in the trace, and what is, as it is there, unless some of the first
 * is made of the second; None then, and as above.
 */
static PyObject *as_recorded(PyObject *module, PyObject *arguments)
{
    PyObject *order, *trace, *before = NULL, *recorded = NULL, *found = NULL;
    int failed = 0, mixed = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &order, &PyList_Type, &trace)) {
        return NULL;
    }
    if (!all_nodes(order) || !all_nodes(trace)) {
        Py_RETURN_NONE;
    }
    before = PyList_New(0);
    recorded = PyList_New(0);
    failed = before == NULL || recorded == NULL;
    mark_all(order, 1);
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(trace); i++) {
        PyObject *object = PyList_GET_ITEM(trace, i);
        if (NODE(object)->flags & MET) {
            NODE(object)->flags &= (uint8_t)~MET; /* what is there twice counts once */
            failed = PyList_Append(recorded, object) < 0;
        }
    }
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(order); i++) {
        PyObject *object = PyList_GET_ITEM(order, i);
        if (NODE(object)->flags & MET) {
            failed = PyList_Append(before, object) < 0;
        }
    }
    mark_all(order, 0);
    if (!failed) {
        mark_all(recorded, 1);
        for (Py_ssize_t i = 0; !mixed && i < PyList_GET_SIZE(before); i++) {
            mixed = any_operand_is_marked(NODE(PyList_GET_ITEM(before, i)));
        }
        mark_all(recorded, 0);
        found = mixed ? Py_NewRef(Py_None) : PyTuple_Pack(2, before, recorded);
    }
    Py_XDECREF(before);
    Py_XDECREF(recorded);
    return found;
}

#endif
