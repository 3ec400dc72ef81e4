# cython: nonecheck=False
"""The driver of the compiled loop: one `Execution` runs one func to its end.

The loop leaves to the driver what touches Python or needs the operating system: host
calls, growth, segments, tables, signals. Wasm calls never recurse in C or Python:
frames and slots are on a separate stack, which stays as it is while an execution is
suspended. Stacks are reserved as addresses, committed as they are used, and reused.

An execution and an instance are complete after `__cinit__`, which is called once, so no
attribute is None unless its type allows that.
"""

from sys import getswitchinterval

from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

from contractvm.wasm.interpreter cimport machine as m
from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.loop cimport run_loop
from contractvm.wasm.interpreter.machine cimport Frame, FuncRecord, TypeRecord
from contractvm.wasm.interpreter.references cimport FuncSpace, from_python, to_python
from contractvm.wasm.interpreter.stack_pool cimport give_stack, take_stack
from contractvm.wasm.engines.host_func cimport HostFunc
from contractvm.wasm.interpreter.store cimport InstanceCore
from contractvm.wasm.interpreter.table_storage cimport TableStorage
from contractvm.wasm.interpreter.unwinding cimport (
    leave_calls, note_stop, words_in_progress,
)

from contractvm.errors import Finish, InternalError, Trap, TrapCode
from contractvm.wasm.engines.suspension import TURN_OVER, Suspension

cdef extern from "Python.h":
    object PyObject_Vectorcall(object, PyObject**, size_t, PyObject*)

cdef enum:
    POLL_NANOSECONDS = 1_000_000
    # Half as long again as Python's switch interval, so that who waits has asked.
    RELEASE_NANOSECONDS = 1_500_000_000

# In the order of the loop's exit codes.
TRAPS = (
    TrapCode.UNREACHABLE,
    TrapCode.INTEGER_DIVIDE_BY_ZERO,
    TrapCode.INTEGER_OVERFLOW,
    TrapCode.INVALID_CONVERSION_TO_INTEGER,
    TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS,
    TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS,
    TrapCode.UNDEFINED_ELEMENT,
    TrapCode.UNINITIALIZED_ELEMENT,
    TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
    TrapCode.CALL_STACK_EXHAUSTED,
)

cdef enum:
    FINISHED
    READY
    RUNNING
    SUSPENDED

cdef enum:
    FAST_ARGUMENTS = 16
    # A stack that held more frames, or frames of more slots, is a deep one.
    SHALLOW_FRAMES = 128
    SMALL_FRAME = 512


cdef int64_t nanoseconds_now() noexcept:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t>now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef class Execution:
    """One func of an instance with its arguments, ready to run.

    `resume()` runs it to its end and returns the tuple of results, or returns a host
    func's `Suspension`; then `resume(value)` continues with the host func's result.
    Where the stop flag gives turns it also returns TURN_OVER, about each millisecond.
    Exceptions of host funcs propagate unchanged; after any exception the execution is
    over. Any thread may continue it, one at a time. Others run only where the loop
    checks for signals or calls the host: nothing is half done there.
    """

    def __cinit__(self, InstanceCore core not None, size_t func_index, *arguments):
        if func_index >= core.func_count:
            raise InternalError(f"func index {func_index} out of range")
        self.core = core
        self.func_index = func_index
        self.anchors = {}
        self.begin(arguments)

    def __dealloc__(self):
        self.release()

    cdef int begin(self, tuple arguments) except -1:
        cdef FuncRecord* record = &self.core.instance.funcs[self.func_index]
        cdef const TypeRecord* func_type = record.type
        cdef size_t slots = self.core.max_stack_slots
        cdef size_t depth = self.core.max_call_depth
        cdef size_t needed = max(func_type.param_count, func_type.result_count)
        cdef size_t index
        cdef Frame* frames
        cdef uint64_t* fp
        if len(arguments) != func_type.param_count:
            raise InternalError(
                f"{len(arguments)} arguments for {func_type.param_count} parameters"
            )
        if slots < max(needed, record.frame_slots) or depth < 1:
            raise Trap(TrapCode.CALL_STACK_EXHAUSTED)
        # A slot more than may be used: a call's base may be the end. No wrap: the core
        # has limited both.
        self.stack_bytes = depth * sizeof(Frame) + (slots + 1) * sizeof(uint64_t)
        self.stack = take_stack(self.stack_bytes)
        self.greatest_frame = self.core.compiled.greatest_frame
        frames = <Frame*>self.stack
        self.machine.frame_end = frames + depth
        fp = <uint64_t*>(frames + depth)
        self.slots = fp
        for index in range(func_type.param_count):
            fp[index] = from_python(
                arguments[index], func_type.val_types[index], self.anchors, NULL
            )
        frames[0].ip = m.finish_code
        frames[0].fp = fp
        self.machine.frame = frames + 1
        self.machine.fp = fp
        self.machine.stack_end = fp + slots
        # An imported func runs in the instance that defines it.
        self.machine.instance = record.instance
        if record.code == NULL:
            self.machine.instance = &self.core.instance
        self.poll_interval = m.FIRST_POLL_INTERVAL
        self.machine.polls_left = self.poll_interval
        self.machine.ip = record.code
        self.state = READY
        return 0

    cdef int release(self) noexcept:
        """Give the stack back; the execution is over."""
        cdef size_t depth
        self.state = FINISHED
        if self.stack != NULL:
            # A frame once used keeps its position: fresh pages are zero.
            depth = self.machine.frame_end - <Frame*>self.stack
            give_stack(
                self.stack,
                self.stack_bytes,
                self.greatest_frame > SMALL_FRAME
                or depth > SHALLOW_FRAMES
                and (<Frame*>self.stack)[SHALLOW_FRAMES].ip != NULL,
            )
            self.stack = NULL
        return 0

    cdef int note_place(self) except -1:
        """Tell the instance where the call is; the first to tell is the innermost."""
        if self.core.stopped_at is None:
            words, is_cut = words_in_progress(
                &self.machine, <Frame*>self.stack, self.is_in_host
            )
            self.core.stopped_at = self.core.compiled, words, is_cut
        return 0

    @property
    def is_suspended(self) -> bool:
        """True while it waits for the result of a host func."""
        return self.state == SUSPENDED

    @property
    def host_call(self):
        """The module and the word of the call of the host that runs or waits.

        None outside of such a call, and where the func itself is the host's.
        """
        cdef CompiledModule compiled
        cdef uintptr_t code
        cdef uintptr_t ip
        if self.stack == NULL or not self.is_in_host:
            return None
        compiled = (<FuncSpace>self.machine.instance.core).compiled
        code = <uintptr_t>compiled.code
        # The word before is of the call.
        ip = <uintptr_t>self.machine.ip - 4
        if not code <= ip < code + compiled.code_size * 4:
            return None
        return compiled, (ip - code) // 4

    def resume(self, value=None):
        """Run to the end or to the next `Suspension`; the first time without value."""
        if self.state == RUNNING:
            raise InternalError("the execution is running")
        if self.state == FINISHED:
            raise InternalError("the execution is over")
        if self.state == READY and value is not None:
            raise InternalError("a value for an execution that has not begun")
        if self.is_turn_over and value is not None:
            raise InternalError("a value for an execution that waits for none")
        takes_result = self.state == SUSPENDED and not self.is_turn_over
        self.state = RUNNING
        self.begin_turn()
        try:
            if takes_result:
                self.take_result(value)
            return self.run()
        except BaseException as stop:
            if not isinstance(stop, Finish):
                self.note_place()
            raise
        finally:
            # After anything but a suspension the execution is over.
            if self.state == RUNNING:
                note_stop(&self.machine)
                leave_calls(&self.machine, <Frame*>self.stack)
                self.release()

    def abandon(self):
        """End the call where it waits; does nothing if it is over."""
        if self.state == RUNNING:
            raise InternalError("the execution is running")
        if self.state == SUSPENDED:
            self.note_place()
            leave_calls(&self.machine, <Frame*>self.stack)
        self.release()

    cdef object run(self):
        cdef int code
        if self.machine.ip == NULL:
            # The func is a host func itself.
            self.machine.callee = &self.core.instance.funcs[self.func_index]
            self.machine.callee_fp = self.machine.fp
            self.machine.ip = m.finish_code
            code = m.EXIT_HOST_CALL
        else:
            code = run_loop(&self.machine)
        while True:
            self.is_in_host = code == m.EXIT_HOST_CALL
            if self.is_in_host:
                suspension = self.call_host()
                if self.core.stop_flag is not None:
                    self.core.stop_flag.check()
                if suspension is not None:
                    self.state = SUSPENDED
                    return suspension
            elif code == m.EXIT_FINISHED:
                results = self.results()
                self.release()
                return results
            elif code == m.EXIT_DRIVER:
                self.drive()
            elif code == m.EXIT_POLL:
                self.look_up()
                if self.core.stop_flag is not None and self.core.stop_flag.gives_turns:
                    self.is_turn_over = True
                    self.state = SUSPENDED
                    return TURN_OVER
            else:
                raise Trap(TRAPS[code - m.TRAP_UNREACHABLE])
            code = run_loop(&self.machine)

    cdef int begin_turn(self) except -1:
        """Measure the time until the next poll.

        Who gives turns wants those with host calls to be as short as others.
        """
        if self.core.stop_flag is None or not self.core.stop_flag.gives_turns:
            self.polled_at = 0
        elif self.is_turn_over or self.polled_at == 0:
            self.polled_at = nanoseconds_now()
        self.is_turn_over = False
        return 0

    cdef int look_up(self) except -1:
        """Serve signals, let other threads run, and end here if that is wanted.

        The polls until the next time take about a millisecond, whatever is between two.
        """
        cdef int64_t before = self.polled_at
        cdef int64_t elapsed
        self.polled_at = nanoseconds_now()
        elapsed = self.polled_at - before
        if before != 0 and elapsed > 2 * POLL_NANOSECONDS:
            self.poll_interval = max(
                1, <int64_t>(self.poll_interval * (<double>POLL_NANOSECONDS / elapsed))
            )
        elif elapsed < POLL_NANOSECONDS // 2 or before == 0:
            self.poll_interval = min(2 * self.poll_interval, m.POLL_INTERVAL)
        self.machine.polls_left = self.poll_interval
        PyErr_CheckSignals()
        self.let_others_run()
        if self.core.stop_flag is not None:
            self.core.stop_flag.check()
        return 0

    cdef int let_others_run(self) except -1:
        """Release the interpreter lock, once a waiting thread has asked for it.

        Python hands it over to who asked, and that is after a switch interval without a
        release. Released more often it would be taken back before the waiting thread is
        awake, which then begins to wait anew, for ever.
        """
        if self.polled_at < self.release_at:
            return 0
        if self.release_at != 0:
            with nogil:
                pass
        self.release_at = nanoseconds_now() + <int64_t>(
            getswitchinterval() * RELEASE_NANOSECONDS
        )
        return 0

    cdef tuple results(self):
        cdef const TypeRecord* func_type = (
            self.core.instance.funcs[self.func_index].type
        )
        cdef uint32_t params = func_type.param_count
        cdef uint64_t* slots = self.slots
        cdef uint32_t index
        return tuple([
            to_python(slots[index], func_type.val_types[params + index])
            for index in range(func_type.result_count)
        ])

    # Host calls

    cdef object call_host(self):
        """Call a host func with the arguments in place; a Suspension, or None."""
        cdef FuncRecord* record = self.machine.callee
        cdef const TypeRecord* func_type = record.type
        cdef uint32_t count = func_type.param_count
        cdef PyObject* values[FAST_ARGUMENTS]
        cdef uint64_t* slots = self.machine.callee_fp
        cdef uint32_t filled = 0
        cdef InstanceCore owner = <InstanceCore>record.owner
        cdef HostFunc host = <HostFunc>PyTuple_GET_ITEM(
            owner.imported_funcs, record.func_index
        )
        # Values that stand before the arguments: the context, or none.
        cdef uint32_t before = host.takes_context
        cdef object result
        if before + count > FAST_ARGUMENTS:
            result = host.call(*[owner.context][:before], *[
                to_python(slots[index], func_type.val_types[index])
                for index in range(count)
            ])
        else:
            try:
                while filled < before + count:
                    if filled < before:
                        value = owner.context
                    else:
                        index = filled - before
                        value = to_python(slots[index], func_type.val_types[index])
                    Py_INCREF(value)
                    values[filled] = <PyObject*>value
                    filled += 1
                result = PyObject_Vectorcall(host.call, values, filled, NULL)
            finally:
                while filled:
                    filled -= 1
                    Py_DECREF(<object>values[filled])
        if isinstance(result, Suspension):
            return result
        self.take_result(result)
        return None

    cdef int take_result(self, object result) except -1:
        """Put the result of a host func into the slots where its call wants it."""
        cdef const TypeRecord* func_type = self.machine.callee.type
        cdef const uint8_t* val_types = func_type.val_types + func_type.param_count
        cdef uint32_t count = func_type.result_count
        cdef uint32_t index
        if count == 0:
            if result is not None:
                raise InternalError("a host func without results returned a value")
        elif count == 1:
            self.machine.callee_fp[0] = from_python(
                result, val_types[0], self.anchors, NULL
            )
        else:
            if not isinstance(result, tuple) or len(result) != count:
                raise InternalError(f"a host func must return a tuple of {count}")
            for index in range(count):
                self.machine.callee_fp[index] = from_python(
                    result[index], val_types[index], self.anchors, NULL
                )
        return 0

    # What the loop leaves to the driver

    cdef int drive(self) except -1:
        """Do the operation at the machine's position and step past it."""
        cdef const uint32_t* words = self.machine.ip
        cdef uint32_t operation = words[0]
        cdef uint64_t* slots = self.machine.fp + words[1]
        cdef InstanceCore core = <InstanceCore>self.machine.instance.core
        if operation == m.OP_MEMORY_GROW:
            if core.memory is None:
                raise InternalError("an instance without its memory")
            slots[0] = <uint32_t>core.memory.grow_by(<uint32_t>slots[0])
        elif operation == m.OP_MEMORY_INIT:
            core.init_memory(
                words[2], <uint32_t>slots[0], <uint32_t>slots[1], <uint32_t>slots[2]
            )
            self.machine.polls_left -= <uint32_t>slots[2] // m.BYTES_PER_POLL
        elif operation == m.OP_DATA_DROP:
            core.drop_data(words[2])
        elif operation == m.OP_ELEM_DROP:
            core.drop_element(words[2])
        elif operation == m.OP_TRACE_ENTER:
            core.trace.enter_with_room(words[1])
        elif operation == m.OP_GLOBAL_SET_REFERENCE:
            core.set_reference(words[2], slots[0])
        else:
            self.drive_table(core, operation, words)
        self.machine.ip += 4
        return 0

    cdef int drive_table(
        self, InstanceCore core, uint32_t operation, const uint32_t* words
    ) except -1:
        cdef uint64_t* slots = self.machine.fp + words[1]
        cdef TableStorage table
        cdef uint64_t a = <uint32_t>slots[0]
        if operation == m.OP_TABLE_INIT:
            core.init_table(
                words[3], words[2], a, <uint32_t>slots[1], <uint32_t>slots[2]
            )
            self.machine.polls_left -= <uint32_t>slots[2] // m.BYTES_PER_POLL
            return 0
        table = core.table_storage(words[2])
        if operation == m.OP_TABLE_GET:
            table.check(a, 1)
            slots[0] = table.cells.elements[a]
        elif operation == m.OP_TABLE_SET:
            table.check(a, 1)
            table.anchor(slots[1])
            table.cells.elements[a] = slots[1]
        elif operation == m.OP_TABLE_SIZE:
            slots[0] = table.cells.size
        elif operation == m.OP_TABLE_GROW:
            slots[0] = <uint32_t>table.grow_by(<uint32_t>slots[1], slots[0])
        elif operation == m.OP_TABLE_FILL:
            table.fill(a, slots[1], <uint32_t>slots[2])
            self.machine.polls_left -= <uint32_t>slots[2] // m.BYTES_PER_POLL
        elif operation == m.OP_TABLE_COPY:
            table.copy_from(
                core.table_storage(words[3]), a, <uint32_t>slots[1], <uint32_t>slots[2]
            )
            self.machine.polls_left -= <uint32_t>slots[2] // m.BYTES_PER_POLL
        else:
            raise InternalError(f"operation {operation} is not the driver's")
        return 0
