"""Extism's ABI as an ABI of guests: plugins, which may use WASI too."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from contractvm.errors import InternalError, RefusedModule, Trap, TrapCode
from contractvm.guests.abi import PROFILE, Abi, Costs
from contractvm.guests.capabilities.http_messages import Response
from contractvm.guests.errors import HostRaised
from contractvm.guests.frame import GuestFrame
from contractvm.guests.options import AbiKeywords, RunOptions
from contractvm.guests.outcomes import Failed, Outcome
from contractvm.guests.passing import BY_POINTER, Passing, PassingFrame
from contractvm.guests.requirements import Requirements
from contractvm.guests.services import Services
from contractvm.guests.wasi_abi import WasiAbi, WasiFrame
from contractvm.hosts.extism.host_call import MODULE
from contractvm.hosts.extism.host_interface import INTERFACE
from contractvm.hosts.extism.memory import MAX_BYTES, HostMemory
from contractvm.hosts.extism.state import ExtismState, Fetching, PluginFailed
from contractvm.nesting import check_json_nesting, check_msgpack_nesting
from contractvm.wasm.structure.types import FuncType, ValType

WASI = WasiAbi()
# The module of the caller's functions, which get handles.
USER_MODULE = "extism:host/user"
FETCH = ("capability:fetch", "fetch")
PLUGIN_FUNCS = (FuncType((), ()), FuncType((), (ValType.I32,)))


class PackedOptions(Struct, frozen=True):
    """What a tape keeps of a plugin's surroundings."""

    wasi: bytes
    config: dict[str, str]


class ExtismFrame(WasiFrame):
    """The frame of a plugin, which may use WASI too."""

    def __init__(self, options: RunOptions, costs: Costs, services: Services) -> None:
        super().__init__(options, costs)
        self.extism = ExtismState(options.config, self.wasi.write_stderr, options.stdin)
        if services.has(FETCH):
            self.extism.fetch = _fetching(services)

    def release(self) -> None:
        """Release the instance; no host function may run after this."""
        self.extism.calls.clear()
        super().release()


class ByHandle:
    """Bytes as a handle of a block in the host's memory."""

    params = (ValType.I64,)
    result = ValType.I64

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:
        """The length of the block."""
        return _blocks(frame).length(raw[at])

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:
        """A copy of the block."""
        return _blocks(frame).block(raw[at])

    def give(self, frame: PassingFrame, data: bytes) -> int:
        """The handle of a new block."""
        return _blocks(frame).put(data)


BY_HANDLE = ByHandle()


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
        return not imports.isdisjoint((MODULE, USER_MODULE))

    def passing_of(self, module: str) -> Passing:
        """Handles for plugins' functions of the host, pointers for all others."""
        return BY_HANDLE if module == USER_MODULE else BY_POINTER

    def frame(
        self, options: RunOptions, costs: Costs, services: Services
    ) -> GuestFrame:
        """A run with the plugin's settings, and all that WASI gives."""
        return ExtismFrame(options, costs, services)

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
        check_msgpack_nesting(data)
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


def _state(frame: PassingFrame) -> ExtismState:
    if not isinstance(frame, ExtismFrame):
        raise InternalError("a frame without its plugin")
    return frame.extism


def _blocks(frame: PassingFrame) -> HostMemory:
    return _state(frame).memory


def _fetching(services: Services) -> Fetching:
    """Requests by the capability; a refusal is a Trap."""

    def fetch(frame: GuestFrame, request: bytes) -> Response:
        result = services.call(FETCH, frame, request)
        data, frame.answer = frame.answer, b""
        if not data:
            refused = f"the request was refused with code {(1 << 32) - result}"
            raise Trap(TrapCode.HOST_REFUSED, refused)
        try:
            check_json_nesting(data)
            return msgspec.json.decode(data, type=Response)
        except (msgspec.DecodeError, ValueError) as error:
            raise HostRaised(FETCH[1], error) from error

    return fetch
