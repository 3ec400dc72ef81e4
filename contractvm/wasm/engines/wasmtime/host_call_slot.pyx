"""A call of compiled code, and the host call at which it waits.

wasmtime calls a C function here, on the stack of the contract's call. It only records
the call and has wasmtime set the contract's stack aside, so that the host func runs
where the call was resumed. No Python runs on wasmtime's stacks: nothing can be raised
there, by a signal or otherwise, and nothing there is too deep for Python.

While a call waits, another call of the same store, a guest call, can run inside it. To
wasmtime it is a future that the host call awaits: polling the outermost call polls,
through the waiting host calls, the innermost one.
"""

cdef extern from *:
    """
    #include <stdbool.h>
    #include <stddef.h>

    typedef bool (*PollFunction)(void *);
    typedef void (*DeleteFunction)(void *);

    typedef struct Call {
        void *future;        /* NULL where no call has begun, or it is over */
        bool is_cancelled;
        struct Call *inner;  /* what runs inside while this one waits, or NULL */
        /* the host call */
        bool is_waiting;
        size_t number;
        const void *params;
        void *results;
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
        running->results = results;
        running->is_waiting = true;
        continuation->callback = is_answered;
        continuation->env = running;
        continuation->finalizer = NULL;
    }
    """
    ctypedef struct Call:
        void* future
        bint is_cancelled
        Call* inner
        bint is_waiting
        size_t number
        const void* params
        void* results
    ctypedef bint (*PollFunction)(void*) noexcept nogil
    ctypedef void (*DeleteFunction)(void*) noexcept nogil
    PollFunction poll_future
    DeleteFunction delete_future
    void note_host_call() noexcept nogil
    void go_on(Call* call) noexcept nogil

from ctypes import POINTER, c_void_p, cast

from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError

FUTURE = POINTER(ffi.wasmtime_call_future_t)
poll_future = <PollFunction><size_t>cast(
    bindings._wasmtime_call_future_poll, c_void_p
).value
delete_future = <DeleteFunction><size_t>cast(
    bindings._wasmtime_call_future_delete, c_void_p
).value

# The C function that wasmtime calls for every host func.
NOTE_HOST_CALL = <size_t>&note_host_call


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

    @property
    def params(self):
        """The address of the arguments."""
        return <size_t>self.call.params

    @property
    def results(self):
        """The address for the results."""
        return <size_t>self.call.results

    def answer(self):
        """Let the code continue: the results are in place."""
        if self.is_running or not self.call.is_waiting:
            raise InternalError("no host call waits for its answer")
        self.require_innermost()
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
