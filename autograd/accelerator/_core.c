/* A placeholder that the compiled core will replace: it shows that the build finds a compiler, Python and rules.h. */
#include <Python.h>

#include "rules.h"

static PyObject *answer(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyFloat_FromDouble(value_mul(6.0, 7.0));
}

static PyMethodDef functions[] = {
    {"answer", answer, METH_NOARGS, "Six times seven, by the rule of mul."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddStringConstant(module, "rules_version", RULES_VERSION) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
