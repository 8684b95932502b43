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

#include "adjoints.h"
#include "attributes.h"
#include "destruction.h"
#include "doors.h"
#include "gathering.h"
#include "noting.h"
#include "recording.h"
#include "sweep.h"

/* ---------------------------------------------------------------- the class */

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

static PyObject *finite_number(double number)
{
    return is_finite(number) ? PyFloat_FromDouble(number) : NULL;
}

/* What a row of many operands is of numbers alone; NULL where it is for Python. */
static PyObject *number_of_many(int code, PyObject *const *xs, Py_ssize_t count)
{
    double few[128], *numbers = few, value;
    PyObject *found = NULL;
    Py_ssize_t known = 0;
    if (count > 64 && (numbers = PyMem_Malloc(2 * (size_t)count * sizeof(double))) == NULL) {
        return PyErr_NoMemory();
    }
    while (known < count && plain_number(xs[known], &numbers[known])) {
        known++;
    }
    if (known == count && count > 0 && evaluate_formula(code, numbers, count, &value, numbers + count) == 0) {
        found = finite_number(value);
    }
    if (numbers != few) {
        PyMem_Free(numbers);
    }
    return found;
}

/* On Values and numbers, or on numbers alone, of which the result is a number; NULL for what Python is to do. */
static PyObject *call_short(int code, PyObject *const *xs, Py_ssize_t count)
{
    double number, second;
    if (code >= ROWS) {
        for (Py_ssize_t i = 0; i < count; i++) {
            if (is_node(xs[i])) {
                return record_many(code, xs, count);
            }
        }
        return number_of_many(code, xs, count);
    }
    else if (count == 1 && unary_records[code] != NULL && is_node(xs[0])) {
        return unary_records[code](xs[0], NULL);
    }
    else if (count == 2 && binary_records[code] != NULL && (is_node(xs[0]) || is_node(xs[1])) &&
             operand_of(xs[0], &number) != STRANGE && operand_of(xs[1], &number) != STRANGE) {
        return binary_records[code](xs[0], xs[1]);
    }
    else if (count == 1 && unary_values[code] != NULL && plain_number(xs[0], &number)) {
        return finite_number(unary_values[code](number));
    }
    else if (count == 2 && binary_values[code] != NULL && plain_number(xs[0], &number) &&
             plain_number(xs[1], &second)) {
        return finite_number(binary_values[code](number, second));
    }
    return NULL;
}

/* A list or tuple, or a vector of NumPy, of float64 or of objects, as a list; NULL for anything else. */
static PyObject *as_sequence(PyObject *x)
{
    Py_buffer view;
    int fits;
    if (PyList_CheckExact(x) || PyTuple_CheckExact(x)) {
        return Py_NewRef(x);
    }
    if (strcmp(Py_TYPE(x)->tp_name, "numpy.ndarray") != 0) { /* by its name, for NumPy need not be there */
        return NULL;
    }
    if (PyObject_GetBuffer(x, &view, PyBUF_FORMAT | PyBUF_STRIDES) < 0) {
        PyErr_Clear();
        return NULL;
    }
    fits = view.ndim == 1 && (strcmp(view.format, "d") == 0 || strcmp(view.format, "O") == 0);
    PyBuffer_Release(&view);
    return fits ? PyObject_CallMethod(x, "tolist", NULL) : NULL;
}

/* Rows called with sequences: sum(xs), dot(a, b), affine(weights, inputs, bias) and the like. */
static PyObject *call_sequences(int code, PyObject *const *xs, Py_ssize_t count)
{
    PyObject *few[64], **flat = few, *made = NULL, *parts[2] = {NULL, NULL};
    Py_ssize_t sequences = code == DOT || code == AFFINE ? 2 : 1, singles = code == AFFINE, total = 0, filled = 0;
    int any = 0, fits = count == sequences + singles;
    for (Py_ssize_t i = 0; i < sequences && fits; i++) {
        parts[i] = as_sequence(xs[i]);
        fits = parts[i] != NULL;
        total += fits ? PySequence_Fast_GET_SIZE(parts[i]) : 0;
    }
    if (fits && sequences == 2) {
        fits = PySequence_Fast_GET_SIZE(parts[0]) == PySequence_Fast_GET_SIZE(parts[1]);
    }
    if (fits && total + singles > 64 && (flat = PyMem_Malloc((size_t)(total + singles) * sizeof *flat)) == NULL) {
        PyErr_NoMemory();
        fits = 0;
    }
    if (fits) {
        for (Py_ssize_t i = 0; i < sequences; i++) {
            for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(parts[i]); k++) {
                flat[filled++] = PySequence_Fast_GET_ITEM(parts[i], k);
            }
        }
        if (singles) {
            flat[filled++] = xs[sequences];
        }
        for (Py_ssize_t i = 0; i < filled; i++) {
            any |= is_node(flat[i]);
        }
        made = any ? record_many(code, flat, filled) : number_of_many(code, flat, filled);
    }
    if (flat != few) {
        PyMem_Free(flat);
    }
    Py_XDECREF(parts[0]);
    Py_XDECREF(parts[1]);
    return made;
}

static PyObject *row_call(PyObject *self, PyObject *const *arguments, size_t flagged, PyObject *keywords)
{
    static PyObject *apply;
    Py_ssize_t count = PyVectorcall_NARGS(flagged);
    int code = ((Row *)self)->code;
    if (code >= 0 && keywords == NULL) {
        PyObject *made = code >= ROWS && code != MAXIMUM && code != MINIMUM ? call_sequences(code, arguments, count)
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
    return call_method(self, apply, arguments, count, keywords);
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

/* What the recorded sweep asks of a row. */
static int adopt_partials(int code)
{
    PyObject *partials = PyObject_GetAttrString(rows[code], "partials");
    if (partials == NULL || !PyTuple_CheckExact(partials)) {
        PyErr_Format(PyExc_TypeError, "the partials of %R must be a tuple", rows[code]);
        Py_XDECREF(partials);
        return -1;
    }
    Py_XSETREF(row_partials[code], partials);
    row_is_linear[code] = 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(partials); i++) {
        row_is_linear[code] &= PyFloat_CheckExact(PyTuple_GET_ITEM(partials, i));
    }
    return 0;
}

static PyObject *install(PyObject *module, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"table",            "Frozen",    "record",       "other",  "comparable", "as_number", "by_hand",
                            "unknown_argument", "propagate", "look_for_nan", "linear", "decide",     NULL};
    PyObject *table, *frozen, *hooks[10];
    PyObject **places[10] = {&python.record,       &python.other,   &python.comparable,       &python.as_number,
                             &python.by_hand,      &python.unknown_argument, &python.propagate,
                             &python.look_for_nan, &python.linear,  &python.decide};
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!OOOOOOOOOOO:install", names, &PyDict_Type, &table, &frozen,
                                     &hooks[0], &hooks[1], &hooks[2], &hooks[3], &hooks[4], &hooks[5], &hooks[6],
                                     &hooks[7], &hooks[8], &hooks[9])) {
        return NULL;
    }
    if (!PyType_Check(frozen) || !PyType_IsSubtype((PyTypeObject *)frozen, value_type) ||
        ((PyTypeObject *)frozen)->tp_basicsize != (Py_ssize_t)sizeof(Node)) {
        PyErr_SetString(PyExc_TypeError, "install: Frozen must be a subclass of Value without slots of its own");
        return NULL;
    }
    Py_XSETREF(frozen_type, (PyTypeObject *)Py_NewRef(frozen));
    for (int i = 0; i < 10; i++) {
        Py_XSETREF(*places[i], Py_NewRef(hooks[i]));
    }
#define ADOPT(NAME)                                                        \
    if (adopt_row(table, #NAME, ROW_##NAME, &rows[ROW_##NAME]) < 0 || adopt_partials(ROW_##NAME) < 0) { \
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

static PyObject *live_values(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromSsize_t(live_nodes);
}

static PyObject *new_run(PyObject *module, PyObject *unused)
{
    static uint32_t last;
    (void)module;
    (void)unused;
    last = last + 1 == UNRECORDED ? 1 : last + 1; /* never 0 */
    return PyLong_FromUnsignedLong(last);
}

static PyObject *run_leaf(PyObject *module, PyObject *arguments)
{
    double data;
    unsigned int number;
    (void)module;
    return PyArg_ParseTuple(arguments, "dI", &data, &number) ? new_result(data, number) : NULL;
}

static PyObject *is_of_run(PyObject *module, PyObject *arguments)
{
    PyObject *value;
    unsigned int number;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!I", value_type, &value, &number)) {
        return NULL;
    }
    return PyBool_FromLong(NODE(value)->kind == LEAF && NODE(value)->uses == number);
}

static PyObject *witness(PyObject *module, PyObject *arguments)
{
    PyObject *dict;
    unsigned int number;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!I", &PyDict_Type, &dict, &number)) {
        return NULL;
    }
    Py_XSETREF(noted, Py_NewRef(dict));
    run = number;
    Py_RETURN_NONE;
}

static PyObject *trace(PyObject *module, PyObject *arguments)
{
    PyObject *type, *list, *gate;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyType_Type, &type, &PyList_Type, &list)) {
        return NULL;
    }
    gate = PyObject_GetAttrString(type, "_gate");
    if (!PyType_IsSubtype((PyTypeObject *)type, value_type) || gate == NULL || Py_TYPE(gate) != &PyMemberDescr_Type) {
        PyErr_SetString(PyExc_TypeError, "trace takes a class of Values with a slot _gate, and a list");
        Py_XDECREF(gate);
        return NULL;
    }
    gate_offset = ((PyMemberDescrObject *)gate)->d_member->offset;
    Py_DECREF(gate);
    Py_XSETREF(traced_type, (PyTypeObject *)Py_NewRef(type));
    Py_XSETREF(traced_nodes, Py_NewRef(list));
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"node", (PyCFunction)(void (*)(void))make_node, METH_FASTCALL, "A node of a class, whatever mode is on."},
    {"fill", fill, METH_VARARGS, "Say how a node was made."},
    {"linear", (PyCFunction)(void (*)(void))linear, METH_FASTCALL | METH_KEYWORDS,
     "linear($module, /, inputs, weights, biases)\n--\n\n"
     "A layer's pre-activations s_k = <w_k, x> + b_k, as in autograd/core/recording.py.\n\n"
     ">>> linear([1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]], [0.5, 0.0])\n[11.5, 17.0]\n"},
    {"backpropagate", (PyCFunction)(void (*)(void))backpropagate, METH_FASTCALL, "The sweep of `backward`."},
    {"gradients", (PyCFunction)(void (*)(void))gradients, METH_FASTCALL, "The derivatives by some leaves."},
    {"topological_order", (PyCFunction)(void (*)(void))topological_order, METH_FASTCALL, "Nodes, operands first."},
    {"depending_on", depending_on, METH_VARARGS, "Which of an order are made from inputs."},
    {"as_recorded", as_recorded, METH_VARARGS, "An order as a trace tells it."},
    {"set_unusual", set_unusual, METH_O, "Whether any thread is in a mode that is not usual."},
    {"new_run", new_run, METH_NOARGS, "A number for the first run of a checkpointed segment."},
    {"run_leaf", run_leaf, METH_VARARGS, "A leaf of a number that this run has made."},
    {"is_of_run", is_of_run, METH_VARARGS, "Whether a Value is such a leaf."},
    {"witness", witness, METH_VARARGS, "Where to note operands, and in which run."},
    {"trace", trace, METH_VARARGS, "What class the nodes of a trace are of, and the list of them."},
    {"hand_down", hand_down, METH_VARARGS, "The recorded sweep, backwards until a node is for Python."},
    {"hand_up", hand_up, METH_VARARGS, "The forward sweep on numbers, until a node is for Python."},
    {"note_down", note_down, METH_VARARGS, "Note sums and products of a trace as instructions, until one is for Python."},
    {"ways_of", ways_of, METH_VARARGS, "How instructions are taken over, and which are terms of one sum only."},
    {"gather", gather, METH_VARARGS, "Take over instructions, sums as one each, until one is for Python."},
    {"as_arrays", as_arrays, METH_VARARGS, "Instructions as arrays."},
    {"uses_below", uses_below, METH_VARARGS, "How often instructions are used by those that are used themselves."},
    {"introduce_numpy", introduce_numpy, METH_VARARGS, "What doors ask NumPy and the core for."},
    {"live_values", live_values, METH_NOARGS, "How many Values there are."},
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
    door_type = (PyTypeObject *)PyType_FromSpec(&door_spec);
    doors_type = (PyTypeObject *)PyType_FromSpec(&doors_spec);
    notes_type = (PyTypeObject *)PyType_FromSpec(&notes_spec);
    if (name_operations() < 0 || name_sums() < 0 || module == NULL || labels == NULL || value_type == NULL || row_type == NULL ||
        door_type == NULL || doors_type == NULL || notes_type == NULL) {
        return NULL;
    }
    value_type->tp_vectorcall = value_call;
    if (PyModule_AddObjectRef(module, "Value", (PyObject *)value_type) < 0 ||
        PyModule_AddObjectRef(module, "Row", (PyObject *)row_type) < 0 ||
        PyModule_AddObjectRef(module, "Door", (PyObject *)door_type) < 0 ||
        PyModule_AddObjectRef(module, "Doors", (PyObject *)doors_type) < 0 ||
        PyModule_AddObjectRef(module, "Notes", (PyObject *)notes_type) < 0 ||
        PyModule_AddStringConstant(module, "rules_version", RULES_VERSION) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
