"""A claim on what one thread at a time may use: another thread is refused, not let in.

Compiled, so that no signal comes between the claim and the block that it is for: the
thread that was interrupted there would have it for ever.
"""

from threading import RLock

from contractvm.errors import InternalError


cdef class Claim:
    """`with claim:` has it to this thread, as often as it likes, to the block's end.

    Raises InternalError where another thread has it. `with claim.lock:` waits instead,
    until that one has let go of it.
    """

    cdef readonly object lock
    cdef object acquire
    cdef object release
    cdef str message

    def __init__(self, str message not None):
        self.lock = RLock()
        self.acquire = self.lock.acquire
        self.release = self.lock.release
        self.message = message

    def __enter__(self):
        if not self.acquire(False):
            raise InternalError(self.message)

    def __exit__(self, kind, error, traceback):
        self.release()
