"""The compiled loop, `loop.h`, declared for the driver alone."""

from contractvm.wasm.interpreter.machine cimport Machine

cdef extern from "loop.h" nogil:
    int run_loop(Machine* machine) noexcept
