"""The cw20 scenario of docs/tutorial-cosmwasm.md: wasmd's cw20-base and ours in C."""

from pathlib import Path
from typing import Any

from chain_sim import CosmosChain
from chain_sim.cosmos.chain.transactions import TransactionFailed
from tests.helpers.examples import EXAMPLES
from tests.helpers.vectors import vectors_folder

OURS = EXAMPLES / "cosmwasm" / "token.wasm"
NAMES = ("alice", "bob", "carol")


def steps(alice: str, bob: str, carol: str) -> list[tuple[str, dict[str, Any]]]:
    """Senders and messages."""
    return [
        (alice, {"transfer": {"recipient": carol, "amount": "12345"}}),
        (alice, {"transfer": {"recipient": carol, "amount": "99999999"}}),
        (alice, {"increase_allowance": {"spender": bob, "amount": "1000"}}),
        (bob, {"transfer_from": {"owner": alice, "recipient": bob, "amount": "400"}}),
        (bob, {"transfer_from": {"owner": alice, "recipient": bob, "amount": "601"}}),
        (carol, {"burn": {"amount": "5"}}),
        (carol, {"burn": {"amount": "12341"}}),
    ]


def story(code: Path) -> list[Any]:
    """What a token answers: attributes or failures, and balances after each step."""
    chain = CosmosChain()
    people = [chain.account(name, "10stake") for name in NAMES]
    balances = [
        {"address": people[0], "amount": "1000000"},
        {"address": people[1], "amount": "500"},
    ]
    message = {"name": "Example Token", "symbol": "EXT", "decimals": 6}
    token = chain.store(code, people[0]).instantiate(
        {**message, "initial_balances": balances}, sender=people[0]
    )
    told = []
    for sender, step in steps(*people):
        try:
            outcome = token.execute(step, sender=sender)
            told.append(sorted(outcome.events[-1].attributes[1:]))
        except TransactionFailed as failed:
            told.append(str(failed).partition(":")[0])
        told.append(
            [
                token.query({"balance": {"address": address}})["balance"]
                for address in people
            ]
        )
        told.append(token.query({"token_info": {}}))
    owner, spender = people[:2]
    asked = {"allowance": {"owner": owner, "spender": spender}}
    told.append(token.query(asked)["allowance"])
    return told


def test_the_token_in_c_tells_the_same_story_as_cw20_base() -> None:
    theirs = vectors_folder("cosmwasm") / "contracts" / "wasmd.cw20_base.wasm"
    expected = story(theirs)
    assert story(OURS) == expected
    assert expected[-1] == "600"
    assert expected[1] == ["987655", "500", "12345"]


def test_the_story_fails_where_it_should() -> None:
    told = story(OURS)
    failures = [line for line in told if isinstance(line, str)]
    assert failures == ["Overflow", "Overflow", "Overflow", "600"]
