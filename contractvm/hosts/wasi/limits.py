"""Limits of what a WASI program may use besides gas and memory."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WasiLimits:
    """Limits of one run; all are inclusive.

    The caller's `stdin_bytes` and `arguments_bytes` (arguments and environment, each
    with its NUL) are checked before a run. `stdout_bytes`, `host_calls`, `file_bytes`,
    `file_nodes` and `open_files` end it with LimitExceeded; files and nodes (files,
    directories and links) are those that exist at one time in writable mounts.
    What is beyond `stderr_bytes` is dropped. `call_bytes` bounds what one call moves.
    """

    stdin_bytes: int = 16 * 1024 * 1024
    arguments_bytes: int = 64 * 1024
    stdout_bytes: int = 1024 * 1024
    stderr_bytes: int = 64 * 1024
    file_bytes: int = 64 * 1024 * 1024
    file_nodes: int = 10_000
    open_files: int = 64
    host_calls: int = 1_000_000
    call_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, below 0")
