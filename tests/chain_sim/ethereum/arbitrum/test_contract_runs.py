"""Runs of ArbOS's contracts that fail: what they say, and the gas that is left."""

from typing import Any

import pytest
from msgspec import structs

from chain_sim import Blockchain
from chain_sim.ethereum.arbitrum.arb_wasm import reverted
from chain_sim.ethereum.arbitrum.arbos_state import (
    ARBOS_ADDRESS,
    DEMAND,
    ArbOsState,
)
from chain_sim.ethereum.arbitrum.contract_runs import (
    CallReverted,
    ContractRun,
    Method,
    run_contract,
)
from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import FAILURE, REVERTED, Message, MessageKind
from contractvm.hosts.stylus.activation import DataPricer
from contractvm.hosts.stylus.costs import DataPricing
from contractvm.hosts.stylus.programs import (
    ProgramExpired,
    ProgramNeedsUpgrade,
    ProgramNotActivated,
    ProgramUnusable,
)
from tests.helpers.stylus import SCHEDULE, FakeHost

HOST: Any = FakeHost()
SELECTOR = bytes.fromhex("01020304")
CALL = Message(MessageKind.CALL, bytes(20), bytes(20), bytes(20), 0, SELECTOR, 0)
# To open ArbOS's state, and for two words of an error.
OPENING_GAS, ERROR_GAS = 800, 6


def refuse(_: ContractRun) -> bytes:
    raise CallReverted("Refused", "0a0b0c0d", 7)


METHODS = {SELECTOR.hex(): Method(0, refuse)}


def message(gas: int, kind: MessageKind = MessageKind.CALL) -> Message:
    return structs.replace(CALL, kind=kind, gas=SCHEDULE.units_from_gas(gas))


def test_gas_that_is_short_is_said_in_units() -> None:
    run = ContractRun(HOST, CALL, SCHEDULE, 10)
    run.burn(10)
    assert run.gas == 0
    with pytest.raises(OutOfGas) as caught:
        run.burn(2)
    wanted = OutOfGas(SCHEDULE.units_from_gas(2), SCHEDULE.units_per_gas)
    assert str(caught.value) == str(wanted)
    assert run.gas == 0


def test_a_revert_pays_for_the_words_of_its_data() -> None:
    paid = run_contract(METHODS, HOST, message(OPENING_GAS + ERROR_GAS + 1), SCHEDULE)
    assert paid.status is REVERTED
    assert paid.output == bytes.fromhex("0a0b0c0d") + (7).to_bytes(32, "big")
    assert paid.gas_left == SCHEDULE.units_from_gas(1)
    assert str(paid.error) == "Refused(7)"
    short = run_contract(METHODS, HOST, message(OPENING_GAS + ERROR_GAS - 1), SCHEDULE)
    assert (short.status, short.output, short.gas_left) == (FAILURE, b"", 0)
    assert isinstance(short.error, OutOfGas)


def test_a_delegate_call_is_refused() -> None:
    called = message(100, MessageKind.CALL_DELEGATE)
    found = run_contract(METHODS, HOST, called, SCHEDULE)
    assert (found.status, found.output, found.gas_left) == (REVERTED, b"", 0)
    assert str(found.error) == "a delegate call of a precompiled contract"


@pytest.mark.parametrize(
    ("reason", "text", "data"),
    [
        (ProgramNeedsUpgrade(1, 2), "ProgramNeedsUpgrade(1, 2)", "637d968f:1:2"),
        (ProgramExpired(9), "ProgramExpired(9)", "c9b12e52:9"),
        (ProgramNotActivated(), "ProgramNotActivated()", "6f809c4e"),
    ],
)
def test_a_program_that_cannot_be_called_has_an_error_of_the_contract(
    reason: ProgramUnusable, text: str, data: str
) -> None:
    found = reverted(reason)
    selector, *numbers = data.split(":")
    words = b"".join(int(number).to_bytes(32, "big") for number in numbers)
    assert (str(found), found.data) == (text, bytes.fromhex(selector) + words)


def test_another_reason_is_raised_as_it_is() -> None:
    reason = ProgramUnusable("of no known kind")
    with pytest.raises(ProgramUnusable) as caught:
        reverted(reason)
    assert caught.value is reason


def test_cache_managers_are_kept_in_the_order_in_which_they_came() -> None:
    arbos = ArbOsState(Blockchain.in_memory(fork="arbitrum").state_at())
    first, second = b"\x01" * 20, b"\x02" * 20
    before = arbos.cache_managers()
    arbos.add_cache_manager(first)
    arbos.add_cache_manager(second)
    assert arbos.cache_managers() == (*before, first, second)
    assert arbos.cache_manager(second)
    assert not arbos.cache_manager(b"\x03" * 20)


def test_the_demand_for_data_is_kept_in_a_word() -> None:
    state = Blockchain.in_memory(fork="arbitrum").state_at()
    arbos, pricing = ArbOsState(state), SCHEDULE.section(DataPricing)
    fresh = DataPricer.fresh(pricing)
    assert arbos.data_pricer(pricing) == fresh
    arbos.set_data_pricer(fresh.at(0x0102, 0x0304))
    assert arbos.data_pricer(pricing) == fresh.at(0x0102, 0x0304)
    word = state.get_storage(ARBOS_ADDRESS, DEMAND)
    assert word.hex() == "00000000000001020000000000000304" + 32 * "0"
