"""Ctrl-C while modules are being imported."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_at_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the process by the signal itself.

    While modules are being imported, Python has callbacks that lose exceptions, so
    KeyboardInterrupt might be ignored; and where it is not, it shows a traceback.
    """
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_default or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
