/* Sweeps over graphs. */
#ifndef AUTOGRAD_SWEEP_H
#define AUTOGRAD_SWEEP_H

#include "orders.h"

/* ---------------------------------------------------------------- sweeps
 *
 * Kahn's algorithm, first in first out, as in sweep.py, in the same order of additions: both cores give the same bits.
 */

typedef struct {
    List order;        /* interior nodes, as they are found, and then as their adjoints are complete */
    List kept;         /* strong references, where rows that run Python are among them */
    List aside;        /* leaves whose grad was set aside, by `gradients` only */
    double *grads;     /* theirs */
    Py_ssize_t grads_room;
    int collects;      /* whether leaves are to be set aside */
    int runs_python;
    int is_doubtful;   /* whether the grad of a leaf has become nan */
} Sweep;

static inline void set_nothing(Node *node)
{
    memcpy(&node->grad, &NOTHING_BITS, sizeof NOTHING_BITS);
}

static int set_aside(Sweep *sweep, Node *leaf)
{
    if (sweep->aside.size == sweep->grads_room) {
        Py_ssize_t room = sweep->grads_room ? 2 * sweep->grads_room : 64;
        double *more = PyMem_Realloc(sweep->grads, (size_t)room * sizeof(double));
        if (more == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        sweep->grads = more;
        sweep->grads_room = room;
    }
    sweep->grads[sweep->aside.size] = leaf->grad;
    if (list_append(&sweep->aside, leaf) < 0) {
        return -1;
    }
    leaf->flags |= MET;
    set_nothing(leaf);
    Py_INCREF(leaf);
    return 0;
}

static inline int meet(Sweep *sweep, PyObject *operand)
{
    Node *node = NODE(operand);
    if (node->kind != LEAF) {
        if (node->uses++ == 0) {
            set_nothing(node);
            return list_append(&sweep->order, node);
        }
    }
    else if (sweep->collects) {
        if (!(node->flags & MET)) {
            return set_aside(sweep, node);
        }
    }
    return 0;
}

static inline int meet_all(Sweep *sweep, PyObject *const *operands, Py_ssize_t size)
{
    for (Py_ssize_t k = 0; k < size; k++) {
        if (operands[k] != NULL && !PyFloat_CheckExact(operands[k]) && meet(sweep, operands[k]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The operands of a neuron; the inputs of its layer with the first neuron that is met. */
static int count_neuron(Sweep *sweep, Many *many, int is_on_leaves)
{
    Inputs *inputs = many->inputs;
    Py_ssize_t n = inputs->size;
    return (!is_on_leaves && meet_all(sweep, many->operands, n) < 0) ||
                   (inputs->pending++ == 0 && meet_all(sweep, inputs->operands, n) < 0) ||
                   (!is_on_leaves && meet_all(sweep, many->operands + n, 1) < 0)
               ? -1
               : 0;
}

/* Count the edges into every interior node below root. */
static int count_uses(Sweep *sweep, Node *root)
{
    if (list_append(&sweep->order, root) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < sweep->order.size; i++) {
        Node *node = sweep->order.nodes[i];
        switch (node->kind) {
        case BINARY:
            if (meet(sweep, node->x) < 0 || meet(sweep, node->y) < 0) {
                return -1;
            }
            break;
        case UNARY:
        case CONSTANT_Y:
        case CONSTANT_X:
            if (meet(sweep, node->x) < 0) {
                return -1;
            }
            break;
        case NEURON:
            if (count_neuron(sweep, node->many, node->flags & ON_LEAVES && !sweep->collects) < 0) {
                return -1;
            }
            break;
        default:
            sweep->runs_python |= node->kind == OWN;
            if (meet_all(sweep, node->many->operands, node->many->size) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* The first adjoint that arrives need not be added. */
static inline void arrive(Node *node, double contribution)
{
    node->grad = (bits_of(node->grad) | 1) == NOTHING_BITS ? contribution : node->grad + contribution;
}

/* One edge less to wait for. */
static inline int release(Sweep *sweep, PyObject *operand)
{
    Node *node = NODE(operand);
    if (node->kind == LEAF) {
        if (has_no_grad(node)) {
            node->grad = 0.0;
        }
        return 0;
    }
    /* uses are 0 where a closure has changed the graph above: then there is no telling when all has arrived */
    return node->uses != 0 && --node->uses == 0 ? list_append(&sweep->order, node) : 0;
}

static inline int pass(Sweep *sweep, PyObject *operand, double adjoint, double partial)
{
    Node *node = NODE(operand);
    arrive(node, adjoint * partial);
    if (node->kind == LEAF) {
        sweep->is_doubtful |= node->grad != node->grad;
        return 0;
    }
    return node->uses != 0 && --node->uses == 0 ? list_append(&sweep->order, node) : 0;
}

static inline int pass_or_not(Sweep *sweep, Node *node, PyObject *operand, double adjoint, double partial)
{
    return partial == 0.0 && row_is_gate[node->code] ? release(sweep, operand)
                                                     : pass(sweep, operand, adjoint, partial);
}

static inline int pass_all(Sweep *sweep, PyObject *const *operands, Py_ssize_t size, double adjoint,
                           const double *partials)
{
    for (Py_ssize_t k = 0; k < size; k++) {
        if (operands[k] != NULL && !PyFloat_CheckExact(operands[k]) &&
            pass(sweep, operands[k], adjoint, partials[k]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int release_all(Sweep *sweep, PyObject *const *operands, Py_ssize_t size)
{
    for (Py_ssize_t k = 0; k < size; k++) {
        if (operands[k] != NULL && !PyFloat_CheckExact(operands[k]) && release(sweep, operands[k]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The same as pass_all, but for what a gate keeps out; -1 with an exception set. */
static int pass_gates(Sweep *sweep, Many *many, double adjoint)
{
    int is_gate = -1; /* not known yet */
    for (Py_ssize_t k = 0; k < many->size; k++) {
        PyObject *x = many->operands[k];
        double partial = PARTIALS(many)[k];
        if (PyFloat_CheckExact(x)) {
            continue;
        }
        if (partial == 0.0 && is_gate < 0) {
            PyObject *gate = PyObject_GetAttrString(many->row, "gate");
            is_gate = gate == NULL ? -1 : PyObject_IsTrue(gate);
            Py_XDECREF(gate);
            if (is_gate < 0) {
                return -1;
            }
        }
        if ((partial == 0.0 && is_gate ? release(sweep, x) : pass(sweep, x, adjoint, partial)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* To the weights, to the inputs, which are complete with the last neuron of their layer, and to the bias. */
static int pass_neuron(Sweep *sweep, Many *many, double adjoint, int arrived)
{
    const double one = 1.0, *partials = PARTIALS(many);
    Inputs *inputs = many->inputs;
    Py_ssize_t n = inputs->size;
    if ((arrived ? pass_all(sweep, many->operands, n, adjoint, NUMBERS(inputs))
                 : release_all(sweep, many->operands, n)) < 0) {
        return -1;
    }
    if (arrived) {
        for (Py_ssize_t i = 0; i < n; i++) {
            if (inputs->operands[i] != NULL) {
                arrive(NODE(inputs->operands[i]), adjoint * partials[i]);
                sweep->is_doubtful |= NODE(inputs->operands[i])->grad != NODE(inputs->operands[i])->grad;
            }
        }
    }
    if (--inputs->pending == 0 && release_all(sweep, inputs->operands, n) < 0) {
        return -1;
    }
    return arrived ? pass_all(sweep, many->operands + n, 1, adjoint, &one)
                   : release_all(sweep, many->operands + n, 1);
}

static int pass_on_own_way(Node *node)
{
    PyObject *done = call_row(node, "pass_on", (PyObject *)node);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int hand_on(Sweep *sweep, Node *root, double seed)
{
    sweep->order.size = 0;
    root->grad = seed;
    if (list_append(&sweep->order, root) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < sweep->order.size; i++) {
        Node *node = sweep->order.nodes[i];
        double adjoint = node->grad;
        int failed = 0, arrived = !got_nothing(node);
        if (!arrived) {
            node->grad = 0.0;
        }
        switch (node->kind) {
        case BINARY:
            failed = arrived ? pass_or_not(sweep, node, node->x, adjoint, node->x_partial) < 0 ||
                                   pass_or_not(sweep, node, node->y, adjoint, node->y_partial) < 0
                             : release(sweep, node->x) < 0 || release(sweep, node->y) < 0;
            break;
        case UNARY:
        case CONSTANT_Y:
        case CONSTANT_X:
            failed = (arrived ? pass_or_not(sweep, node, node->x, adjoint, node->x_partial)
                              : release(sweep, node->x)) < 0;
            break;
        case NEURON:
            failed = pass_neuron(sweep, node->many, adjoint, arrived) < 0;
            break;
        case MANY:
            failed = (arrived ? pass_gates(sweep, node->many, adjoint)
                              : release_all(sweep, node->many->operands, node->many->size)) < 0;
            break;
        case OWN:
            failed = arrived && pass_on_own_way(node) < 0;
            if (!failed && node->kind >= MANY) { /* else what ran has made it a leaf */
                failed = release_all(sweep, node->many->operands, node->many->size) < 0;
            }
            break;
        default:
            break;
        }
        if (failed) {
            return -1;
        }
    }
    return 0;
}

static void forget_uses(Node *node)
{
    node->uses = 0;
    if (got_nothing(node)) {
        node->grad = 0.0;
    }
    if (node->kind == NEURON) {
        node->many->inputs->pending = 0;
    }
}

/* Count, and hand on from the root.  If Python code runs in between, the nodes are kept alive. */
static int run_sweep(Sweep *sweep, Node *root, double seed)
{
    int failed = count_uses(sweep, root) < 0;
    if (!failed && sweep->runs_python) {
        for (Py_ssize_t i = 0; i < sweep->order.size && !failed; i++) {
            failed = list_append(&sweep->kept, sweep->order.nodes[i]) < 0;
            if (!failed) {
                Py_INCREF(sweep->order.nodes[i]);
            }
        }
    }
    if (failed) {
        for (Py_ssize_t i = 0; i < sweep->order.size; i++) {
            forget_uses(sweep->order.nodes[i]);
        }
    }
    else {
        failed = hand_on(sweep, root, seed) < 0; /* only what runs Python can fail: the list is long enough */
    }
    for (Py_ssize_t i = 0; i < sweep->kept.size; i++) {
        forget_uses(sweep->kept.nodes[i]); /* after an error; else there are none */
        Py_DECREF(sweep->kept.nodes[i]);
    }
    list_free(&sweep->order);
    list_free(&sweep->kept);
    if (!failed && sweep->is_doubtful) {
        PyObject *done = PyObject_CallFunction(python.look_for_nan, "Od", root, seed);
        failed = done == NULL;
        Py_XDECREF(done);
    }
    return failed ? -1 : 0;
}

static void sweep_init(Sweep *sweep)
{
    list_init(&sweep->order);
    list_init(&sweep->kept);
    list_init(&sweep->aside);
    sweep->grads = NULL;
    sweep->grads_room = 0;
    sweep->collects = sweep->runs_python = sweep->is_doubtful = 0;
}

static int sweep_from(Node *root, double seed)
{
    Sweep sweep;
    if (root->kind == LEAF) {
        root->grad = has_no_grad(root) ? seed : root->grad + seed;
        return 0;
    }
    sweep_init(&sweep);
    return run_sweep(&sweep, root, seed);
}

static PyObject *backpropagate(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    double seed;
    (void)module;
    if (count != 2 || !is_node(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "backpropagate takes a Value and the adjoint of it");
        return NULL;
    }
    seed = PyFloat_AsDouble(arguments[1]);
    if ((seed == -1.0 && PyErr_Occurred()) || sweep_from(NODE(arguments[0]), seed) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ∂root/∂variable for leaves, with every grad left as it was. */
static PyObject *gradients(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Sweep sweep;
    PyObject *variables, *found = NULL;
    Node *root;
    Py_ssize_t n;
    int failed = 0;
    (void)module;
    if (count != 2 || !is_node(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "gradients takes a Value and a sequence of leaves");
        return NULL;
    }
    root = NODE(arguments[0]);
    variables = PySequence_Fast(arguments[1], "gradients: the variables must be a sequence");
    if (variables == NULL) {
        return NULL;
    }
    n = PySequence_Fast_GET_SIZE(variables);
    sweep_init(&sweep);
    sweep.collects = 1;
    for (Py_ssize_t i = 0; i < n && !failed; i++) {
        PyObject *x = PySequence_Fast_GET_ITEM(variables, i);
        if (!is_node(x) || NODE(x)->kind != LEAF) {
            PyErr_SetString(PyExc_TypeError, "gradients: the variables must be leaves");
            failed = 1;
        }
        else if (!(NODE(x)->flags & MET)) {
            failed = set_aside(&sweep, NODE(x)) < 0;
        }
    }
    if (!failed) {
        if (root->kind != LEAF) {
            failed = run_sweep(&sweep, root, 1.0) < 0;
        }
        else if (root->flags & MET) {
            root->grad = 1.0;
        }
    }
    if (!failed && (found = PyList_New(n)) != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Node *leaf = NODE(PySequence_Fast_GET_ITEM(variables, i));
            PyObject *number = PyFloat_FromDouble(got_nothing(leaf) ? 0.0 : leaf->grad + 0.0); /* no -0.0 */
            if (number == NULL) {
                Py_CLEAR(found);
                break;
            }
            PyList_SET_ITEM(found, i, number);
        }
    }
    for (Py_ssize_t i = 0; i < sweep.aside.size; i++) {
        Node *leaf = sweep.aside.nodes[i];
        leaf->grad = sweep.grads[i];
        leaf->flags &= (uint8_t)~MET;
        Py_DECREF(leaf);
    }
    list_free(&sweep.aside);
    PyMem_Free(sweep.grads);
    Py_DECREF(variables);
    return found;
}

static PyObject *backward(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    static const char *const usage = /* as in autograd/core/sweep.py */
        "backward() takes one argument, gradient; a graph stays, so there is no retain_graph, and "
        "gradient(y, inputs, create_graph=True) records derivatives";
    double seed = 1.0;
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (count + named > 1 ||
        (named && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "gradient") != 0)) {
        PyErr_SetString(PyExc_TypeError, usage);
        return NULL;
    }
    if (count + named == 1) {
        PyObject *number = PyObject_CallFunction(python.as_number, "Os", arguments[0], "backward: gradient");
        if (number == NULL) {
            return NULL;
        }
        seed = PyFloat_AsDouble(number);
        Py_DECREF(number);
    }
    if (NODE(self)->kind == LEAF ? NODE(self)->uses == UNRECORDED : unusual) {
        return PyObject_CallFunction(python.propagate, "Od", self, seed);
    }
    return sweep_from(NODE(self), seed) < 0 ? NULL : Py_NewRef(Py_None);
}

#endif
