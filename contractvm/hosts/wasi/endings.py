"""Ends of a run that come from inside a WASI function, and are no trap."""

from contractvm.errors import ExecutionStopped


class ProcessExit(ExecutionStopped):
    """The program called `proc_exit`; `code` is its argument, unsigned."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class LimitExceeded(ExecutionStopped):
    """The program needed more than `limit` of what `which`, a field of Limits, bounds.

    Nothing of the call that needed it has happened, its charge apart.
    """

    def __init__(self, which: str, limit: int) -> None:
        super().__init__(f"more than {limit} {which.replace('_', ' ')}")
        self.which = which
        self.limit = limit
