"""Where guests stop: the same instructions of the given module on both engines."""

from pathlib import Path

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.guests.conversions import I32
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import HostFailed, RanOutOfGas, Trapped
from contractvm.guests.result import Result
from contractvm.ledger.where import WhereFrame
from contractvm.runtime.engine_selection import ENGINES, other_engine
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.opcodes import OPCODES, OpcodeInfo
from contractvm.wasm.structure.types import ValType
from tests.helpers.line_tables import line_table, simple_program, with_line_tables
from tests.helpers.wat import wat_to_wasm

SOURCE = """(module
  (import "env" "f" (func $f (param i32)))
  (memory 1) (table 2 funcref) (type $t (func))
  (func $load (export "load") (param i32) (local i32 i64 f64)
    (drop (f64.add (f64.const 1) (f64.const 2)))
    (drop (i32.load (i32.mul (local.get 0) (i32.const 70000)))))
  (func (export "inner") (call $load (i32.const 1)))
  (func (export "stop") (block (br_if 0 (i32.const 0)) (nop) (unreachable)))
  (func (export "null") (call_indirect (type $t) (i32.const 1)))
  (func (export "beyond") (call_indirect (type $t) (i32.const 9)))
  (func (export "fill") (memory.fill (i32.const 65530) (i32.const 0) (i32.const 9)))
  (func (export "set") (table.set (i32.const 7) (ref.null func)))
  (func $deep (export "deep") (nop) (call $deep))
  (func (export "spin") (loop (br 0)))
  (func (export "ask") (param i32) (call $f (local.get 0))))"""
WASM = wat_to_wasm(SOURCE)


@host_function(name="f")
def refuse(kind: I32) -> None:
    if kind == 1:
        raise Trap(TrapCode.HOST_REFUSED, "no")
    raise OSError("no")


def guest(engine: str, *, traced: bool = False) -> Guest:
    return Guest.load(WASM, engine=engine, host=[refuse], traced=traced)


def on_both(wasm: bytes, call: str, *arguments: int) -> Result:
    """The result on the interpreter, where it stopped being the same on wasmtime."""
    results = [
        Guest.load(wasm, engine=engine, host=[refuse]).run(call, arguments)
        for engine in ENGINES
    ]
    first, second = sorted(results, key=lambda result: result.engine)
    assert first == second.replaced(engine=first.engine)
    whole, kept = first.where(), second.where()
    if whole is None or kept is None:
        assert whole is kept is None
    elif kept.is_cut:
        count = len(kept.frames)
        assert count >= 1
        assert kept.frames == whole.frames[:count]
    else:
        assert kept == whole
    return first


def innermost(result: Result) -> WhereFrame:
    where = result.where()
    assert where is not None
    return where.frames[0]


@pytest.mark.parametrize(
    ("call", "func", "code"),
    [
        ("load", "load", "28"),
        ("inner", "load", "28"),
        ("stop", "stop", "00"),
        ("null", "null", "11"),
        ("beyond", "beyond", "11"),
        ("fill", "fill", "fc0b"),
        ("set", "set", "26"),
        # Its first instruction: the func has not begun.
        ("deep", "deep", "01"),
    ],
)
def test_the_instruction_that_trapped(call: str, func: str, code: str) -> None:
    arguments = (1,) if call == "load" else ()
    result = on_both(WASM, call, *arguments)
    assert isinstance(result.outcome, Trapped)
    found = innermost(result)
    assert found.func_name == func
    module = decode_module(WASM)
    offset = module.code_offset + found.offset
    assert WASM[offset:].startswith(bytes.fromhex(code))
    body = module.funcs[found.func_index - 1]
    assert body.offset <= offset < body.offset + len(body.code)


def test_the_funcs_in_progress() -> None:
    where = on_both(WASM, "inner").where()
    assert where is not None
    assert [frame.func_name for frame in where.frames] == ["load", "inner"]
    assert where.reason == "trapped: out of bounds memory access"


def test_code_that_records_itself_has_the_same_stack() -> None:
    plain = guest("interpreter").run("inner").where()
    assert plain is not None
    assert guest("interpreter", traced=True).run("inner").where() == plain


OPERANDS = {
    ValType.I32: ("(i32.const 0)", b"\x41\0"),
    ValType.I64: ("(i64.const 0)", b"\x42\0"),
    ValType.F32: ("(f32.const inf)", b"\x43\0\0\x80\x7f"),
    ValType.F64: ("(f64.const inf)", b"\x44\0\0\0\0\0\0\xf0\x7f"),
}
BEYOND = ("(i32.const -1)", b"\x41\x7f")
TRAPPING = [
    info
    for info in OPCODES
    if any(
        part in info.mnemonic
        for part in (".load", ".store", ".div_", ".rem_", ".trunc_f")
    )
]


@pytest.mark.parametrize("info", TRAPPING, ids=lambda info: info.mnemonic)
def test_every_instruction_that_can_trap_is_found_among_others(
    info: OpcodeInfo,
) -> None:
    operands = [OPERANDS[kind] for kind in info.params or ()]
    if ".load" in info.mnemonic or ".store" in info.mnemonic:
        operands[0] = BEYOND
    trapping = f"({info.mnemonic} {' '.join(text for text, _ in operands)})"
    if info.results:
        trapping = f"(drop {trapping})"
    others = """(drop (i32.load (i32.const 4))) (i32.store (i32.const 8) (i32.const 1))
      (drop (f32.add (f32.const 1) (f32.const 2))) (drop (f64.sqrt (f64.const 2)))
      (drop (i32.div_u (i32.const 7) (i32.const 3)))"""
    wasm = wat_to_wasm(
        f"""(module (memory 1) (func (export "go") (param i64) (local i32 f64)
          {others}
          (block (br_if 0 (i64.eqz (local.get 0)))
            (loop {others} (if (i32.const 1) (then {trapping}) (else {others})))
            {others})
          {others}))"""
    )
    code = b"".join(encoded for _, encoded in operands) + bytes([info.opcode])
    found = innermost(on_both(wasm, "go", 5))
    offset = decode_module(wasm).code_offset + found.offset
    assert offset == wasm.index(code) + len(code) - 1
    assert on_both(wasm, "go", 0).where() is None


def test_a_host_function_stops_at_its_call(engine: str) -> None:
    loaded = guest(engine)
    for kind, outcome in (
        (1, Trapped(TrapCode.HOST_REFUSED, "no")),
        (2, HostFailed("f", "OSError: no")),
    ):
        result = loaded.run("ask", (kind,))
        assert result.outcome == outcome
        if kind == 1:
            found = innermost(result)
            offset = decode_module(WASM).code_offset + found.offset
            assert (found.func_name, WASM[offset]) == ("ask", 0x10)
        else:
            assert result.where() is None


def test_gas_ends_at_what_could_not_be_paid(engine: str) -> None:
    result = guest(engine).run("spin", limits=Limits(gas=3_000))
    assert isinstance(result.outcome, RanOutOfGas)
    assert innermost(result).func_name == "spin"


def test_lines() -> None:
    plain = innermost(on_both(WASM, "stop"))
    with_lines = with_line_tables(WASM, line_table(simple_program(plain.offset, 7)))
    found = innermost(on_both(with_lines, "stop"))
    assert found == WhereFrame(3, "stop", plain.offset, "a.c", 7)


def test_a_start_function_and_a_replay_have_places(engine: str) -> None:
    wasm = wat_to_wasm(
        """(module (func $begin (unreachable)) (start $begin) (func (export "go")))"""
    )
    result = Guest.load(wasm, engine=engine).run("go", record=True)
    offset = wasm.index(b"\0\x0b") - decode_module(wasm).code_offset
    assert innermost(result) == WhereFrame(0, "begin", offset)
    assert result.tape is not None
    again = Guest.load(wasm, engine=other_engine(engine)).replay(result.tape)
    assert again.where() == result.where()


def test_code_from_the_cache_has_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTVM_CACHE", str(tmp_path))
    results = [guest("wasmtime").run("fill") for _ in range(2)]
    expected = guest("interpreter").run("fill").where()
    assert [result.where() for result in results] == [expected, expected]


def test_a_second_call_that_is_fine_has_no_place() -> None:
    with guest("interpreter").instance() as instance:
        assert instance.call("load", 0).where() is None
        assert instance.call("load", 1).where() is not None
