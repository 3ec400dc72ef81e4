"""Repricing of recordings: when it is allowed, and each reason why it is not."""

from dataclasses import replace

import pytest

from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from contractvm.errors import InternalError
from contractvm.ledger.quantities import Quantity, QuantityKind
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from tests.helpers.ewasm import HERA, contract
from tests.helpers.explained import (
    CALLEE,
    CALLER,
    DATA,
    TRACED_HERA,
    TRACED_METERED,
    record,
    state_with,
    traced_engine,
)
from tests.helpers.schedules import with_section

HERA_PRICES, METERED_PRICES = (
    load_schedule(name) for name in ("ewasm-hera", "ewasm-metered")
)
CALLER_NAME = f"call 0x{CALLER.hex()} (frame 0)"
CALLEE_NAME = f"call 0x{CALLEE.hex()} (frame 1)"


def recorded(
    code: bytes, callee: bytes = b"", *, is_metered: bool = False, **fields: object
) -> Recording:
    engine = TRACED_METERED if is_metered else TRACED_HERA
    return record(state_with({CALLER: code, CALLEE: callee}), engine, **fields)


def reasons(recording: Recording, schedule: GasSchedule) -> tuple[str, ...]:
    with pytest.raises(MustRunAgain) as must:
        reprice(recording, schedule)
    return must.value.reasons


def with_host(name: str, cost: HostCost | None) -> GasSchedule:
    costs = dict(HERA_PRICES.host_costs["ethereum"])
    del costs[name]
    if cost is not None:
        costs[name] = cost
    return replace(HERA_PRICES, name="changed", host_costs={"ethereum": costs})


def call(gas: int) -> str:
    return (
        f"(drop (call $call (i64.const {gas}) (i32.const 0) (i32.const 32)"
        " (i32.const 0) (i32.const 0)))"
    )


def test_the_same_schedule_gives_the_same_report() -> None:
    recording = recorded(contract("(call $getCaller (i32.const 0))"), is_metered=True)
    assert reprice(recording, METERED_PRICES) == explain(recording)


def test_even_a_run_that_must_be_made_again_may_have_its_own_prices() -> None:
    recording = recorded(contract("(drop (call $getGasLeft)) (unreachable)"))
    assert reprice(recording, HERA_PRICES) == explain(recording)


def test_instructions_that_were_free_are_priced() -> None:
    body = (
        "(local i64) (drop (memory.grow (i32.const 2)))"
        "(memory.copy (i32.const 0) (i32.const 9) (i32.const 100))"
    )
    copies = replace(
        HERA_PRICES,
        instructions={
            **HERA_PRICES.instructions,
            "memory.copy": InstructionCost(0, per_byte=0),
        },
    )
    code = contract(body)
    recording = record(state_with({CALLER: code}), traced_engine(copies))
    report = reprice(recording, METERED_PRICES)
    expected = explain(recorded(code, is_metered=True))
    assert report.call.parts == expected.call.parts
    assert report.gas_used == expected.gas_used
    assert report.notes == (
        "run under ewasm-hera, priced under ewasm-metered; "
        "units by function and by stack are known for the run only",
    )
    assert (report.call.functions, report.call.stacks) == ((), ())


def test_a_contract_that_looks_at_its_gas_may_do_something_else() -> None:
    code = contract("(drop (call $getGasLeft))")
    assert reasons(recorded(code), METERED_PRICES) == (
        f"{CALLER_NAME} looked at its gas (getGasLeft)",
    )


def test_so_may_one_that_is_called() -> None:
    callee = contract("(drop (call $getGasLeft))")
    assert reasons(recorded(contract(call(9_000), DATA), callee), METERED_PRICES) == (
        f"{CALLEE_NAME} looked at its gas (getGasLeft)",
    )


def test_a_frame_that_ran_out_of_gas_may_stop_elsewhere() -> None:
    callee = contract("(call $useGas (i64.const 10))")
    assert reasons(recorded(contract(call(9), DATA), callee), METERED_PRICES) == (
        f"{CALLEE_NAME} ran out of gas",
    )


@pytest.mark.parametrize(("price", "is_enough"), [(9_000, True), (9_001, False)])
def test_a_frame_that_went_on_would_run_out_of_gas(price: int, is_enough: bool) -> None:
    recording = recorded(contract("(call $getCaller (i32.const 0))"), gas_limit=30_000)
    schedule = with_host("getCaller", HostCost(price))
    if is_enough:
        assert reprice(recording, schedule).gas_used == 30_000
    else:
        assert reasons(recording, schedule) == (f"{CALLER_NAME} would run out of gas",)


def test_a_callee_gets_less_where_its_caller_has_less() -> None:
    """It requested more than there was: the cap of 63 parts of 64 moves."""
    callee = contract("(call $useGas (i64.const 5000)) (unreachable)")
    code = contract(call(10**9), DATA)
    recording = recorded(code, callee, gas_limit=30_000)
    report = reprice(recording, with_host("call", HostCost(1_100)))
    left = 9_000 - 1_100
    assert report.call.calls[0].given_units == left - left // 64
    assert report.call.calls[0].used_units == left - left // 64
    assert report.call.used_units == 1_100 + left - left // 64


def test_a_callee_that_gets_too_little_would_run_out_of_gas() -> None:
    callee = contract("(call $useGas (i64.const 5000))")
    recording = recorded(contract(call(10**9), DATA), callee, gas_limit=30_000)
    assert reasons(recording, with_host("call", HostCost(3_922))) == (
        f"{CALLEE_NAME} would run out of gas",
    )
    # 5,079 are left, of which 79 are kept.
    assert reprice(recording, with_host("call", HostCost(3_921))).remainder == 0


def test_a_transaction_that_does_not_pay_its_intrinsic_gas_would_not_run() -> None:
    recording = recorded(contract(""), gas_limit=21_000)
    changed = with_section(HERA_PRICES, "transaction", {"base": 21_001})
    assert reasons(recording, changed) == ("the gas limit is below the intrinsic gas",)


def test_a_gas_limit_beyond_the_counter_would_not_run() -> None:
    limit = 21_000 + (2**63 - 1) // 10_000
    assert reprice(recorded(b"", gas_limit=limit), METERED_PRICES).remainder == 0
    assert reasons(recorded(b"", gas_limit=limit + 1), METERED_PRICES) == (
        "the gas limit is more than the gas counter holds",
    )


def test_an_instruction_without_a_price_refuses_the_module() -> None:
    """Even if it was never executed."""
    code = contract("(if (i32.const 0) (then (drop (i32.popcnt (i32.const 1)))))")
    left = {
        name: cost
        for name, cost in HERA_PRICES.instructions.items()
        if name != "i32.popcnt"
    }
    schedule = replace(HERA_PRICES, name="poor", instructions=left)
    assert reasons(recorded(code), schedule) == (
        f"{CALLER_NAME}: i32.popcnt has no cost in gas schedule poor",
    )


def test_a_module_that_was_refused_for_its_instructions_might_run() -> None:
    code = contract("(memory.fill (i32.const 0) (i32.const 0) (i32.const 9))")
    (reason,) = reasons(recorded(code), METERED_PRICES)
    assert reason.startswith(f"{CALLER_NAME}: memory.fill has no cost")


def test_a_module_that_every_schedule_refuses_is_no_reason() -> None:
    report = reprice(recorded(b"\0asm\1\0\0\0", gas_limit=30_000), METERED_PRICES)
    assert (report.gas_used, report.units_per_gas) == (30_000, 10_000)


def test_a_host_function_without_a_price_cannot_be_priced() -> None:
    recording = recorded(contract("(call $getCaller (i32.const 0))"))
    assert reasons(recording, with_host("getCaller", None)) == (
        f"{CALLER_NAME}: getCaller has no cost in gas schedule changed",
    )


def test_books_that_were_tampered_with_do_not_close() -> None:
    recording = recorded(contract(call(9_000), DATA), contract(""))
    explain(recording)
    recording.frames[0].segments[0].host[1][Quantity(QuantityKind.GAS, "useGas")] = 1
    with pytest.raises(InternalError, match="left"):
        explain(recording)


def test_books_need_a_traced_engine() -> None:
    with pytest.raises(InternalError, match="traced"):
        record(state_with({CALLER: contract("")}), HERA)
