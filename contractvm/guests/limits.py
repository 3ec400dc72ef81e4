"""The limits of one run; all of them are finite unless the caller says otherwise."""

from dataclasses import dataclass, fields

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a run may use. The limits are inclusive.

    `gas` pays for instructions and host functions; with `seconds`, wall-clock time ends
    the run too, and only that depends on the machine. `file_bytes` and `file_nodes`
    count what exists at a time, in all writable mounts together.

    Output beyond `stdout_bytes` ends the run; output beyond `stderr_bytes` is dropped
    and flagged. More than `stdin_bytes` of input, or `argument_bytes` of arguments and
    environment, is a ValueError before anything runs.
    """

    gas: int = 100_000_000
    memory_pages: int = 1_024
    table_elements: int = 100_000
    stdin_bytes: int = 16 * MIB
    argument_bytes: int = 64 << 10
    stdout_bytes: int = MIB
    stderr_bytes: int = 64 << 10
    file_bytes: int = 64 * MIB
    file_nodes: int = 10_000
    open_files: int = 64
    host_calls: int = 1_000_000
    bytes_per_host_call: int = 16 * MIB
    seconds: float | None = None

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "seconds":
                if value is not None and not value > 0:
                    raise ValueError(f"seconds is {value}, not above 0")
            elif isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{entry.name} is {value!r}, not an int")
            elif value < 0:
                raise ValueError(f"{entry.name} is {value}, below 0")


DEFAULT_LIMITS = Limits()
