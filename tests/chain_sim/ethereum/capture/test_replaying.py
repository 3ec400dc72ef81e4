"""A replay compares every field, and reads nothing that the case lacks."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from chain_sim.ethereum.capture.case import Case, require_bounded, rules_with
from chain_sim.ethereum.capture.errors import (
    CaseUnbounded,
    MalformedCase,
    WitnessIncomplete,
)
from chain_sim.ethereum.capture.making import make_case, state_of
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.capture.witness import NotingDatabase, ReadOnly, WitnessDatabase
from chain_sim.ethereum.execution.cross_check import EngineDifference
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from contractvm.hosts.evm.interface import CallStatus, Log
from contractvm.hosts.registry import UnknownHostInterface
from contractvm.metering.names import INSTRUMENTATION_VERSION
from contractvm.runtime.engine_selection import ENGINES
from tests.chain_sim.ethereum.capture.test_making import ACCOUNTS, RULES, block_of, work
from tests.helpers.histories import BLOCK_HASH, LOG, STORE, job
from tests.helpers.wrong_engine import MiscountingEngine

ONE = bytes(31) + b"\1"


@pytest.fixture(scope="module")
def case() -> Case:
    database, root = state_of(ACCOUNTS)
    block = block_of(3, work(0, job(STORE, ONE, ONE)), work(1, job(LOG, ONE, ONE)))
    return make_case(database, root, [block], RULES)


def expecting(case: Case, index: int, **fields: Any) -> Case:
    outcomes = list(case.outcomes)
    outcomes[index] = replace(
        outcomes[index], result=structs.replace(outcomes[index].result, **fields)
    )
    return replace(case, outcomes=tuple(outcomes))


@pytest.mark.parametrize(
    ("field", "name", "value", "expected"),
    [
        ("status", "status", CallStatus.REVERTED, "reverted"),
        ("gas_used", "gasUsed", 1, "1"),
        ("units_left", "unitsLeft", 2, "2"),
        ("output", "output", b"\xab", "0xab"),
        ("logs", "logs", (), "none"),
        (
            "logs",
            "logs",
            (Log(b"\1" * 20, (b"\2" * 32,), b"\3"),),
            f"[0x{'01' * 20} [0x{'02' * 32}] 0x03]",
        ),
        ("created", "created", Address(bytes(20)), f"0x{'00' * 20}"),
        ("error", "error", "out of gas", "'out of gas'"),
    ],
)
def test_each_field_that_deviates_is_named(
    case: Case, field: str, name: str, value: object, expected: str
) -> None:
    replayed = replay_case(expecting(case, 1, **{field: value}))
    (deviation,) = replayed.deviations
    assert deviation.place == "blocks[0].transactions[1]"
    assert (deviation.field, deviation.expected) == (name, expected)
    assert deviation.found != expected
    assert not replayed.is_same


def test_another_post_root_is_named(case: Case) -> None:
    last = replace(case.outcomes[1], state_root=Hash32(bytes(32)))
    changed = replace(case, outcomes=(case.outcomes[0], last))
    (deviation,) = replay_case(changed).deviations
    assert (deviation.field, deviation.expected) == ("stateRoot", f"0x{'00' * 32}")


def test_the_replay_ends_with_the_first_transaction_that_deviates(case: Case) -> None:
    replayed = replay_case(expecting(expecting(case, 0, gas_used=1), 1, gas_used=1))
    assert [one.place for one in replayed.deviations] == ["blocks[0].transactions[0]"]
    assert len(replayed.outcomes) == 1


def test_a_transaction_that_is_refused_now_is_a_deviation(case: Case) -> None:
    block = case.blocks[0]
    first, second = block.transactions
    late = replace(second, transaction=structs.replace(second.transaction, nonce=2))
    blocks = (replace(block, transactions=(first, late)),)
    (deviation,) = replay_case(replace(case, blocks=blocks)).deviations
    assert (deviation.field, deviation.expected) == ("validity", "it runs")
    assert deviation.found == "nonce 2 is too high: the next one is 1"


def test_a_run_that_goes_another_way_lacks_what_it_asks_for(case: Case) -> None:
    block = case.blocks[0]
    sent = replace(block.transactions[0], transaction=work(0, job(BLOCK_HASH, b"\2")))
    other = replace(case, blocks=(replace(block, transactions=(sent,)),))
    other = replace(other, outcomes=case.outcomes[:1])
    with pytest.raises(WitnessIncomplete) as caught:
        replay_case(other)
    assert (caught.value.kind, caught.value.name) == ("hash of block", 2)


def test_a_missing_node_is_never_taken_for_an_absent_account(case: Case) -> None:
    database = WitnessDatabase(case.nodes, case.codes)
    with pytest.raises(WitnessIncomplete) as caught:
        database.get(b"n" + bytes(32))
    assert (caught.value.kind, caught.value.name) == ("trie node", bytes(32))


def test_a_witness_cannot_be_written_to_or_listed(case: Case) -> None:
    for database in (WitnessDatabase((), ()), NotingDatabase(state_of(ACCOUNTS)[0])):
        with pytest.raises(ReadOnly):
            database.iterate(b"")
        with pytest.raises(ReadOnly):
            database.write_batch({})
        database.compact()
        database.close()


def test_the_root_has_to_be_that_of_the_nodes(case: Case) -> None:
    with pytest.raises(MalformedCase, match="none of the nodes is that of the state"):
        replay_case(replace(case, state_root=keccak256(b"other")))


def test_superfluous_nodes_and_codes_are_refused(case: Case) -> None:
    with pytest.raises(MalformedCase, match=r"codes\[1\]: nothing that the state root"):
        replay_case(replace(case, codes=(*case.codes, b"other")))
    twice = (*case.nodes, case.nodes[0])
    with pytest.raises(MalformedCase, match=r"the same as nodes\[0\]"):
        replay_case(replace(case, nodes=twice))
    with pytest.raises(MalformedCase, match=r"codes\[1\]: empty"):
        replay_case(replace(case, codes=(*case.codes, b"")))


def test_engines_that_differ_are_found(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = MiscountingEngine
    monkeypatch.setitem(ENGINES, "wasmtime", kind)
    with pytest.raises(EngineDifference) as caught:
        replay_case(case, cross_check=True)
    assert "units left" in caught.value.fields


def test_another_version_of_the_instrumentation_is_said(case: Case) -> None:
    assert replay_case(case).notes == ()
    rules = replace(case.rules, instrumentation_version=INSTRUMENTATION_VERSION - 1)
    (note,) = replay_case(replace(case, rules=rules)).notes
    assert f"version {INSTRUMENTATION_VERSION - 1}, this program has" in note


def test_an_unknown_profile_is_refused(case: Case) -> None:
    with pytest.raises(UnknownHostInterface):
        replay_case(replace(case, rules=replace(case.rules, profile="nobody")))


def test_what_bounds_a_strangers_case(case: Case) -> None:
    require_bounded(case)
    block = case.blocks[0]

    def with_gas(gas: int) -> Case:
        sent = block.transactions[0]
        greedy = replace(
            sent, transaction=structs.replace(sent.transaction, gas_limit=gas)
        )
        return replace(case, blocks=(replace(block, transactions=(greedy,)),))

    require_bounded(with_gas(10**10))
    with pytest.raises(CaseUnbounded, match=str(10**10 + 1)):
        require_bounded(with_gas(10**10 + 1))
    free = replace(case, rules=rules_with("ewasm-hera", 31337))
    with pytest.raises(CaseUnbounded, match="br_if"):
        require_bounded(free)


def test_a_host_interface_without_a_bounding_schedule_bounds_no_case(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbounded = replace(case.rules.find_host(), bounding_schedules=())
    monkeypatch.setattr(type(case.rules), "find_host", lambda rules: unbounded)
    with pytest.raises(CaseUnbounded) as caught:
        require_bounded(case)
    assert caught.value.reason == (
        f"no released schedule bounds code of {case.rules.profile}"
    )


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b"memory_page = 20_000_000", b"memory_page = 0", "memory_page costs 0"),
        (b"local = 13", b"local = 0", "local costs 0, at least 1 units needed"),
        (b"units_per_gas = 10_000", b"units_per_gas = 2_000_000_000", "memory_page"),
        (b", per_byte = 8 }", b", per_byte = 0 }", "memory.fill per byte costs 0"),
        (b"per_element = 2_441", b"per_element = 0", "table.grow per element costs 0"),
        (b'"table.grow" = {', b"# {", "table.grow has no price"),
        (b"sha256_per_word = 12", b"sha256_per_word = 0", "sha256_per_word costs 0"),
        (b"call_stipend = 2_300", b"call_stipend = 9_000", "call value_transfer"),
    ],
)
def test_a_strangers_prices_may_not_be_far_below_those_that_bound_a_run(
    case: Case, old: bytes, new: bytes, named: str
) -> None:
    rules = rules_with("contractvm-1", 31337)
    require_bounded(replace(case, rules=rules))
    content = rules.schedule_content.replace(old, new)
    assert content != rules.schedule_content
    changed = replace(case, rules=replace(rules, schedule_content=content))
    with pytest.raises(CaseUnbounded) as caught:
        require_bounded(changed)
    assert named in caught.value.reason


def test_three_prices_are_named_and_the_others_counted(case: Case) -> None:
    rules = rules_with("contractvm-1", 31337)
    content = rules.schedule_content
    for old in (b"local = 13", b'"memory.size" = 79', b"if = 260", b"else = 160"):
        content = content.replace(old, old.split(b"=")[0] + b"= 0")
    changed = replace(case, rules=replace(rules, schedule_content=content))
    with pytest.raises(CaseUnbounded) as caught:
        require_bounded(changed)
    assert caught.value.reason == (
        "under its gas schedule local costs 0, at least 1 units needed;"
        " if costs 0, at least 9 units needed; else costs 0, at least 9 units needed;"
        " and 1 more"
    )


def test_a_balance_that_no_chain_has_is_refused() -> None:
    accounts = [*ACCOUNTS]
    coinbase = Address(b"\xcb" * 20)
    accounts.append(structs.replace(ACCOUNTS[0], address=coinbase, balance=2**256 - 1))
    database, root = state_of(accounts)
    block = replace(block_of(1, work(0, b"")), coinbase=Address(b"\xcc" * 20))
    case = make_case(database, root, [block], RULES)
    rich = replace(case, blocks=(replace(block, coinbase=coinbase),))
    with pytest.raises((MalformedCase, WitnessIncomplete)):
        replay_case(rich)
