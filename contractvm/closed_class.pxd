"""Classes whose objects only compiled code makes, by `SomeClass.__new__(SomeClass)`.

Otherwise Python could make objects in which nothing is set: a `__new__` without
arguments calls no other code. `__new__` in the class's own module calls C directly and
still works; in another module it does not, nor does a compiled subclass.
"""

cdef extern from *:
    """
    static inline int contractvm_close_class(PyObject *closed)
    {
        PyTypeObject *type = (PyTypeObject *)closed;
        type->tp_new = NULL;
        type->tp_vectorcall = NULL;
        type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
        if (PyDict_DelItemString(type->tp_dict, "__new__"))
            return -1;
        PyType_Modified(type);
        return 0;
    }
    """
    int close_class "contractvm_close_class" (type closed) except -1
