"""The executor: what it refuses, forgets, bounds and passes to other processes."""

import pickle
from dataclasses import replace

import pytest
from msgspec import structs

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import InvalidText, format_address, format_data
from contract_fuzz.cases import positions
from contract_fuzz.cases.case import CaseStatus, CaseTransaction, Position
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.start_states import (
    NotDeployed,
    StateTooLarge,
    start_from_chain,
    start_from_code,
)
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles.chain_oracles import ChainOracle
from contractvm.errors import InternalError, InvalidModule, MalformedModule
from tests.helpers.calling_contracts import CONTRACTS
from tests.helpers.ewasm import contract
from tests.helpers.examples import example
from tests.helpers.fuzzed_chains import (
    SCHEDULE,
    genesis_with,
    received,
    seen,
    send,
    start_of,
)
from tests.helpers.solidity_abi import selector, word

COUNTER = example("counter/counter.wat")
INCREMENT, GET = selector("increment()"), selector("get()")
ADDRESS = CONTRACTS[0]


def on_counter() -> tuple[CaseExecutor, CaseTransaction, CaseTransaction]:
    """An executor, and transactions that count and look."""
    start = start_from_code(COUNTER, schedule=SCHEDULE)
    address = start.contracts[0]
    increment, get = CaseTransaction(address, INCREMENT), CaseTransaction(address, GET)
    return CaseExecutor(start), increment, get


def executor_of(body: str, data: bytes = b"") -> CaseExecutor:
    """An executor for one contract at ADDRESS."""
    genesis = genesis_with({ADDRESS: contract(body, data)})
    return CaseExecutor(start_of(genesis, ADDRESS))


def test_runs_leave_a_position_as_it_was() -> None:
    executor, increment, get = on_counter()
    one = executor.advance(executor.begin, [increment])
    for _ in range(3):
        assert executor.run(one, increment).output == word(2)
        assert executor.run(executor.begin, increment).output == word(1)
        outputs = [
            outcome.output
            for outcome in executor.run_sequence(one, [increment, increment, get])
        ]
        assert outputs == [word(2), word(3), word(3)]
    assert executor.run(one, get).output == word(1)
    assert executor.run(executor.begin, get).output == word(0)


def test_probes_see_every_block_and_leave_nothing() -> None:
    executor, increment, get = on_counter()
    outcomes, probed = executor.probe(executor.begin, [increment] * 2, [get, increment])
    covered = executor.coverage()
    assert [outcome.output for outcome in outcomes] == [word(1), word(2)]
    assert [[probe.output for probe in probes] for probes in probed] == [
        [word(1), word(2)],
        [word(2), word(3)],
    ]
    executor.run_sequence(executor.begin, [increment] * 2)
    assert executor.coverage() == covered


def test_a_position_is_worked_out_again_by_any_executor() -> None:
    executor, increment, get = on_counter()
    position = executor.advance(executor.begin, [increment] * 3)
    executor.forget(position)
    assert executor.run(position, get).output == word(3)
    for options in (ExecutorOptions(), ExecutorOptions("wasmtime")):
        other = CaseExecutor(executor.start, options)
        assert other.run(position, get).output == word(3)
        assert other.advance(other.begin, [increment] * 3) == position


def test_a_position_of_another_start_is_refused() -> None:
    executor, increment, get = on_counter()
    position = executor.advance(executor.begin, [increment])
    wrong = replace(position, root=executor.begin.root)
    with pytest.raises(PositionDiffers):
        executor.run(wrong, get)
    assert wrong != position
    assert executor.run(position, get).output == word(1)


def test_everything_can_be_sent_to_another_process() -> None:
    executor, increment, get = on_counter()
    position = executor.advance(executor.begin, [increment])
    outcome = executor.run(position, get)
    parts = (executor.start, executor.options, position, get, outcome)
    start, options, there, sent, expected = pickle.loads(pickle.dumps(parts))
    assert there == position
    assert isinstance(there, Position)
    assert hash(there) == hash(position)
    assert CaseExecutor(start, options).run(there, sent) == expected == outcome


def test_memory_is_bounded_and_results_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "MAX_OPEN", 2)
    monkeypatch.setattr(positions, "MAX_NEW_BYTES", 4_000)
    monkeypatch.setattr(positions, "MAX_REMEMBERED_BYTES", 512)
    executor, increment, get = on_counter()
    found = [executor.begin]
    for _ in range(12):
        found.append(executor.advance(found[-1], [increment]))
    for _ in range(2):
        for number, position in enumerate(found):
            assert executor.run(position, get).output == word(number)
            assert executor.run(position, increment).output == word(number + 1)
    inside = executor._positions
    assert len(inside._open) <= 2
    # One derivation of the longest position may exceed the bound.
    assert inside.database.size_bytes < 4_000 + 12 * 4_000


def test_positions_stay_open_to_be_used_again() -> None:
    executor, increment, _ = on_counter()
    position = executor.advance(executor.begin, [increment])
    inside = executor._positions
    kept = inside._open[position.key]
    assert inside.open(position) is kept
    inside.close(position)
    assert position.key not in inside._open
    derived = inside.open(position)
    assert derived is not kept
    assert inside.open(position) is derived


def test_the_position_that_was_used_longest_ago_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor, increment, _ = on_counter()
    first = executor.advance(executor.begin, [increment])
    second = executor.advance(first, [increment])
    inside = executor._positions
    inside.close(executor.begin)
    assert [*inside._open] == [first.key, second.key]
    monkeypatch.setattr(positions, "MAX_OPEN", 2)
    for position in (first, executor.begin):
        inside.open(position)
    assert [*inside._open] == [first.key, executor.begin.key]


def test_contexts_of_other_times_are_kept_up_to_a_bound() -> None:
    executor, _, _ = on_counter()
    opened = executor._positions.open(executor.begin)
    start = opened.header.timestamp
    most = positions.MAX_CONTEXTS
    first = opened.context(1)
    for seconds in range(1, 3 * most):
        assert opened.context(seconds).timestamp == start + seconds
        assert opened.context(seconds) is opened.context(seconds)
        assert len(opened._contexts) <= most
        if seconds <= most:
            assert opened.context(1) is first
    assert opened.context(1) == first
    assert opened.context(1) is not first


def test_a_state_forgets_what_it_has_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "MAX_REMEMBERED_BYTES", 1 << 14)
    executor, _, _ = on_counter()
    most = 0
    for number in range(300):
        stranger = (1 << 100) + number
        executor.run(
            executor.begin,
            CaseTransaction(type(ADDRESS)(stranger.to_bytes(20, "big")), value=1),
        )
        opened = executor._opened
        most = max(most, opened.state.remembered_bytes)
        assert opened.state.remembered_bytes <= 1 << 14
    assert most > 1 << 13


BLOCK_HASHES = (
    "(drop (call $getBlockHash (i64.sub (call $getBlockNumber) (i64.const 1))"
    " (i32.const 0)))"
    "(drop (call $getBlockHash (i64.sub (call $getBlockNumber) (i64.const 2))"
    " (i32.const 32)))"
    "(drop (call $getBlockHash (call $getBlockNumber) (i32.const 64)))"
    "(i64.store (i32.const 96) (call $getBlockTimestamp))"
    "(call $finish (i32.const 0) (i32.const 104))"
)


def test_contracts_see_the_hashes_of_blocks_that_were_never_made() -> None:
    genesis = genesis_with({ADDRESS: contract(BLOCK_HASHES)})
    executor = CaseExecutor(start_of(genesis, ADDRESS))
    look = CaseTransaction(ADDRESS)
    outcomes = executor.run_sequence(executor.begin, [look] * 3)
    _, probed = executor.probe(executor.begin, [look] * 3, [look])
    covered = executor.coverage()
    with Blockchain.in_memory(genesis) as chain:
        receipts = [received(send(chain, look)) for _ in range(4)]
    assert [seen(outcome) for outcome in outcomes] == receipts[:3]
    assert [seen(probe) for (probe,) in probed] == receipts[1:]
    executor.run_sequence(executor.begin, [look] * 3)
    assert executor.coverage() == covered


COUNTS_AND_LOOKS = (
    "(call $storageLoad (i32.const 0) (i32.const 32))"
    "(i64.store (i32.const 32) (i64.add (i64.load (i32.const 32)) (i64.const 1)))"
    "(call $storageStore (i32.const 0) (i32.const 32))"
    "(drop (call $getBlockHash (i64.sub (call $getBlockNumber) (i64.const 1))"
    " (i32.const 64)))"
    "(call $finish (i32.const 32) (i32.const 8))"
)


def test_root_of_a_case_whose_blocks_must_be_made() -> None:
    executor = executor_of(COUNTS_AND_LOOKS)
    count = CaseTransaction(ADDRESS)
    for _ in range(2):
        outcomes, root = executor.run_to_root(executor.begin, [count] * 3)
        counts = [int.from_bytes(outcome.output, "little") for outcome in outcomes]
        assert counts == [1, 2, 3]
        assert root == executor.advance(executor.begin, [count] * 3).root


def test_the_clock_is_what_the_transactions_say() -> None:
    executor = executor_of(
        "(i64.store (i32.const 0) (call $getBlockTimestamp))"
        "(call $finish (i32.const 0) (i32.const 8))"
    )
    began = executor.begin.timestamp

    def clock(outcome) -> int:
        return int.from_bytes(outcome.output, "little") - began

    later = [CaseTransaction(ADDRESS, seconds=seconds) for seconds in (1, 60, 86_400)]
    assert [clock(executor.run(executor.begin, tx)) for tx in later] == [1, 60, 86_400]
    found = executor.run_sequence(executor.begin, later)
    assert [clock(outcome) for outcome in found] == [1, 61, 86_461]
    position = executor.advance(executor.begin, later)
    assert position.timestamp == began + 86_461
    assert position.number == 3
    for seconds in range(1, 200):
        outcome = executor.run(position, CaseTransaction(ADDRESS, seconds=seconds))
        assert clock(outcome) == 86_461 + seconds


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"value": 10**23}, "insufficient balance"),
        ({"value": 2**256}, "field too large"),
        ({"value": -1}, "field negative"),
        ({"gas_limit": 20_000}, "intrinsic gas too low"),
        ({"gas_limit": 30_000_001}, "block gas limit exceeded"),
        ({"gas_limit": 2**64}, "field too large"),
    ],
)
def test_what_the_chain_refuses_is_refused(changes, kind: str) -> None:
    executor, increment, get = on_counter()
    refused = structs.replace(increment, **changes)
    outcome = executor.run(executor.begin, refused)
    assert (outcome.status, outcome.error_kind) == (CaseStatus.REFUSED, kind)
    assert outcome.gas_used == 0
    found = executor.run_sequence(executor.begin, [refused, increment, refused, get])
    assert [each.status is CaseStatus.REFUSED for each in found] == [
        *(True, False, True, False)
    ]
    assert found[3].output == word(1)
    position, advanced = executor.advance_with_outcomes(
        executor.begin, [refused, increment, refused, get]
    )
    assert advanced == found
    assert position.number == executor.begin.number + 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("unreachable", "unreachable"),
        ("(loop $l (br $l))", "out of gas"),
        ("(drop (i32.load (i32.const -1)))", "out of bounds memory access"),
        ("(call $useGas (i64.const -1))", "refused by the host"),
        ("(call $revert (i32.const 0) (i32.const 0))", ""),
    ],
)
def test_a_failure_has_a_kind(body: str, kind: str) -> None:
    executor = executor_of(body)
    outcome = executor.run(executor.begin, CaseTransaction(ADDRESS, gas_limit=10**6))
    assert outcome.error_kind == kind
    assert outcome.status is (CaseStatus.FAILURE if kind else CaseStatus.REVERTED)
    assert (outcome.gas_used == 10**6) is bool(kind)


def test_a_contract_that_takes_all_memory_is_stopped_by_its_gas() -> None:
    executor = executor_of("(loop $l (drop (memory.grow (i32.const 1))) (br $l))")
    outcome = executor.run(executor.begin, CaseTransaction(ADDRESS))
    assert outcome.error_kind == "out of gas"


def test_our_own_failure_leaves_the_executor_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor, increment, get = on_counter()
    position = executor.advance(executor.begin, [increment])
    for failing in (executor.run, executor.run_sequence):
        with monkeypatch.context() as patch:
            patch.setattr("contract_fuzz.cases.case_runs.outcome_of", fail)
            with pytest.raises(InternalError):
                failing(position, increment if failing == executor.run else [increment])
        assert executor.run(position, get).output == word(1)


def fail(*_: object) -> None:
    raise InternalError("something of ours broke")


# Start states


def test_a_chain_in_a_directory_is_read_and_not_changed(tmp_path) -> None:
    genesis = genesis_with({ADDRESS: COUNTER})
    increment, get = CaseTransaction(ADDRESS, INCREMENT), CaseTransaction(ADDRESS, GET)
    with Blockchain.open(tmp_path / "chain", genesis) as chain:
        for _ in range(5):
            send(chain, increment)
        before = list(chain.database.iterate(b""))
        copied = start_from_chain(chain, [ADDRESS])
        bare = start_from_chain(chain, [ADDRESS], with_entries=False)
        assert bare.entries == ()
        assert len(copied.block_hashes) == 6
        for executor in (
            CaseExecutor(copied),
            CaseExecutor(bare, database=chain.database),
        ):
            position = executor.advance(executor.begin, [increment])
            assert executor.run(position, get).output == word(6)
            assert position.number == 6
        assert list(chain.database.iterate(b"")) == before
        receipt = received(send(chain, increment))
        assert seen(CaseExecutor(copied).run(executor.begin, increment)) == receipt
        assert chain.head.hash == position.block_hash


def test_contracts_are_given_in_any_form_of_an_address() -> None:
    with Blockchain.in_memory(genesis_with({ADDRESS: COUNTER})) as chain:
        account = chain.accounts[0]
        forms = (ADDRESS, format_address(ADDRESS), format_data(ADDRESS), account)
        start = start_from_chain(chain, iter(forms))
        assert start.contracts == (ADDRESS, ADDRESS, ADDRESS, account.address)
        with pytest.raises(TypeError, match="each of contracts must be an address"):
            start_from_chain(chain, [ADDRESS[1:]])
        with pytest.raises(InvalidText):
            start_from_chain(chain, ["0x12"])


@pytest.mark.parametrize("with_entries", [True, False])
def test_senders_can_be_given_a_balance(with_entries: bool) -> None:
    genesis = genesis_with({ADDRESS: COUNTER})
    with Blockchain.in_memory(genesis) as chain:
        start = start_from_chain(
            chain,
            [ADDRESS],
            senders=2,
            sender_balance=10**16,
            with_entries=with_entries,
        )
        before = len(list(chain.database.iterate(b"")))
        executor = CaseExecutor(
            start, database=None if with_entries else chain.database
        )
        send_all = CaseTransaction(
            ADDRESS, INCREMENT, sender=1, value=6 * 10**15, gas_limit=4 * 10**6
        )
        assert executor.run(executor.begin, send_all).succeeded
        more = structs.replace(send_all, value=6 * 10**15 + 1)
        assert executor.run(executor.begin, more).status is CaseStatus.REFUSED
        position = executor.advance(executor.begin, [send_all])
        assert executor.run(position, send_all).status is CaseStatus.REFUSED
        assert len(list(chain.database.iterate(b""))) == before
    assert len(start.senders) == 2
    assert executor.begin.root != start.head.state_root


def test_a_state_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_fuzz.cases.start_states.MAX_STATE_BYTES", 2_000)
    with pytest.raises(StateTooLarge) as refusal:
        start_from_code(COUNTER, schedule=SCHEDULE)
    assert refusal.value.limit_bytes == 2_000


def test_code_that_cannot_be_deployed_is_refused() -> None:
    with pytest.raises(MalformedModule):
        start_from_code(b"not wasm", schedule=SCHEDULE)
    with pytest.raises(InvalidModule):
        start_from_code(b"\0asm\1\0\0\0", schedule=SCHEDULE)
    reverting = contract("(call $revert (i32.const 0) (i32.const 0))")
    with pytest.raises(NotDeployed) as refusal:
        start_from_code(reverting, schedule=SCHEDULE, is_init_code=True)
    assert refusal.value.reason == "the init code reverted"


def test_a_start_can_be_set_up_by_transactions() -> None:
    start = start_from_code(
        COUNTER,
        schedule=SCHEDULE,
        set_up=lambda chain, address: chain.send(address, INCREMENT),
    )
    executor = CaseExecutor(start)
    get = CaseTransaction(start.contracts[0], GET)
    assert executor.run(executor.begin, get).output == word(1)
    assert executor.begin.number == 2


def test_a_chain_with_a_fee_market_is_fuzzed_without_it() -> None:
    with Blockchain.in_memory(fees="eip1559") as chain:
        address = chain.deploy(COUNTER).contract_address
        assert address is not None
        start = start_from_chain(chain, [address])
        assert (start.genesis.fees, start.head.base_fee_per_gas) == (None, None)
        assert start.block_hashes == (chain.block(0).hash, start.head.hash)
        executor = CaseExecutor(start)
        increment = CaseTransaction(address, INCREMENT)
        position = executor.advance(executor.begin, [increment])
        assert executor.run(position, increment).output == word(2)
        oracle = ChainOracle("replayed-block", 0, 0, executor)
        outcomes = executor.run_sequence(executor.begin, [increment])
        assert oracle.check(executor, executor.begin, [increment], outcomes) is None


def test_open_edits_are_part_of_the_start() -> None:
    with Blockchain.in_memory() as chain:
        chain.edits.set_code(ADDRESS, COUNTER)
        executor = CaseExecutor(start_from_chain(chain, [ADDRESS]))
        increment = CaseTransaction(ADDRESS, INCREMENT)
        assert executor.run(executor.begin, increment).output == word(1)
