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

# What wasmtime is to call for every host func.
NOTE_HOST_CALL = <size_t>&note_host_call


cdef class HostCallSlot:
    """The host call of one store; it must outlive the store's calls."""

    cdef HostCall call

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
        self.call.is_waiting = False

    def run(self, size_t poll, size_t future):
        """Call `poll`, a C function, on a future of wasmtime's; True at its end."""
        cdef bint is_over
        with nogil:
            is_over = run_with(&self.call, <PollFunction>poll, <void*>future)
        return is_over
