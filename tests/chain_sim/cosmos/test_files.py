"""Files of Cosmos chains: captured messages and dumps, written and read strictly."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chain_sim import CosmosChain, MemoryDatabase, NotSimulated
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.files.cases import (
    MAX_TRUSTED_GAS,
    CosmosCase,
    capture_message,
    decode_case,
    encode_case,
    read_case,
    read_start,
    replay_case,
    require_bounded,
)
from chain_sim.cosmos.files.dumps import dump_chain, load_dump
from chain_sim.cosmos.files.errors import (
    CaseUnbounded,
    MalformedChainFile,
    StateIncomplete,
)
from chain_sim.cosmos.files.partial_states import (
    PartialState,
    RecordingState,
    joined,
)
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmos_fuzzing import FUZZED
from tests.helpers.cosmwasm import ECHO, response
from tests.helpers.wat import wat_to_wasm

Made = tuple[CosmosChain, Contract]


def made(code: bytes = FUZZED, message: object = "{}") -> Made:
    chain = CosmosChain()
    alice = chain.account("alice", "1000stake,5token")
    chain.account("bob")
    contract = chain.store(code, alice).instantiate(message, sender=alice, admin=alice)
    return chain, contract


def sent(made: Made, message: str, **fields: Any) -> SentMessage:
    chain, contract = made
    sender = chain.addresses.text(chain.sender(None))
    return SentMessage("execute", contract.address, message, sender, **fields)


def case_of(message: str = '{"keep":1}', **fields: Any) -> CosmosCase:
    pair = made()
    return capture_message(pair[0], sent(pair, message, **fields))


# States


def test_ranges_are_joined_where_they_touch() -> None:
    assert joined([(b"c", b"d"), (b"a", b"b"), (b"b", b"c")]) == [(b"a", b"d")]
    assert joined([(b"a", b"b"), (b"b\0", b"c")]) == [(b"a", b"b"), (b"b\0", b"c")]
    assert joined([(b"a", b"z"), (b"c", b"d")]) == [(b"a", b"z")]
    assert joined([]) == []


def test_recording_state_notes_what_was_read_and_written() -> None:
    state = RecordingState({b"a": b"1", b"c": b"3", b"e": b"5"})
    assert state.get(b"b") is None
    assert state.following(b"c\0", b"f") == b"e"
    assert state.preceding(b"a", b"") is None
    state.set(b"x", b"9")
    assert state.ranges() == [
        (b"", b"a"),
        (b"b", b"b\0"),
        (b"c\0", b"e\0"),
        (b"x", b"x\0"),
    ]


@pytest.mark.parametrize(
    "use",
    [
        lambda state: state.get(b"b"),
        lambda state: state.set(b"b", b"1"),
        lambda state: state.delete(b"b"),
    ],
)
def test_one_key_is_noted_however_it_is_used(use: Any) -> None:
    state = RecordingState({b"b": b"2"})
    use(state)
    assert state.ranges() == [(b"b", b"b\0")]


def test_partial_state_knows_its_ranges_and_nothing_else() -> None:
    state = PartialState({b"c": b"3"}, [(b"b", b"d"), (b"f", b"g")])
    assert state.get(b"b") is None
    assert state.following(b"b", b"d") == b"c"
    assert state.preceding(b"d", b"b") == b"c"
    assert state.following(b"c\0", b"d") is None
    assert list(state.range(b"b", b"d")) == [(b"c", b"3")]
    for unknown in (
        lambda: state.get(b"a"),
        lambda: state.get(b"d"),
        lambda: state.set(b"e", b""),
        lambda: state.delete(b"g"),
        lambda: state.following(b"c\0", b"e"),
        lambda: state.following(b"a", b"d"),
        lambda: state.preceding(b"c", b"a"),
        lambda: state.range(b"b", b"g"),
    ):
        with pytest.raises(StateIncomplete):
            unknown()
    with pytest.raises(StateIncomplete) as gap:
        state.following(b"c\0", b"g")
    assert gap.value.key == b"d"


# Captured messages


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ('{"keep":1}', {}),
        ('{"keep":1}', {"funds": "3stake,1token"}),
        ('{"deny":1}', {}),
        ('{"burst":1}', {}),
        ('{"loop":1}', {"gas_limit": 62_000}),
        ("no json", {}),
    ],
)
def test_captured_message_does_the_same_on_each_engine(
    engine: str, message: str, fields: dict[str, Any]
) -> None:
    pair = made()
    case = capture_message(pair[0], sent(pair, message, **fields))
    read = decode_case(encode_case(case))
    assert read == case
    replayed = replay_case(read, engine)
    assert replayed.deviations == ()
    (step,) = case.steps
    assert replayed.root.hex() == step.root
    # What the chain itself comes to.
    chain, contract = pair
    before = chain.head.root
    if step.outcome["error"] is None:
        outcome = contract.execute(message, funds=fields.get("funds", ()))
        assert outcome.gas_used == step.outcome["gasUsed"]
        assert chain.head.root == replayed.root
        assert chain.head.height == step.outcome["height"]
    else:
        assert before == replayed.root


def test_case_holds_no_more_of_the_state_than_was_read() -> None:
    chain, contract = made()
    for name in ("carol", "dave"):
        chain.account(name, "7stake")
    case = capture_message(chain, sent((chain, contract), '{"keep":1}'))
    keys = [bytes.fromhex(key) for key, _ in case.entries]
    assert len(keys) < len(chain.blocks.state.entries()) // 2
    assert not any(key.startswith(b"b") for key in keys)


def test_every_entry_and_range_of_a_case_is_needed() -> None:
    case = case_of(funds="3stake")
    assert replay_case(case).deviations == ()
    for place in range(len(case.ranges)):
        ranges = case.ranges[:place] + case.ranges[place + 1 :]
        start, end = (bytes.fromhex(each) for each in case.ranges[place])
        entries = tuple(
            pair for pair in case.entries if not start <= bytes.fromhex(pair[0]) < end
        )
        less = msgspec.structs.replace(case, ranges=ranges, entries=entries)
        with pytest.raises(StateIncomplete):
            replay_case(less)


def test_query_is_captured_outside_of_transactions() -> None:
    chain, contract = made()
    contract.execute('{"keep":1}')
    query = SentMessage("query", contract.address, "{}")
    case = capture_message(chain, query)
    (step,) = case.steps
    assert step.outcome["height"] == chain.head.height
    assert step.outcome["data"] == b"{}".hex()
    assert step.root == chain.head.root.hex()
    for engine in ENGINES:
        assert replay_case(case, engine).deviations == ()


def test_captured_after_an_earlier_block() -> None:
    chain, contract = made()
    message = sent((chain, contract), '{"keep":2}')
    then = chain.head
    expected = capture_message(chain, message)
    contract.execute('{"keep":1}')
    assert capture_message(chain, message, then.height) == expected
    assert capture_message(chain, message) != expected
    with pytest.raises(InvalidChainArgument, match="no block 99"):
        capture_message(chain, message, 99)


def test_what_the_chain_does_not_simulate_is_not_captured() -> None:
    chain, contract = made(wat_to_wasm(ECHO), response())
    staking = {
        "id": 0,
        "msg": {"staking": {"delegate": {}}},
        "gas_limit": None,
        "reply_on": "never",
    }
    before = chain.blocks.state.entries()
    with pytest.raises(NotSimulated):
        capture_message(chain, sent((chain, contract), json.dumps(response(staking))))
    assert chain.blocks.state.entries() == before


def test_deviation_names_step_and_field() -> None:
    case = case_of()
    (step,) = case.steps
    outcome = {**step.outcome, "gasUsed": step.outcome["gasUsed"] + 1}
    changed = msgspec.structs.replace(step, outcome=outcome)
    wrong = msgspec.structs.replace(case, steps=(changed,))
    (deviation,) = replay_case(wrong).deviations
    assert (deviation.place, deviation.field) == ("steps[0]", "gasUsed")
    assert int(deviation.expected) - int(deviation.found) == 1


def test_cases_that_may_take_long_are_refused() -> None:
    case = case_of(gas_limit=MAX_TRUSTED_GAS)
    require_bounded(case)
    (step,) = case.steps
    more = msgspec.structs.replace(step.sent, gas_limit=1)
    longer = (step, msgspec.structs.replace(step, sent=more))
    with pytest.raises(CaseUnbounded):
        require_bounded(msgspec.structs.replace(case, steps=longer))


def test_a_case_is_bounded_by_a_hundred_million_gas() -> None:
    require_bounded(case_of(gas_limit=100_000_000))
    with pytest.raises(CaseUnbounded) as caught:
        require_bounded(case_of(gas_limit=100_000_001))
    assert str(caught.value) == (
        "its gas limits are 100000001 together, more than 100000000; --trust runs it"
    )
    assert caught.value.gas == 100_000_001


@pytest.mark.parametrize("name", ["height", "time"])
def test_numbers_of_a_case_are_signed_words(name: str) -> None:
    case = case_of()
    for fits in (0, 2**63 - 1):
        start, _ = read_start(msgspec.structs.replace(case, **{name: fits}))
        assert getattr(start, name) == fits
    for number in (-1, 2**63):
        with pytest.raises(MalformedChainFile) as caught:
            read_start(msgspec.structs.replace(case, **{name: number}))
        assert str(caught.value) == f"{name}: {number} is out of range"


def test_seconds_and_gas_of_a_step_have_bounds() -> None:
    case = case_of()
    (step,) = case.steps

    def with_step(seconds: int, gas_limit: int) -> CosmosCase:
        sent = msgspec.structs.replace(step.sent, gas_limit=gas_limit)
        changed = msgspec.structs.replace(step, seconds=seconds, sent=sent)
        return msgspec.structs.replace(case, steps=(step, changed))

    for seconds, gas_limit in ((0, 0), (922_337_203, 2**64 - 1)):
        read_start(with_step(seconds, gas_limit))
    for seconds, gas_limit, place in (
        (-1, 0, "steps[1].seconds"),
        (922_337_204, 0, "steps[1].seconds"),
        (0, -1, "steps[1].sent.gasLimit"),
        (0, 2**64, "steps[1].sent.gasLimit"),
    ):
        with pytest.raises(MalformedChainFile) as caught:
            read_start(with_step(seconds, gas_limit))
        assert str(caught.value) == f"{place}: out of range"


@pytest.mark.parametrize(
    ("ranges", "place"),
    [
        ([["01", "02"], ["03", "04"]], None),
        ([["", "02"], ["03", "04"]], None),
        ([["01", "01"]], "ranges[0]"),
        ([["01", "03"], ["03", "04"]], "ranges[1]"),
        ([["01", "04"], ["02", "05"]], "ranges[1]"),
    ],
)
def test_ranges_do_not_touch(ranges: list[list[str]], place: str | None) -> None:
    case = msgspec.structs.replace(case_of(), ranges=ranges, entries=())
    if place is None:
        _, found = read_start(case)
        assert [[one.hex(), other.hex()] for one, other in found] == ranges
        return
    with pytest.raises(MalformedChainFile) as caught:
        read_start(case)
    assert str(caught.value) == f"{place}: empty, or touches another"


Change = Callable[[dict[str, Any]], object]
CASE_FAULTS: list[tuple[str, Change, str]] = [
    ("format", lambda case: case.update(format="other"), "$.format"),
    ("version", lambda case: case.update(version=2), "$.version"),
    ("unknown key", lambda case: case.update(more=1), "more"),
    ("missing key", lambda case: case.pop("total"), "total"),
    ("release", lambda case: case.update(release="wasmd-9.9.9"), "release"),
    ("not a chain", lambda case: case.update(release="cosmwasm-3.0.9"), "release"),
    ("prefix", lambda case: case.update(prefix="Cosmos"), "prefix"),
    ("short total", lambda case: case.update(total="00"), "total"),
    ("capital total", lambda case: case.update(total="AB" * 512), "total"),
    ("height", lambda case: case.update(height=-1), "height"),
    ("time", lambda case: case.update(time=2**63), "time"),
    ("ranges in no order", lambda case: case["ranges"].reverse(), "ranges[1]"),
    (
        "empty range",
        lambda case: case["ranges"][0].__setitem__(1, case["ranges"][0][0]),
        "ranges[0]",
    ),
    (
        "entry twice",
        lambda case: case["entries"].insert(0, case["entries"][0]),
        "entries[1]",
    ),
    (
        "entry outside",
        lambda case: case["entries"].append(["ff", "00"]),
        "in none of the ranges",
    ),
    (
        "other code",
        lambda case: next(
            pair for pair in case["entries"] if pair[0].startswith("63")
        ).__setitem__(1, "00"),
        "a code without its hash",
    ),
    (
        "gas limit",
        lambda case: case["steps"][0]["sent"].update(gasLimit=2**64),
        "steps",
    ),
    (
        "entry point",
        lambda case: case["steps"][0]["sent"].update(entry="reply"),
        "$.steps[0].sent.entry",
    ),
    (
        "seconds",
        lambda case: case["steps"][0].update(seconds=-1),
        "steps[0].seconds",
    ),
]


@pytest.mark.parametrize(
    ("change", "place"),
    [fault[1:] for fault in CASE_FAULTS],
    ids=[fault[0] for fault in CASE_FAULTS],
)
def test_malformed_case_is_refused_with_its_place(
    change: Change, place: str, tmp_path: Path
) -> None:
    document = json.loads(encode_case(case_of()))
    change(document)
    content = json.dumps(document).encode()
    with pytest.raises(MalformedChainFile) as refusal:
        decode_case(content)
    assert place in str(refusal.value)
    path = tmp_path / "case.json"
    path.write_bytes(content)
    with pytest.raises(MalformedChainFile) as of_file:
        read_case(path)
    assert place in str(of_file.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b"\xff", b'"text"', b"null"]
)
def test_other_content_is_no_case(content: bytes) -> None:
    with pytest.raises(MalformedChainFile):
        decode_case(content)


def test_state_that_no_chain_writes_is_refused_and_not_our_failure() -> None:
    case = case_of()
    for place, (key, value) in enumerate(case.entries):
        if key.startswith("63") or not value:
            continue
        entries = list(case.entries)
        entries[place] = key, "ff" * (len(value) // 2)
        wrong = msgspec.structs.replace(case, entries=tuple(entries))
        try:
            replay_case(decode_case(encode_case(wrong)))
        except (MalformedChainFile, StateIncomplete):
            continue


# Dumps


def busy_chain() -> Made:
    chain, contract = made()
    contract.execute('{"keep":1}', funds="3stake")
    chain.pass_time(77)
    contract.execute('{"keep":22}')
    chain.pin(1)
    return chain, contract


def test_dump_and_load_give_the_same_chain(tmp_path: Path) -> None:
    chain, contract = busy_chain()
    path = tmp_path / "chain.json"
    path.write_bytes(dump_chain(chain))
    database = MemoryDatabase()
    config = load_dump(path, database)
    assert config == chain.config
    copy = CosmosChain(database=database)
    assert copy.head == chain.head
    assert copy.blocks.state.entries() == chain.blocks.state.entries()
    assert dump_chain(copy) == path.read_bytes()
    for each in (chain, copy):
        each.contract(contract.address).execute('{"keep":4}')
    assert copy.head == chain.head
    for each in (chain, copy):
        each.revert(3)
    assert copy.head == chain.head
    assert dump_chain(copy) == dump_chain(chain)


@pytest.mark.parametrize("name", ["height", "time", "transactionCount"])
def test_numbers_of_a_dumped_block_are_signed_words(name: str, tmp_path: Path) -> None:
    document = json.loads(dump_chain(busy_chain()[0]))
    path = tmp_path / "chain.json"
    blocks = document["blocks"][-1:]
    document["blocks"] = [{**blocks[0], "undo": []}]
    for number in (0, 2**63 - 1, -1, 2**63):
        document["blocks"][0][name] = number
        path.write_text(json.dumps(document))
        database = MemoryDatabase()
        if number in (0, 2**63 - 1):
            load_dump(path, database)
            continue
        with pytest.raises(MalformedChainFile) as caught:
            load_dump(path, database)
        assert str(caught.value) == f"blocks[0].{name}: out of range"
        assert list(database.iterate(b"")) == []


DUMP_FAULTS: list[tuple[str, Change, str]] = [
    ("no blocks", lambda dump: dump.update(blocks=[]), "blocks"),
    (
        "a balance",
        lambda dump: next(
            pair for pair in dump["entries"] if pair[0].startswith("6202")
        ).__setitem__(1, b"999".hex()),
        "root",
    ),
    ("entry gone", lambda dump: dump["entries"].pop(), "root"),
    ("heights", lambda dump: dump["blocks"].pop(2), "blocks[2].height"),
    (
        "times",
        lambda dump: dump["blocks"][2].update(time=dump["blocks"][1]["time"]),
        "blocks[2].time",
    ),
    (
        "undo",
        lambda dump: dump["blocks"][2]["undo"].pop(),
        "blocks[1].root",
    ),
    (
        "undo of the first",
        lambda dump: dump["blocks"][0].update(undo=[["00", None]]),
        "blocks[0].undo",
    ),
    ("release", lambda dump: dump.update(release="wasmd-9"), "release"),
    ("root", lambda dump: dump["blocks"][-1].update(root="00" * 32), "root"),
    ("format", lambda dump: dump.update(format="anvil"), "$.format"),
]


@pytest.mark.parametrize(
    ("change", "place"),
    [fault[1:] for fault in DUMP_FAULTS],
    ids=[fault[0] for fault in DUMP_FAULTS],
)
def test_altered_dump_is_refused_with_its_place(
    change: Change, place: str, tmp_path: Path
) -> None:
    document = json.loads(dump_chain(busy_chain()[0]))
    change(document)
    path = tmp_path / "chain.json"
    path.write_text(json.dumps(document))
    database = MemoryDatabase()
    with pytest.raises(MalformedChainFile) as refusal:
        load_dump(path, database)
    assert place in str(refusal.value)
    assert list(database.iterate(b"")) == []
