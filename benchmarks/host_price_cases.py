"""Calls of host functions as a guest makes them, in a loop of the text format."""

from dataclasses import dataclass, field

import wasmtime

from contractvm.hosts.extism.host_interface import INTERFACE as EXTISM
from contractvm.hosts.wasi.host_interface import INTERFACE as WASI
from contractvm.hosts.wasi.layouts import PREVIEW1

ROWS = {row.name: row for row in (*EXTISM.functions, *WASI.functions)} | {
    row.name: row for row in WASI.functions if row.module == PREVIEW1
}
LETTERS = {"I32": "i32", "I64": "i64"}
Call = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Calls that a loop makes in each turn, after others that are made once.

    A call is a function's name and its arguments, or "block", which makes a block of so
    many bytes in Extism's memory and keeps its handle for arguments that are "handle".
    `memory` has bytes by their address. `text` is code of the loop instead of calls.
    """

    label: str
    calls: tuple[Call, ...] = ()
    before: tuple[Call, ...] = ()
    memory: dict[int, bytes] = field(default_factory=dict)
    turns: int = 1_000
    text: str = ""

    def wasm(self) -> bytes:
        """A module with the funcs `prepare` and `go`; `go` takes the turns."""
        imports = "".join(_import(name) for name in self._names())
        data = "".join(_data(at, content) for at, content in self.memory.items())
        return bytes(
            wasmtime.wat2wasm(f"""(module {imports}
              (memory (export "memory") 600) {data}
              (global $handle (mut i64) (i64.const 0))
              (table funcref (elem $empty)) (func $empty)
              (func (export "prepare") {"".join(map(_text, self.before))})
              (func (export "go") (param $n i32) (local i64 i32)
                (loop $turn {"".join(map(_text, self.calls))} {self.text}
                  (br_if $turn
                    (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))""")
        )

    def _names(self) -> list[str]:
        named = {
            "alloc" if name == "block" else str(name)
            for name, *_ in (*self.before, *self.calls)
        }
        return sorted(named)


def _import(name: str) -> str:
    row = ROWS[name]
    params, results = (
        " ".join(LETTERS[one.name] for one in kinds)
        for kinds in (row.func_type.params, row.func_type.results)
    )
    func = f"(func ${name} (param {params}) (result {results}))"
    return f'(import "{row.module}" "{name}" {func})'


def _data(at: int, content: bytes) -> str:
    text = "".join(f"\\{byte:02x}" for byte in content)
    return f'(data (i32.const {at}) "{text}")'


def _text(call: Call) -> str:
    name, *arguments = call
    if name == "block":
        return f"(global.set $handle (call $alloc (i64.const {arguments[0]})))"
    row = ROWS[str(name)]
    values = "".join(
        "(global.get $handle)"
        if value == "handle"
        else f"({LETTERS[kind.name]}.const {value})"
        for kind, value in zip(row.func_type.params, arguments, strict=True)
    )
    called = f"(call ${name} {values})"
    return f"(drop {called})" if row.func_type.results else called
