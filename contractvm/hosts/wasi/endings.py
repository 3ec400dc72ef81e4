"""The end of a run by `proc_exit`, which is no trap."""

from contractvm.errors import ExecutionStopped


class ProcessExit(ExecutionStopped):
    """The program called `proc_exit`; `code` is its argument, unsigned."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
