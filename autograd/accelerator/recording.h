/* Recording: operators, methods and calls of rows make nodes here, where nothing is out of the ordinary. */
#ifndef AUTOGRAD_RECORDING_H
#define AUTOGRAD_RECORDING_H

#include "node.h"

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

/* What the mode does with an operation, if it does not leave it to what follows; else `how` it is to be recorded. */
#define ASK_MODE(ROW, X, Y, Z)                                                          \
    int how = RECORDS;                                                                  \
    if (unusual) {                                                                      \
        how = mode_decides();                                                           \
        if (how == MAKES_LEAVES) {                                                      \
            return new_result(Z, UNRECORDED);                                            \
        }                                                                               \
        if (how == NOTES_OPERANDS) {                                                    \
            return note(X) < 0 || note(Y) < 0 ? NULL : new_result(Z, run);              \
        }                                                                               \
        if (how != RECORDS && (how != TRACES || is_frozen(X) || (Y != NULL && is_frozen(Y)))) { \
            return how < 0 ? NULL : record_slowly(ROW, X, Y);                           \
        }                                                                               \
    }

#define RECORD_UNARY(NAME)                                                              \
    static PyObject *record_##NAME(PyObject *x, PyObject *unused)                       \
    {                                                                                   \
        PyObject *y = NULL;                                                             \
        double a = NODE(x)->data, z = value_##NAME(a);                                  \
        Node *node;                                                                     \
        (void)unused;                                                                   \
        if (!is_finite(z)) {                                                            \
            return record_slowly(rows[ROW_##NAME], x, NULL);                            \
        }                                                                               \
        ASK_MODE(rows[ROW_##NAME], x, y, z)                                             \
        if (is_frozen(x)) {                                                             \
            return new_leaf(frozen_type, z);                                            \
        }                                                                               \
        node = new_recorded(how);                                                       \
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
        ASK_MODE(rows[ROW_##NAME], x, y, z)                                             \
        if (first == FIXED && second == FIXED) {                                        \
            return new_leaf(frozen_type, z);                                            \
        }                                                                               \
        node = new_recorded(how);                                                       \
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
static double (*unary_values[ROWS])(double);
static double (*binary_values[ROWS])(double, double);

static void fill_tables(void)
{
#define ENTER_UNARY(NAME) unary_records[ROW_##NAME] = record_##NAME, unary_values[ROW_##NAME] = value_##NAME;
#define ENTER_BINARY(NAME) binary_records[ROW_##NAME] = record_##NAME, binary_values[ROW_##NAME] = value_##NAME;
    ROWS1(ENTER_UNARY)
    ROWS2(ENTER_BINARY)
}

/* ---------------------------------------------------------------- recording many operands
 *
 * A loop reads the numbers of all operands; a formula computes the value and the partials.  The formulas are those of
 * the rows in the table, in the same order of summation.
 */

enum Formula { SUM = ROWS, MEAN, DOT, AFFINE, MAXIMUM, MINIMUM, LOGSUMEXP, SOFTMAX, LOG_SOFTMAX, FORMULAS };

static const char *const formula_names[] = {"sum",     "mean",      "dot",     "affine",     "maximum",
                                            "minimum", "logsumexp", "softmax", "log_softmax"};
static PyObject *formula_rows[FORMULAS - ROWS];

/* The largest of n numbers, and in `shares` exp(x) / Σ exp(x) of each; `*beside` is Σ exp(x - largest) over all but one of
 * the largest.  -1 with an exception set.
 */
static int find_shares(const double *xs, Py_ssize_t n, double *largest, double *shares, double *beside)
{
    Py_ssize_t at = 0;
    double total;
    for (Py_ssize_t i = 1; i < n; i++) {
        if (xs[i] > xs[at]) {
            at = i;
        }
    }
    *largest = xs[at];
    for (Py_ssize_t i = 0; i < n; i++) {
        shares[i] = exp(xs[i] - *largest);
    }
    if (exact_sum(shares, n, &total) < 0) {
        return -1;
    }
    shares[at] = 0.0;
    if (exact_sum(shares, n, beside) < 0) {
        return -1;
    }
    shares[at] = 1.0;
    for (Py_ssize_t i = 0; i < n; i++) {
        shares[i] /= total;
    }
    return 0;
}

/* The value at n numbers, and the n partials.  -1 with an exception set. */
static int evaluate_formula(int formula, const double *xs, Py_ssize_t n, double *value, double *partials)
{
    Py_ssize_t half = n / 2, equal = 0;
    double top, share, beside;
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
    case LOGSUMEXP:
        if (find_shares(xs, n, &top, partials, &beside) < 0) {
            return -1;
        }
        *value = top + log1p(beside);
        return 0;
    case SOFTMAX: /* the share of the first operand */
    case LOG_SOFTMAX:
        if (find_shares(xs, n, &top, partials, &beside) < 0) {
            return -1;
        }
        share = formula == SOFTMAX ? partials[0] : 1.0;
        *value = formula == SOFTMAX ? share : (xs[0] == top ? 0.0 : xs[0] - top) - log1p(beside);
        if (exact_sum(partials + 1, n - 1, &partials[0]) < 0) {
            return -1;
        }
        partials[0] *= share;
        for (Py_ssize_t i = 1; i < n; i++) {
            partials[i] *= -share;
        }
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
        made = mode == MAKES_LEAVES ? new_result(value, UNRECORDED) : new_leaf(frozen_type, value);
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

/* The inputs of a layer; `*live` says whether any is a Value that is not frozen, `*any_node` whether any is a Value.
 * NULL without an exception: it is a case for Python.
 */
static Inputs *read_inputs(PyObject *sequence, int *live, int *any_node)
{
    Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
    Inputs *inputs = PyMem_Malloc(sizeof(Inputs) + (size_t)size * (sizeof(PyObject *) + sizeof(double)));
    double *numbers;
    if (inputs == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    inputs->references = 1;
    inputs->size = size; /* where the numbers are */
    inputs->pending = 0;
    numbers = NUMBERS(inputs);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *x = PySequence_Fast_GET_ITEM(sequence, i);
        enum Operand kind = operand_of(x, &numbers[i]);
        *live |= kind == LIVE;
        *any_node |= is_node(x);
        inputs->operands[i] = kind == LIVE ? Py_NewRef(x) : NULL;
        if (kind == STRANGE) {
            inputs->size = i;
            release_inputs(inputs);
            return NULL;
        }
    }
    return inputs;
}

/* One neuron, w·x + b.  NULL without an exception: it is a case for Python. */
static PyObject *neuron(Inputs *inputs, int live, int any_node, int mode, PyObject *weights, PyObject *bias)
{
    Py_ssize_t n = inputs->size, filled = 0;
    PyObject *made = NULL, **ws;
    Many *many;
    Node *node;
    double value, b, w, *partials, *xs = NUMBERS(inputs);
    enum Operand kind = operand_of(bias, &b);
    int on_leaves = kind != LIVE || NODE(bias)->kind == LEAF;
    if (kind == STRANGE || !(PyList_CheckExact(weights) || PyTuple_CheckExact(weights)) ||
        PySequence_Fast_GET_SIZE(weights) != n) {
        return NULL;
    }
    many = new_many(n + 1, formula_rows[AFFINE - ROWS]);
    if (many == NULL) {
        return NULL;
    }
    ws = PySequence_Fast_ITEMS(weights);
    partials = PARTIALS(many);
    live |= kind == LIVE;
    any_node |= is_node(bias);
    value = b;
    for (; filled < n; filled++) {
        PyObject *weight = ws[filled];
        if (is_plain(weight)) {
            w = NODE(weight)->data;
            live = any_node = 1;
            on_leaves &= NODE(weight)->kind == LEAF;
            many->operands[filled] = Py_NewRef(weight);
        }
        else if (is_frozen(weight)) {
            w = NODE(weight)->data;
            any_node = 1;
            many->operands[filled] = NULL;
        }
        else {
            kind = operand_of(weight, &w);
            live |= kind == LIVE;
            any_node |= is_node(weight);
            on_leaves = 0;
            many->operands[filled] = kind == LIVE ? Py_NewRef(weight) : NULL;
            if (kind == STRANGE) {
                goto done;
            }
        }
        partials[filled] = w;
        value += w * xs[filled];
    }
    many->operands[filled++] = is_live(bias) ? Py_NewRef(bias) : NULL;
    partials[n] = b; /* of no use as a partial, which is 1 */
    if (!is_finite(value) || !any_node) { /* of numbers alone it is a number */
        goto done;
    }
    if (mode == MAKES_LEAVES || !live) {
        made = mode == MAKES_LEAVES ? new_result(value, UNRECORDED) : new_leaf(frozen_type, value);
    }
    else if ((node = new_node(value_type)) != NULL) {
        node->data = value;
        node->kind = NEURON;
        node->flags |= on_leaves ? ON_LEAVES : 0;
        node->many = many;
        many->inputs = inputs;
        inputs->references++;
        return (PyObject *)node;
    }
done:
    free_many(many, filled);
    return made;
}

/* A layer's w_k·x + b_k; NULL without an exception: it is a case for Python. */
static PyObject *layer(PyObject *const *arguments)
{
    PyObject *weights = arguments[1], *biases = arguments[2], *made = NULL;
    Inputs *inputs;
    Py_ssize_t outputs;
    int live = 0, any_node = 0, mode = RECORDS;
    for (int i = 0; i < 3; i++) {
        if (!PyList_CheckExact(arguments[i]) && !PyTuple_CheckExact(arguments[i])) {
            return NULL;
        }
    }
    outputs = PySequence_Fast_GET_SIZE(weights);
    if (PySequence_Fast_GET_SIZE(biases) != outputs ||
        (unusual && (mode = mode_decides()) != RECORDS && mode != MAKES_LEAVES)) {
        return NULL;
    }
    inputs = read_inputs(arguments[0], &live, &any_node);
    made = inputs == NULL ? NULL : PyList_New(outputs);
    for (Py_ssize_t k = 0; made != NULL && k < outputs; k++) {
        PyObject *one = neuron(inputs, live, any_node, mode, PySequence_Fast_GET_ITEM(weights, k),
                               PySequence_Fast_GET_ITEM(biases, k));
        if (one == NULL) {
            Py_CLEAR(made);
            break;
        }
        PyList_SET_ITEM(made, k, one);
    }
    release_inputs(inputs);
    return made;
}

static PyObject *linear(PyObject *module, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject *made = count == 3 && keywords == NULL ? layer(arguments) : NULL;
    (void)module;
    return made != NULL || PyErr_Occurred() ? made : PyObject_Vectorcall(python.linear, arguments, (size_t)count, keywords);
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

#endif
