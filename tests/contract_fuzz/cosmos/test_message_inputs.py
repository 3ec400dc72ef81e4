"""Messages that are made and changed, number by number, and their gas limits."""

import json
from typing import Any, cast

import pytest
from msgspec import structs

from chain_sim.cosmos.files.cases import CaseStart
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.cases import (
    BOUNDS,
    CosmosOutcome,
    CosmosStart,
    CosmosTransaction,
    read_transaction,
)
from contract_fuzz.cosmos.gas import MessageGas
from contract_fuzz.cosmos.inputs import MessageInputs, MessageKind, kinds_of
from contract_fuzz.cosmos.shapes import Boolean, Choice, Constant, Fields, Schema
from contract_fuzz.errors import InvalidEntry
from contract_fuzz.inputs.dictionary import Dictionary
from contract_fuzz.judging.entries import make_entry
from tests.helpers.scripted_random import ScriptedRandom

CHAIN = CaseStart("wasmd-0.54.0", "cosmos", "test-1", 1, 1, b"", {})
START = CosmosStart(
    CHAIN, ("one", "two", "three"), ("a", "b"), ("atom", "stake"), (4, 9)
)
POOR = CosmosStart(CHAIN, ("one",), ("a",))
WORDS = Dictionary((0,), (), (b"name",))
SET = Fields((("set", Fields((("on", Boolean(), True),)), True),))
SCHEMA = Schema(Choice((Constant("pause"), SET)))
KINDS = (
    *kinds_of("execute", SCHEMA),
    *kinds_of("migrate", Schema(Fields(()))),
    *kinds_of("query", Schema(Constant("state"))),
)
SENT = CosmosTransaction("execute", '{"set":{"on":true}}', gas_limit=500)


def inputs(
    start: CosmosStart = START, kinds: tuple[MessageKind, ...] = KINDS
) -> MessageInputs:
    return MessageInputs(start, kinds, WORDS, 500)


def scripted(*script: tuple[Any, ...]) -> Any:
    return ScriptedRandom(*script)


def test_kinds_have_their_weights_and_names() -> None:
    assert [(kind.signature, kind.weight) for kind in KINDS] == [
        ("execute pause", 4),
        ("execute set", 4),
        ("migrate", 4),
        ("query state", 1),
    ]
    assert KINDS[0].selector == b"execute pause"


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        (
            [(13, 3), (4, 1), (3, 2), (2, 1), (16, 1)],
            CosmosTransaction("execute", '"pause"', 2, 1, gas_limit=500),
        ),
        (
            [(13, 4), (2, 0), (4, 0), (3, 0), (2, 0), (8, 1), (2, 0), (16, 15), (2, 1),
             (16, 0), (26, 25), ("bits", 25, 77)],
            CosmosTransaction(
                "execute", '{"set":{"on":true}}', funds="16stake", gas_limit=500,
                seconds=77,
            ),
        ),
        (
            [(13, 7), (2, 1), (4, 0), (3, 0), (2, 0), (8, 1), (2, 1), (64, 63),
             ("bits", 63, 8), (2, 0), (16, 1)],
            CosmosTransaction(
                "execute", '{"set":{"on":false}}', funds="9atom", gas_limit=500
            ),
        ),
        (
            [(13, 7), (2, 1), (4, 0), (3, 0), (2, 0), (8, 0), (16, 1)],
            CosmosTransaction("execute", '{"set":{"on":false}}', gas_limit=500),
        ),
        (
            [(13, 11), (3, 0), (2, 0), (2, 1), (16, 1)],
            CosmosTransaction("migrate", "{}", code_id=9, gas_limit=500),
        ),
        (
            [(13, 12), (3, 0), (2, 0), (16, 1)],
            CosmosTransaction("query", '"state"', gas_limit=500),
        ),
    ],
)  # fmt: skip
def test_a_message_is_made(
    script: list[tuple[Any, ...]], sent: CosmosTransaction
) -> None:
    random = scripted(*script)
    assert inputs().make(random) == sent
    assert random.left == []


def test_who_has_no_coins_pays_nothing_and_without_codes_nothing_is_migrated_to() -> (
    None
):
    random = scripted((13, 0), (4, 0), (1, 0), (1, 0), (16, 1))
    assert inputs(POOR).make(random).funds == ""
    random = scripted((13, 11), (1, 0), (1, 0), (16, 1))
    assert inputs(POOR).make(random).code_id == 0


@pytest.mark.parametrize(
    ("script", "changed"),
    [
        ([(16, 0), (2, 1)], {"sender": 1}),
        ([(16, 1), (8, 1), (2, 0), (16, 0), (2, 0)], {"funds": "1atom"}),
        ([(16, 1), (8, 0)], {"funds": ""}),
        ([(16, 2), (16, 0), (26, 3), ("bits", 3, 5)], {"seconds": 5}),
        ([(16, 2), (16, 1)], {"seconds": 0}),
        ([(16, 3), (32, 1), (8, 0), (2, 1)], {"message": '{"set":{"on":false}}'}),
    ],
)
def test_a_change_of_one_field_leaves_the_others(
    script: list[tuple[Any, ...]], changed: dict[str, Any]
) -> None:
    random = scripted(*script)
    before = structs.replace(SENT, funds="7atom", seconds=9)
    after = structs.replace(before, **changed)
    assert inputs().change(before, random) == after
    assert random.left == []


def test_coins_are_changed_of_what_is_paid_only() -> None:
    query = CosmosTransaction("query", '"state"')
    # The second choice of a query is its message: a constant that is made again.
    assert inputs().change(query, scripted((16, 1), (32, 1), (8, 1))) == query


def test_a_message_that_is_no_json_is_made_again_if_its_entry_takes_one_kind() -> None:
    random = scripted((16, 5), (32, 1))
    broken = CosmosTransaction("migrate", "{")
    assert inputs().change(broken, random).message == "{}"
    assert random.left == []


def test_the_simplest_messages_are_one_of_each_kind() -> None:
    made = inputs().simplest()
    assert [(each.entry, each.code_id, each.gas_limit) for each in made] == [
        ("execute", 0, 500),
        ("execute", 0, 500),
        ("migrate", made[2].code_id, 500),
        ("query", 0, 500),
    ]
    assert made[2].code_id in {4, 9}
    assert [json.loads(each.message) for each in made] == [
        "pause",
        {"set": {"on": json.loads(made[1].message)["set"]["on"]}},
        {},
        "state",
    ]


def test_a_message_has_the_label_of_its_kind() -> None:
    made = inputs()
    for transaction, label in (
        (SENT, b"execute set"),
        (CosmosTransaction("execute", '"pause"'), b"execute pause"),
        (CosmosTransaction("execute", '"other"'), b""),
        (CosmosTransaction("migrate", '"other"'), b"migrate"),
        (CosmosTransaction("sudo", "{}"), b""),
    ):
        assert made.label(transaction) == label
        assert made.label(transaction) == label
    assert inputs(kinds=()).label(SENT) == b"execute"


# Gas limits


def gas(limit: int = 10_000_000, *, is_full: bool = False) -> MessageGas:
    return MessageGas(limit, lambda sent: sent.message.encode(), is_full=is_full)


def outcome(kind: str, used: int = 7) -> CosmosOutcome:
    return CosmosOutcome(CaseStatus.FAILURE, kind, None, b"", (), used, (), ())


@pytest.mark.parametrize(
    ("chooser", "budget", "limit"),
    [
        (gas(), 0, 150_000),
        (gas(), 150_000, 150_000),
        (gas(), 150_001, 150_001),
        (gas(), 10_000_001, 10_000_000),
        (gas(100_000), 0, 100_000),
        (gas(is_full=True), 0, 10_000_000),
    ],
)
def test_a_limit_is_the_budget_within_bounds(
    chooser: MessageGas, budget: int, limit: int
) -> None:
    assert chooser.limited(SENT, budget) == structs.replace(SENT, gas_limit=limit)


@pytest.mark.parametrize(
    ("budget", "script", "limit"),
    [
        (0, [(32, 1), (64, 1)], 150_000),
        (0, [(32, 0), (64, 1)], 600_000),
        (200_000, [(32, 0), (64, 1)], 800_000),
        (200_000, [(32, 1), (64, 0), (200_000, 0)], 1),
        (200_000, [(32, 1), (64, 0), (200_000, 199_999)], 200_000),
    ],
)
def test_a_limit_is_raised_or_shortened_now_and_then(
    budget: int, script: list[tuple[Any, ...]], limit: int
) -> None:
    random = scripted(*script)
    assert gas().chosen(SENT, budget, random).gas_limit == limit
    assert random.left == []


def test_a_kind_has_the_greatest_budget_of_its_entries() -> None:
    chooser = gas()
    other = CosmosTransaction("execute", "{}")
    entries = [
        make_entry(cast(Any, (other, SENT)), (), budget=budget) for budget in (5, 9, 7)
    ]
    chooser.begin(entries)
    assert (chooser.budget_of(SENT), chooser.budget_of(other)) == (9, 0)
    assert chooser.is_tried(SENT, outcome(""), scripted())
    assert chooser.is_tried(other, outcome(""), scripted((8, 0)))
    assert not chooser.is_tried(other, outcome(""), scripted((8, 1)))
    chooser.begin([])
    assert chooser.budget_of(SENT) == 0


@pytest.mark.parametrize(
    ("kind", "limit", "is_used_up"),
    [
        ("out of gas", 9_999_999, True),
        ("out of gas", 10_000_000, False),
        ("unreachable", 5, False),
    ],
)
def test_what_ran_out_of_less_than_the_limit_gets_more(
    kind: str, limit: int, is_used_up: bool
) -> None:
    sent = structs.replace(SENT, gas_limit=limit)
    assert gas().is_used_up(sent, outcome(kind)) is is_used_up
    assert gas().budget_for(sent, outcome(kind)) == (0 if is_used_up else 14)
    assert gas().raised(sent).gas_limit == min(max(4 * limit, 150_000), 10_000_000)


# Documents


def test_a_transaction_is_read_from_its_document() -> None:
    sent = CosmosTransaction("migrate", "{}", 3, 1, "5atom,7stake", 6, 8, 9)
    assert sent.document() == {
        "entry": "migrate",
        "message": "{}",
        "contract": 3,
        "sender": 1,
        "funds": "5atom,7stake",
        "codeId": 6,
        "gasLimit": 8,
        "seconds": 9,
    }
    assert read_transaction(sent.document(), 0) == sent
    assert sent.size_bytes == 2


@pytest.mark.parametrize(
    ("key", "most"),
    [
        ("contract", 65_535),
        ("sender", 65_535),
        ("codeId", 2**63 - 1),
        ("gasLimit", 2**63 - 1),
        ("seconds", 2**31 - 1),
    ],
)
def test_numbers_of_a_document_have_bounds(key: str, most: int) -> None:
    document = SENT.document()
    for number in (0, most):
        read_transaction({**document, key: number}, 0)
    for wrong in (-1, most + 1, True, "1"):
        with pytest.raises(InvalidEntry, match=f"transaction 5: {key} is out of range"):
            read_transaction({**document, key: wrong}, 5)
    assert key in BOUNDS


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "transaction 5 needs the keys ['codeId', 'contract', 'entry', 'funds',"
             " 'gasLimit', 'message', 'seconds', 'sender']"),
        ({**SENT.document(), "more": 1}, "transaction 5 needs the keys "),
        ({**SENT.document(), "entry": 1},
         "transaction 5: entry is no text, or too long"),
        ({**SENT.document(), "entry": "send"},
         "transaction 5: entry is one of ('execute', 'migrate', 'sudo', 'query')"),
        ({**SENT.document(), "message": "a" * 1_048_577},
         "transaction 5: message is no text, or too long"),
        ({**SENT.document(), "message": "\ud800"}, "transaction 5: 'utf-8' codec"),
        ({**SENT.document(), "funds": None},
         "transaction 5: funds is no text, or too long"),
        ({**SENT.document(), "funds": "5"}, "transaction 5: "),
    ],
)  # fmt: skip
def test_another_document_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(InvalidEntry) as caught:
        read_transaction(document, 5)
    assert reason in str(caught.value)
    read_transaction({**SENT.document(), "message": "a" * 1_048_576}, 5)


@pytest.mark.parametrize(
    ("entry", "sender", "funds"),
    [
        ("execute", "b", "5atom"),
        ("migrate", "b", ""),
        ("sudo", "", ""),
        ("query", "", ""),
    ],
)
def test_only_what_is_signed_has_a_sender_and_only_what_is_paid_has_coins(
    entry: Any, sender: str, funds: str
) -> None:
    # Places beyond the last start again at the first.
    transaction = CosmosTransaction(entry, "{}", 4, 3, "5atom", 6, 8, 9)
    sent = START.sent(transaction)
    assert (sent.entry, sent.contract, sent.message) == (entry, "two", "{}")
    assert (sent.sender, sent.funds, sent.code_id, sent.gas_limit) == (
        sender, funds, 6, 8,
    )  # fmt: skip
