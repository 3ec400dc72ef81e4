"""examples/cosmwasm: contracts in C on a Cosmos chain, on both engines."""

import json
from typing import Any

import pytest

from chain_sim import CosmosChain
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.chain.transactions import TransactionFailed
from chain_sim.cosmos.errors import CosmosError
from tests.helpers.examples import EXAMPLES

FOLDER = EXAMPLES / "cosmwasm"
TOKEN = {"name": 'Exämple "T"', "symbol": "EXT", "decimals": 6}


@pytest.fixture(params=["interpreter", "wasmtime"])
def chain(request: pytest.FixtureRequest) -> CosmosChain:
    return CosmosChain(engine=request.param)


@pytest.fixture
def people(chain: CosmosChain) -> tuple[str, ...]:
    return tuple(chain.account(name, "5atom") for name in ("alice", "bob", "carol"))


@pytest.fixture
def counter(chain: CosmosChain, people: tuple[str, ...]) -> Contract:
    code = chain.store(FOLDER / "counter.wasm", people[0])
    return code.instantiate({"count": 41}, sender=people[0])


@pytest.fixture
def token(chain: CosmosChain, people: tuple[str, ...]) -> Contract:
    balances = [
        {"address": people[0], "amount": "1000"},
        {"address": people[1], "amount": "5"},
        {"address": people[0], "amount": "1"},
    ]
    code = chain.store(FOLDER / "token.wasm", people[0])
    message = {**TOKEN, "initial_balances": balances}
    return code.instantiate(message, sender=people[0])


def refusal(contract: Contract, sender: str, message: Any) -> str:
    """What a contract says against a message that it refuses."""
    with pytest.raises(TransactionFailed) as failed:
        contract.execute(message, sender=sender)
    return str(failed.value)


def balance(token: Contract, address: str) -> str:
    found: str = token.query({"balance": {"address": address}})["balance"]
    return found


def test_counter_counts(counter: Contract, people: tuple[str, ...]) -> None:
    outcome = counter.execute({"increment": {}}, sender=people[1])
    assert counter.query({"count": {}}) == {"count": 42}
    assert ("count", "42") in outcome.events[-1].attributes
    assert outcome.gas_used == 68_299


def test_only_the_owner_resets_the_counter(
    counter: Contract, people: tuple[str, ...]
) -> None:
    assert "Unauthorized" in refusal(counter, people[1], {"reset": {"count": 1}})
    most = 2**64 - 1
    counter.execute({"reset": {"count": most}}, sender=people[0])
    assert counter.query({"count": {}}) == {"count": most}
    assert "the counter is full" in refusal(counter, people[0], {"increment": {}})
    beyond = refusal(counter, people[0], {"reset": {"count": most + 1}})
    assert "no number of 64 bits" in beyond


def test_token_describes_itself(token: Contract) -> None:
    assert token.query({"token_info": {}}) == {**TOKEN, "total_supply": "1006"}


def test_transfer_moves_the_amount(token: Contract, people: tuple[str, ...]) -> None:
    message = {"transfer": {"recipient": people[1], "amount": "7"}}
    outcome = token.execute(message, sender=people[0])
    assert (balance(token, people[0]), balance(token, people[1])) == ("994", "12")
    assert outcome.events[-1].attributes[1:] == [
        ("action", "transfer"),
        ("from", people[0]),
        ("to", people[1]),
        ("amount", "7"),
    ]


def test_transfer_of_all_and_of_one_more(
    token: Contract, people: tuple[str, ...]
) -> None:
    more = {"transfer": {"recipient": people[1], "amount": "1002"}}
    reason = "Overflow: Cannot Sub with 1001 and 1002"
    assert reason in refusal(token, people[0], more)
    assert balance(token, people[0]) == "1001"
    token.execute(
        {"transfer": {"recipient": people[1], "amount": "1001"}}, sender=people[0]
    )
    assert (balance(token, people[0]), balance(token, people[1])) == ("0", "1006")


def test_burning_lowers_the_supply(token: Contract, people: tuple[str, ...]) -> None:
    token.execute({"burn": {"amount": "6"}}, sender=people[0])
    assert token.query({"token_info": {}})["total_supply"] == "1000"
    assert "Cannot Sub" in refusal(token, people[1], {"burn": {"amount": "6"}})
    assert token.query({"token_info": {}})["total_supply"] == "1000"


def test_allowances_are_spent(token: Contract, people: tuple[str, ...]) -> None:
    alice, bob, carol = people
    grant = {"increase_allowance": {"spender": bob, "amount": "7"}}
    token.execute(grant, sender=alice)
    spend = {"owner": alice, "recipient": carol}
    token.execute({"transfer_from": {**spend, "amount": "3"}}, sender=bob)
    asked = {"allowance": {"owner": alice, "spender": bob}}
    assert token.query(asked) == {"allowance": "4"}
    assert balance(token, carol) == "3"
    more = {"transfer_from": {**spend, "amount": "5"}}
    assert "Cannot Sub with 4 and 5" in refusal(token, bob, more)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"transfer": {"amount": "7"}}, "missing field `recipient`"),
        ({"transfer": {"recipient": 7, "amount": "7"}}, "no string"),
        ({"transfer": {"recipient": "BOB", "amount": 7}}, "no string"),
        ({"transfer": {"recipient": "BOB", "amount": ""}}, "no number of 128 bits"),
        ({"transfer": {"recipient": "BOB", "amount": "-1"}}, "no number of 128 bits"),
        (
            {"transfer": {"recipient": "BOB", "amount": str(2**128)}},
            "no number of 128 bits",
        ),
        (
            {"transfer": {"recipient": "BOB", "amount": str(2**128 - 1)}},
            f"Cannot Sub with 1001 and {2**128 - 1}",
        ),
        ({"transfer": {"recipient": "bob", "amount": "1"}}, "decoding bech32 failed"),
        ({"transfer": None}, "no object"),
        ({"transfer": []}, "no object"),
        ({"transfer": {}, "burn": {}}, "unknown message"),
        ({"mint": {}}, "unknown message"),
        ([], "unknown message"),
        ("transfer", "unknown message"),
        ({"transfer": {"recipient": "\ud800", "amount": "1"}}, "surrogate"),
    ],
)
def test_other_messages_are_refused_by_name(
    token: Contract, people: tuple[str, ...], message: Any, reason: str
) -> None:
    text = json.dumps(message).replace("BOB", people[1])
    assert reason in refusal(token, people[0], text)
    assert balance(token, people[0]) == "1001"


def test_nesting_is_bounded(token: Contract, people: tuple[str, ...]) -> None:
    def nested(depth: int) -> str:
        return '{"x":' + "[" * depth + "]" * depth + "}"

    assert "unknown message" in refusal(token, people[0], nested(32))
    assert "the message is no JSON" in refusal(token, people[0], nested(33))


def test_unknown_queries_are_refused(token: Contract, counter: Contract) -> None:
    for contract in (token, counter):
        with pytest.raises(CosmosError, match="unknown query"):
            contract.query({"minter": {}})


def test_escapes_are_read(chain: CosmosChain, people: tuple[str, ...]) -> None:
    """An address in escapes is that address; names stay as they were written."""
    code = chain.store(FOLDER / "token.wasm", people[0])
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in people[0])
    message = (
        '{"name":"\\ud83d\\ude00\\n","symbol":"\\"","decimals":0,'
        f'"initial_balances":[{{"address":"{escaped}","amount":"\\u0037"}}]}}'
    )
    token = code.instantiate(message, sender=people[0])
    assert balance(token, people[0]) == "7"
    assert token.query({"token_info": {}})["name"] == "\U0001f600\n"
