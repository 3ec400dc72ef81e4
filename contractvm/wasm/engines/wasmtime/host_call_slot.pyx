"""Where a host call of compiled code waits: what it wants, and that it has its answer.

wasmtime calls a C function here, on the stack of the contract's call. It only notes the
call and has wasmtime set the contract's stack aside, so that the host func runs where
the call was resumed. No Python runs on wasmtime's stacks: nothing can be raised there,
by a signal or otherwise, and nothing there is too deep for Python.
"""

cdef extern from *:
    """
    #include <stdbool.h>
    #include <stddef.h>

    typedef struct {
        size_t number;
        const void *params;
        void *results;
        bool is_waiting;
    } HostCall;

    /* wasmtime_async_continuation_t of wasmtime's C interface */
    typedef struct {
        bool (*callback)(void *);
        void *env;
        void (*finalizer)(void *);
    } Continuation;

    typedef bool (*PollFunction)(void *);

    /* The slot of the call that runs in this thread. */
    static __thread HostCall *running;

    static bool is_answered(void *call)
    {
        return !((HostCall *)call)->is_waiting;
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

    static bool run_with(HostCall *call, PollFunction poll, void *future)
    {
        HostCall *before = running;
        bool is_over;
        running = call;
        is_over = poll(future);
        running = before;
        return is_over;
    }
    """
    ctypedef struct HostCall:
        size_t number
        const void* params
        void* results
        bint is_waiting
    ctypedef bint (*PollFunction)(void*) noexcept nogil
    void note_host_call() noexcept nogil
    bint run_with(HostCall* call, PollFunction poll, void* future) noexcept nogil

from ctypes import POINTER, c_void_p, cast

from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError

FUTURE = POINTER(ffi.wasmtime_call_future_t)
cdef PollFunction poll_future = <PollFunction><size_t>cast(
    bindings._wasmtime_call_future_poll, c_void_p
).value

# What wasmtime is to call for every host func.
NOTE_HOST_CALL = <size_t>&note_host_call


cdef class HostCallSlot:
    """The host call of one store; it must outlive the store's calls.

    `run` goes on with the call that `begin` was given, until `end`.
    """

    cdef HostCall call
    cdef void* future
    cdef bint is_running

    @property
    def is_waiting(self):
        """Whether a host call waits for its answer."""
        return self.call.is_waiting

    @property
    def number(self):
        """What the linker knows the host func by."""
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
        """The results are in place: the code may go on."""
        if self.is_running or not self.call.is_waiting:
            raise InternalError("no host call waits for its answer")
        self.call.is_waiting = False

    def begin(self, future):
        """Take a call: a pointer of ctypes to one of wasmtime's futures."""
        if not isinstance(future, FUTURE) or not future:
            raise TypeError("a call is a pointer to one of wasmtime's futures")
        if self.future != NULL:
            raise InternalError("a call has begun in this slot and not ended")
        self.future = <void*><size_t>cast(future, c_void_p).value

    def run(self):
        """Go on with the call until it ends, or waits; True at its end."""
        cdef bint is_over
        if self.future == NULL or self.is_running:
            raise InternalError("no call waits in this slot")
        self.is_running = True
        with nogil:
            is_over = run_with(&self.call, poll_future, self.future)
        self.is_running = False
        return is_over

    def end(self):
        """Forget the call: it is about to be deleted."""
        if self.is_running:
            raise InternalError("a call that runs has not ended")
        self.future = NULL
