"""A claim on a resource for one thread at a time: other threads are refused.

Compiled, so that no signal can arrive between the claim and its block: the interrupted
thread would keep the claim forever.
"""

from threading import RLock

from contractvm.errors import InternalError


cdef class Claim:
    """`with claim:` holds it for this thread, re-entrantly, to the block's end.

    Raises InternalError if another thread holds it. `with claim.lock:` waits instead
    until that thread has released it.
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
