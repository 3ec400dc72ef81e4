"""Two engines on each transaction: no difference, or a reproducible error."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.cross_check import EngineDifference
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    FeeMarketTransaction,
    Transaction,
    sign_transaction,
)
from chain_sim.ethereum.state_tests.state_test_of_difference import state_test_of
from chain_sim.ethereum.state_tests.state_tests import (
    InvalidStateTest,
    StateTestEngines,
    run_state_test_file,
)
from contractvm.errors import CompilationLimit
from contractvm.runtime.engine_selection import ENGINES, UnknownEngine
from tests.helpers.ewasm import contract
from tests.helpers.hostile_shapes import SHAPES
from tests.helpers.wrong_engine import (
    ForgetfulEngine,
    MiscountingEngine,
    use_wrong_engine,
)

STRANGER = Address(b"\x99" * 20)
# Adds one to slot 0, logs it, reads an earlier block and another account's balance,
# calls itself with call data of a byte until there is some, and returns slot 0.
BUSY = contract(
    """(call $storageLoad (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $storageStore (i32.const 0) (i32.const 32))
    (call $log (i32.const 32) (i32.const 32) (i32.const 1) (i32.const 32)
      (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $getBlockHash (i64.const 0) (i32.const 256)))
    (call $getExternalBalance (i32.const 128) (i32.const 320))
    (call $getAddress (i32.const 400))
    (if (i32.eqz (call $getCallDataSize)) (then
      (drop (call $call (i64.const 1000000) (i32.const 400) (i32.const 420)
        (i32.const 0) (i32.const 1)))))
    (call $storageLoad (i32.const 0) (i32.const 32))
    (call $finish (i32.const 32) (i32.const 32))""",
    bytes(128) + STRANGER,
)


def deployed(**options: Any) -> tuple[Blockchain, Address]:
    chain = Blockchain.in_memory(**options)
    receipt = chain.deploy(BUSY)
    assert receipt.contract_address is not None
    return chain, receipt.contract_address


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_engines_agree_and_the_chain_is_the_same_with_or_without_the_check(
    engine: str,
) -> None:
    hashes = []
    for options in ({}, {"engine": engine}, {"engine": engine, "cross_check": True}):
        chain, address = deployed(**options)
        chain.send(address, b"")
        called = chain.call(address)
        chain.send(STRANGER, value=5)
        # Two of slot 0 come from the transaction, two from the call that is not kept.
        assert called.output == (4).to_bytes(32, "big")
        hashes.append((chain.head.hash, called))
    assert hashes[0] == hashes[1] == hashes[2]


def block_of_three(chain: Blockchain, address: Address) -> None:
    chain.mine(
        [
            sign_transaction(
                Transaction(0, 1, 1_000_000, address, 0, b""),
                account.private_key,
                chain.genesis.chain_id,
            )
            for account in chain.accounts[1:4]
        ]
    )


def test_the_transactions_of_a_block_are_checked_one_after_another() -> None:
    chain, address = deployed(cross_check=True)
    block_of_three(chain, address)
    other, _ = deployed()
    block_of_three(other, address)
    assert chain.head.hash == other.head.hash
    assert chain.storage(address, 0)[31] == 6


def test_the_state_within_a_block_is_that_behind_its_earlier_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late(MiscountingEngine):
        calls = 0

        def spoil(self, instance: Any) -> None:
            Late.calls += 1
            if Late.calls > 4:  # two transactions, of two calls each
                super().spoil(instance)

    chain, address = deployed()
    monkeypatch.setitem(ENGINES, "wasmtime", Late)
    checked = Blockchain(chain.database, cross_check=True)
    with pytest.raises(EngineDifference) as raised:
        block_of_three(checked, address)
    (test,) = state_test_of(raised.value).values()
    (value,) = test["pre"][f"0x{address.hex()}"]["storage"].values()
    assert int(value, 16) == 4
    sender = chain.accounts[3].address
    assert test["transaction"]["sender"] == f"0x{sender.hex()}"


def test_an_invalid_transaction_is_one_with_the_check_too() -> None:
    chain, _ = deployed(cross_check=True)
    with pytest.raises(InvalidTransaction):
        chain.send(STRANGER, value=10**30)


def test_a_difference_is_raised_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, address = deployed()
    database, head = chain.database, chain.head
    use_wrong_engine(monkeypatch, MiscountingEngine)
    checked = Blockchain(database, cross_check=True)
    for run in (checked.send, checked.call):
        with pytest.raises(EngineDifference) as raised:
            run(address)
        difference = raised.value
        # The units are compared: in whole gas there is no difference.
        assert difference.fields == ("units left",)
        here, there = difference.outcomes
        assert (here.engine, there.engine) == ("interpreter", "wrong")
        assert here.result.gas_used == there.result.gas_used
        assert here.result.units_left == there.result.units_left + 2
    assert checked.head == head
    assert Blockchain(database).head == head
    assert str(difference) == "the engines interpreter and wrong differ in units left"


def test_a_chain_goes_on_after_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    use_wrong_engine(monkeypatch, MiscountingEngine)
    chain = Blockchain.in_memory(cross_check=True)
    with pytest.raises(EngineDifference):
        chain.deploy(BUSY)
    assert chain.head.header.number == 0
    chain.send(STRANGER, value=5)
    assert chain.head.header.number == 1


# The state test that reproduces it


def written(difference: EngineDifference, folder: Path) -> Path:
    path = folder / "difference.json"
    path.write_text(json.dumps(state_test_of(difference)))
    return path


@pytest.mark.parametrize("kind", ["send", "call", "deploy"])
def test_a_difference_becomes_a_state_test_that_shows_it_again(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chain, address = deployed()
    chain.send(STRANGER, value=3)
    use_wrong_engine(monkeypatch, ForgetfulEngine)
    checked = Blockchain(chain.database, cross_check=True)
    with pytest.raises(EngineDifference) as raised:
        checked.deploy(BUSY) if kind == "deploy" else getattr(checked, kind)(address)
    first = raised.value
    path = written(first, tmp_path)
    with pytest.raises(EngineDifference) as raised:
        run_state_test_file(path, StateTestEngines(cross_check=True))
    again = raised.value
    assert again.fields == first.fields
    for before, after in zip(first.outcomes, again.outcomes, strict=True):
        assert (before.engine, before.result) == (after.engine, after.result)
    # It expects the first engine's result; the wrong engine fails it.
    (right,) = run_state_test_file(path, StateTestEngines())
    assert (right.passed, right.error) == (True, None)
    (wrong,) = run_state_test_file(path, StateTestEngines("wasmtime"))
    assert wrong.passed is (kind == "call")  # at gas price 0 gas is in no root


def test_the_state_test_holds_what_the_transaction_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, address = deployed()
    chain.send(STRANGER, value=3)
    use_wrong_engine(monkeypatch, MiscountingEngine)
    checked = Blockchain(chain.database, cross_check=True)
    with pytest.raises(EngineDifference) as raised:
        checked.call(address, sender=STRANGER)
    ((name, test),) = state_test_of(raised.value).items()
    assert re.fullmatch("engine-difference-[0-9a-f]{8}", name)
    looked_at = (address, STRANGER, chain.head.header.coinbase)
    assert set(test["pre"]) == {f"0x{one.hex()}" for one in looked_at}
    account = test["pre"][f"0x{address.hex()}"]
    assert account["code"] == f"0x{BUSY.hex()}"
    assert account["storage"] == {}
    assert test["env"]["blockHashes"] == {"0x0": f"0x{chain.block(0).hash.hex()}"}
    assert test["transaction"]["sender"] == f"0x{STRANGER.hex()}"
    info = test["_info"]
    assert info["schedule"] == chain.engine.schedule.name
    assert info["scheduleHash"] == f"0x{chain.engine.schedule.content_hash.hex()}"
    here, there = info["engines"]["interpreter"], info["engines"]["wrong"]
    assert {key for key in here if here[key] != there[key]} == {"unitsLeft"}


def test_slots_are_those_before_the_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, address = deployed()
    chain.send(address)
    use_wrong_engine(monkeypatch, MiscountingEngine)
    checked = Blockchain(chain.database, cross_check=True)
    with pytest.raises(EngineDifference) as raised:
        checked.send(address)
    (test,) = state_test_of(raised.value).values()
    slot, value = f"0x{'00' * 32}", f"0x{(2).to_bytes(32, 'big').hex()}"
    assert test["pre"][f"0x{address.hex()}"]["storage"] == {slot: value}


def test_a_state_test_of_another_schedule_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chain, address = deployed()
    use_wrong_engine(monkeypatch, MiscountingEngine)
    checked = Blockchain(chain.database, cross_check=True)
    with pytest.raises(EngineDifference) as raised:
        checked.call(address)
    path = written(raised.value, tmp_path)
    content = path.read_text()
    right = chain.engine.schedule.content_hash.hex()
    path.write_text(content.replace(right, "00" * 32))
    with pytest.raises(InvalidStateTest) as refused:
        run_state_test_file(path, StateTestEngines())
    assert "made under contractvm-2 with hash 0x0000" in str(refused.value)


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        Blockchain.in_memory(engine="v8")


def test_a_contract_that_wasmtime_cannot_compile_changes_nothing() -> None:
    """Within the code limit, it once took all the memory of the machine."""
    chain, address = deployed(cross_check=True)
    before = chain.head.hash
    greedy = SHAPES["blocks_with_values"](20_000, 16)
    with pytest.raises(CompilationLimit) as refusal:
        chain.deploy(greedy)
    assert refusal.value.engine == "wasmtime"
    assert chain.head.hash == before
    assert chain.send(address).succeeded
    unchecked = Blockchain.in_memory()
    assert unchecked.deploy(greedy).succeeded


def test_a_difference_on_a_chain_with_a_fee_market_is_shown_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a legacy transaction: the message has the same gas, and the same price."""
    chain = Blockchain.in_memory(fees="eip1559")
    address = chain.deploy(BUSY).contract_address
    assert address is not None
    use_wrong_engine(monkeypatch, ForgetfulEngine)
    checked = Blockchain(chain.database, cross_check=True)
    tx = FeeMarketTransaction(
        nonce=1,
        gas_price=9 * 10**9,
        gas_limit=2_000_000,
        to=address,
        value=0,
        data=b"",
        chain_id=31337,
        max_priority_fee_per_gas=10**9,
        access_list=((STRANGER, (bytes(32),)),),
    )
    key = chain.accounts[0].private_key
    with pytest.raises(EngineDifference) as raised:
        checked.submit(sign_transaction(tx, key, 31337))
    ((_, test),) = state_test_of(raised.value).items()
    base_fee = chain.next_block.base_fee
    assert base_fee is not None
    assert test["transaction"]["gasPrice"] == hex(base_fee + 10**9)
    assert test["transaction"]["gasLimit"] == [hex(2_000_000 - 2_400 - 1_900)]
    path = written(raised.value, tmp_path)
    with pytest.raises(EngineDifference) as again:
        run_state_test_file(path, StateTestEngines(cross_check=True))
    assert again.value.fields == raised.value.fields
    units = [
        [outcome.result.units_left for outcome in difference.outcomes]
        for difference in (raised.value, again.value)
    ]
    assert units[0] == units[1]
