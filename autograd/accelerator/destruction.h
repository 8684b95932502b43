/* The destruction of graphs, without recursion.
 *
 * What waits to be freed is linked through `grad`, first in first out: in the order in which it was found, about that
 * of its making.  A node that others still need, or that is not an ordinary one, only loses a reference.
 */
#ifndef AUTOGRAD_DESTRUCTION_H
#define AUTOGRAD_DESTRUCTION_H

#include "node.h"

static Node *first_waiting, *last_waiting;
static int is_freeing;

static inline void wait_for_freeing(Node *node)
{
    Node *none = NULL;
    memcpy(&node->grad, &none, sizeof none);
    if (first_waiting == NULL) {
        first_waiting = node;
    }
    else {
        memcpy(&last_waiting->grad, &node, sizeof node);
    }
    last_waiting = node;
}

static inline void drop(PyObject *object)
{
    if (object == NULL) {
        return;
    }
    if (Py_REFCNT(object) == 1 && is_plain(object) && !(NODE(object)->flags & (TRACKED | LABELLED)) &&
        NODE(object)->weak_references == NULL) {
        wait_for_freeing(NODE(object));
    }
    else {
        Py_DECREF(object);
    }
}

static void forget_label(Node *node)
{
    PyObject *address = PyLong_FromVoidPtr(node);
    node->flags &= (uint8_t)~LABELLED;
    if (address == NULL || PyDict_DelItem(labels, address) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(address);
}

static void deallocate(PyObject *object)
{
    Node *node = NODE(object);
    PyObject *type, *value, *traceback;
    /* a Python subclass may have been tracked again by Python itself, just now */
    if ((!is_plain(object) || node->flags & TRACKED) && PyObject_GC_IsTracked(object)) {
        PyObject_GC_UnTrack(object);
    }
    if (node->weak_references != NULL) {
        PyObject_ClearWeakRefs(object);
    }
    if (node->flags & LABELLED) {
        PyErr_Fetch(&type, &value, &traceback);
        forget_label(node);
        PyErr_Restore(type, value, traceback);
    }
    Py_CLEAR(node->dict);
    if (node->kind == LEAF && node->flags & IN_ARENA) {
        PyTypeObject *kind_of_node = Py_TYPE(node);
        live_nodes--;
        give_block((char *)node - GC_HEADER);
        Py_DECREF(kind_of_node);
        return;
    }
    wait_for_freeing(node);
    if (is_freeing) {
        return;
    }
    is_freeing = 1;
    while ((node = first_waiting) != NULL) {
        PyTypeObject *kind_of_node = Py_TYPE(node);
        memcpy(&first_waiting, &node->grad, sizeof first_waiting);
        switch (node->kind) {
        case BINARY:
            drop(node->x);
            drop(node->y);
            break;
        case UNARY:
        case CONSTANT_Y:
        case CONSTANT_X:
            drop(node->x);
            break;
        case NEURON:
        case MANY:
        case OWN:
            for (Py_ssize_t i = 0; i < node->many->size; i++) {
                drop(node->many->operands[i]);
            }
            give_many(node->many);
            break;
        default:
            break;
        }
        live_nodes--;
        if (node->flags & IN_ARENA) {
            give_block((char *)node - GC_HEADER);
        }
        else {
            PyObject_GC_Del(node);
        }
        Py_DECREF(kind_of_node);
    }
    is_freeing = 0;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Node *node = NODE(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(node->dict);
    switch (node->kind) {
    case BINARY:
        Py_VISIT(node->x);
        Py_VISIT(node->y);
        break;
    case UNARY:
    case CONSTANT_Y:
    case CONSTANT_X:
        Py_VISIT(node->x);
        break;
    case NEURON:
    case MANY:
    case OWN:
        Py_VISIT(node->many->row);
        for (Py_ssize_t i = 0; i < node->many->size; i++) {
            Py_VISIT(node->many->operands[i]);
        }
        break; /* shared inputs belong to no node alone: a cycle through them is not collected */
    default:
        break;
    }
    return 0;
}

static int clear(PyObject *object)
{
    Py_CLEAR(NODE(object)->dict);
    become_leaf(NODE(object));
    return 0;
}

#endif
