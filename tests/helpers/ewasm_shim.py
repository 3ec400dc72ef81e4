"""A second, tiny ewasm host over wasmtime, to compare the example contracts with.

It shares no code with the engine: no gas, no chain, one contract at a time. It has the
functions that the examples import and no others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import wasmtime

Topics = tuple[bytes, ...]
ZERO_WORD = bytes(32)


@dataclass(frozen=True, slots=True)
class ShimResult:
    """The result of a call; if it `is_reverted`, `output` has the contract's reason."""

    output: bytes
    is_reverted: bool
    logs: tuple[tuple[Topics, bytes], ...]


class CallEnded(Exception):
    """Thrown through Wasm by finish and revert."""

    def __init__(self, output: bytes, is_reverted: bool) -> None:
        super().__init__(output)
        self.output = output
        self.is_reverted = is_reverted


def make_engine() -> wasmtime.Engine:
    """An engine that reserves no address space ahead of need."""
    config = wasmtime.Config()
    config.memory_reservation = 0
    config.memory_guard_size = 0
    config.memory_reservation_for_growth = 0
    return wasmtime.Engine(config)


ENGINE = make_engine()


@dataclass
class ShimContract:
    """A deployed contract: its code, and its storage, which reverts restore."""

    code: bytes
    storage: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._module = wasmtime.Module(ENGINE, self.code)

    def call(
        self, data: bytes = b"", *, caller: bytes = bytes(20), value: int = 0
    ) -> ShimResult:
        """Run `main` once; a trap raises wasmtime's own exception."""
        frame = ShimFrame(self.code, dict(self.storage), data, caller, value)
        output, is_reverted = frame.run(self._module)
        if is_reverted:
            return ShimResult(output, True, ())
        self.storage.clear()
        self.storage.update(frame.storage)
        return ShimResult(output, False, tuple(frame.logs))


def deploy(
    init_code: bytes, caller: bytes = bytes(20)
) -> tuple[ShimContract, ShimResult]:
    """Run a constructor; the contract gets the code that it returned."""
    constructor = ShimContract(init_code)
    result = constructor.call(caller=caller)
    return ShimContract(result.output, constructor.storage), result


@dataclass
class ShimFrame:
    """One call of a contract and the host functions that it sees."""

    code: bytes
    storage: dict[bytes, bytes]
    data: bytes
    caller: bytes
    value: int
    logs: list[tuple[Topics, bytes]] = field(default_factory=list)

    def run(self, module: wasmtime.Module) -> tuple[bytes, bool]:
        """Output and whether it was a revert; a plain return gives no output."""
        self._store = wasmtime.Store(ENGINE)
        imports = [self._import(item) for item in module.imports]
        exports = wasmtime.Instance(self._store, module, imports).exports(self._store)
        memory, main = exports["memory"], exports["main"]
        if not isinstance(memory, wasmtime.Memory) or not callable(main):
            raise TypeError("a contract exports `memory` and the func `main`")
        self._memory = memory
        try:
            main(self._store)
        except CallEnded as ended:
            return ended.output, ended.is_reverted
        return b"", False

    def _import(self, item: wasmtime.ImportType) -> wasmtime.Func:
        host_funcs: dict[str, Callable[..., int | None]] = {
            "getCallDataSize": lambda: len(self.data),
            "callDataCopy": lambda *at: self._copy(self.data, *at),
            "getCodeSize": lambda: len(self.code),
            "codeCopy": lambda *at: self._copy(self.code, *at),
            "getCaller": lambda result: self._write(result, self.caller),
            "getCallValue": lambda result: self._write(
                result, self.value.to_bytes(16, "little")
            ),
            "storageLoad": self._storage_load,
            "storageStore": self._storage_store,
            "log": self._log,
            "finish": lambda *at: self._end(*at, is_reverted=False),
            "revert": lambda *at: self._end(*at, is_reverted=True),
        }
        if item.module != "ethereum" or not isinstance(item.type, wasmtime.FuncType):
            raise TypeError(f"import {item.module}.{item.name}")
        return wasmtime.Func(self._store, item.type, host_funcs[str(item.name)])

    def _read(self, pointer: int, length: int) -> bytes:
        start = pointer & 0xFFFFFFFF
        return bytes(self._memory.read(self._store, start, start + length))

    def _write(self, pointer: int, data: bytes) -> None:
        self._memory.write(self._store, data, pointer & 0xFFFFFFFF)

    def _copy(self, source: bytes, result: int, offset: int, length: int) -> None:
        if offset + length > len(source):
            raise IndexError("copy behind the end of the source")
        self._write(result, source[offset : offset + length])

    def _storage_load(self, key: int, result: int) -> None:
        self._write(result, self.storage.get(self._read(key, 32), ZERO_WORD))

    def _storage_store(self, key: int, value: int) -> None:
        word = self._read(value, 32)
        if word == ZERO_WORD:
            self.storage.pop(self._read(key, 32), None)
        else:
            self.storage[self._read(key, 32)] = word

    def _log(self, data: int, length: int, topic_count: int, *topics: int) -> None:
        self.logs.append(
            (
                tuple(self._read(topic, 32) for topic in topics[:topic_count]),
                self._read(data, length),
            )
        )

    def _end(self, data: int, length: int, *, is_reverted: bool) -> None:
        raise CallEnded(self._read(data, length), is_reverted)
