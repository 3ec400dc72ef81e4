"""The end of calls that do not return: what ran then, for traces and for reports."""

from libc.stddef cimport size_t
from libc.stdint cimport uintptr_t

from contractvm.wasm.interpreter cimport machine as m
from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.machine cimport (Frame, Instance, Machine, leave_node)
from contractvm.wasm.interpreter.references cimport FuncSpace


cdef bint is_entered(Machine* machine) noexcept:
    """True if the func that runs has a node: not an injected one, and not yet begun."""
    cdef CompiledModule compiled = (<FuncSpace>machine.instance.core).compiled
    cdef uintptr_t ip = <uintptr_t>machine.ip
    cdef uintptr_t code = <uintptr_t>compiled.code
    cdef size_t number = compiled.own_func_count
    cdef size_t word
    if ip < code or ip >= code + compiled.code_size * 4:
        # Of a func of the host, or past the end.
        return False
    word = (ip - code) // 4
    while number:
        number -= 1
        if compiled.starts[number] <= word:
            # A start is the position of an instruction: within the code.
            return (
                compiled.starts[number] < word
                and compiled.code[compiled.starts[number]] == m.OP_TRACE_ENTER
            )
    return False


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


cdef tuple words_in_progress(Machine* machine, Frame* first, bint is_in_host):
    """The words of the funcs in progress, innermost first, and whether these are all.

    A word is of the instruction that stopped, or of a call. `is_in_host` says that the
    innermost func has called the host. Funcs outside those of another instance are left
    out.
    """
    cdef CompiledModule compiled = (<FuncSpace>machine.instance.core).compiled
    cdef uintptr_t code = <uintptr_t>compiled.code
    # Of what comes after a call, the word before is of the call.
    cdef uintptr_t ip = <uintptr_t>machine.ip - 4 * is_in_host
    cdef Frame* frame = machine.frame
    cdef list words = []
    while code <= ip < code + compiled.code_size * 4:
        words.append((ip - code) // 4)
        # The oldest frame holds what comes after the last return.
        if frame == first:
            break
        frame -= 1
        ip = <uintptr_t>frame.ip - 4
    return tuple(words), frame != first
