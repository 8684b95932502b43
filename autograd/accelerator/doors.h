/* Doors: calls of machine code by Python, in which numbers go from where they are into the rows that it reads, and its
 * results into what is returned, with no object in between.
 *
 * A door is made of one structure of arguments, such as (a list of three numbers, a vector of ten).  A call whose arguments
 * have another structure, or hold anything but floats, whole numbers and arrays of float64, does not fit, and nothing has
 * happened then: the caller takes the long way, which alone says what a call means.
 *
 * While arguments are read and while the machine code runs, nothing else of Python does.  Objects are made of results
 * after that; the cycle collector may run then, hence finalizers and other threads, and a door that is busy fits nothing.
 */
#ifndef AUTOGRAD_DOORS_H
#define AUTOGRAD_DOORS_H

#include "columns.h"

/* ---------------------------------------------------------------- a door */

typedef struct {
    PyObject_HEAD
    void (*function)(double *, double *); /* for one point; NULL if it is for many samples */
    Columns columns;
    PyObject *keeper;          /* what the machine code lives as long as */
    Py_ssize_t calls_left;     /* until `then` is called, once; 0 if it is not to be */
    PyObject *then;
    PyObject *captured;        /* a tuple of Values, whose numbers are the first slots */
    PyObject *names;           /* a tuple: the arguments that are given by name, which come last */
    Py_ssize_t positional;
    Structure arguments, results;
    Py_ssize_t *outputs;       /* the row of each number of the results */
    Py_buffer slots, rows;
    int busy;
} Door;

static PyTypeObject *door_type, *doors_type;

/* What the machine code makes of the arguments.  NULL without an exception if they do not fit. */
static PyObject *carried_out(Door *door, PyObject *const *arguments, Py_ssize_t count, PyObject *out)
{
    Part *at = door->arguments.parts;
    double *rows = door->rows.buf, *slots = door->slots.buf, *to = rows;
    const Py_ssize_t *from = door->outputs;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (read_next(&at, arguments[i], &to) <= 0) {
            return NULL;
        }
    }
    if (out != NULL) {
        at = door->results.parts;
        if (takes(&at, out) <= 0) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(door->captured); i++) {
        slots[i] = NODE(PyTuple_GET_ITEM(door->captured, i))->data;
    }
    if (door->function == NULL) {
        return out == NULL ? run_over_samples(&door->columns, &door->arguments, &door->results, rows, slots) : NULL;
    }
    door->function(slots, rows);
    at = door->results.parts;
    return make_next(&at, out, rows, &from);
}

/* The same through a door that nobody is in, which its arguments fit by their number and names. */
static PyObject *go_through(Door *door, PyObject *const *arguments, Py_ssize_t count, Py_ssize_t names_count,
                            PyObject *names, PyObject *out)
{
    PyObject *made;
    if (count != door->positional || names_count != PyTuple_GET_SIZE(door->names) || door->busy) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < names_count; i++) {
        if (!is_same_text(PyTuple_GET_ITEM(names, i), PyTuple_GET_ITEM(door->names, i))) {
            return NULL;
        }
    }
    door->busy = 1;
    made = carried_out(door, arguments, count + names_count, out);
    if (door->function == NULL) {
        forget_arrays(&door->arguments);
    }
    door->busy = 0;
    if (door->calls_left > 0 && made != NULL && --door->calls_left == 0) {
        PyObject *done = PyObject_CallNoArgs(door->then);
        if (done == NULL) {
            PyErr_WriteUnraisable(door->then);
        }
        Py_XDECREF(done);
    }
    return made;
}

static int read_rows(Door *door, PyObject *outputs, Py_ssize_t first_constant)
{
    Py_ssize_t count = PyList_GET_SIZE(outputs), size = door->rows.len / (Py_ssize_t)sizeof(double), at = 0;
    door->outputs = PyMem_Malloc(((size_t)count + 1) * sizeof(Py_ssize_t));
    if (door->outputs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t row = PyLong_AsSsize_t(PyList_GET_ITEM(outputs, i));
        if (row < 0 || row >= size) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "Door: there is no such row");
            }
            return -1;
        }
        door->outputs[i] = row;
    }
    for (Part *part = door->results.parts; part < door->results.parts + door->results.count; part++) {
        if (part->kind == ARRAY && plan_array(part, door->outputs + at, door->rows.buf, first_constant) < 0) {
            return -1;
        }
        at += part->kind == A_NUMBER ? 1 : part->kind == NUMBERS || part->kind == ARRAY ? part->size : 0;
    }
    return 0;
}

/* Let the door be one for many samples.  -1 with an exception set. */
static int open_to_samples(Door *door, PyObject *strips, Py_ssize_t most)
{
    const Structure *results = &door->results;
    for (Py_ssize_t i = 0; i < results->count; i++) {
        int kind = results->parts[i].kind;
        if (kind != SAMPLES && kind != ELEMENTS && kind != SEQUENCE && kind != DICT && kind != SAME) {
            PyErr_SetString(PyExc_ValueError, "Door: the results of many samples are arrays");
            return -1;
        }
    }
    door->columns.kernel = (Kernel)(void *)door->function;
    door->columns.most = most;
    door->function = NULL;
    return make_columns(&door->columns, door->arguments.numbers, results->numbers) < 0 ||
                   PyObject_GetBuffer(strips, &door->columns.strips, PyBUF_CONTIG) < 0
               ? -1
               : 0;
}

static PyObject *door_new(PyTypeObject *type, PyObject *given, PyObject *keywords)
{
    static char *names[] = {"arguments", "positional", "names", "results", "outputs", "captured",
                            "slots",     "rows",       "first_constant", "address", "keeper", "strips", "most", NULL};
    PyObject *arguments, *argument_names, *results, *outputs, *captured, *slots, *rows, *keeper, *strips = Py_None;
    Py_ssize_t positional, first_constant, most = 0;
    unsigned long long address;
    Door *door;
    if (!PyArg_ParseTupleAndKeywords(given, keywords, "O!nO!O!O!O!OOnKO|On:Door", names, &PyList_Type, &arguments, &positional,
                                     &PyTuple_Type, &argument_names, &PyList_Type, &results, &PyList_Type, &outputs,
                                     &PyTuple_Type, &captured, &slots, &rows, &first_constant, &address, &keeper, &strips, &most)) {
        return NULL;
    }
    if (numpy.array == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "Door: call introduce_numpy first");
        return NULL;
    }
    door = (Door *)type->tp_alloc(type, 0);
    if (door == NULL) {
        return NULL;
    }
    door->function = (void (*)(double *, double *))(uintptr_t)address;
    door->keeper = Py_NewRef(keeper);
    door->captured = Py_NewRef(captured);
    door->names = Py_NewRef(argument_names);
    door->positional = positional;
    if (fill_structure(&door->arguments, arguments, positional + PyTuple_GET_SIZE(argument_names)) < 0 ||
        fill_structure(&door->results, results, 1) < 0 ||
        PyObject_GetBuffer(slots, &door->slots, PyBUF_CONTIG) < 0 ||
        PyObject_GetBuffer(rows, &door->rows, PyBUF_CONTIG) < 0 || read_rows(door, outputs, first_constant) < 0 ||
        (strips != Py_None && open_to_samples(door, strips, most) < 0)) {
        Py_DECREF(door);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(captured); i++) {
        if (!is_node(PyTuple_GET_ITEM(captured, i))) {
            PyErr_SetString(PyExc_TypeError, "Door: what is captured must be Values");
            Py_DECREF(door);
            return NULL;
        }
    }
    if (door->arguments.numbers * (Py_ssize_t)sizeof(double) > door->rows.len ||
        PyTuple_GET_SIZE(captured) * (Py_ssize_t)sizeof(double) > door->slots.len ||
        door->results.numbers != PyList_GET_SIZE(outputs)) {
        PyErr_SetString(PyExc_ValueError, "Door: the memory is too small, or the number of outputs is another");
        Py_DECREF(door);
        return NULL;
    }
    return (PyObject *)door;
}

static int door_traverse(PyObject *self, visitproc visit, void *arg)
{
    Door *door = (Door *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(door->keeper);
    Py_VISIT(door->then);
    Py_VISIT(door->captured);
    Py_VISIT(door->slots.obj);
    Py_VISIT(door->rows.obj);
    Py_VISIT(door->columns.strips.obj);
    for (Structure *each = &door->arguments; each <= &door->results; each++) {
        for (Py_ssize_t i = 0; each->parts != NULL && i < each->count; i++) {
            Py_VISIT(each->parts[i].object);
        }
    }
    return 0;
}

static void door_deallocate(PyObject *self)
{
    Door *door = (Door *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (Structure *each = &door->arguments; each <= &door->results; each++) {
        for (Py_ssize_t i = 0; each->parts != NULL && i < each->count; i++) {
            Py_XDECREF(each->parts[i].object);
            PyMem_Free(each->parts[i].shape);
            PyMem_Free(each->parts[i].image);
            PyMem_Free(each->parts[i].moves);
        }
        PyMem_Free(each->parts);
    }
    PyMem_Free(door->outputs);
    PyMem_Free(door->columns.places);
    PyMem_Free(door->columns.strides);
    PyBuffer_Release(&door->columns.strips);
    PyBuffer_Release(&door->slots);
    PyBuffer_Release(&door->rows);
    Py_XDECREF(door->captured);
    Py_XDECREF(door->names);
    Py_XDECREF(door->keeper);
    Py_XDECREF(door->then);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *door_use(PyObject *self, PyObject *given)
{
    unsigned long long address;
    PyObject *keeper;
    if (!PyArg_ParseTuple(given, "KO:use", &address, &keeper)) {
        return NULL;
    }
    ((Door *)self)->function = (void (*)(double *, double *))(uintptr_t)address;
    Py_SETREF(((Door *)self)->keeper, Py_NewRef(keeper));
    Py_RETURN_NONE;
}

static PyObject *door_after(PyObject *self, PyObject *given)
{
    Py_ssize_t calls;
    PyObject *then;
    if (!PyArg_ParseTuple(given, "nO:after", &calls, &then)) {
        return NULL;
    }
    ((Door *)self)->calls_left = calls;
    Py_XSETREF(((Door *)self)->then, Py_NewRef(then));
    Py_RETURN_NONE;
}

static PyMethodDef door_methods[] = {
    {"after", door_after, METH_VARARGS, "after(calls, then): call then(), once, after so many calls from now on."},
    {"use", door_use, METH_VARARGS, "use(address, keeper): other machine code of the same plan, from the next call on."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot door_slots[] = {
    {Py_tp_new, door_new},           {Py_tp_dealloc, door_deallocate}, {Py_tp_traverse, door_traverse},
    {Py_tp_methods, door_methods},   {0, NULL},
};

static PyType_Spec door_spec = {
    .name = "autograd.accelerator.Door",
    .basicsize = sizeof(Door),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = door_slots,
};

/* ---------------------------------------------------------------- several doors
 *
 * The base class of Jitted.  A call tries the doors, the last used first; where none fits, or in an unusual mode, the method
 * `call_at_length` is called.
 */

#define MOST_DOORS 32

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *doors[MOST_DOORS]; /* strong references, the last used first; then NULL */
    char takes_out;              /* whether the argument `out` is none of the function's */
    char went_through;           /* whether the last call did */
} Doors;

/* NULL without an exception where none fits. */
static PyObject *knock(Doors *doors, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t names_count = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *out = NULL, *made;
    if (names_count > 0 && doors->takes_out) {
        PyObject *last = PyTuple_GET_ITEM(names, names_count - 1);
        if (PyUnicode_CompareWithASCIIString(last, "out") == 0) {
            out = arguments[count + --names_count];
        }
    }
    for (int i = 0; i < MOST_DOORS && doors->doors[i] != NULL; i++) {
        PyObject *door = Py_NewRef(doors->doors[i]);
        made = go_through((Door *)door, arguments, count, names_count, names, out);
        if (made != NULL || PyErr_Occurred()) {
            if (i > 0 && doors->doors[i] == door) { /* else what ran meanwhile has changed their order */
                memmove(&doors->doors[1], &doors->doors[0], (size_t)i * sizeof(PyObject *));
                doors->doors[0] = door;
            }
            doors->went_through = 1;
            Py_DECREF(door);
            return made;
        }
        Py_DECREF(door);
    }
    doors->went_through = 0;
    return NULL;
}

static PyObject *doors_call(PyObject *self, PyObject *const *arguments, size_t flagged, PyObject *names)
{
    static PyObject *at_length;
    Py_ssize_t count = PyVectorcall_NARGS(flagged);
    if (!unusual) {
        PyObject *made = knock((Doors *)self, arguments, count, names);
        if (made != NULL || PyErr_Occurred()) {
            return made;
        }
    }
    if (at_length == NULL && (at_length = PyUnicode_InternFromString("call_at_length")) == NULL) {
        return NULL;
    }
    return call_method(self, at_length, arguments, count, names);
}

static PyObject *doors_call_tuple(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    if (keywords == NULL || PyDict_GET_SIZE(keywords) == 0) {
        return doors_call(self, &PyTuple_GET_ITEM(arguments, 0), (size_t)PyTuple_GET_SIZE(arguments), NULL);
    }
    return PyVectorcall_Call(self, arguments, keywords);
}

static PyObject *doors_knock(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *made = knock((Doors *)self, arguments, count, names);
    return made != NULL || PyErr_Occurred() ? made : Py_NewRef(Py_NotImplemented);
}

static PyObject *doors_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Doors *doors = (Doors *)type->tp_alloc(type, 0);
    (void)arguments;
    (void)keywords;
    if (doors != NULL) {
        doors->vectorcall = doors_call;
    }
    return (PyObject *)doors;
}

static int doors_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    (void)self;
    (void)arguments;
    (void)keywords;
    return 0;
}

/* Take a door away from the others; whether it was there. */
static int take_away(Doors *doors, PyObject *door)
{
    for (int i = 0; i < MOST_DOORS && doors->doors[i] != NULL; i++) {
        if (doors->doors[i] == door) {
            memmove(&doors->doors[i], &doors->doors[i + 1], (size_t)(MOST_DOORS - 1 - i) * sizeof(PyObject *));
            doors->doors[MOST_DOORS - 1] = NULL;
            Py_DECREF(door);
            return 1;
        }
    }
    return 0;
}

static PyObject *doors_open(PyObject *self, PyObject *door)
{
    Doors *doors = (Doors *)self;
    PyObject *oldest;
    if (Py_TYPE(door) != door_type) {
        return PyErr_Format(PyExc_TypeError, "open: takes a Door, not %s", Py_TYPE(door)->tp_name);
    }
#if PY_VERSION_HEX < 0x030c0000
    if (Py_TYPE(self)->tp_call == doors_call_tuple) { /* as in adopt_row */
        Py_TYPE(self)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
#endif
    Py_INCREF(door);
    take_away(doors, door);
    oldest = doors->doors[MOST_DOORS - 1];
    memmove(&doors->doors[1], &doors->doors[0], (MOST_DOORS - 1) * sizeof(PyObject *));
    doors->doors[0] = door;
    Py_XDECREF(oldest);
    Py_RETURN_NONE;
}

static PyObject *doors_shut(PyObject *self, PyObject *door)
{
    return PyBool_FromLong(take_away((Doors *)self, door));
}

static PyObject *doors_list(PyObject *self, void *unused)
{
    PyObject *list = PyList_New(0);
    (void)unused;
    for (int i = 0; i < MOST_DOORS && ((Doors *)self)->doors[i] != NULL && list != NULL; i++) {
        if (PyList_Append(list, ((Doors *)self)->doors[i]) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static int doors_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < MOST_DOORS; i++) {
        Py_VISIT(((Doors *)self)->doors[i]);
    }
    return 0;
}

static int doors_clear(PyObject *self)
{
    for (int i = MOST_DOORS; i-- > 0;) {
        Py_CLEAR(((Doors *)self)->doors[i]);
    }
    return 0;
}

static void doors_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    doors_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef doors_methods[] = {
    {"knock", (PyCFunction)(void (*)(void))doors_knock, METH_FASTCALL | METH_KEYWORDS,
     "What the first door that fits gives, whatever mode is on; NotImplemented where none does."},
    {"open_door", doors_open, METH_O, "Try this door first; of more than 32 the one that was used longest ago goes."},
    {"shut_door", doors_shut, METH_O, "Try this door no more; whether it was there."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef doors_attributes[] = {
    {"open_doors", doors_list, NULL, "The doors, the last used first.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef doors_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Doors, vectorcall), READONLY, NULL},
    {"went_through", T_BOOL, offsetof(Doors, went_through), 0, "Whether the last call went through a door."},
    {"takes_out", T_BOOL, offsetof(Doors, takes_out), 0, "Whether the argument `out` is none of the function's."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot doors_slots[] = {
    {Py_tp_new, doors_new},           {Py_tp_init, doors_init},         {Py_tp_dealloc, doors_deallocate},
    {Py_tp_traverse, doors_traverse}, {Py_tp_clear, doors_clear},       {Py_tp_call, doors_call_tuple},
    {Py_tp_methods, doors_methods},   {Py_tp_getset, doors_attributes}, {Py_tp_members, doors_members},
    {0, NULL},
};

static PyType_Spec doors_spec = {
    .name = "autograd.accelerator.Doors",
    .basicsize = sizeof(Doors),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = doors_slots,
};

#endif
