"""A call of compiled code, the host call at which it waits, globals and memories.

wasmtime calls a C function here, on the stack of the contract's call. It only records
the call and has wasmtime set the contract's stack aside, so that the host func runs
where the call was resumed. No Python runs on wasmtime's stacks: nothing can be raised
there, by a signal or otherwise, and nothing there is too deep for Python.

While a call waits, another call of the same store, a guest call, can run inside it. To
wasmtime it is a future that the host call awaits: polling the outermost call polls,
through the waiting host calls, the innermost one.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.long cimport PyLong_Check
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdbool.h>
    #include <stddef.h>
    #include <stdint.h>
    #include <string.h>

    /* wasmtime_val_t of wasmtime's C interface. The parts of a reference are opaque but
       for the first, which is 0 where it is null. */
    typedef struct {
        unsigned char kind;
        union {
            uint32_t bits_32;
            uint64_t bits_64;
            uint64_t store_id;
            struct { uint64_t store_id; uint32_t parts[2]; void *part; } reference;
            unsigned char v128[16];
        } of;
    } Value;

    #define VALUE_BYTES sizeof(Value)
    #define UNION_OFFSET offsetof(Value, of)

    typedef void (*GetGlobal)(void *, const void *, Value *);
    typedef void *(*SetGlobal)(void *, const void *, const Value *);
    typedef unsigned char *(*MemoryData)(void *, const void *);
    typedef size_t (*MemorySize)(void *, const void *);
    typedef bool (*PollFunction)(void *);
    typedef void (*DeleteFunction)(void *);

    typedef struct Call {
        void *future;        /* NULL where no call has begun, or it is over */
        bool is_cancelled;
        struct Call *inner;  /* what runs inside while this one waits, or NULL */
        /* the host call */
        bool is_waiting;
        size_t number;
        const Value *params;
        size_t param_count;
        Value *results;
        size_t result_count;
        void **trap;         /* where wasmtime looks for a trap after the host call */
    } Call;

    /* wasmtime_async_continuation_t of wasmtime's C interface */
    typedef struct {
        bool (*callback)(void *);
        void *env;
        void (*finalizer)(void *);
    } Continuation;

    static PollFunction poll_future;
    static DeleteFunction delete_future;

    /* The call that runs in this thread. */
    static __thread Call *running;

    static void go_on(Call *call)
    {
        bool is_over = call->is_cancelled;
        if (!is_over) {
            Call *before = running;
            running = call;
            is_over = poll_future(call->future);
            running = before;
        }
        if (is_over) {
            delete_future(call->future);
            call->future = NULL;
        }
    }

    static bool is_answered(void *env)
    {
        Call *call = env;
        if (call->inner != NULL && call->inner->future != NULL)
            go_on(call->inner);
        return !call->is_waiting;
    }

    /* wasmtime_func_async_callback_t of wasmtime's C interface */
    static void note_host_call(
        void *number, void *caller, const void *params, size_t param_count,
        void *results, size_t result_count, void **trap, Continuation *continuation)
    {
        running->number = (size_t)number;
        running->params = params;
        running->param_count = param_count;
        running->results = results;
        running->result_count = result_count;
        running->trap = trap;
        running->is_waiting = true;
        continuation->callback = is_answered;
        continuation->env = running;
        continuation->finalizer = NULL;
    }
    """
    ctypedef union ValueUnion:
        uint32_t bits_32
        uint64_t bits_64
        uint64_t store_id
    ctypedef struct Value:
        unsigned char kind
        ValueUnion of
    ctypedef struct Call:
        void* future
        bint is_cancelled
        Call* inner
        bint is_waiting
        size_t number
        const Value* params
        size_t param_count
        Value* results
        size_t result_count
        void** trap
    ctypedef bint (*PollFunction)(void*) noexcept nogil
    ctypedef void (*DeleteFunction)(void*) noexcept nogil
    ctypedef void (*GetGlobal)(void*, const void*, Value*) noexcept nogil
    ctypedef void* (*SetGlobal)(void*, const void*, const Value*) noexcept nogil
    ctypedef unsigned char* (*MemoryData)(void*, const void*) noexcept nogil
    ctypedef size_t (*MemorySize)(void*, const void*) noexcept nogil
    PollFunction poll_future
    DeleteFunction delete_future
    const size_t VALUE_BYTES
    const size_t UNION_OFFSET
    void note_host_call() noexcept nogil
    void go_on(Call* call) noexcept nogil

import ctypes
from ctypes import POINTER, c_void_p, cast


from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.engines.wasmtime.values import OpaqueReference

FUTURE = POINTER(ffi.wasmtime_call_future_t)
INTERRUPT = ffi.wasmtime_trap_code_enum.WASMTIME_TRAP_CODE_INTERRUPT.value
poll_future = <PollFunction><size_t>cast(
    bindings._wasmtime_call_future_poll, c_void_p
).value
delete_future = <DeleteFunction><size_t>cast(
    bindings._wasmtime_call_future_delete, c_void_p
).value

if (
    ctypes.sizeof(ffi.wasmtime_val_t) != VALUE_BYTES
    or ffi.wasmtime_val_t.of.offset != UNION_OFFSET
):
    raise InternalError("wasmtime's values have another layout")

cdef int I32 = ffi.WASMTIME_I32.value
cdef int I64 = ffi.WASMTIME_I64.value
cdef int F32 = ffi.WASMTIME_F32.value
cdef int F64 = ffi.WASMTIME_F64.value
cdef int FUNCREF = ffi.WASMTIME_FUNCREF.value
cdef int EXTERNREF = ffi.WASMTIME_EXTERNREF.value
cdef dict NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}
cdef object REFERENCE = OpaqueReference.REFERENCE

cdef GetGlobal get_global = <GetGlobal><size_t>cast(
    bindings._wasmtime_global_get, c_void_p
).value
cdef SetGlobal set_global = <SetGlobal><size_t>cast(
    bindings._wasmtime_global_set, c_void_p
).value
cdef MemoryData memory_data = <MemoryData><size_t>cast(
    bindings._wasmtime_memory_data, c_void_p
).value
cdef MemorySize memory_size = <MemorySize><size_t>cast(
    bindings._wasmtime_memory_data_size, c_void_p
).value
CONTEXT = POINTER(ffi.wasmtime_context_t)

# The C function that wasmtime calls for every host func.
NOTE_HOST_CALL = <size_t>&note_host_call


cdef object read_value(const Value* place):
    """A number, unsigned or a float's bits, or whether a reference is null."""
    cdef int kind = place.kind
    if kind == I32 or kind == F32:
        return place.of.bits_32
    if kind == I64 or kind == F64:
        return place.of.bits_64
    if kind == FUNCREF or kind == EXTERNREF:
        return REFERENCE if place.of.store_id else None
    raise InternalError(f"wasmtime gave a value of kind {kind}")


cdef int write_value(Value* place, object value, int kind) except -1:
    """Write a number, or None for a null reference."""
    memset(place, 0, VALUE_BYTES)
    place.kind = <unsigned char>kind
    if kind == FUNCREF or kind == EXTERNREF:
        if value is not None:
            raise InternalError("only null references go into this engine")
        return 0
    cdef bint is_narrow = kind == I32 or kind == F32
    if not is_narrow and kind != I64 and kind != F64:
        raise InternalError(f"no value has the kind {kind}")
    if not PyLong_Check(value) or value >> (32 if is_narrow else 64):
        raise InternalError(f"{value!r} is not a value of type {NAMES[kind]}")
    if is_narrow:
        place.of.bits_32 = value
    else:
        place.of.bits_64 = value
    return 0


cdef class GlobalNumber:
    """A global's value, read and written without a search; `store` is kept alive.

    Nobody else may use the store meanwhile: the caller has its claim.
    """

    cdef object store
    cdef object handle
    cdef void* context
    cdef const void* place
    cdef int kind

    def __init__(self, store, context, handle, bytes kind not None):
        if not isinstance(context, CONTEXT) or not context:
            raise TypeError("a context is a pointer to one of wasmtime's")
        if not isinstance(handle, ffi.wasmtime_global_t) or len(kind) != 1:
            raise TypeError("a global is a handle of wasmtime's, with its kind")
        self.store = store
        self.handle = handle
        self.context = <void*><size_t>cast(context, c_void_p).value
        self.place = <const void*><size_t>ctypes.addressof(handle)
        self.kind = kind[0]

    def get(self):
        """The present value, as `values.get_value` has it."""
        cdef Value value
        self.require()
        get_global(self.context, self.place, &value)
        return read_value(&value)

    def set(self, number):
        """Write it; InternalError for one of another type, or a constant global."""
        cdef Value value
        self.require()
        write_value(&value, number, self.kind)
        error = <size_t>set_global(self.context, self.place, &value)
        if error:
            bindings.wasmtime_error_delete(cast(error, POINTER(ffi.wasmtime_error_t)))
            raise InternalError("a value for a global that cannot change")

    cdef int require(self) except -1:
        if self.context == NULL:
            raise InternalError("a global without a store")
        return 0


cdef class MemoryBytes:
    """A memory's bytes, each range checked; `store` is kept alive.

    Nobody else may use the store meanwhile: the caller has its claim.
    """

    cdef object store
    cdef object handle
    cdef void* context
    cdef const void* place

    def __init__(self, store, context, handle):
        if not isinstance(context, CONTEXT) or not context:
            raise TypeError("a context is a pointer to one of wasmtime's")
        if not isinstance(handle, ffi.wasmtime_memory_t):
            raise TypeError("a memory is a handle of wasmtime's")
        self.store = store
        self.handle = handle
        self.context = <void*><size_t>cast(context, c_void_p).value
        self.place = <const void*><size_t>ctypes.addressof(handle)

    def size(self):
        """The present size in bytes."""
        self.require()
        return memory_size(self.context, self.place)

    def read(self, address, length):
        """Copy bytes out; Trap unless all are inside."""
        cdef unsigned char* start = self.start(address, length)
        return PyBytes_FromStringAndSize(<char*>start, length)

    def write(self, address, bytes data not None):
        """Copy bytes in, or Trap and write nothing."""
        cdef unsigned char* start = self.start(address, len(data))
        memcpy(start, PyBytes_AS_STRING(data), <size_t>len(data))

    def address(self):
        """The native address of the first byte, until the instance runs again."""
        return <size_t>self.start(0, 0)

    cdef unsigned char* start(self, address, length) except? NULL:
        self.require()
        cdef size_t size = memory_size(self.context, self.place)
        if address < 0 or length < 0 or address + length > size:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        return memory_data(self.context, self.place) + <size_t>address

    cdef int require(self) except -1:
        if self.context == NULL:
            raise InternalError("a memory without a store")
        return 0


cdef class HostCallSlot:
    """A call from `begin` to its end; then it can be begun again.

    The slot owns wasmtime's future and deletes it at the end. wasmtime's store must
    not be deleted before that.
    """

    cdef Call call
    cdef bint is_running
    # Each keeps the other alive: while it is open, C points from one to the other.
    cdef HostCallSlot outer
    cdef HostCallSlot inner

    @property
    def is_waiting(self):
        """Whether a host call waits for its answer."""
        return self.call.is_waiting

    @property
    def number(self):
        """The linker's number of the host func."""
        return self.call.number

    def arguments(self):
        """The arguments of the host call that waits, as `values.get_value` has them."""
        if self.is_running or not self.call.is_waiting:
            raise InternalError("no host call waits for its answer")
        cdef size_t index
        cdef object value
        cdef tuple values = PyTuple_New(<Py_ssize_t>self.call.param_count)
        for index in range(self.call.param_count):
            value = read_value(&self.call.params[index])
            Py_INCREF(value)
            PyTuple_SET_ITEM(values, <Py_ssize_t>index, value)
        return values

    def answer(self, result, bytes kinds not None):
        """Let the code continue with what a host func returned.

        That is None, one value, or a tuple of values; `kinds` are wasmtime's kinds of
        the results, a byte for each. InternalError for values that do not fit.
        """
        if self.is_running or not self.call.is_waiting:
            raise InternalError("no host call waits for its answer")
        self.require_innermost()
        cdef size_t count = <size_t>len(kinds)
        if count != self.call.result_count:
            raise InternalError("a host func of another type answered")
        cdef size_t index
        if count == 0:
            if result is not None:
                raise InternalError("a host func without results returned a value")
        elif count == 1:
            write_value(&self.call.results[0], result, kinds[0])
        elif not isinstance(result, tuple) or len(result) != <Py_ssize_t>count:
            raise InternalError(f"a host func must return a tuple of {count}")
        else:
            for index in range(count):
                write_value(&self.call.results[index], result[index], kinds[index])
        self.call.is_waiting = False

    def begin(self, future, HostCallSlot outer=None):
        """Take a call: a pointer of ctypes to one of wasmtime's futures.

        `outer` is the call that waits in the same store, if there is one.
        """
        if not isinstance(future, FUTURE) or not future:
            raise TypeError("a call is a pointer to one of wasmtime's futures")
        if self.call.future != NULL:
            raise InternalError("a call has begun in this slot and not ended")
        if outer is not None:
            if outer.is_running or not outer.call.is_waiting:
                raise InternalError("a call begins inside one that waits")
            outer.require_innermost()
            outer.inner = self
            outer.call.inner = &self.call
        self.outer = outer
        self.call.future = <void*><size_t>cast(future, c_void_p).value
        self.call.is_waiting = False
        self.call.is_cancelled = False

    def run(self):
        """Continue the call until it ends or waits; True at its end."""
        self.require_open()
        return self.go_on()

    def cancel(self):
        """End the call where it waits; it must be the innermost one."""
        self.require_open()
        self.call.is_cancelled = True
        self.go_on()

    def fail(self):
        """End the call with a trap at the host call that waits; True at its end."""
        if self.is_running or not self.call.is_waiting:
            raise InternalError("no host call waits for its answer")
        self.require_open()
        # With a code, since wasmtime reports other failures of the host as errors.
        trap = bindings.wasmtime_trap_new_code(INTERRUPT)
        self.call.trap[0] = <void*><size_t>cast(trap, c_void_p).value
        self.call.is_waiting = False
        return self.go_on()

    cdef int require_innermost(self) except -1:
        if self.inner is not None:
            raise InternalError("a call inside this one is not over")
        return 0

    cdef int require_open(self) except -1:
        if self.call.future == NULL or self.is_running:
            raise InternalError("no call waits in this slot")
        return self.require_innermost()

    cdef bint go_on(self) noexcept:
        cdef HostCallSlot outermost = self
        while outermost.outer is not None:
            outermost = outermost.outer
        self.is_running = True
        with nogil:
            go_on(&outermost.call)
        self.is_running = False
        if self.call.future != NULL:
            return False
        self.call.is_waiting = False
        if self.outer is not None:
            self.outer.inner = None
            self.outer.call.inner = NULL
            self.outer = None
        return True
