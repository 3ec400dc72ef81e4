"""Traces of Stylus programs: their writes, logs and calls, and the funcs between."""

from contract_testing.contracts.book import Book
from contract_testing.contracts.traces import TraceOptions, TraceText
from tests.chain_sim.ethereum.arbitrum.test_chain import activated_chain, word
from tests.chain_sim.ethereum.gas_report.test_stylus_reports import (
    CALLER,
    SLOTS,
    hook,
    program,
)
from tests.helpers.wat import wat_to_wasm

INK = 10_000
LOGS = wat_to_wasm(
    f"""(module
      {hook("emit_log", "i32 i32 i32")}
      (memory (export "memory") 1 1)
      (data (i32.const 31) "\\07xyz")
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $emit_log (i32.const 0) (i32.const 35) (i32.const 1)) (i32.const 0)))"""
)


def lines_of(wasm: bytes, data: bytes = b"", **options: object) -> list[str]:
    chain, callee = activated_chain()
    address = program(wasm, chain)
    data = data or word(callee)
    _, trace = chain.failures.trace_call(address, data)
    report = chain.gas.explain_call(address, data)
    chosen = TraceOptions(
        is_ascii=True,
        shows_host=bool(options.get("shows_host")),
        report=report if options.get("with_functions") else None,
    )
    return TraceText(Book(), INK, chosen).lines(trace)


def test_writes_and_the_flush_are_shown() -> None:
    _, *steps, end = lines_of(SLOTS)
    zero, one = "0" * 64, "01" + "0" * 62
    seven = "07" + "0" * 62
    assert steps == [
        f"|- storage_cache_bytes32(0x{zero}, 0x{seven}) [2]",
        f"|- storage_cache_bytes32(0x{zero}, 0x{seven}) [2]",
        f"|- storage_cache_bytes32(0x{one}, 0x{seven}) [2]",
        "|- storage_flush_cache(0) [42,107]",
    ]
    assert end == "`- <- ()"


def test_every_host_call_has_its_bytes() -> None:
    steps = lines_of(SLOTS, shows_host=True)
    zero = "0" * 64
    loads = [step for step in steps if "storage_load" in step]
    assert loads == [
        f"|- storage_load_bytes32(0x{zero}) -> 0x{zero} [2,107]",
        f"|- storage_load_bytes32(0x{zero}) -> 0x{zero} [2]",
    ]


def test_logs_have_topics_and_data() -> None:
    (emitted,) = [line for line in lines_of(LOGS) if "emit" in line]
    assert emitted.startswith("|- emit RawLog(0x")
    assert emitted.endswith(", 1 topics, 3 bytes)")


def test_calls_are_messages_of_their_own() -> None:
    steps = lines_of(CALLER, shows_host=True)
    assert not any("call_contract(" in step for step in steps)
    assert sum("::" in step or " call " in step for step in steps) >= 1


def test_funcs_have_their_own_gas() -> None:
    steps = lines_of(SLOTS, with_functions=True)
    assert steps[1] == "|- func user_entrypoint, 1 call [own 1]"
    assert steps[2] == "|- func body, 1 call [own 44,226]"
