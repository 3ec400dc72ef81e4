"""Messages that blocks keep: run again, captured and explained, also later."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosChain, LevelDatabase, MemoryDatabase, NotSimulated
from chain_sim.cosmos.chain import block_ledger
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.files.cases import capture_past, replay_case
from chain_sim.cosmos.files.dumps import dump_chain, load_dump
from chain_sim.cosmos.files.errors import MalformedChainFile
from chain_sim.cosmos.state import block_store
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmwasm import ECHO, echo_chain, response, submessage
from tests.helpers.wat import wat_to_wasm

Act = Callable[[CosmosChain, Contract], Any]
FOUR = [{"denom": "stake", "amount": "4"}]


def alice(chain: CosmosChain) -> str:
    return chain.sender_address(None)


def send_two(chain: CosmosChain, contract: Contract) -> Any:
    to = contract.address
    return chain.run_messages(
        [
            {"bank": {"send": {"to_address": to, "amount": FOUR}}},
            {"bank": {"burn": {"amount": FOUR}}},
        ]
    )


ACTS: dict[str, Act] = {
    "execute": lambda _, contract: contract.execute(
        response(attributes=[("a", "b")], data="AQ=="), funds="3stake"
    ),
    "migrate": lambda chain, contract: contract.migrate(
        chain.code(1), response(), sender=alice(chain)
    ),
    "sudo": lambda _, contract: contract.sudo(response(data="Ag==")),
    "instantiate": lambda chain, _: (
        chain.code(1)
        .instantiate(
            response(), label="second", salt=b"\1\2", funds="1stake", admin=alice(chain)
        )
        .outcome
    ),
    "messages": send_two,
}


@pytest.mark.parametrize("entry", ACTS)
def test_past_message_does_and_costs_the_same(entry: str) -> None:
    chain, contract = echo_chain()
    chain.pass_time(77)
    outcome = ACTS[entry](chain, contract)
    height = chain.head.height
    contract.execute(response())
    before = chain.head
    past = chain.transaction(height)
    assert (past.sent.entry, past.seconds) == (entry, 77)
    assert past.outcome == outcome
    ledger = past.outcome.ledger()
    assert ledger.total_gas == outcome.gas_used
    assert chain.head == before


@pytest.mark.parametrize("entry", ACTS)
def test_past_message_is_captured_with_the_state_that_it_met(entry: str) -> None:
    chain, contract = echo_chain()
    chain.pass_time(5)
    ACTS[entry](chain, contract)
    header = chain.head
    contract.execute(response(), funds="9stake")
    case = capture_past(chain, header.height)
    (step,) = case.steps
    assert (step.seconds, step.root) == (5, header.root.hex())
    for engine in ENGINES:
        assert replay_case(case, engine).deviations == ()


def test_past_message_is_there_after_reopening(tmp_path: Path) -> None:
    with CosmosChain(database=LevelDatabase(tmp_path / "db")) as chain:
        contract = chain.store(wat_to_wasm(ECHO)).instantiate(response())
        outcome = contract.execute(response(data="AQ=="))
        height = chain.head.height
    with CosmosChain(database=LevelDatabase(tmp_path / "db")) as chain:
        past = chain.transaction(height)
        assert past.outcome == outcome
        assert past.outcome.ledger().total_gas == outcome.gas_used
        assert capture_past(chain, height).steps[0].root == chain.head.root.hex()


def test_blocks_without_a_message_to_a_contract_keep_none() -> None:
    chain, _ = echo_chain()
    chain.account("carol", "1stake")
    for height in (chain.config.first_height, chain.head.height):
        with pytest.raises(InvalidChainArgument) as caught:
            chain.transaction(height)
        assert str(caught.value) == f"block {height} keeps no message to a contract"
    for missing in (chain.head.height + 1, -1, 2**70):
        with pytest.raises(InvalidChainArgument, match=f"no block {missing}"):
            chain.transaction(missing)


def test_messages_are_kept_up_to_a_size_and_a_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, contract = echo_chain()
    contract.execute(response())
    kept = chain.blocks.message(chain.head.height)
    assert kept is not None
    monkeypatch.setattr(block_ledger, "MAX_MESSAGE_BYTES", len(kept))
    contract.execute(response())
    assert chain.blocks.message(chain.head.height) == kept
    monkeypatch.setattr(block_ledger, "MAX_MESSAGE_BYTES", len(kept) - 1)
    contract.execute(response())
    assert chain.blocks.message(chain.head.height) is None
    monkeypatch.undo()
    monkeypatch.setattr(block_store, "KEPT_MESSAGES", 2)
    first = chain.head.height + 1
    for _ in range(3):
        contract.execute(response())
    found = [chain.blocks.message(first + place) for place in range(3)]
    assert found == [None, kept, kept]


def test_message_of_any_bytes_makes_a_block_that_keeps_none() -> None:
    answer = ECHO.replace(
        '(export "sudo" (func $second))',
        '(func (export "sudo") (param i32 i32) (result i32) i32.const 64)',
    )
    chain = CosmosChain()
    contract = chain.store(wat_to_wasm(answer)).instantiate(response())
    contract.sudo(b"\xff\xfe")
    assert chain.blocks.message(chain.head.height) is None


def test_reverted_blocks_keep_nothing() -> None:
    chain, contract = echo_chain()
    before = chain.head.height
    contract.execute(response())
    chain.revert(before)
    assert chain.blocks.message(before + 1) is None


def test_message_with_handlers_needs_them_and_the_same_ones() -> None:
    database = MemoryDatabase()
    chain, contract = echo_chain(database=database)
    chain.handlers.messages["custom"] = lambda context, *_: context.state.set(
        b"x", b"1"
    )
    contract.execute(response(submessage({"custom": {}})))
    height = chain.head.height
    assert chain.transaction(height).outcome.height == height
    again = CosmosChain(database=database)
    with pytest.raises(NotSimulated, match="custom is not simulated"):
        again.transaction(height)
    again.handlers.messages["custom"] = lambda *_: None
    with pytest.raises(InvalidChainArgument) as caught:
        again.transaction(height)
    assert str(caught.value) == (
        f"block {height} does not come about in the same way now: are its handlers"
        " there, and is this the version that made it?"
    )


def test_dump_has_messages_and_gives_them_back(tmp_path: Path) -> None:
    chain, contract = echo_chain()
    for act in ACTS.values():
        act(chain, contract)
    path = tmp_path / "chain.json"
    path.write_bytes(dump_chain(chain))
    database = MemoryDatabase()
    load_dump(path, database)
    copy = CosmosChain(database=database)
    assert dump_chain(copy) == path.read_bytes()
    for height in range(chain.head.height - 4, chain.head.height + 1):
        assert copy.transaction(height).sent == chain.transaction(height).sent


def changed_dump(tmp_path: Path, changes: dict[str, Any]) -> tuple[Path, int]:
    """A dump whose last block says that another message was sent; its height."""
    chain, contract = echo_chain()
    contract.execute(response(), funds="1stake")
    document = json.loads(dump_chain(chain))
    document["blocks"][-1]["sent"].update(changes)
    path = tmp_path / "chain.json"
    path.write_text(json.dumps(document))
    return path, chain.head.height


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"gasLimit": 2**64}, "gasLimit: out of range"),
        ({"gasLimit": -1}, "gasLimit: out of range"),
        ({"codeId": 2**64}, "codeId: out of range"),
        ({"salt": "xx"}, "salt: not hexadecimal digits"),
        ({"entry": "messages", "message": "{"}, "message: "),
        ({"entry": "messages", "message": "{}"}, "message: not a list of messages"),
        ({"entry": "messages", "message": "[1]"}, "message: not a list of messages"),
    ],
)
def test_dump_with_a_message_that_no_chain_keeps_is_refused(
    changes: dict[str, Any], place: str, tmp_path: Path
) -> None:
    path, height = changed_dump(tmp_path, changes)
    database = MemoryDatabase()
    with pytest.raises(MalformedChainFile) as refusal:
        load_dump(path, database)
    assert str(refusal.value).startswith(f"blocks[{height - 1}].sent.{place}")
    assert list(database.iterate(b"")) == []


def test_forged_message_of_a_dump_is_not_explained(tmp_path: Path) -> None:
    for changes in ({"funds": "2stake"}, {"funds": "?"}, {"sender": "x"}):
        path, height = changed_dump(tmp_path, changes)
        database = MemoryDatabase()
        load_dump(path, database)
        with pytest.raises(InvalidChainArgument, match="in the same way now"):
            CosmosChain(database=database).transaction(height)


def test_handler_cannot_send_transactions_or_revert_the_chain() -> None:
    chain, contract = echo_chain()
    before = chain.head
    calls: list[Callable[[], object]] = [
        lambda: contract.execute(response()),
        lambda: chain.account("mallory", "1stake"),
        lambda: chain.revert(before.height - 1),
    ]
    for call in calls:
        chain.handlers.messages["custom"] = lambda *_, call=call: call()
        with pytest.raises(InvalidChainArgument, match="a transaction is running"):
            contract.execute(response(submessage({"custom": {}})))
        assert chain.head == before
    chain.handlers.messages["custom"] = lambda *_: None
    contract.execute(response(submessage({"custom": {}})))
    assert chain.head.height == before.height + 1


def test_block_has_the_time_that_its_transaction_saw() -> None:
    chain, contract = echo_chain()
    before = chain.head.time
    chain.handlers.messages["custom"] = lambda *_: chain.pass_time(1_000)
    contract.execute(response(submessage({"custom": {}})))
    assert chain.head.time == before + 5 * 1_000_000_000
    assert chain.passed_time == 0
    assert chain.transaction(chain.head.height).seconds == 0
