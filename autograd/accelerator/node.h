/* What a node is, what Python is asked for, and how nodes and their operands are made and read. */
#ifndef AUTOGRAD_NODE_H
#define AUTOGRAD_NODE_H

#include "arena.h"
#include "numbers.h"
#include "rules.h"

/* ---------------------------------------------------------------- what a node is */

enum Kind {
    LEAF,
    UNARY,       /* row(x) */
    BINARY,      /* row(x, y) */
    CONSTANT_Y,  /* row(x, c) */
    CONSTANT_X,  /* row(c, x) */
    NEURON,      /* w·x + b: operands are w and b, NULL for a constant w; the partials are those by the inputs, the w */
    MANY,        /* any number of operands, or a row that is not in rules.h */
    OWN          /* the same without partials: its row hands on adjoints in its own way */
};

enum Flag {
    IN_ARENA = 1,  /* the block is one of the arena's */
    TRACKED = 2,   /* the cycle collector knows this node: it has attributes of its own, or a row of its own */
    LABELLED = 4,  /* there is an entry in `labels` */
    ON_LEAVES = 16,/* a neuron whose weights and bias are leaves, of which there is nothing to count */
    MET = 8        /* seen by what is at work: a leaf whose grad `gradients` has set aside, a node on the way of an order */
};

/* The inputs of a layer, which its neurons share, and the numbers they had; NULL for a constant. */
typedef struct {
    Py_ssize_t references, size;
    Py_ssize_t pending;    /* during a sweep: neurons of the layer that are still to hand on; they count as one user */
    PyObject *operands[1]; /* strong references; then as many doubles, the numbers */
} Inputs;

typedef struct {
    Py_ssize_t size;
    PyObject *row;         /* a strong reference */
    Inputs *inputs;        /* of a neuron; else NULL */
    PyObject *operands[1]; /* strong references; then as many doubles, the partials */
} Many;

typedef struct {
    PyObject_HEAD
    double data;
    double grad;           /* while a node waits to be freed: the next one that waits */
    union {
        PyObject *x;       /* a strong reference, as y is */
        Many *many;
    };
    union {
        PyObject *y;
        double constant;
    };
    double x_partial, y_partial;
    uint32_t uses;         /* during a sweep: edges into this node that are still to come; of a leaf: a first run, UNRECORDED or 0 */
    uint16_t code;         /* of the row, for the kinds of one or two operands */
    uint8_t kind, flags;
    PyObject *dict;        /* attributes of one's own, made when the first is set */
    PyObject *weak_references;
} Node;

#define NODE(object) ((Node *)(object))
#define PARTIALS(many) ((double *)((many)->operands + (many)->size))
#define NUMBERS(inputs) ((double *)((inputs)->operands + (inputs)->size))
#define GC_HEADER (2 * sizeof(uintptr_t))

static PyTypeObject *value_type, *frozen_type, *row_type;

/* `grad = None`, as users of PyTorch clear it: a nan that no arithmetic makes. */
static const uint64_t NO_GRAD_BITS = 0x7ff8dead00000000u;

static inline int has_no_grad(const Node *node)
{
    return bits_of(node->grad) == NO_GRAD_BITS;
}

/* No adjoint has arrived in the sweep at work; read as 0. */
static const uint64_t NOTHING_BITS = 0x7ff8dead00000001u;

static inline int got_nothing(const Node *node)
{
    return bits_of(node->grad) == NOTHING_BITS;
}

static inline int is_plain(PyObject *object)
{
    return Py_TYPE(object) == value_type;
}

static inline int is_frozen(PyObject *object)
{
    return Py_TYPE(object) == frozen_type;
}

static inline int is_node(PyObject *object)
{
    return is_plain(object) || PyObject_TypeCheck(object, value_type);
}

/* ---------------------------------------------------------------- what Python is asked for */

static struct {
    PyObject *record;     /* record(row, operands) */
    PyObject *other;      /* other(row, operands, other): what an operator does with an operand of another kind */
    PyObject *comparable; /* comparable(other): a number to compare with, or NotImplemented */
    PyObject *as_number;  /* as_number(value, role) */
    PyObject *by_hand;    /* by_hand(node, children, op): a node whose operands are given */
    PyObject *unknown_argument; /* unknown_argument(name): the error of a keyword that there is not */
    PyObject *propagate;  /* propagate(root, seed): the sweep of a mode */
    PyObject *look_for_nan; /* look_for_nan(root, seed): warns of what made it */
    PyObject *linear;     /* linear(inputs, weights, biases): what `linear` here leaves to it */
    PyObject *decide;     /* decide(): what the mode here and now wants, see below */
} python;

static PyObject *rows[ROWS];  /* the rows of rules.h, by code */
static PyObject *row_partials[ROWS]; /* theirs, tuples */
static char row_is_linear[ROWS];     /* whether these are constants */
static PyObject *labels;      /* from the address of a node to its label, which few nodes have */

enum Decision { RECORDS = 0, MAKES_LEAVES = 1, ASKS_PYTHON = 2, NOTES_OPERANDS = 3, TRACES = 4, ONCE_ONLY = 8 };

/* The first run of a checkpointed segment, while the decision is to note operands: see witness.py. */
static PyObject *noted;      /* a dict, whose keys they become */
static uint32_t run;         /* its number; the leaves it makes have it for `uses` */

/* What is recorded for machine code, while the decision is to trace: the class of the nodes, and a list of them. */
static PyTypeObject *traced_type;
static PyObject *traced_nodes;
static Py_ssize_t gate_offset; /* where they have their `_gate` */

/* The same of leaves that operations make where nothing is recorded: UNRECORDED of value.py. */
static const uint32_t UNRECORDED = (uint32_t)-1;

static int unusual;               /* whether any thread is in a block whose mode is not usual */
static PyThreadState *decided_thread; /* where the last decision was made; NULL if it holds no longer */
static uint64_t decided_version;      /* which context that thread was in; a change of the mode itself calls set_unusual */
static int decision;

static int ask_for_decision(PyThreadState *thread)
{
    PyObject *answer = PyObject_CallNoArgs(python.decide);
    if (answer == NULL) {
        return -1;
    }
    decision = (int)PyLong_AsLong(answer);
    Py_DECREF(answer);
    decided_thread = decision < ONCE_ONLY ? thread : NULL;
    decided_version = thread->context_ver;
    return decision & ~ONCE_ONLY;
}

/* What an operation does in the mode here and now; -1 with an exception set. */
static inline int mode_decides(void)
{
    PyThreadState *thread = PyThreadState_Get();
    return thread == decided_thread && thread->context_ver == decided_version ? decision : ask_for_decision(thread);
}

static PyObject *set_unusual(PyObject *module, PyObject *flag)
{
    (void)module;
    unusual = PyObject_IsTrue(flag);
    decided_thread = NULL;
    return unusual < 0 ? NULL : Py_NewRef(Py_None);
}

/* self.name(*arguments, **keywords) */
static PyObject *call_method(PyObject *self, PyObject *name, PyObject *const *arguments, Py_ssize_t count,
                             PyObject *keywords)
{
    Py_ssize_t all = count + (keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords));
    PyObject *found, *few[5], **stack = few;
    if (all > 4) {
        stack = PyMem_Malloc((size_t)(all + 1) * sizeof(PyObject *));
        if (stack == NULL) {
            return PyErr_NoMemory();
        }
    }
    stack[0] = self;
    memcpy(stack + 1, arguments, (size_t)all * sizeof(PyObject *));
    found = PyObject_VectorcallMethod(name, stack, (size_t)(count + 1), keywords);
    if (stack != few) {
        PyMem_Free(stack);
    }
    return found;
}

/* ---------------------------------------------------------------- making nodes */

static Py_ssize_t live_nodes; /* how many there are */

/* A leaf with number 0, of Value or a subclass that adds no slots. */
static inline Node *new_node(PyTypeObject *type)
{
    char *block = take_block();
    Node *node;
    if (block == NULL) {
        return (Node *)PyErr_NoMemory();
    }
    live_nodes++;
    memset(block, 0, GC_HEADER); /* not tracked */
    node = (Node *)(block + GC_HEADER);
    Py_INCREF(type);
    Py_SET_TYPE((PyObject *)node, type);
    _Py_NewReference((PyObject *)node);
    node->grad = 0.0;
    node->uses = 0;
    node->kind = LEAF;
    node->flags = IN_ARENA;
    node->dict = node->weak_references = NULL;
    return node;
}

static Node *new_of_type(PyTypeObject *type)
{
    Node *node;
    if (type->tp_basicsize == (Py_ssize_t)sizeof(Node)) {
        return new_node(type);
    }
    node = (Node *)type->tp_alloc(type, 0); /* zeroed, and tracked */
    if (node != NULL) {
        live_nodes++;
        node->kind = LEAF;
        node->flags = TRACKED;
    }
    return node;
}

/* A node that an operation fills in; of what is traced it is noted. */
static inline Node *new_recorded(int decision_here)
{
    Node *node;
    if (decision_here != TRACES) {
        return new_node(value_type);
    }
    node = new_of_type(traced_type);
    if (node == NULL) {
        return NULL;
    }
    if (node->flags & TRACKED) { /* like all nodes it points at its operands only */
        node->flags &= (uint8_t)~TRACKED;
        PyObject_GC_UnTrack((PyObject *)node);
    }
    if (PyList_Append(traced_nodes, (PyObject *)node) < 0) {
        Py_DECREF(node);
        return NULL;
    }
    return node;
}

static inline PyObject *new_leaf(PyTypeObject *type, double data)
{
    Node *node = new_node(type);
    if (node != NULL) {
        node->data = data;
    }
    return (PyObject *)node;
}

/* Note an operand that the first run at work has not made.  -1 with an exception set. */
static inline int note(PyObject *operand)
{
    if (operand == NULL || !(is_plain(operand) || PyObject_TypeCheck(operand, value_type)) || is_frozen(operand) ||
        (NODE(operand)->kind == LEAF && NODE(operand)->uses == run)) {
        return 0;
    }
    return PyDict_SetItem(noted, operand, Py_None);
}

/* A leaf that an operation makes in a first run, or where nothing is recorded. */
static PyObject *new_result(double data, uint32_t run_or_unrecorded)
{
    PyObject *leaf = new_leaf(value_type, data);
    if (leaf != NULL) {
        NODE(leaf)->uses = run_or_unrecorded;
    }
    return leaf;
}

static inline void track(Node *node)
{
    if (!(node->flags & TRACKED)) {
        node->flags |= TRACKED;
        PyObject_GC_Track((PyObject *)node);
    }
}

/* Blocks of up to 64 operands that were given back, by the number of operands: malloc takes as long as the rest of an
 * operation for such sizes.  At most 4 MB are kept.
 */
#define KEPT_SIZES 65
static Many *kept_blocks[KEPT_SIZES];
static size_t kept_bytes;

static inline size_t bytes_of_many(Py_ssize_t size)
{
    return sizeof(Many) + (size_t)size * (sizeof(PyObject *) + sizeof(double));
}

static Many *new_many(Py_ssize_t size, PyObject *row)
{
    Many *many;
    if (size < KEPT_SIZES && kept_blocks[size] != NULL) {
        many = kept_blocks[size];
        kept_blocks[size] = *(Many **)many;
        kept_bytes -= bytes_of_many(size);
    }
    else {
        many = PyMem_Malloc(bytes_of_many(size));
        if (many == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    many->size = size;
    many->row = Py_NewRef(row);
    many->inputs = NULL;
    return many;
}

static void release_inputs(Inputs *inputs)
{
    if (inputs != NULL && --inputs->references == 0) {
        for (Py_ssize_t i = 0; i < inputs->size; i++) {
            Py_XDECREF(inputs->operands[i]);
        }
        PyMem_Free(inputs);
    }
}

/* Give back a block whose operands are gone. */
static void give_many(Many *many)
{
    Py_ssize_t size = many->size;
    Py_DECREF(many->row);
    release_inputs(many->inputs);
    if (size < KEPT_SIZES && kept_bytes < (size_t)4 << 20) {
        kept_bytes += bytes_of_many(size);
        *(Many **)many = kept_blocks[size];
        kept_blocks[size] = many;
    }
    else {
        PyMem_Free(many);
    }
}

static void free_many(Many *many, Py_ssize_t filled)
{
    for (Py_ssize_t i = 0; i < filled; i++) {
        Py_XDECREF(many->operands[i]);
    }
    give_many(many);
}

static PyObject *row_of(const Node *node)
{
    return node->kind == LEAF ? Py_None : node->kind >= NEURON ? node->many->row : rows[node->code];
}

/* A method of a node's own row. */
static PyObject *call_row(const Node *node, const char *method, PyObject *argument)
{
    PyObject *name = PyUnicode_InternFromString(method), *row = Py_NewRef(node->many->row), *found = NULL;
    if (name != NULL) {
        found = PyObject_CallMethodOneArg(row, name, argument);
    }
    Py_XDECREF(name);
    Py_DECREF(row);
    return found;
}

/* Let go of the operands: the node is a leaf then. */
static void become_leaf(Node *node)
{
    int kind = node->kind;
    PyObject *x = node->x, *y = node->y;
    node->kind = LEAF;
    if (kind >= NEURON) {
        free_many((Many *)x, ((Many *)x)->size);
    }
    else if (kind != LEAF) {
        if (kind == BINARY) {
            Py_DECREF(y);
        }
        Py_DECREF(x);
    }
}

/* ---------------------------------------------------------------- operands */

/* 1 and the number of a plain number, 0 for anything else; an int beyond 2**53 is for Python to round or refuse. */
static inline int plain_number(PyObject *object, double *number)
{
    if (PyFloat_Check(object)) { /* np.float64 too */
        *number = PyFloat_AS_DOUBLE(object);
        return 1;
    }
    if (PyLong_CheckExact(object)) {
        int overflow;
        long long whole = PyLong_AsLongLongAndOverflow(object, &overflow);
        *number = (double)whole;
        return !overflow && whole >= -(1LL << 53) && whole <= 1LL << 53;
    }
    return 0;
}

enum Operand { STRANGE, LIVE, FIXED };

static inline int is_live(PyObject *object)
{
    return is_plain(object) || (PyObject_TypeCheck(object, value_type) && !is_frozen(object));
}

/* What an operand is to an operation, and its number. */
static inline enum Operand operand_of(PyObject *object, double *number)
{
    if (is_plain(object)) {
        *number = NODE(object)->data;
        return LIVE;
    }
    if (is_frozen(object)) {
        *number = NODE(object)->data;
        return FIXED;
    }
    if (plain_number(object, number)) {
        return FIXED;
    }
    if (PyObject_TypeCheck(object, value_type)) {
        *number = NODE(object)->data;
        return LIVE;
    }
    return STRANGE;
}

/* A constant as it stands among operands: a float, and of a frozen Value its number. */
static PyObject *constant_of(PyObject *object, double number)
{
    return PyFloat_CheckExact(object) ? Py_NewRef(object) : PyFloat_FromDouble(number);
}

#endif
