"""Functions that a host gives to instances, on either engine."""

from contractvm.wasm.structure.types import FuncType


cdef class HostFunc:
    """A func that the host provides: `call` takes and returns plain unsigned ints.

    i32 and i64 are unsigned, f32 and f64 their bits, references Python objects or
    None. `call` returns None, a value, a tuple of values if the type has several
    results, or a `Suspension`. With `takes_context` it gets the context of the
    importing instance first, so that one func serves all instances.
    """

    def __init__(self, func_type: FuncType, call, *, bint takes_context=False) -> None:
        self.func_type = func_type
        self.call = call
        self.takes_context = takes_context
