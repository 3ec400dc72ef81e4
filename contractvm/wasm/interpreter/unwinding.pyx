"""The end of calls that do not return: traces see that their funcs no longer run."""

from libc.stddef cimport size_t
from libc.stdint cimport uintptr_t

from contractvm.wasm.interpreter cimport machine as m
from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.machine cimport (Frame, Instance, Machine, leave_node)
from contractvm.wasm.interpreter.references cimport FuncSpace

from contractvm.wasm.interpreter.register_place import RegisterPlace


cdef bint find_place(
    Machine* machine, CompiledModule compiled, size_t* number, size_t* word
) noexcept:
    """The func that runs, by its number, and the word in its code; False if none.

    `compiled` is that of the machine's instance.
    """
    cdef uintptr_t ip = <uintptr_t>machine.ip
    cdef uintptr_t code = <uintptr_t>compiled.code
    cdef size_t position
    cdef size_t index = compiled.own_func_count
    if ip < code or ip >= code + compiled.code_size * 4:
        # Of a func of the host, or past the end.
        return False
    position = (ip - code) // 4
    while index:
        index -= 1
        if compiled.starts[index] <= position:
            number[0] = index
            word[0] = position - compiled.starts[index]
            return True
    return False


cdef object code_place(Machine* machine):
    """Where the machine is, as a RegisterPlace; None outside the module's code."""
    cdef CompiledModule compiled = (<FuncSpace>machine.instance.core).compiled
    cdef size_t number
    cdef size_t word
    if not find_place(machine, compiled, &number, &word):
        return None
    imported = compiled.func_count - compiled.own_func_count
    return RegisterPlace(imported + number, word, compiled.tracing)


cdef bint is_entered(Machine* machine) noexcept:
    """True if the func that runs has a node: not an injected one, and not yet begun."""
    cdef CompiledModule compiled = (<FuncSpace>machine.instance.core).compiled
    cdef size_t number
    cdef size_t word
    # A start is the position of an instruction: within the code.
    return (
        find_place(machine, compiled, &number, &word)
        and word > 0
        and compiled.code[compiled.starts[number]] == m.OP_TRACE_ENTER
    )


cdef int note_stop(Machine* machine) noexcept:
    """Have the trace of the innermost func remember where it was stopped."""
    cdef Instance* instance = machine.instance
    if instance.trace != NULL:
        instance.trace.stopped = instance.trace.current
    return 0


cdef int leave_calls(Machine* machine, Frame* first) noexcept:
    """Leave the funcs in progress, in every instance that has a trace.

    There are as many as frames from `first`, the oldest, on; each frame says what
    called its func. An instance without a trace has nothing to leave.
    """
    cdef Frame* frame = machine.frame
    cdef Instance* instance = machine.instance
    cdef bint has_node = instance.trace != NULL and is_entered(machine)
    while frame > first:
        frame -= 1
        if instance.trace != NULL and has_node:
            leave_node(instance.trace)
        has_node = True
        if frame.ip[0] == m.OP_RETURN_TO_INSTANCE:
            instance = frame.instance
    return 0
