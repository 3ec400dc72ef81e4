"""Contracts that answer each function with what a test says: results, logs, reverts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chain_sim.ethereum.abi.functions import parse_function
from tests.helpers.wat import wat_to_wasm


@dataclass(frozen=True)
class Return:
    data: bytes = b""


@dataclass(frozen=True)
class Revert:
    data: bytes = b""


@dataclass(frozen=True)
class Trap:
    pass


@dataclass(frozen=True)
class Emit:
    topics: tuple[bytes, ...]
    data: bytes = b""


Action = Return | Revert | Trap | Emit
MAX_TOPICS = 4


class Writer:
    """Writes actions as WAT, their bytes into the data segment."""

    def __init__(self) -> None:
        self.data = bytearray(16)

    def place(self, content: bytes) -> int:
        at = len(self.data)
        self.data += content
        return at

    def action(self, action: Action) -> str:
        match action:
            case Trap():
                return "unreachable"
            case Return(data):
                return f"(call $finish {self.range(data)})"
            case Revert(data):
                return f"(call $revert {self.range(data)})"
            case Emit(topics, data):
                places = [self.place(topic) for topic in topics]
                places += [0] * (MAX_TOPICS - len(topics))
                words = " ".join(f"(i32.const {place})" for place in places)
                return (
                    f"(call $log {self.range(data)} (i32.const {len(topics)}) {words})"
                )

    def range(self, data: bytes) -> str:
        return f"(i32.const {self.place(data)}) (i32.const {len(data)})"


def scripted(replies: Mapping[str, Sequence[Action]]) -> bytes:
    """A module with these functions; any other call reverts with `?`."""
    writer = Writer()
    arms = []
    for signature, actions in replies.items():
        selector = int.from_bytes(parse_function(signature).selector, "little")
        body = "\n".join(writer.action(action) for action in actions)
        test = f"(i32.eq (i32.load (i32.const 0)) (i32.const {selector:#x}))"
        arms.append(f"(if {test} (then {body} (return)))")
    unknown = writer.action(Revert(b"?"))
    content = "".join(f"\\{byte:02x}" for byte in writer.data)
    lines = "\n".join(arms)
    return wat_to_wasm(
        f"""(module
        (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
        (import "ethereum" "getCallDataSize" (func $size (result i32)))
        (import "ethereum" "finish" (func $finish (param i32 i32)))
        (import "ethereum" "revert" (func $revert (param i32 i32)))
        (import "ethereum" "log"
          (func $log (param i32 i32 i32 i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "{content}")
        (func (export "main")
          (if (i32.ge_u (call $size) (i32.const 4))
            (then (call $copy (i32.const 0) (i32.const 0) (i32.const 4))))
          {lines}
          {unknown}))"""
    )
