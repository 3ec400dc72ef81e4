"""WASI preview 1 as an ABI of guests: programs and reactors."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from contractvm.errors import InternalError, RefusedModule
from contractvm.guests.abi import Abi, Costs
from contractvm.guests.frame import GuestFrame
from contractvm.guests.limits import Limits
from contractvm.guests.options import AbiKeywords, RunOptions
from contractvm.guests.outcomes import Exited, Outcome
from contractvm.guests.requirements import Requirements
from contractvm.guests.services import Services
from contractvm.hosts.wasi.clock import Clock
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.file_tree import Entry, FileTree, SymbolicLink
from contractvm.hosts.wasi.host_interface import INTERFACE, PROGRAM_PROFILE
from contractvm.hosts.wasi.layouts import LAYOUTS
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.state import WasiState
from contractvm.nesting import check_msgpack_nesting


class PackedTree(Struct, frozen=True):
    """A file tree on a tape: files by path, links' targets, empty directories."""

    writable: bool
    files: dict[str, bytes]
    links: dict[str, str]
    directories: tuple[str, ...]


class PackedOptions(Struct, frozen=True):
    """What a tape keeps of a program's surroundings."""

    mounts: tuple[tuple[str, PackedTree], ...]
    clock: Clock


class WasiFrame(GuestFrame):
    """The frame of a program: it has the state of WASI, which counts all calls."""

    def __init__(self, options: RunOptions, costs: Costs) -> None:
        super().__init__(options.limits, costs)
        self.wasi = WasiState(
            args=options.args,
            env=options.env,
            stdin=options.stdin,
            mounts=options.mounts,
            limits=_limits(options.limits),
            seed=options.seed,
            clock=options.clock,
        )
        self.count_with(self.wasi)

    def grant(self, units: int) -> None:
        """Give the run more gas, in units, which the clock knows of."""
        super().grant(units)
        self.wasi.units_granted = self.units_given


class WasiAbi(Abi):
    """Programs (`_start`) and reactors (`_initialize` or neither)."""

    name = "wasi"
    functions = INTERFACE.imports
    modules = LAYOUTS.keys()
    command = "_start"
    initializer = "_initialize"
    profile = PROGRAM_PROFILE

    def check(self, requirements: Requirements) -> None:
        """Refuse a module that imports from both versions of WASI."""
        modules = {module for module, _, _ in requirements.imports}
        if modules >= LAYOUTS.keys():
            raise RefusedModule(f"imports from both {' and '.join(LAYOUTS)}")

    def matches(self, requirements: Requirements) -> bool:
        """Whether it imports from WASI, or is a program."""
        imports = {module for module, _, _ in requirements.imports}
        return not imports.isdisjoint(LAYOUTS) or (
            self.command in requirements.exported_funcs and imports <= LAYOUTS.keys()
        )

    def frame(
        self,
        options: RunOptions,
        costs: Costs,
        services: Services,  # noqa: ARG002
    ) -> GuestFrame:
        """A run with its arguments, streams, files, clock and randomness."""
        return WasiFrame(options, costs)

    def outputs(self, frame: GuestFrame) -> Mapping[str, Any]:
        """What the program wrote, and its files."""
        state = _state(frame)
        return {
            "stdout": state.stdout,
            "stderr": state.stderr,
            "stderr_truncated": state.stderr_truncated,
            "mounts": state.mounts,
        }

    def pack(self, options: RunOptions) -> bytes:
        """The mounts and the clock."""
        packed = PackedOptions(
            mounts=tuple(
                (path, _packed(tree)) for path, tree in options.mounts.items()
            ),
            clock=options.clock or Clock(),
        )
        return msgspec.msgpack.encode(packed)

    def unpack(self, data: bytes) -> AbiKeywords:
        """The mounts and the clock again; raises ValueError for damaged data."""
        check_msgpack_nesting(data)
        packed = msgspec.msgpack.decode(data, type=PackedOptions)
        return {
            "mounts": {path: _unpacked(tree) for path, tree in packed.mounts},
            "clock": packed.clock,
        }

    def digest(self, frame: GuestFrame) -> bytes:
        """SHA-256 over the digests of all mounts."""
        found = sha256()
        for path, tree in _state(frame).mounts.items():
            found.update(sha256(path.encode()).digest() + tree.digest())
        return found.digest()

    def outcome_of(self, error: Exception) -> Outcome | None:
        """Exited for `proc_exit`."""
        return Exited(error.code) if isinstance(error, ProcessExit) else None


def _state(frame: GuestFrame) -> WasiState:
    if not isinstance(frame, WasiFrame):
        raise InternalError("a frame without its WASI")
    return frame.wasi


def _limits(limits: Limits) -> WasiLimits:
    return WasiLimits(
        stdin_bytes=limits.stdin_bytes,
        # Checked already, without the NULs that C adds.
        arguments_bytes=2**32,
        stdout_bytes=limits.stdout_bytes,
        stderr_bytes=limits.stderr_bytes,
        file_bytes=limits.file_bytes,
        file_nodes=limits.file_nodes,
        open_files=limits.open_files,
        host_calls=limits.host_calls,
        call_bytes=limits.bytes_per_host_call,
    )


def _packed(tree: FileTree) -> PackedTree:
    files, links, directories = {}, {}, []
    for path, entry in tree.items():
        if isinstance(entry, bytes):
            files[path] = entry
        elif isinstance(entry, SymbolicLink):
            links[path] = entry.target
        else:
            directories.append(path)
    return PackedTree(tree.writable, files, links, tuple(directories))


def _unpacked(packed: PackedTree) -> FileTree:
    entries: dict[str, Entry] = {**packed.files, **dict.fromkeys(packed.directories)}
    for path, target in packed.links.items():
        entries[path] = SymbolicLink(target)
    return FileTree(entries, writable=packed.writable)
