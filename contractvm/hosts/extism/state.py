"""Everything that Extism's ABI keeps of one instance of a plugin."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Protocol

from contractvm.errors import ExecutionStopped, LimitExceeded
from contractvm.hosts.extism.memory import HostMemory

MAX_VARIABLE_BYTES = 1 << 20
# What a variable takes besides its name and its value.
VARIABLE_OVERHEAD = 48


class HttpResponse(Protocol):
    """What answers an HTTP request."""

    @property
    def status(self) -> int:
        """Its number, such as 200."""

    @property
    def headers(self) -> dict[str, str]:
        """Values by name."""

    @property
    def body(self) -> bytes:
        """The content."""


# Makes an HTTP request for the run whose frame it gets: JSON, as Fetch has it.
Fetching = Callable[[Any, bytes], HttpResponse]


class PluginFailed(ExecutionStopped):
    """A plugin said that its call failed, with an error text."""

    def __init__(self, error: str) -> None:
        super().__init__(f"the plugin failed: {error}")
        self.error = error


class ExtismState:
    """The state of a plugin: its blocks, input and output, variables and settings.

    Each call of an export begins with no blocks but its input; variables stay. `config`
    are the settings that it can read; `log` takes the lines that it logs; `stdin` is
    the input of calls without an argument. `fetch` makes HTTP requests, None if it may
    not.
    """

    def __init__(
        self, config: Mapping[str, str], log: Callable[[bytes], None], stdin: bytes
    ) -> None:
        self.log = log
        self.stdin = stdin
        self.config = {name.encode(): text.encode() for name, text in config.items()}
        self.memory = HostMemory()
        # What each function keeps between its calls, by name.
        self.calls: dict[str, Any] = {}
        self.fetch: Fetching | None = None
        self.http_status = 0
        self.http_headers = b""
        self._variables: dict[bytes, bytes] = {}
        self._variable_bytes = 0
        self.begin_call(b"")

    def begin_call(self, data: bytes) -> None:
        """Forget the blocks of the last call; `data` is the input of the next."""
        self.memory.reset()
        self.input = self.memory.put(data)
        self.input_length = len(data)
        self.output = (0, 0)
        self.error: bytes | None = None

    def end_call(self, code: int) -> bytes:
        """The output of a call that returned `code`.

        Raises PluginFailed if an error was set, or for a code but 0.
        """
        if self.error is not None:
            raise PluginFailed(self.error.decode(errors="replace"))
        if code:
            raise PluginFailed(f"the call returned {code}")
        return self.memory.read(*self.output)

    def free(self, handle: int) -> None:
        """Free a block; without its block the input is empty."""
        self.memory.free(handle)
        if handle == self.input:
            self.input_length = 0

    def variable(self, name: bytes) -> bytes | None:
        """The value of a variable, None if there is none."""
        return self._variables.get(name)

    def digest(self) -> bytes:
        """SHA-256 of the variables."""
        found = sha256()
        for name, value in sorted(self._variables.items()):
            found.update(sha256(name).digest() + sha256(value).digest())
        return found.digest()

    def set_variable(self, name: bytes, value: bytes | None) -> None:
        """Set a variable, or remove it with None; raises LimitExceeded."""
        before = self._variables.get(name)
        size = self._variable_bytes - _size(name, before) + _size(name, value)
        if size > MAX_VARIABLE_BYTES:
            raise LimitExceeded("variable_bytes", MAX_VARIABLE_BYTES)
        self._variable_bytes = size
        if value is None:
            self._variables.pop(name, None)
        else:
            self._variables[name] = value


def _size(name: bytes, value: bytes | None) -> int:
    return 0 if value is None else len(name) + len(value) + VARIABLE_OVERHEAD
