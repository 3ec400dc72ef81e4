"""Everything that WASI keeps of one run: inputs, outputs, files, clock, randomness."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from contractvm.errors import LimitExceeded
from contractvm.hosts.wasi.clock import Clock, RunningClock
from contractvm.hosts.wasi.descriptors import (
    Descriptor,
    DescriptorTable,
    StandardInput,
    StandardOutput,
)
from contractvm.hosts.wasi.devices import add_devices
from contractvm.hosts.wasi.file_tree import MAX_PATH_BYTES, FileTree
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.nodes import Directory, Usage, Volume
from contractvm.hosts.wasi.random_stream import SEED_BYTES, RandomStream
from contractvm.hosts.wasi.rights import (
    DIRECTORY_RIGHTS,
    INHERITED_RIGHTS,
    STANDARD_INPUT_RIGHTS,
    STANDARD_OUTPUT_RIGHTS,
)

Text = str | bytes
NOTHING: Mapping[str, str] = MappingProxyType({})
NO_MOUNTS: Mapping[str, FileTree] = MappingProxyType({})
NO_SEED = bytes(SEED_BYTES)


class Meter(Protocol):
    """A gas meter, as far as the clock reads it."""

    @property
    def left(self) -> int:
        """Units left."""

    def to_units(self, gas: int) -> int:
        """Gas in units."""


class WasiState:
    """The state of one run of a program; made before it, read after it.

    `args` are all arguments, the program's name first; `env` and `mounts` keep their
    order. Each mount is a directory that the program finds at that path. `seed` is 32
    bytes. Raises ValueError, before anything runs, for inputs above the limits, text
    with a NUL in it, and writable mounts that hold more than the limits let exist.

    `host_calls` counts calls by the names of functions; `last_call` is the name of the
    last. `units_granted` is the gas that
    the run was given so far, in units: who starts the run, or gives it more gas, sets
    it, because the clock shows what was used of it.
    """

    def __init__(
        self,
        *,
        args: Sequence[Text] = (),
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        mounts: Mapping[str, FileTree] | None = None,
        limits: WasiLimits | None = None,
        seed: bytes = NO_SEED,
        clock: Clock | None = None,
    ) -> None:
        self.limits = limits = limits or WasiLimits()
        env = NOTHING if env is None else env
        self.arguments = [_text("an argument", value) for value in args]
        self.environment = [_variable(name, value) for name, value in env.items()]
        self.argument_bytes = sum(map(len, self.arguments))
        self.environment_bytes = sum(map(len, self.environment))
        _require_at_most(
            limits.arguments_bytes,
            self.argument_bytes + self.environment_bytes,
            "bytes of arguments and environment",
        )
        _require_at_most(limits.stdin_bytes, len(stdin), "bytes of stdin")
        clock = clock or Clock()
        self.clock = RunningClock(clock)
        self.start_time = clock.start
        self.random = RandomStream(seed)
        self.host_calls: Counter[str] = Counter()
        self.last_call = ""
        self.units_granted = 0
        self._calls_left = limits.host_calls
        self._stdout = StandardOutput("stdout", 1, limits.stdout_bytes, is_cut=False)
        self._stderr = StandardOutput("stderr", 2, limits.stderr_bytes, is_cut=True)
        self._roots = self._make_roots(NO_MOUNTS if mounts is None else mounts)
        given = [
            Descriptor(StandardInput(bytes(stdin)), STANDARD_INPUT_RIGHTS),
            Descriptor(self._stdout, STANDARD_OUTPUT_RIGHTS),
            Descriptor(self._stderr, STANDARD_OUTPUT_RIGHTS),
        ]
        given += [
            Descriptor(root, DIRECTORY_RIGHTS, INHERITED_RIGHTS, mount=_mount(path))
            for path, root in self._roots.items()
        ]
        self.descriptors = DescriptorTable(given, limits.open_files)

    def _make_roots(self, mounts: Mapping[str, FileTree]) -> dict[str, Directory]:
        usage = Usage(self.limits)
        roots = {
            path: Volume(tree, number, self.start_time, usage).make_root()
            for number, (path, tree) in enumerate(mounts.items(), start=1)
        }
        limits = self.limits
        _require_at_most(limits.file_bytes, usage.file_bytes, "bytes of files")
        _require_at_most(limits.file_nodes, usage.nodes, "files and directories")
        if "/" in roots:
            devices = Volume(FileTree(), len(roots) + 1, self.start_time, usage)
            add_devices(roots["/"], devices)
        return roots

    @property
    def stdout(self) -> bytes:
        """What was written to descriptor 1."""
        return bytes(self._stdout.data)

    @property
    def stderr(self) -> bytes:
        """What was written to descriptor 2, up to its limit."""
        return bytes(self._stderr.data)

    def write_stderr(self, data: bytes) -> None:
        """Append to it for the program; what is beyond the limit is dropped."""
        self._stderr.write(data)

    @property
    def stderr_truncated(self) -> bool:
        """Whether more was written to descriptor 2 than its limit."""
        return self._stderr.is_truncated

    @property
    def mounts(self) -> dict[str, FileTree]:
        """The trees as they are now, those that did not change themselves."""
        return {path: root.volume.snapshot(root) for path, root in self._roots.items()}

    def count_call(self, name: str) -> None:
        """Count a call of a host function; raises LimitExceeded."""
        if not self._calls_left:
            raise LimitExceeded("host_calls", self.limits.host_calls)
        self._calls_left -= 1
        self.host_calls[name] += 1
        self.last_call = name

    def elapsed(self, meter: Meter) -> int:
        """Nanoseconds since the run began, by what `meter` has left."""
        return self.clock.elapsed(self.units_granted - meter.left, meter.to_units(1))

    def now(self, meter: Meter) -> int:
        """The real time in nanoseconds since 1970, by what `meter` has left."""
        return self.clock.real_time(self.elapsed(meter))


def _text(what: str, value: Text) -> bytes:
    """The bytes of a text with a NUL after it."""
    data = value.encode() if isinstance(value, str) else bytes(value)
    if b"\0" in data:
        raise ValueError(f"{what} has a NUL in it: {value!r}")
    return data + b"\0"


def _variable(name: str, value: str) -> bytes:
    if not name or "=" in name:
        raise ValueError(f"not the name of a variable: {name!r}")
    return _text("a variable", f"{name}={value}")


def _mount(path: str) -> bytes:
    name = _text("the path of a mount", path)[:-1]
    if not 1 <= len(name) <= MAX_PATH_BYTES:
        raise ValueError(f"the path of a mount has {len(name)} bytes, not 1 to 4096")
    return name


def _require_at_most(limit: int, size: int, what: str) -> None:
    if size > limit:
        raise ValueError(f"{size} {what}, {limit} allowed")
