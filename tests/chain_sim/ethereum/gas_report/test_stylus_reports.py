"""Gas reports of Stylus programs: every ink has its line, func and slot."""

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.gas_report.report_totals import every_call, group_totals
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from chain_sim.ethereum.primitives.text import Address
from contractvm.hosts.evm.interface import CallStatus
from contractvm.ledger.report import CallReport, GasReport
from contractvm.ledger.where import Where
from gas_schedule.loader import load_schedule
from tests.chain_sim.ethereum.arbitrum.test_chain import activated_chain, word
from tests.helpers.wat import wat_to_wasm

INK = 10_000
HEADER = 2_450


def hook(name: str, params: str, result: str = "") -> str:
    given = f"(result {result})" if result else ""
    return f'(import "vm_hooks" "{name}" (func ${name} (param {params}) {given}))'


SLOTS = wat_to_wasm(
    f"""(module
      {hook("storage_load_bytes32", "i32 i32")}
      {hook("storage_cache_bytes32", "i32 i32")}
      {hook("storage_flush_cache", "i32")}
      (memory (export "memory") 1 1)
      (func $body
        (call $storage_load_bytes32 (i32.const 0) (i32.const 64))
        (call $storage_load_bytes32 (i32.const 0) (i32.const 64))
        (i32.store (i32.const 96) (i32.const 7))
        (call $storage_cache_bytes32 (i32.const 0) (i32.const 96))
        (call $storage_cache_bytes32 (i32.const 32) (i32.const 96))
        (i32.store (i32.const 32) (i32.const 1))
        (call $storage_cache_bytes32 (i32.const 32) (i32.const 96))
        (call $storage_flush_cache (i32.const 0)))
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $body) (i32.const 0)))"""
)
ENDS = wat_to_wasm(
    """(module (memory (export "memory") 1 1)
      (func $deep (param i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (unreachable)))
        (loop $again (br $again)))
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $deep (local.get 0)) (i32.const 0)))"""
)
CALLER = wat_to_wasm(
    f"""(module
      {hook("read_args", "i32")}
      {hook("call_contract", "i32 i32 i32 i32 i64 i32", "i32")}
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $read_args (i32.const 0))
        (call $call_contract (i32.const 12) (i32.const 0) (i32.const 3)
          (i32.const 64) (i64.const -1) (i32.const 128))))"""
)


def units_of(report: CallReport) -> dict[tuple[str, str], tuple[int, int]]:
    return {(part.group, part.name): (part.count, part.units) for part in report.parts}


def program(wasm: bytes, chain: Blockchain) -> Address:
    receipt = chain.deploy(wasm)
    chain.send(
        "0x0000000000000000000000000000000000000071",
        bytes.fromhex("58c780c2") + word(receipt.contract_address),
        value=10**18,
    )
    return receipt.contract_address


def explained(wasm: bytes, data: bytes = b"") -> GasReport:
    chain, _ = activated_chain()
    return chain.gas.explain_call(program(wasm, chain), data)


def test_a_program_s_transaction_closes_and_names_its_start_pages_and_funcs() -> None:
    chain, address = activated_chain()
    receipt = chain.send(address, b"hello" * 20)
    report = chain.gas.explain_transaction(receipt.transaction_hash)
    assert (report.gas_used, report.remainder) == (receipt.gas_used, 0)
    found = units_of(report.call)
    prices = report.call.start_prices
    assert prices is not None
    assert (prices.paid, found["start", "program"]) == ("first", (1, prices.first))
    assert prices.repeated == prices.cached < prices.first
    # The first block: parameter, two calls and what each needs; see ECHO.
    assert found["instructions", "block headers"] == (3, 3 * HEADER)
    assert found["host", "read_args"] == (1, 8_400)
    assert found["host", "read_args, bytes written"] == (1, 5_040 + 30 * 68)
    assert [(func.name, func.calls) for func in report.call.functions] == [
        ("user_entrypoint", 1)
    ]
    stacks = {stack.frames: stack.units for stack in report.call.stacks}
    assert stacks["user_entrypoint", "read_args"] == 8_400 + 5_040 + 30 * 68
    assert sum(stacks.values()) == report.call.used_units


def test_first_repeated_and_cached_calls_differ_by_their_start_alone() -> None:
    chain, address = activated_chain()
    first = chain.gas.explain_call(address, b"x")
    chain.arbos.add_cache_manager(chain.accounts[0].address)
    cache = bytes.fromhex("e73ac9f2") + word(address)
    assert chain.send("0x0000000000000000000000000000000000000072", cache).succeeded
    cached = chain.gas.explain_call(address, b"x")
    prices = first.call.start_prices
    assert prices is not None
    assert cached.call.start_prices == prices._replace(paid="cached")
    difference = prices.first - prices.cached
    assert (first.gas_used - cached.gas_used) * INK == difference
    assert [part for part in first.call.parts if part.group != "start"] == [
        part for part in cached.call.parts if part.group != "start"
    ]


def test_slots_cost_what_they_were_charged_for() -> None:
    report = explained(SLOTS)
    first, second = bytes(32), bytes([1]) + bytes(31)
    by_slot = {(cost.key, cost.name): cost for cost in report.call.keys}
    gas = {
        (key[:1], name): (cost.count, cost.units // INK)
        for (key, name), cost in by_slot.items()
        if cost.units
    }
    zero, one = first[:1], second[:1]
    assert gas == {
        (zero, "load, cold slot"): (1, 2_105),
        (zero, "flush, set"): (1, 20_000),
        (one, "flush, set"): (1, 22_100),
    }
    assert report.remainder == 0
    totals = {total.group: total.units for total in group_totals(report)}
    assert totals["storage"] == sum(
        part.units for part in report.call.parts if part.group == "storage"
    )


@pytest.mark.parametrize(
    ("data", "status", "has_forfeit"),
    [(b"\0", CallStatus.REVERTED, False), (b"\0\0", CallStatus.FAILURE, True)],
    ids=["trap", "out of ink"],
)
def test_a_program_that_fails_closes_too(
    data: bytes, status: CallStatus, has_forfeit: bool
) -> None:
    report = explained(ENDS, data)
    assert (report.call.status, report.remainder) == (status, 0)
    found = units_of(report.call)
    assert (("failure", "forfeited") in found) == has_forfeit
    if has_forfeit:
        # Less than the charge of one turn of the loop is left.
        assert found["failure", "forfeited"][1] < 2 * (HEADER + 765)


def test_calls_of_programs_are_a_tree_whose_sums_close() -> None:
    chain, callee = activated_chain()
    caller = program(CALLER, chain)
    report = chain.gas.explain_call(caller, word(callee))
    outer, inner = every_call(report)
    assert report.remainder == 0
    assert outer.calls_at == (("user_entrypoint", "call_contract"),)
    assert (inner.code_address, inner.stipend_units) == (callee, 0)
    net = sum(part.units for part in outer.parts)
    assert net + inner.used_units == outer.used_units


def test_a_call_of_the_chain_s_own_contract_has_one_line() -> None:
    chain, _ = activated_chain()
    report = chain.gas.explain_call(
        "0x0000000000000000000000000000000000000071", bytes.fromhex("54fd4d50")
    )
    (part,) = report.call.parts
    assert (part.group, part.name) == ("precompile", "contract 0x71 of the chain")
    assert report.remainder == 0


def test_a_deployment_closes_with_the_words_of_its_init_code() -> None:
    chain, _ = activated_chain()
    receipt = chain.deploy(SLOTS)
    report = chain.gas.explain_transaction(receipt.transaction_hash)
    assert (report.gas_used, report.remainder) == (receipt.gas_used, 0)
    words = next(part for part in report.parts if part.name == "init code words")
    assert words.units == words.count * 2 * INK


def test_ink_is_not_priced_again_by_another_schedule() -> None:
    chain, address = activated_chain()
    options = ReportOptions(schedule=load_schedule("ewasm-hera"))
    with pytest.raises(MustRunAgain, match="stylus code is not priced by quantities"):
        chain.gas.explain_call(address, b"x", options=options)


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_a_program_that_traps_says_where(engine: str) -> None:
    chain, _ = activated_chain(engine=engine, cross_check=True)
    address = program(ENDS, chain)
    where = chain.failures.of_call(address, b"\0")
    assert isinstance(where, Where)
    assert [frame.func_name for frame in where.frames] == ["deep", "user_entrypoint"]
    assert where.reason == "unreachable"
    assert where.frames[0].offset < where.frames[1].offset


def test_a_recorded_program_gives_the_same_result() -> None:
    chain, address = activated_chain()
    plain = chain.call(address, b"hello")
    report = chain.gas.explain_call(address, b"hello")
    assert (report.gas_used, chain.call(address, b"hello")) == (plain.gas_used, plain)


def test_a_program_that_reads_its_ink_is_said_to() -> None:
    reads = wat_to_wasm(
        """(module
          (import "vm_hooks" "evm_ink_left" (func $left (result i64)))
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32)
            (drop (call $left)) (i32.const 0)))"""
    )
    (note,) = explained(reads).notes
    assert "looks at its gas (evm_ink_left)" in note
    assert explained(SLOTS).notes == ()
