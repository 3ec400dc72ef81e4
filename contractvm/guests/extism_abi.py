"""Extism's ABI as an ABI of guests: plugins, which may use WASI too."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from contractvm.errors import InternalError, RefusedModule
from contractvm.guests.abi import PROFILE, Abi
from contractvm.guests.frame import GuestFrame
from contractvm.guests.options import AbiKeywords, RunOptions
from contractvm.guests.outcomes import Failed, Outcome
from contractvm.guests.passing import HANDLE_MODULE
from contractvm.guests.requirements import Requirements
from contractvm.guests.wasi_abi import WasiAbi
from contractvm.hosts.extism.host_call import MODULE
from contractvm.hosts.extism.host_interface import INTERFACE
from contractvm.hosts.extism.memory import MAX_BYTES
from contractvm.hosts.extism.state import ExtismState, PluginFailed
from contractvm.wasm.structure.types import FuncType, ValType

WASI = WasiAbi()
PLUGIN_FUNCS = (FuncType((), ()), FuncType((), (ValType.I32,)))


class PackedOptions(Struct, frozen=True):
    """What a tape keeps of a plugin's surroundings."""

    wasi: bytes
    config: dict[str, str]


class ExtismAbi(Abi):
    """Plugins: exports without parameters get bytes, and return bytes or an error."""

    name = "extism"
    functions = MappingProxyType({**WASI.functions, **INTERFACE.imports})
    command = None
    initializer = WASI.initializer
    profile = PROFILE

    def check(self, requirements: Requirements) -> None:
        """Refuse a module that uses WASI as no program may."""
        WASI.check(requirements)
        modules = {module for module, _, _ in requirements.imports}
        if WASI.modules & modules and ("memory", "memory") not in requirements.exports:
            raise RefusedModule("WASI without the export memory")

    def matches(self, requirements: Requirements) -> bool:
        """Whether it imports from Extism."""
        imports = {module for module, _, _ in requirements.imports}
        return not imports.isdisjoint((MODULE, HANDLE_MODULE))

    def begin(self, frame: GuestFrame, options: RunOptions) -> None:
        """Give the plugin its settings, and all that WASI gives."""
        WASI.begin(frame, options)
        frame.extism = ExtismState(
            options.config, WASI.state(frame).write_stderr, options.stdin
        )

    def enter(
        self, frame: GuestFrame, func_type: FuncType, arguments: Sequence[Any]
    ) -> Sequence[Any]:
        """Make the argument of a plugin's function its input, stdin if there is none.

        Raises TypeError and ValueError for what is no input.
        """
        if func_type not in PLUGIN_FUNCS:
            return arguments
        state = _state(frame)
        data, *more = arguments or (state.stdin,)
        if more or not isinstance(data, bytes | bytearray | memoryview | str):
            raise TypeError("a plugin's function takes one argument, bytes or text")
        data = data.encode() if isinstance(data, str) else bytes(data)
        if len(data) > MAX_BYTES:
            raise ValueError(f"the input has {len(data)} bytes, {MAX_BYTES} allowed")
        state.begin_call(data)
        return ()

    def leave(self, frame: GuestFrame, func_type: FuncType, value: Any) -> Any:
        """The output of a plugin's function; raises PluginFailed."""
        if func_type not in PLUGIN_FUNCS:
            return value
        return _state(frame).end_call(value or 0)

    def outputs(self, frame: GuestFrame) -> Mapping[str, Any]:
        """What the plugin logged and wrote, and its files."""
        return WASI.outputs(frame)

    def pack(self, options: RunOptions) -> bytes:
        """The settings, and what WASI keeps."""
        packed = PackedOptions(WASI.pack(options), dict(options.config))
        return msgspec.msgpack.encode(packed)

    def unpack(self, data: bytes) -> AbiKeywords:
        """The same again; raises ValueError for damaged data."""
        packed = msgspec.msgpack.decode(data, type=PackedOptions)
        return {**WASI.unpack(packed.wasi), "config": packed.config}

    def digest(self, frame: GuestFrame) -> bytes:
        """SHA-256 of the variables and of what WASI has."""
        return sha256(WASI.digest(frame) + _state(frame).digest()).digest()

    def outcome_of(self, error: Exception) -> Outcome | None:
        """Failed where the plugin said so, and what WASI has for `proc_exit`."""
        if isinstance(error, PluginFailed):
            return Failed(error.error)
        return WASI.outcome_of(error)


def _state(frame: GuestFrame) -> ExtismState:
    if frame.extism is None:
        raise InternalError("a frame without its plugin")
    return frame.extism
