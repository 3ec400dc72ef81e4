"""Scenarios on a chain: their inputs, which the file does not have, and their results.

Queries and balances are read from the file; what a step of another kind sends is here,
by the scenario's title, in the order of its steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.accounts import create_account
from chain_sim.cosmos.accounts.coins import Coins, parse_coins
from chain_sim.cosmos.addresses import AddressBook, user_address
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.errors import CosmosError, SdkOutOfGas
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.state.stores import BANK
from chain_sim.cosmos.steps import run_steps
from chain_sim.cosmos.vectors.errors import UnknownStep
from chain_sim.cosmos.vectors.results import VectorFolder, VectorResult
from chain_sim.cosmos.vectors.wasmd_figures import EMPTY_HASH
from chain_sim.cosmos.wasm.codes import store_code
from chain_sim.cosmos.wasm.lifecycle import NewContract
from contractvm.hosts.cosmwasm.json_text import compact_json

FILE = "scenarios.json"
RELEASE = "wasmd-0.70.3"
BLOCK = BlockInfo(1_000, 1_700_000_000_000_000_000, "test-1", 0, EMPTY_HASH)
TRANSACTION_GAS, QUERY_GAS = 10_000_000, 3_000_000
ALICE, BOB = user_address("alice"), user_address("bob")
STORE = "store "


@dataclass(frozen=True, slots=True)
class Make:
    """The input of an instantiation; `{alice}` and the like stand for addresses."""

    message: object
    label: str
    code_id: int = 1
    funds: Coins = ()
    has_admin: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """The input of an execution of the first contract; `entry` may be sudo."""

    message: object
    sender: bytes = ALICE
    gas_limit: int = TRANSACTION_GAS
    entry: str = "execute"


def _reflect(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"reflect_sub_msg": {"msgs": list(messages)}}


def _pay(number: int, amount: int, reply_on: str) -> dict[str, Any]:
    coin = {"denom": "stake", "amount": str(amount)}
    send = {"bank": {"send": {"to_address": "{bob}", "amount": [coin]}}}
    return {"id": number, "msg": send, "reply_on": reply_on}


def _call(
    number: int,
    contract: str,
    message: str,
    reply_on: str,
    *,
    funds: list[dict[str, str]] | None = None,
    gas_limit: int | None = None,
) -> dict[str, Any]:
    execute = {"contract_addr": contract, "msg": message, "funds": funds or []}
    sent: dict[str, Any] = {"id": number, "msg": {"wasm": {"execute": execute}}}
    if gas_limit is not None:
        sent["gas_limit"] = gas_limit
    return {**sent, "reply_on": reply_on}


def _any(number: int, message: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "msg": message, "reply_on": "always"}


CHILD = {
    "code_id": 1,
    "msg": "e30=",
    "funds": [],
    "label": "child",
    "salt": "c2FsdC0x",
}
NFT: dict[str, object] = {
    "token_id": "1",
    "owner": "{alice}",
    "token_uri": None,
    "extension": {},
}
ELEVEN = [{"denom": "stake", "amount": "11"}]
FIVE = [{"denom": "stake", "amount": "5"}]
RELEASE_TEXT, NOPE_TEXT, LOOP_TEXT = (
    *("eyJyZWxlYXNlIjp7fX0=", "eyJub3BlIjp7fX0=", "eyJjcHVfbG9vcCI6e319"),
)
REFLECT_INPUTS: tuple[Make | Send, ...] = (
    Make({}, "reflect", funds=(("stake", 5_000),)),
    Make(
        {"verifier": "{contract}", "beneficiary": "{bob}"},
        "hackatom",
        code_id=2,
        funds=(("stake", 700),),
    ),
    Send(_reflect(_pay(1, 10, "always"))),
    Send(_reflect(_pay(2, 999_999, "always"))),
    Send(_reflect(_pay(3, 999_999, "success"))),
    Send(_reflect(_pay(4, 999_999, "never"))),
    Send(_reflect(_pay(5, 1, "never"), _pay(6, 999_999, "error"))),
    Send(_reflect(_call(7, "{second}", RELEASE_TEXT, "always", funds=ELEVEN))),
    Send(_reflect(_call(8, "{second}", NOPE_TEXT, "error"))),
    Send(_reflect(_call(9, "{bob}", "e30=", "error"))),
    Send(_reflect(_call(10, "{second}", LOOP_TEXT, "error", gas_limit=200_000))),
    Send(_reflect(_any(11, {"wasm": {"instantiate2": CHILD}}))),
    Send(_reflect(_any(12, {"wasm": {"instantiate2": CHILD}}))),
    Send(_reflect(_any(13, {"bank": {"burn": {"amount": FIVE}}}))),
    Send(_reflect(_any(14, {"stargate": {"type_url": "/x.y.Z", "value": ""}}))),
    Send(_reflect(_call(20, "{second}", LOOP_TEXT, "error")), gas_limit=500_000),
)
INPUTS: dict[str, tuple[Make | Send, ...]] = {
    "cw20: two transactions, a transfer, a failing transfer, a query": (
        Make(
            {
                "name": "Example Token",
                "symbol": "EXT",
                "decimals": 6,
                "initial_balances": [{"address": "{alice}", "amount": "1000000"}],
                "mint": None,
                "marketing": None,
            },
            "cw20-ext",
            has_admin=True,
        ),
        Send({"transfer": {"recipient": "{bob}", "amount": "1500"}}),
        Send({"transfer": {"recipient": "{alice}", "amount": "999999"}}, sender=BOB),
    ),
    "reflect: submessages, replies, rollback of a failed submessage": REFLECT_INPUTS,
    "hackatom: recursive smart query": (
        Make({"verifier": "{alice}", "beneficiary": "{bob}"}, "hackatom"),
        Send({"steal_funds": {"recipient": "{bob}", "amount": []}}, entry="sudo"),
    ),
    "cw721": (
        Make({"name": "Example NFT", "symbol": "ENFT", "minter": "{alice}"}, "nft"),
        Send({"mint": NFT}),
        Send({"transfer_nft": {"recipient": "{bob}", "token_id": "1"}}),
    ),
    "counter.c on the chain": (
        Make({"count": 41}, "counter"),
        Send({"increment": {}}),
        Send({"unknown": {}}),
    ),
}
# Steps whose gas and events the file itself calls unexpected.
UNEXPECTED = "burn "
# What alice has; the others have nothing.
COINS = {
    "hackatom: recursive smart query": "1000stake",
}
DEFAULT_COINS = "100000stake"


class ScenarioChain:
    """The chain of one scenario: a fixed block, and a fresh meter for each step."""

    def __init__(self, folder: VectorFolder, title: str) -> None:
        self._folder = folder
        self._rules = find_rules(RELEASE)
        self._book = AddressBook("cosmos")
        self._module = folder.module(self._rules)
        self._state = OrderedState()
        self._contracts: list[bytes] = []
        self._state.set(BANK + bank.PARAMS_KEY, bank.PARAMS)
        context = self._context(TRANSACTION_GAS)
        for person in (ALICE, BOB):
            create_account(context, person)
        bank.mint(context, ALICE, parse_coins(COINS.get(title, DEFAULT_COINS)))

    def run(self, step: Any, given: Make | Send | None) -> dict[str, object]:
        """The results of a step, by the keys of the file."""
        if "balances" in step:
            return {"balances": self._balances(step["balances"])}
        if "msg" in step:
            return self._query(step)
        limit = given.gas_limit if isinstance(given, Send) else TRANSACTION_GAS
        context = self._context(limit)
        mark = self._state.mark()
        found: dict[str, object] = {"error": None}
        try:
            found |= self._act(context, step["step"], given)
        except (CosmosError, SdkOutOfGas) as failure:
            error = failure.error if isinstance(failure, SdkOutOfGas) else failure
            found["error"] = str(error)
            self._state.roll_back(mark)
            context.events.clear()
        found["sdk_gas"] = context.meter.used_to_limit
        found["events"] = [
            {
                "type": event.kind,
                "attributes": [list(pair) for pair in event.attributes],
            }
            for event in context.events
            if event.kind != "message"
        ]
        return found

    def _act(
        self, context: Context, step: str, given: Make | Send | None
    ) -> dict[str, object]:
        if step.startswith(STORE):
            code = self._folder.contract(step.removeprefix(STORE))
            store_code(context, ALICE, code)
            return {}
        if isinstance(given, Make):
            return self._make(context, given)
        if given is None:
            raise UnknownStep(step)
        message = self._text(given.message)
        contract = self._contracts[0]
        if given.entry == "sudo":
            run_steps(self._module.keeper.sudo(context, contract, message))
        else:
            run_steps(
                self._module.keeper.execute(
                    context, contract, given.sender, message, ()
                )
            )
        return {}

    def _make(self, context: Context, given: Make) -> dict[str, object]:
        new = NewContract(
            code_id=given.code_id,
            message=self._text(given.message),
            label=given.label,
            funds=given.funds,
            admin=self._book.text(ALICE) if given.has_admin else "",
        )
        address, _ = run_steps(self._module.lifecycle.instantiate(context, ALICE, new))
        self._contracts.append(address)
        return {"address": self._book.text(address)}

    def _query(self, step: Any) -> dict[str, object]:
        context = self._context(QUERY_GAS)
        contract = self._book.data(step["contract"])
        message = compact_json(step["msg"]).encode()
        answer = error = None
        try:
            found = self._module.queries.smart(context, contract, message)
            answer = found.decode()
        except CosmosError as failure:
            error = str(failure)
        return {"answer": answer, "error": error, "sdk_gas": context.meter.used}

    def _balances(self, expected: Any) -> dict[str, object]:
        context = self._context(QUERY_GAS)
        return {
            address: [
                [denomination, str(amount)]
                for denomination, amount in bank.all_balances(
                    context, self._book.data(address)
                )
            ]
            for address in expected
        }

    def _text(self, message: object) -> bytes:
        text = compact_json(message)
        names = {"{alice}": ALICE, "{bob}": BOB}
        names |= dict(zip(("{contract}", "{second}"), self._contracts, strict=False))
        for name, address in names.items():
            text = text.replace(name, self._book.text(address))
        return text.encode()

    def _context(self, limit: int) -> Context:
        meter = SdkGasMeter(limit)
        return Context(self._rules, self._book, self._state, BLOCK, meter)


def run_chain(folder: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """The steps of each scenario whose inputs are known."""
    for scenario in given["scenarios"]:
        title = scenario["title"]
        inputs = iter(INPUTS.get(title, ()))
        chain = ScenarioChain(folder, title)
        for number, step in enumerate(scenario["steps"], start=1):
            name = f"chain: {title} {number} {step['step']}"
            sends = not ({"balances", "msg"} & step.keys()) and not step[
                "step"
            ].startswith(STORE)
            result = VectorResult(FILE, name, RELEASE, name, False, None, None)
            try:
                found = chain.run(step, next(inputs, None) if sends else None)
            except UnknownStep as error:
                yield replace(result, error=str(error))
                continue
            if step["step"].startswith(UNEXPECTED):
                found = {"error": found["error"]}
            expected = {key: step[key] for key in found if key in step}
            value = {key: found[key] for key in expected}
            yield replace(
                result, passed=value == expected, value=value, expected=expected
            )
