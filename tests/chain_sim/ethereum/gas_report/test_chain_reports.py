"""Reports of a chain's calls and transactions, on the example contracts."""

from typing import Any

import pytest
from msgspec import structs

from chain_sim.ethereum.blocks.chain_point import Where
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain import gas
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.cross_check import EngineDifference
from chain_sim.ethereum.execution.placed_transaction import OpenState, S
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.execution.stored_block import compare
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from chain_sim.ethereum.primitives.errors import ReplayDiffers, UnknownTransaction
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import CallStatus
from gas_schedule.loader import load_schedule
from tests.helpers.ewasm import contract
from tests.helpers.examples import example
from tests.helpers.explained import TRACED_HERA, call_rows, rows
from tests.helpers.solidity_abi import call_data
from tests.helpers.wrong_engine import MiscountingEngine, use_wrong_engine

INCREMENT = call_data("increment()")
PAGE = 143_360_000
GAS = 10_000  # units
REQUIRED = ReportOptions(find_required=True)
# The hand counts are under these prices, whatever a chain's default is.
METERED_GENESIS = default_genesis("ewasm-metered")


@pytest.fixture
def counter() -> tuple[Blockchain, Address]:
    """A counter whose value is 1."""
    chain = Blockchain.in_memory(METERED_GENESIS)
    address = chain.deploy(example("counter/counter.wat")).contract_address
    if address is None:
        pytest.fail("no counter")
    chain.send(address, INCREMENT)
    return chain, address


@pytest.mark.parametrize(
    "options", [{"engine": "wasmtime"}, {"cross_check": True}], ids=["other", "both"]
)
def test_a_report_is_held_against_the_other_engine(
    counter: tuple[Blockchain, Address],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    """An engine that takes a unit too many is detected, in calls and transactions."""
    chain, address = counter
    tx_hash = chain.send(address, INCREMENT).transaction_hash
    right = Blockchain(chain.database, **options)
    expected = chain.gas.explain_call(address, INCREMENT)
    assert right.gas.explain_call(address, INCREMENT) == expected
    assert right.gas.explain_transaction(tx_hash) == chain.gas.explain_transaction(
        tx_hash
    )
    use_wrong_engine(monkeypatch, MiscountingEngine)
    wrong = Blockchain(chain.database, **options)
    with pytest.raises(EngineDifference) as call:
        wrong.gas.explain_call(address, INCREMENT)
    assert call.value.fields == ("units left",)
    with pytest.raises(EngineDifference) as transaction:
        wrong.gas.explain_transaction(tx_hash)
    assert transaction.value.fields == ("units left",)


def test_every_unit_of_an_increment_by_hand(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    report = chain.gas.explain_call(address, INCREMENT)
    assert rows(report.parts) == [
        ("transaction", "base", 1, 21_000 * GAS),
        ("calldata", "nonzero bytes", 4, 4 * 68 * GAS),
        ("rounding", "to whole gas", 1, 6_535),
    ]
    assert call_rows(report.call) == [
        ("memory", "initial pages", 1, PAGE),
        ("locals", "declared locals", 3, 405),
        ("instructions", "control", 6, 315),
        ("instructions", "calls", 6, 540),
        ("instructions", "variables", 11, 1_485),
        ("instructions", "memory loads", 2, 270),
        ("instructions", "memory stores", 1, 135),
        ("instructions", "i32 comparisons", 4, 180),
        ("instructions", "i32 arithmetic", 3, 135),
        ("host", "getCallDataSize", 1, 2 * GAS),
        ("host", "callDataCopy", 1, 6 * GAS),
        ("storage", "load", 1, 200 * GAS),
        ("storage", "reset", 1, 5_000 * GAS),
    ]
    instructions_and_locals = 3_465
    used = PAGE + 5_208 * GAS + instructions_and_locals
    assert report.call.used_units == used
    assert report.gas_used == 40_817
    assert (report.figures.tx, report.figures.call) == (40_817, 19_545)
    assert report.figures.net == 19_545
    assert report.schedule == "ewasm-metered"
    assert report.schedule_hash == chain.engine.schedule.content_hash
    main, add_one = report.call.functions
    assert (add_one.name, add_one.own_units, add_one.calls) == ("add_one", 2_115, 1)
    assert (main.name, main.inclusive_units) == ("main", used - PAGE)
    assert main.own_units == used - PAGE - 2_115
    stacks = {stack.frames: stack.units for stack in report.call.stacks}
    assert stacks == {
        ("making an instance",): PAGE,
        ("main",): 1_350,
        ("main", "add_one"): 2_115,
        ("main", "getCallDataSize"): 2 * GAS,
        ("main", "callDataCopy"): 6 * GAS,
        ("main", "storageLoad"): 200 * GAS,
        ("main", "storageStore"): 5_000 * GAS,
    }


def test_a_call_is_explained_as_it_would_be_sent(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    head = chain.head.hash
    called, report = (
        chain.call(address, INCREMENT),
        chain.gas.explain_call(address, INCREMENT),
    )
    assert chain.head.hash == head
    assert report.gas_used == called.gas_used == chain.send(address, INCREMENT).gas_used
    assert report.title == f"call of 0x{address.hex()}"
    assert report.gas_limit == chain.head.header.gas_limit


def test_an_older_transaction_is_explained_on_the_state_that_it_met() -> None:
    """The first increment sets the slot; the later ones only change it."""
    chain = Blockchain.in_memory(METERED_GENESIS)
    deployed = chain.deploy(example("counter/counter.wat"))
    address = deployed.contract_address
    if address is None:
        pytest.fail("no counter")
    first, second = chain.send(address, INCREMENT), chain.send(address, INCREMENT)
    for receipt, effect in ((first, "set"), (second, "reset")):
        report = chain.gas.explain_transaction(receipt.transaction_hash)
        assert report.gas_used == receipt.gas_used
        names = [part.name for part in report.call.parts if part.group == "storage"]
        assert names == ["load", effect]
        assert report.title == f"transaction 0x{receipt.transaction_hash.hex()}"
    creation = chain.gas.explain_transaction(deployed.transaction_hash)
    assert creation.gas_used == deployed.gas_used
    assert ("transaction", "create", 1, 32_000 * GAS) in rows(creation.parts)


def test_a_transaction_is_explained_after_those_before_it_in_its_block(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    account = chain.accounts[0]
    nonce = chain.nonce(account.address)
    transactions = [
        sign_transaction(
            Transaction(nonce + number, 1, 100_000, address, 0, INCREMENT),
            account.private_key,
            chain.genesis.chain_id,
        )
        for number in range(3)
    ]
    chain.mine(transactions)
    for tx in transactions:
        report = chain.gas.explain_transaction(tx.hash, options=REQUIRED)
        assert report.gas_used == chain.receipt(tx.hash).gas_used
        assert report.figures.required == report.gas_used
    chain.send(address, INCREMENT)
    assert chain.storage(address, 0)[31] == 5


def test_a_chain_on_the_other_engine_is_explained_alike(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    other = Blockchain.in_memory(METERED_GENESIS, engine="wasmtime")
    other.deploy(example("counter/counter.wat"))
    sent = other.send(address, INCREMENT)
    found = other.gas.explain_transaction(sent.transaction_hash, options=REQUIRED)
    assert found.gas_used == sent.gas_used == found.figures.required
    assert other.gas.explain_call(address, INCREMENT) == chain.gas.explain_call(
        address, INCREMENT
    )


def test_explaining_leaves_the_chain_as_it_was(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    receipt = chain.send(address, INCREMENT)
    before = chain.head.hash, chain.storage(address, 0)
    chain.gas.explain_transaction(receipt.transaction_hash, options=REQUIRED)
    assert (chain.head.hash, chain.storage(address, 0)) == before


def test_a_token_is_explained_transaction_by_transaction() -> None:
    chain = Blockchain.in_memory(METERED_GENESIS)
    created = chain.deploy(example("token/token_init.wasm"), is_init_code=True)
    token = created.contract_address
    if token is None:
        pytest.fail(str(created.error))
    data = call_data("transfer(address,uint256)", chain.accounts[1].address, 5)
    transfer = chain.send(token, data)
    assert transfer.succeeded
    for receipt in (created, transfer):
        report = chain.gas.explain_transaction(receipt.transaction_hash)
        assert report.gas_used == receipt.gas_used
        assert report.remainder == 0
    assert ("storage", "set", 1, 20_000 * GAS) in call_rows(report.call)
    assert ("host", "log", 1, (375 + 3 * 375 + 8 * 32) * GAS) in call_rows(report.call)


FORWARD = contract(
    # Half of its gas is burnt by a call to itself, of which it needs all.
    "(if (i32.eqz (call $getCallDataSize)) (then"
    " (call $getAddress (i32.const 64))"
    " (if (call $call (i64.const 0x7fffffffffffffff) (i32.const 64) (i32.const 0)"
    " (i32.const 0) (i32.const 1)) (then unreachable)))"
    " (else (call $useGas (i64.const 640000))))"
)


def test_required_gas_is_more_than_used_where_a_64th_is_kept() -> None:
    chain = Blockchain.in_memory(default_genesis("ewasm-hera"))
    address = chain.deploy(FORWARD).contract_address
    report = chain.gas.explain_call(address, options=REQUIRED)
    required = report.figures.required
    if required is None or address is None:
        pytest.fail("nothing required")
    # The callee needs 640,002, which is 63 of 64 parts of what the caller has left.
    assert report.gas_used == 21_000 + 2 + 2 + 700 + 640_002
    assert required == 21_000 + 2 + 2 + 700 + 640_002 + 640_002 // 63
    assert chain.call(address, gas_limit=required).succeeded
    assert not chain.call(address, gas_limit=required - 1).succeeded


def test_where_no_gas_is_enough_required_is_missing_and_a_note_says_so() -> None:
    chain = Blockchain.in_memory(METERED_GENESIS)
    address = chain.deploy(contract("unreachable")).contract_address
    report = chain.gas.explain_call(address, gas_limit=50_000, options=REQUIRED)
    assert report.figures.required is None
    assert report.notes == ("it fails with 30,000,000 gas too",)
    failed = chain.send(address or Address(bytes(20)), gas_limit=60_000)
    report = chain.gas.explain_transaction(failed.transaction_hash, options=REQUIRED)
    assert report.notes == ("it fails with 30,000,000 gas too",)
    assert ("failure", "forfeited") in [
        (part.group, part.name) for part in report.call.parts
    ]


def test_a_transaction_that_needed_more_gas_is_told_how_much(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    failed = chain.send(address, INCREMENT, gas_limit=40_000)
    assert not failed.succeeded
    report = chain.gas.explain_transaction(failed.transaction_hash, options=REQUIRED)
    assert report.gas_used == 40_000
    assert report.figures.required == 40_817


def test_a_recorded_call_is_priced_under_another_schedule(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    hera = load_schedule("ewasm-hera")
    report = chain.gas.explain_call(
        address, INCREMENT, options=ReportOptions(schedule=hera)
    )
    assert (report.schedule, report.units_per_gas) == ("ewasm-hera", 1)
    assert report.schedule_hash == hera.content_hash
    assert report.gas_used == 21_000 + 272 + 5_208
    sent = chain.send(address, INCREMENT)
    again = chain.gas.explain_transaction(
        sent.transaction_hash, ReportOptions(schedule=hera)
    )
    assert again.figures == report.figures


def test_a_run_that_ran_out_of_gas_must_be_made_again(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    options = ReportOptions(schedule=load_schedule("ewasm-hera"))
    with pytest.raises(MustRunAgain) as must:
        chain.gas.explain_call(address, INCREMENT, gas_limit=40_000, options=options)
    assert must.value.reasons == (f"call 0x{address.hex()} (frame 0) ran out of gas",)


def test_it_can_be_run_again_under_the_other_schedule(
    counter: tuple[Blockchain, Address],
) -> None:
    chain, address = counter
    hera = load_schedule("ewasm-hera")
    report = chain.gas.explain_call(
        address,
        INCREMENT,
        gas_limit=40_000,
        options=ReportOptions(find_required=True, schedule=hera, rerun=True),
    )
    assert (report.schedule, report.gas_used) == ("ewasm-hera", 21_000 + 272 + 5_208)
    assert report.figures.required == report.gas_used
    assert report.call.functions
    failed = chain.send(address, INCREMENT, gas_limit=40_000)
    again = chain.gas.explain_transaction(
        failed.transaction_hash, ReportOptions(schedule=hera, rerun=True)
    )
    assert (failed.succeeded, again.gas_used) == (False, report.gas_used)


def test_an_unknown_transaction_is_refused() -> None:
    with pytest.raises(UnknownTransaction):
        Blockchain.in_memory(METERED_GENESIS).gas.explain_transaction(Hash32(bytes(32)))


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("status", "status", CallStatus.REVERTED),
        ("gas used", "gas_used", 40_818),
        ("logs", "logs", ("a log",)),
        ("output", "output", b"\1"),
        ("error", "error", "out of luck"),
    ],
)
def test_a_replay_that_differs_names_the_field(
    counter: tuple[Blockchain, Address], field: str, name: str, value: object
) -> None:
    chain, address = counter
    receipt = chain.send(address, INCREMENT)
    result = TransactionResult(
        status=CallStatus.SUCCESS,
        gas_used=receipt.gas_used,
        units_left=0,
        output=receipt.output,
        logs=receipt.logs,
        created=None,
        error=None,
    )
    compare(receipt, result)
    with pytest.raises(ReplayDiffers) as differs:
        compare(receipt, structs.replace(result, **{name: value}))  # type: ignore[arg-type]
    assert differs.value.field == field


def test_a_block_that_other_prices_made_is_not_explained(
    counter: tuple[Blockchain, Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, address = counter
    receipt = chain.send(address, INCREMENT)
    monkeypatch.setattr(gas, "traced_engine", lambda _: TRACED_HERA)
    with pytest.raises(ReplayDiffers) as differs:
        chain.gas.explain_transaction(receipt.transaction_hash)
    assert (differs.value.field, differs.value.stored) == ("gas used", 40_817)
    assert differs.value.found == 21_000 + 272 + 5_208


def test_a_block_that_gives_another_state_is_not_explained(
    counter: tuple[Blockchain, Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state it starts from differs in a way that no receipt shows."""
    chain, address = counter
    receipt = chain.send(address, INCREMENT)
    opener = chain.reader.opener

    def other_opener(which: Where = None, tx: int | None = None) -> OpenState:
        def open_other(kind: type[S], /) -> S:
            state = opener(which, tx)(kind)
            state.set_balance(Address(b"\x77" * 20), 1)
            return state

        return open_other

    monkeypatch.setattr(chain.reader, "opener", other_opener)
    with pytest.raises(ReplayDiffers) as differs:
        chain.gas.explain_transaction(receipt.transaction_hash)
    assert differs.value.field == "state root"
    assert differs.value.stored == chain.head.header.state_root


def test_a_recording_that_did_not_end_cannot_be_explained() -> None:
    with pytest.raises(InternalError):
        explain(Recording(load_schedule("ewasm-hera")))
