/* The compiled core: the same interface as autograd/core/value.py and sweep.py, and the fast paths of recording.py.
 *
 * What an operation computes is in rules.h, printed from the table of primitives; nothing about a derivative is written
 * here, but for the loops over many operands (sums, products, maxima), which a test holds equal to their rows.
 * Whatever is out of the ordinary (a result that is not finite, a mode, an operand of another kind) is handed to the
 * Python functions that `install` names: they decide, warn and raise, for both cores alike.
 *
 * Everything runs under Python's global lock.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"

/* √(x² + y²) correctly rounded but for one in billions of cases, as Python's math.hypot and unlike libm's: the rules are to
 * give Python's bits.  The error of a first root, x² + y² - h², is exact in pairs of doubles (Dekker 1971).
 */
static double square_with_error(double x, double *error)
{
    double product = x * x, scaled = 134217729.0 * x, high = scaled - (scaled - x), low = x - high;
    *error = ((high * high - product) + 2.0 * high * low) + low * low;
    return product;
}

static double python_hypot(double x, double y)
{
    double h, xx, yy, hh, x_error, y_error, h_error;
    int exponent = 0;
    x = fabs(x);
    y = fabs(y);
    if (x < y) {
        double swapped = x;
        x = y;
        y = swapped;
    }
    if (!(x <= 1.7976931348623157e308) || y != y) {
        return isinf(x) || isinf(y) ? INFINITY : NAN;
    }
    if (y == 0.0) {
        return x;
    }
    if (x < 1e-100 || x > 1e100) { /* squares are to stay in range */
        frexp(x, &exponent);
        x = ldexp(x, -exponent);
        y = ldexp(y, -exponent);
    }
    h = sqrt(x * x + y * y);
    xx = square_with_error(x, &x_error);
    yy = square_with_error(y, &y_error);
    hh = square_with_error(h, &h_error);
    h += (((xx - hh) + yy) + ((x_error - h_error) + y_error)) / (2.0 * h);
    return exponent == 0 ? h : ldexp(h, exponent);
}

#define hypot python_hypot
#include "rules.h"

/* ---------------------------------------------------------------- what a node is */

enum Kind {
    LEAF,
    UNARY,       /* row(x) */
    BINARY,      /* row(x, y) */
    CONSTANT_Y,  /* row(x, c) */
    CONSTANT_X,  /* row(c, x) */
    MANY,        /* any number of operands, or a row that is not in rules.h */
    OWN          /* the same without partials: its row hands on adjoints in its own way */
};

enum Flag {
    IN_ARENA = 1,  /* the block is one of the arena's */
    TRACKED = 2,   /* the cycle collector knows this node: it has attributes of its own, or a row of its own */
    LABELLED = 4,  /* there is an entry in `labels` */
    MET = 8        /* a leaf whose grad `gradients` has set aside */
};

typedef struct {
    Py_ssize_t size;
    PyObject *row;         /* a strong reference */
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
    uint32_t uses;         /* during a sweep: edges into this node that are still to come */
    uint16_t code;         /* of the row, for the kinds of one or two operands */
    uint8_t kind, flags;
    PyObject *dict;        /* attributes of one's own, made when the first is set */
    PyObject *weak_references;
} Node;

#define NODE(object) ((Node *)(object))
#define PARTIALS(many) ((double *)((many)->operands + (many)->size))
#define GC_HEADER (2 * sizeof(uintptr_t))

static PyTypeObject *value_type, *frozen_type, *row_type;

/* `grad = None`, as users of PyTorch clear it: a nan that no arithmetic makes. */
static const uint64_t NO_GRAD_BITS = 0x7ff8dead00000000u;

static inline uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static inline int is_finite(double number)
{
    return (bits_of(number) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

static inline int has_no_grad(const Node *node)
{
    return bits_of(node->grad) == NO_GRAD_BITS;
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
    PyObject *by_hand;    /* by_hand(node, children, op): a node in the lecture's style */
    PyObject *propagate;  /* propagate(root, seed): the sweep of a mode */
    PyObject *decide;     /* decide(): what the mode here and now wants, see below */
    PyObject *entry_here; /* the ContextVar of the mode */
} python;

static PyObject *rows[ROWS];  /* the rows of rules.h, by code */
static PyObject *labels;      /* from the address of a node to its label, which few nodes have */

enum Decision { RECORDS = 0, MAKES_LEAVES = 1, ASKS_PYTHON = 2, ONCE_ONLY = 4 };

static int unusual;               /* whether any thread is in a block whose mode is not usual */
static PyObject *decided_entry;   /* of which the decision is known; frozen as long as `set_unusual` is not called */
static int decision;

/* What an operation does in the mode here and now; -1 with an exception set. */
static int mode_decides(void)
{
    PyObject *entry = NULL, *answer;
    if (PyContextVar_Get(python.entry_here, NULL, &entry) < 0) {
        return -1;
    }
    if (entry != decided_entry || entry == NULL) {
        answer = PyObject_CallNoArgs(python.decide);
        if (answer == NULL) {
            Py_XDECREF(entry);
            return -1;
        }
        decision = (int)PyLong_AsLong(answer);
        Py_DECREF(answer);
        if (decision < ONCE_ONLY) {
            Py_XINCREF(entry);
            Py_XSETREF(decided_entry, entry);
        }
    }
    Py_XDECREF(entry);
    return decision & ~ONCE_ONLY;
}

static PyObject *set_unusual(PyObject *module, PyObject *flag)
{
    (void)module;
    unusual = PyObject_IsTrue(flag);
    Py_CLEAR(decided_entry);
    return unusual < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- making nodes */

/* A leaf with number 0, of Value or a subclass that adds no slots. */
static inline Node *new_node(PyTypeObject *type)
{
    char *block = take_block();
    Node *node;
    if (block == NULL) {
        return (Node *)PyErr_NoMemory();
    }
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
        node->kind = LEAF;
        node->flags = TRACKED;
    }
    return node;
}

static PyObject *new_leaf(PyTypeObject *type, double data)
{
    Node *node = new_node(type);
    if (node != NULL) {
        node->data = data;
    }
    return (PyObject *)node;
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
    return many;
}

/* Give back a block whose operands are gone. */
static void give_many(Many *many)
{
    Py_ssize_t size = many->size;
    Py_DECREF(many->row);
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
        Py_DECREF(many->operands[i]);
    }
    give_many(many);
}

static PyObject *row_of(const Node *node)
{
    return node->kind == LEAF ? Py_None : node->kind >= MANY ? node->many->row : rows[node->code];
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
    if (kind >= MANY) {
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
    if (plain_number(object, number)) {
        return FIXED;
    }
    if (PyObject_TypeCheck(object, value_type)) {
        *number = NODE(object)->data;
        return is_frozen(object) ? FIXED : LIVE;
    }
    return STRANGE;
}

/* A constant as it stands among operands: a float, and of a frozen Value its number. */
static PyObject *constant_of(PyObject *object, double number)
{
    return PyFloat_CheckExact(object) ? Py_NewRef(object) : PyFloat_FromDouble(number);
}

/* ---------------------------------------------------------------- recording one or two operands */

static PyObject *record_slowly(PyObject *row, PyObject *x, PyObject *y)
{
    PyObject *operands = y == NULL ? PyTuple_Pack(1, x) : PyTuple_Pack(2, x, y), *made;
    if (operands == NULL) {
        return NULL;
    }
    made = PyObject_CallFunctionObjArgs(python.record, row, operands, NULL);
    Py_DECREF(operands);
    return made;
}

/* An operand is neither a Value nor a plain number: an array, a stranger, or what can be made a number. */
static PyObject *record_other(PyObject *row, PyObject *x, PyObject *y, PyObject *other)
{
    PyObject *operands = PyTuple_Pack(2, x, y), *made;
    if (operands == NULL) {
        return NULL;
    }
    made = PyObject_CallFunctionObjArgs(python.other, row, operands, other, NULL);
    Py_DECREF(operands);
    return made;
}

/* Whether the mode leaves an operation to the code below; if not, `*made` is its result, or NULL for an exception. */
static int is_left_alone(PyObject *row, PyObject *x, PyObject *y, double z, PyObject **made)
{
    switch (mode_decides()) {
    case RECORDS:
        return 1;
    case MAKES_LEAVES:
        *made = new_leaf(value_type, z);
        return 0;
    case ASKS_PYTHON:
        *made = record_slowly(row, x, y);
        return 0;
    default:
        *made = NULL;
        return 0;
    }
}

#define RECORD_UNARY(NAME)                                                              \
    static PyObject *record_##NAME(PyObject *x, PyObject *unused)                       \
    {                                                                                   \
        double a = NODE(x)->data, z = value_##NAME(a);                                  \
        PyObject *made;                                                                 \
        Node *node;                                                                     \
        (void)unused;                                                                   \
        if (!is_finite(z)) {                                                            \
            return record_slowly(rows[ROW_##NAME], x, NULL);                            \
        }                                                                               \
        if (unusual && !is_left_alone(rows[ROW_##NAME], x, NULL, z, &made)) {           \
            return made;                                                                \
        }                                                                               \
        if (is_frozen(x)) {                                                             \
            return new_leaf(frozen_type, z);                                            \
        }                                                                               \
        node = new_node(value_type);                                                    \
        if (node == NULL) {                                                             \
            return NULL;                                                                \
        }                                                                               \
        node->data = z;                                                                 \
        node->code = ROW_##NAME;                                                        \
        node->kind = UNARY;                                                             \
        node->x = Py_NewRef(x);                                                         \
        node->x_partial = partial0_##NAME(z, a);                                        \
        return (PyObject *)node;                                                        \
    }

#define RECORD_BINARY(NAME)                                                             \
    static PyObject *record_##NAME(PyObject *x, PyObject *y)                            \
    {                                                                                   \
        double a, b, z;                                                                 \
        PyObject *made;                                                                 \
        Node *node;                                                                     \
        enum Operand first = operand_of(x, &a), second = operand_of(y, &b);             \
        if (first == STRANGE) {                                                         \
            return record_other(rows[ROW_##NAME], x, y, x);                             \
        }                                                                               \
        if (second == STRANGE) {                                                        \
            return record_other(rows[ROW_##NAME], x, y, y);                             \
        }                                                                               \
        z = value_##NAME(a, b);                                                         \
        if (!is_finite(z)) {                                                            \
            return record_slowly(rows[ROW_##NAME], x, y);                               \
        }                                                                               \
        if (unusual && !is_left_alone(rows[ROW_##NAME], x, y, z, &made)) {              \
            return made;                                                                \
        }                                                                               \
        if (first == FIXED && second == FIXED) {                                        \
            return new_leaf(frozen_type, z);                                            \
        }                                                                               \
        node = new_node(value_type);                                                    \
        if (node == NULL) {                                                             \
            return NULL;                                                                \
        }                                                                               \
        node->data = z;                                                                 \
        node->code = ROW_##NAME;                                                        \
        if (second == FIXED) {                                                          \
            node->kind = CONSTANT_Y;                                                    \
            node->x = Py_NewRef(x);                                                     \
            node->constant = b;                                                         \
            node->x_partial = partial0_##NAME(z, a, b);                                 \
        }                                                                               \
        else if (first == FIXED) {                                                      \
            node->kind = CONSTANT_X;                                                    \
            node->x = Py_NewRef(y);                                                     \
            node->constant = a;                                                         \
            node->x_partial = partial1_##NAME(z, a, b);                                 \
        }                                                                               \
        else {                                                                          \
            node->kind = BINARY;                                                        \
            node->x = Py_NewRef(x);                                                     \
            node->y = Py_NewRef(y);                                                     \
            node->x_partial = partial0_##NAME(z, a, b);                                 \
            node->y_partial = partial1_##NAME(z, a, b);                                 \
        }                                                                               \
        return (PyObject *)node;                                                        \
    }

ROWS1(RECORD_UNARY)
ROWS2(RECORD_BINARY)

static PyObject *record_power(PyObject *x, PyObject *y, PyObject *modulus)
{
    (void)modulus;
    return record_pow(x, y);
}

static PyObject *record_negative(PyObject *x) { return record_neg(x, NULL); }
static PyObject *record_absolute(PyObject *x) { return record_abs(x, NULL); }
static PyObject *positive(PyObject *x) { return Py_NewRef(x); }

static PyCFunction unary_records[ROWS];
static binaryfunc binary_records[ROWS];

static void fill_tables(void)
{
#define ENTER_UNARY(NAME) unary_records[ROW_##NAME] = record_##NAME;
#define ENTER_BINARY(NAME) binary_records[ROW_##NAME] = record_##NAME;
    ROWS1(ENTER_UNARY)
    ROWS2(ENTER_BINARY)
}

/* ---------------------------------------------------------------- recording many operands
 *
 * A loop reads the numbers of all operands; a formula computes the value and the partials.  The formulas are those of
 * the rows in the table, in the same order of summation.
 */

/* Σ terms, correctly rounded: Shewchuk's algorithm, which is that of math.fsum.  Not finite: the caller asks Python. */
static int exact_sum(const double *terms, Py_ssize_t size, double *total)
{
    double few[64], *parts = few, *more, sum, error;
    Py_ssize_t count = 0, room = 64, kept;
    for (Py_ssize_t i = 0; i < size; i++) {
        double x = terms[i];
        if (!is_finite(x)) {
            *total = x;
            goto done;
        }
        kept = 0;
        for (Py_ssize_t j = 0; j < count; j++) {
            double y = parts[j], high, low;
            if (fabs(x) < fabs(y)) {
                double swapped = x;
                x = y;
                y = swapped;
            }
            high = x + y;
            low = y - (high - x);
            if (low != 0.0) {
                parts[kept++] = low;
            }
            x = high;
        }
        count = kept;
        if (!is_finite(x)) {
            *total = x;
            goto done;
        }
        if (count == room) {
            more = PyMem_Malloc((size_t)room * 2 * sizeof(double));
            if (more == NULL) {
                PyErr_NoMemory();
                if (parts != few) {
                    PyMem_Free(parts);
                }
                return -1;
            }
            memcpy(more, parts, (size_t)room * sizeof(double));
            if (parts != few) {
                PyMem_Free(parts);
            }
            parts = more;
            room *= 2;
        }
        parts[count++] = x;
    }
    sum = error = 0.0;
    if (count > 0) {
        sum = parts[--count];
        while (count > 0) {
            double x = sum, y = parts[--count];
            sum = x + y;
            error = y - (sum - x);
            if (error != 0.0) {
                break;
            }
        }
        /* half-way cases: round to even in view of what is left */
        if (count > 0 && ((error < 0.0 && parts[count - 1] < 0.0) || (error > 0.0 && parts[count - 1] > 0.0))) {
            double twice = error * 2.0, rounded = sum + twice;
            if (twice == rounded - sum) {
                sum = rounded;
            }
        }
    }
    *total = sum;
done:
    if (parts != few) {
        PyMem_Free(parts);
    }
    return 0;
}

enum Formula { SUM = ROWS, MEAN, DOT, AFFINE, MAXIMUM, MINIMUM, FORMULAS };

static const char *const formula_names[] = {"sum", "mean", "dot", "affine", "maximum", "minimum"};
static PyObject *formula_rows[FORMULAS - ROWS];

/* The value at n numbers, and the n partials.  -1 with an exception set. */
static int evaluate_formula(int formula, const double *xs, Py_ssize_t n, double *value, double *partials)
{
    Py_ssize_t half = n / 2, equal = 0;
    double top, share;
    switch (formula) {
    case SUM:
    case MEAN:
        if (exact_sum(xs, n, value) < 0) {
            return -1;
        }
        share = 1.0;
        if (formula == MEAN) {
            *value /= (double)n;
            share = 1.0 / (double)n;
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            partials[i] = share;
        }
        return 0;
    case DOT:
        for (Py_ssize_t i = 0; i < half; i++) { /* the products, for a moment where the partials will be */
            partials[i] = xs[i] * xs[half + i];
        }
        if (exact_sum(partials, half, value) < 0) {
            return -1;
        }
        memcpy(partials, xs + half, (size_t)half * sizeof(double));
        memcpy(partials + half, xs, (size_t)half * sizeof(double));
        return 0;
    case AFFINE: /* weights, inputs, bias */
        top = xs[n - 1];
        for (Py_ssize_t i = 0; i < half; i++) {
            top += xs[i] * xs[half + i];
        }
        *value = top;
        memcpy(partials, xs + half, (size_t)half * sizeof(double));
        memcpy(partials + half, xs, (size_t)half * sizeof(double));
        partials[n - 1] = 1.0;
        return 0;
    default: /* the largest or the smallest; equal ones share evenly */
        top = xs[0];
        for (Py_ssize_t i = 1; i < n; i++) {
            if (formula == MAXIMUM ? xs[i] > top : xs[i] < top) {
                top = xs[i];
            }
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            if (xs[i] != xs[i]) {
                top = NAN;
            }
            equal += xs[i] == top;
        }
        share = equal ? 1.0 / (double)equal : 0.0;
        for (Py_ssize_t i = 0; i < n; i++) {
            partials[i] = xs[i] == top ? share : 0.0;
        }
        *value = top;
        return 0;
    }
}

/* A row of many operands, given one by one.  NULL without an exception: it is a case for Python. */
static PyObject *record_many(int formula, PyObject *const *operands, Py_ssize_t size)
{
    PyObject *row = formula_rows[formula - ROWS], *made = NULL;
    Many *many;
    Node *node;
    double few[64], *numbers = few, value;
    Py_ssize_t filled = 0, live = 0;
    int mode = RECORDS;
    if (size == 0 || row == NULL) {
        return NULL;
    }
    if (unusual && (mode = mode_decides()) != RECORDS && mode != MAKES_LEAVES) {
        return NULL;
    }
    many = new_many(size, row);
    if (many == NULL) {
        return NULL;
    }
    if (size > 64) {
        numbers = PyMem_Malloc((size_t)size * sizeof(double));
        if (numbers == NULL) {
            PyErr_NoMemory();
            goto done;
        }
    }
    for (; filled < size; filled++) {
        PyObject *x = operands[filled];
        switch (operand_of(x, &numbers[filled])) {
        case STRANGE:
            goto done;
        case LIVE:
            live++;
            many->operands[filled] = Py_NewRef(x);
            break;
        default:
            many->operands[filled] = constant_of(x, numbers[filled]);
            if (many->operands[filled] == NULL) {
                goto done;
            }
        }
    }
    if (evaluate_formula(formula, numbers, size, &value, PARTIALS(many)) < 0 || !is_finite(value)) {
        goto done;
    }
    if (mode == MAKES_LEAVES || live == 0) {
        made = new_leaf(mode == MAKES_LEAVES ? value_type : frozen_type, value);
        goto done;
    }
    node = new_node(value_type);
    if (node == NULL) {
        goto done;
    }
    node->data = value;
    node->kind = MANY;
    node->many = many;
    many = NULL;
    made = (PyObject *)node;
done:
    if (many != NULL) {
        free_many(many, filled);
    }
    if (numbers != few) {
        PyMem_Free(numbers);
    }
    return made;
}

/* What the neurons of a layer share. */
typedef struct {
    Py_ssize_t size;
    PyObject **inputs;  /* as they stand among the operands: strong references to Values and floats */
    double *numbers;    /* theirs */
    int live;           /* whether any input is a Value that is not frozen */
    int have_nodes;     /* whether any is a Value at all */
    int mode;
} Layer;

/* One neuron, ⟨w, x⟩ + b.  NULL without an exception: it is a case for Python. */
static PyObject *neuron(const Layer *layer, PyObject *weights, PyObject *bias)
{
    Py_ssize_t n = layer->size, filled = 0;
    PyObject *made = NULL, **ws;
    Many *many;
    Node *node;
    double value, b, w, *partials;
    int live = layer->live, has_nodes = layer->have_nodes || is_node(bias);
    enum Operand kind = operand_of(bias, &b);
    if (kind == STRANGE || !(PyList_CheckExact(weights) || PyTuple_CheckExact(weights)) ||
        PySequence_Fast_GET_SIZE(weights) != n) {
        return NULL;
    }
    many = new_many(2 * n + 1, formula_rows[AFFINE - ROWS]);
    if (many == NULL) {
        return NULL;
    }
    ws = PySequence_Fast_ITEMS(weights);
    partials = PARTIALS(many);
    live |= kind == LIVE;
    value = b;
    for (; filled < n; filled++) {
        PyObject *weight = ws[filled];
        if (is_plain(weight)) {
            w = NODE(weight)->data;
            live = has_nodes = 1;
            many->operands[filled] = Py_NewRef(weight);
        }
        else {
            kind = operand_of(weight, &w);
            live |= kind == LIVE;
            has_nodes |= is_node(weight);
            many->operands[filled] = kind == LIVE ? Py_NewRef(weight) : kind == FIXED ? constant_of(weight, w) : NULL;
            if (many->operands[filled] == NULL) {
                goto done;
            }
        }
        partials[filled] = layer->numbers[filled];
        partials[n + filled] = w;
        value += w * layer->numbers[filled];
    }
    for (; filled < 2 * n; filled++) {
        many->operands[filled] = Py_NewRef(layer->inputs[filled - n]);
    }
    many->operands[filled] = is_live(bias) ? Py_NewRef(bias) : constant_of(bias, b);
    if (many->operands[filled] == NULL) {
        goto done;
    }
    filled++;
    partials[2 * n] = 1.0;
    if (!is_finite(value) || !has_nodes) { /* of numbers alone it is a number */
        goto done;
    }
    if (layer->mode == MAKES_LEAVES || !live) {
        made = new_leaf(layer->mode == MAKES_LEAVES ? value_type : frozen_type, value);
    }
    else if ((node = new_node(value_type)) != NULL) {
        node->data = value;
        node->kind = MANY;
        node->many = many;
        return (PyObject *)node;
    }
done:
    free_many(many, filled);
    return made;
}

/* A layer's ⟨w_k, x⟩ + b_k.  None: it is a case for Python. */
static PyObject *linear(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Layer layer = {0, NULL, NULL, 0, 0, RECORDS};
    PyObject *inputs, *weights, *biases, *made = NULL;
    Py_ssize_t filled = 0, outputs;
    (void)module;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (count != 3 || !(PyList_CheckExact(arguments[i]) || PyTuple_CheckExact(arguments[i]))) {
            Py_RETURN_NONE;
        }
    }
    inputs = arguments[0];
    weights = arguments[1];
    biases = arguments[2];
    if (unusual && (layer.mode = mode_decides()) != RECORDS && layer.mode != MAKES_LEAVES) {
        return layer.mode < 0 ? NULL : Py_NewRef(Py_None);
    }
    layer.size = PySequence_Fast_GET_SIZE(inputs);
    outputs = PySequence_Fast_GET_SIZE(weights);
    layer.inputs = PyMem_Malloc((size_t)(layer.size + 1) * (sizeof(PyObject *) + sizeof(double)));
    if (layer.inputs == NULL) {
        return PyErr_NoMemory();
    }
    layer.numbers = (double *)(layer.inputs + layer.size);
    for (; filled < layer.size; filled++) {
        PyObject *x = PySequence_Fast_GET_ITEM(inputs, filled);
        enum Operand kind = operand_of(x, &layer.numbers[filled]);
        layer.live |= kind == LIVE;
        layer.have_nodes |= is_node(x);
        layer.inputs[filled] = kind == LIVE    ? Py_NewRef(x)
                               : kind == FIXED ? constant_of(x, layer.numbers[filled])
                                               : NULL;
        if (layer.inputs[filled] == NULL) {
            goto done;
        }
    }
    if (PySequence_Fast_GET_SIZE(biases) != outputs || (made = PyList_New(outputs)) == NULL) {
        goto done;
    }
    for (Py_ssize_t k = 0; k < outputs; k++) {
        PyObject *one = neuron(&layer, PySequence_Fast_GET_ITEM(weights, k), PySequence_Fast_GET_ITEM(biases, k));
        if (one == NULL) {
            Py_CLEAR(made);
            break;
        }
        PyList_SET_ITEM(made, k, one);
    }
done:
    for (Py_ssize_t i = 0; i < filled; i++) {
        Py_DECREF(layer.inputs[i]);
    }
    PyMem_Free(layer.inputs);
    return made != NULL || PyErr_Occurred() ? made : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- a node from its parts */

/* Say how a node was made; partials are None for a row that hands on adjoints in its own way. */
static int fill_node(Node *node, PyObject *row, PyObject *operands, PyObject *partials)
{
    PyObject *xs = PySequence_Fast(operands, "operands must be a sequence"), *ds = NULL;
    Many *many = NULL;
    Py_ssize_t n, filled = 0;
    if (xs == NULL) {
        return -1;
    }
    n = PySequence_Fast_GET_SIZE(xs);
    if (partials != Py_None) {
        ds = PySequence_Fast(partials, "partials must be a sequence");
        if (ds == NULL) {
            goto failed;
        }
        if (PySequence_Fast_GET_SIZE(ds) != n) {
            PyErr_Format(PyExc_ValueError, "%zd operands, but %zd partials", n, PySequence_Fast_GET_SIZE(ds));
            goto failed;
        }
    }
    many = new_many(n, row);
    if (many == NULL) {
        goto failed;
    }
    for (; filled < n; filled++) {
        PyObject *x = PySequence_Fast_GET_ITEM(xs, filled);
        PyObject *d = ds == NULL ? Py_None : PySequence_Fast_GET_ITEM(ds, filled);
        double partial = d == Py_None ? 0.0 : PyFloat_AsDouble(d);
        if (partial == -1.0 && PyErr_Occurred()) {
            goto failed;
        }
        if (!is_node(x) && !PyFloat_CheckExact(x)) {
            PyErr_Format(PyExc_TypeError, "an operand must be a Value or a float, not %R", x);
            goto failed;
        }
        many->operands[filled] = Py_NewRef(x);
        PARTIALS(many)[filled] = partial;
    }
    Py_DECREF(xs);
    Py_XDECREF(ds);
    become_leaf(node);
    node->many = many;
    node->kind = ds == NULL ? OWN : MANY;
    if (ds == NULL) {
        track(node); /* its row may lead back to it */
    }
    return 0;
failed:
    if (many != NULL) {
        free_many(many, filled);
    }
    Py_DECREF(xs);
    Py_XDECREF(ds);
    return -1;
}

static PyObject *fill(PyObject *module, PyObject *arguments)
{
    PyObject *node, *row, *operands, *partials;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!OOO", value_type, &node, &row, &operands, &partials) ||
        fill_node(NODE(node), row, operands, partials) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *make_node(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    double data;
    PyTypeObject *type;
    Node *node;
    (void)module;
    if (count < 2 || count == 4 || count > 5 || !PyType_Check(arguments[0]) ||
        !PyType_IsSubtype((PyTypeObject *)arguments[0], value_type)) {
        PyErr_SetString(PyExc_TypeError, "node takes a class of Values, a number, and a row with operands and partials");
        return NULL;
    }
    type = (PyTypeObject *)arguments[0];
    data = PyFloat_AsDouble(arguments[1]);
    if (data == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    node = new_of_type(type);
    if (node == NULL) {
        return NULL;
    }
    node->data = data;
    if (count > 2 && arguments[2] != Py_None) {
        PyObject *empty = PyTuple_New(0);
        int failed = empty == NULL || fill_node(node, arguments[2], count > 3 ? arguments[3] : empty,
                                                count > 4 ? arguments[4] : empty) < 0;
        Py_XDECREF(empty);
        if (failed) {
            Py_DECREF(node);
            return NULL;
        }
    }
    return (PyObject *)node;
}

/* ---------------------------------------------------------------- sweeps
 *
 * Kahn's algorithm, first in first out, as in sweep.py, in the same order of additions: both cores give the same bits.
 */

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

typedef struct {
    List order;        /* interior nodes, as they are found, and then as their adjoints are complete */
    List kept;         /* strong references, where rows that run Python are among them */
    List aside;        /* leaves whose grad was set aside, by `gradients` only */
    double *grads;     /* theirs */
    Py_ssize_t grads_room;
    int collects;      /* whether leaves are to be set aside */
    int runs_python;
} Sweep;

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
    leaf->grad = 0.0;
    Py_INCREF(leaf);
    return 0;
}

static inline int meet(Sweep *sweep, PyObject *operand)
{
    Node *node = NODE(operand);
    if (node->kind != LEAF) {
        if (node->uses++ == 0) {
            node->grad = 0.0;
            return list_append(&sweep->order, node);
        }
    }
    else if (sweep->collects) {
        if (!(node->flags & MET)) {
            return set_aside(sweep, node);
        }
    }
    else if (has_no_grad(node)) {
        node->grad = 0.0;
    }
    return 0;
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
        default:
            sweep->runs_python |= node->kind == OWN;
            for (Py_ssize_t k = 0; k < node->many->size; k++) {
                PyObject *x = node->many->operands[k];
                if (!PyFloat_CheckExact(x) && meet(sweep, x) < 0) {
                    return -1;
                }
            }
        }
    }
    return 0;
}

static inline int pass(Sweep *sweep, PyObject *operand, double adjoint, double partial)
{
    Node *node = NODE(operand);
    if (adjoint != 0.0 && partial != 0.0) {
        node->grad += adjoint * partial;
    }
    /* uses are 0 where a closure has changed the graph above: then there is no telling when all has arrived */
    return node->kind != LEAF && node->uses != 0 && --node->uses == 0 ? list_append(&sweep->order, node) : 0;
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
        Many *many;
        double *partials;
        switch (node->kind) {
        case BINARY:
            if (pass(sweep, node->x, adjoint, node->x_partial) < 0 ||
                pass(sweep, node->y, adjoint, node->y_partial) < 0) {
                return -1;
            }
            break;
        case UNARY:
        case CONSTANT_Y:
        case CONSTANT_X:
            if (pass(sweep, node->x, adjoint, node->x_partial) < 0) {
                return -1;
            }
            break;
        case MANY:
            many = node->many;
            partials = PARTIALS(many);
            for (Py_ssize_t k = 0; k < many->size; k++) {
                if (!PyFloat_CheckExact(many->operands[k]) &&
                    pass(sweep, many->operands[k], adjoint, partials[k]) < 0) {
                    return -1;
                }
            }
            break;
        case OWN:
            if (pass_on_own_way(node) < 0) {
                return -1;
            }
            if (node->kind < MANY) {
                break; /* what ran has changed the node */
            }
            for (Py_ssize_t k = 0; k < node->many->size; k++) {
                Node *x = NODE(node->many->operands[k]);
                if (!PyFloat_CheckExact((PyObject *)x) && pass(sweep, (PyObject *)x, 0.0, 0.0) < 0) {
                    return -1;
                }
            }
            break;
        default:
            break;
        }
    }
    return 0;
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
            sweep->order.nodes[i]->uses = 0;
        }
    }
    else {
        failed = hand_on(sweep, root, seed) < 0; /* only what runs Python can fail: the list is long enough */
    }
    for (Py_ssize_t i = 0; i < sweep->kept.size; i++) {
        sweep->kept.nodes[i]->uses = 0; /* after an error; else it is so already */
        Py_DECREF(sweep->kept.nodes[i]);
    }
    list_free(&sweep->order);
    list_free(&sweep->kept);
    return failed ? -1 : 0;
}

static void sweep_init(Sweep *sweep)
{
    list_init(&sweep->order);
    list_init(&sweep->kept);
    list_init(&sweep->aside);
    sweep->grads = NULL;
    sweep->grads_room = 0;
    sweep->collects = sweep->runs_python = 0;
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
            PyObject *number = PyFloat_FromDouble(NODE(PySequence_Fast_GET_ITEM(variables, i))->grad);
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
    static const char *const usage = "backward() takes one argument, gradient";
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
    if (unusual && NODE(self)->kind != LEAF) {
        return PyObject_CallFunction(python.propagate, "Od", self, seed);
    }
    return sweep_from(NODE(self), seed) < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- destruction, without recursion
 *
 * What waits to be freed is linked through `grad`, first in first out: in the order in which it was found, about that
 * of its making.  A node that others still need, or that is not an ordinary one, only loses a reference.
 */

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
    case MANY:
    case OWN:
        Py_VISIT(node->many->row);
        for (Py_ssize_t i = 0; i < node->many->size; i++) {
            Py_VISIT(node->many->operands[i]);
        }
        break;
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
    return has_no_grad(NODE(self)) ? Py_NewRef(Py_None) : PyFloat_FromDouble(NODE(self)->grad);
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

/* What a sweep hands adjoints on to. */
static PyObject *get_sources(PyObject *self, void *unused)
{
    Node *node = NODE(self);
    PyObject *found;
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
    case MANY:
    case OWN:
        found = PyTuple_New(node->many->size);
        for (Py_ssize_t i = 0; found != NULL && i < node->many->size; i++) {
            PyTuple_SET_ITEM(found, i, Py_NewRef(node->many->operands[i]));
        }
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

static PyObject *get_partials(PyObject *self, void *unused)
{
    Node *node = NODE(self);
    PyObject *found;
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
    case MANY:
        found = PyTuple_New(node->many->size);
        for (Py_ssize_t i = 0; found != NULL && i < node->many->size; i++) {
            PyObject *partial = PyFloat_CheckExact(node->many->operands[i])
                                    ? Py_NewRef(Py_None)
                                    : PyFloat_FromDouble(PARTIALS(node->many)[i]);
            if (partial == NULL) {
                Py_CLEAR(found);
                break;
            }
            PyTuple_SET_ITEM(found, i, partial);
        }
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
    return PyLong_FromUnsignedLong(NODE(self)->uses);
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
    PyObject *data, *children = NULL, *op = NULL, *label = NULL;
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

static PyMethodDef value_methods[] = {
    {"backward", (PyCFunction)(void (*)(void))backward, METH_FASTCALL | METH_KEYWORDS,
     "backward($self, gradient=1.0)\n--\n\n"},
#define METHOD(NAME) {#NAME, record_##NAME, METH_NOARGS, NULL},
    ROWS1(METHOD)
    {NULL, NULL, 0, NULL},
};

static PyType_Slot value_slots[] = {
    {Py_tp_new, value_new},
    {Py_tp_init, value_init},
    {Py_tp_dealloc, deallocate},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_setattro, set_attribute},
    {Py_tp_richcompare, compare},
    {Py_tp_hash, _Py_HashPointer},
    {Py_tp_getset, value_attributes},
    {Py_tp_members, value_members},
    {Py_tp_methods, value_methods},
    {Py_nb_add, record_add},
    {Py_nb_subtract, record_sub},
    {Py_nb_multiply, record_mul},
    {Py_nb_true_divide, record_div},
    {Py_nb_floor_divide, record_floor_divide},
    {Py_nb_remainder, record_remainder},
    {Py_nb_power, record_power},
    {Py_nb_negative, record_negative},
    {Py_nb_absolute, record_absolute},
    {Py_nb_positive, positive},
    {Py_nb_bool, is_true},
    {0, NULL},
};

static PyType_Spec value_spec = {
    .name = "autograd.core.value.Value",
    .basicsize = sizeof(Node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = value_slots,
};

/* ---------------------------------------------------------------- rows, as functions
 *
 * The base class of Primitive.  A call of a row that is known here, on Values and numbers, takes no detour; any other is
 * handed to the method `apply`.
 */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *arity, *recorders; /* attributes of Python's; the second is of use to the plain core only */
    int code;
} Row;

/* Of numbers alone the result is a number, which Python computes: NULL then, as for anything else it is to do. */
static PyObject *call_short(int code, PyObject *const *xs, Py_ssize_t count)
{
    double number;
    if (code >= ROWS) {
        for (Py_ssize_t i = 0; i < count; i++) {
            if (is_node(xs[i])) {
                return record_many(code, xs, count);
            }
        }
    }
    else if (count == 1 && unary_records[code] != NULL && is_node(xs[0])) {
        return unary_records[code](xs[0], NULL);
    }
    else if (count == 2 && binary_records[code] != NULL && (is_node(xs[0]) || is_node(xs[1])) &&
             operand_of(xs[0], &number) != STRANGE && operand_of(xs[1], &number) != STRANGE) {
        return binary_records[code](xs[0], xs[1]);
    }
    return NULL;
}

/* Rows called with sequences: sum(xs), mean(xs), dot(a, b), affine(weights, inputs, bias). */
static PyObject *call_sequences(int code, PyObject *const *xs, Py_ssize_t count)
{
    PyObject *few[64], **flat = few, *made = NULL;
    Py_ssize_t sizes[2] = {0, 0}, sequences = code == SUM || code == MEAN ? 1 : 2, total = 0;
    Py_ssize_t singles = code == AFFINE && count == 3;
    int any = 0;
    if (count != sequences + singles) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < sequences; i++) {
        if (!PyList_CheckExact(xs[i]) && !PyTuple_CheckExact(xs[i])) {
            return NULL;
        }
        sizes[i] = PySequence_Fast_GET_SIZE(xs[i]);
        total += sizes[i];
    }
    if (code == AFFINE && !singles) {
        return NULL;
    }
    if (sequences == 2 && sizes[0] != sizes[1]) {
        return NULL;
    }
    if (total + singles > 64) {
        flat = PyMem_Malloc((size_t)(total + singles) * sizeof(PyObject *));
        if (flat == NULL) {
            return PyErr_NoMemory();
        }
    }
    total = 0;
    for (Py_ssize_t i = 0; i < sequences; i++) {
        for (Py_ssize_t k = 0; k < sizes[i]; k++) {
            flat[total] = PySequence_Fast_GET_ITEM(xs[i], k);
            any |= is_node(flat[total++]);
        }
    }
    if (singles) {
        flat[total] = xs[sequences];
        any |= is_node(flat[total++]);
    }
    if (any) {
        made = record_many(code, flat, total);
    }
    if (flat != few) {
        PyMem_Free(flat);
    }
    return made;
}

static PyObject *row_call(PyObject *self, PyObject *const *arguments, size_t flagged, PyObject *keywords)
{
    static PyObject *apply;
    Py_ssize_t count = PyVectorcall_NARGS(flagged);
    int code = ((Row *)self)->code;
    PyObject *made = NULL, *with_self[5], **stack = with_self;
    if (code >= 0 && keywords == NULL) {
        made = code == SUM || code == MEAN || code == DOT || code == AFFINE ? call_sequences(code, arguments, count)
                                                                           : call_short(code, arguments, count);
        if (made == Py_NotImplemented) {
            Py_CLEAR(made);
        }
        if (made != NULL || PyErr_Occurred()) {
            return made;
        }
    }
    if (apply == NULL && (apply = PyUnicode_InternFromString("apply")) == NULL) {
        return NULL;
    }
    {
        Py_ssize_t all = count + (keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords));
        if (all > 4) {
            stack = PyMem_Malloc((size_t)(all + 1) * sizeof(PyObject *));
            if (stack == NULL) {
                return PyErr_NoMemory();
            }
        }
        stack[0] = self;
        memcpy(stack + 1, arguments, (size_t)all * sizeof(PyObject *));
        made = PyObject_VectorcallMethod(apply, stack, (size_t)(count + 1), keywords);
        if (stack != with_self) {
            PyMem_Free(stack);
        }
    }
    return made;
}

static PyObject *row_call_tuple(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    if (keywords == NULL || PyDict_GET_SIZE(keywords) == 0) {
        return row_call(self, &PyTuple_GET_ITEM(arguments, 0), (size_t)PyTuple_GET_SIZE(arguments), NULL);
    }
    return PyVectorcall_Call(self, arguments, keywords);
}

static PyObject *row_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Row *row = (Row *)type->tp_alloc(type, 0);
    (void)arguments;
    (void)keywords;
    if (row != NULL) {
        row->vectorcall = row_call;
        row->code = -1;
    }
    return (PyObject *)row;
}

static int row_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    (void)self;
    (void)arguments;
    (void)keywords;
    return 0;
}

static void row_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((Row *)self)->arity);
    Py_XDECREF(((Row *)self)->recorders);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef row_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Row, vectorcall), READONLY, NULL},
    {"arity", T_OBJECT_EX, offsetof(Row, arity), 0, "How many operands; None for any number."},
    {"recorders", T_OBJECT_EX, offsetof(Row, recorders), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot row_slots[] = {
    {Py_tp_new, row_new},
    {Py_tp_init, row_init},
    {Py_tp_dealloc, row_deallocate},
    {Py_tp_call, row_call_tuple},
    {Py_tp_members, row_members},
    {0, NULL},
};

static PyType_Spec row_spec = {
    .name = "autograd.accelerator.Row",
    .basicsize = sizeof(Row),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = row_slots,
};

/* ---------------------------------------------------------------- the module */

static int adopt_row(PyObject *table, const char *name, int code, PyObject **place)
{
    PyObject *row = PyDict_GetItemString(table, name);
    if (row == NULL || !PyObject_TypeCheck(row, row_type)) {
        PyErr_Format(PyExc_LookupError, "the table has no row %s: rules.h is not of this table", name);
        return -1;
    }
    ((Row *)row)->code = code;
    Py_XSETREF(*place, Py_NewRef(row));
#if PY_VERSION_HEX < 0x030c0000
    /* A class made in Python inherits how its instances are called, but only from 3.12 on the way without a tuple too. */
    if (Py_TYPE(row)->tp_call == row_call_tuple) {
        Py_TYPE(row)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
#endif
    return 0;
}

static PyObject *install(PyObject *module, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"table",      "Frozen",    "entry_here", "record",    "other",
                            "comparable", "as_number", "by_hand",    "propagate", "decide", NULL};
    PyObject *table, *frozen, *hooks[8];
    PyObject **places[8] = {&python.entry_here, &python.record,  &python.other,     &python.comparable,
                            &python.as_number,  &python.by_hand, &python.propagate, &python.decide};
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!OOOOOOOOO:install", names, &PyDict_Type, &table, &frozen,
                                     &hooks[0], &hooks[1], &hooks[2], &hooks[3], &hooks[4], &hooks[5], &hooks[6],
                                     &hooks[7])) {
        return NULL;
    }
    if (!PyType_Check(frozen) || !PyType_IsSubtype((PyTypeObject *)frozen, value_type) ||
        ((PyTypeObject *)frozen)->tp_basicsize != (Py_ssize_t)sizeof(Node)) {
        PyErr_SetString(PyExc_TypeError, "install: Frozen must be a subclass of Value without slots of its own");
        return NULL;
    }
    Py_XSETREF(frozen_type, (PyTypeObject *)Py_NewRef(frozen));
    for (int i = 0; i < 8; i++) {
        Py_XSETREF(*places[i], Py_NewRef(hooks[i]));
    }
#define ADOPT(NAME)                                                        \
    if (adopt_row(table, #NAME, ROW_##NAME, &rows[ROW_##NAME]) < 0) {      \
        return NULL;                                                       \
    }
    ROWS1(ADOPT)
    ROWS2(ADOPT)
    for (int formula = ROWS; formula < FORMULAS; formula++) {
        if (adopt_row(table, formula_names[formula - ROWS], formula, &formula_rows[formula - ROWS]) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"node", (PyCFunction)(void (*)(void))make_node, METH_FASTCALL, "A node of a class, whatever mode is on."},
    {"fill", fill, METH_VARARGS, "Say how a node was made."},
    {"linear", (PyCFunction)(void (*)(void))linear, METH_FASTCALL, "A layer's pre-activations, or None."},
    {"backpropagate", (PyCFunction)(void (*)(void))backpropagate, METH_FASTCALL, "The sweep of `backward`."},
    {"gradients", (PyCFunction)(void (*)(void))gradients, METH_FASTCALL, "The derivatives by some leaves."},
    {"set_unusual", set_unusual, METH_O, "Whether any thread is in a mode that is not usual."},
    {"install", (PyCFunction)(void (*)(void))install, METH_VARARGS | METH_KEYWORDS, "Name what Python is asked for."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_core", "The compiled core.", -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    block_size = GC_HEADER + sizeof(Node);
    fill_tables();
    labels = PyDict_New();
    value_type = (PyTypeObject *)PyType_FromSpec(&value_spec);
    row_type = (PyTypeObject *)PyType_FromSpec(&row_spec);
    if (module == NULL || labels == NULL || value_type == NULL || row_type == NULL) {
        return NULL;
    }
    value_type->tp_vectorcall = value_call;
    if (PyModule_AddObjectRef(module, "Value", (PyObject *)value_type) < 0 ||
        PyModule_AddObjectRef(module, "Row", (PyObject *)row_type) < 0 ||
        PyModule_AddStringConstant(module, "rules_version", RULES_VERSION) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
