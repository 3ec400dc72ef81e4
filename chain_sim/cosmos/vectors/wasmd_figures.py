"""The figures of wasmd's tests: SDK gas of queries, messages and submessages."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.accounts import create_account, find_account
from chain_sim.cosmos.accounts.coins import Coins
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import (
    SETUP,
    SdkGasMeter,
    event_costs,
    reply_costs,
    uncompress_costs,
)
from chain_sim.cosmos.releases import WasmdRules, find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.state.stores import BANK
from chain_sim.cosmos.steps import run_steps
from chain_sim.cosmos.vectors.errors import UnknownStep
from chain_sim.cosmos.vectors.results import GoldenRow, VectorFolder
from chain_sim.cosmos.wasm.codes import store_code
from chain_sim.cosmos.wasm.lifecycle import NewContract
from chain_sim.cosmos.wasm.module import WasmModule
from contractvm.hosts.cosmwasm.json_text import compact_json

CREATOR = b"\x01" * 32
STORER = b"\x02" * 20
FRED, BOB = b"\x03" * 20, b"\x04" * 20
EMPTY_HASH = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
BLOCK = BlockInfo(1_234_567, 1_587_556_800_000_000_000, "", 0, EMPTY_HASH)
QUERY_LIMIT = 400_000
# The tests of this release name the contract in the message, too.
LAST_WITH_ADDRESS = (0, 28, 0)
LAST_OLD_LABEL = (0, 53, 999)
DENOMINATION = "denom"
LONG_KEY = "x" * 100
QUERY = "query recurse depth "
# An engine that stands in for a contract says that the contract used 40.
IBC_RECEIVE = "ibc receive, ack, no event: contract gas 40 on top of setup and storage"
IBC_CONTRACT_GAS = 40


REFLECT, HACKATOM = "wasmd.reflect_2_0.wasm", "wasmd.hackatom.wasm"
DENOMINATION_OF_REFLECT = "funds"
START = 1_000_000
REFLECT_LIMIT, SUBMESSAGE_LIMIT = 1_000_000, 300_000
EMPTY = b"\x05" * 20


@dataclass(frozen=True, slots=True)
class Submessage:
    """One submessage test: the start of its step, and what it sends."""

    step: str
    name: str
    id: int
    message: Callable[[str, str], dict[str, Any]]
    gas_limit: int | None = None


def _bank_send(amount: int) -> Callable[[str, str], dict[str, Any]]:
    def send(to: str, _: str) -> dict[str, Any]:
        coin = {"denom": DENOMINATION_OF_REFLECT, "amount": str(amount)}
        return {"bank": {"send": {"to_address": to, "amount": [coin]}}}

    return send


def _loop(_: str, contract: str) -> dict[str, Any]:
    message = b64encode(b'{"cpu_loop":{}}').decode()
    execute = {"contract_addr": contract, "msg": message, "funds": []}
    return {"wasm": {"execute": execute}}


SUBMESSAGES = (
    Submessage("send tokens", "send tokens", 5, _bank_send(START // 2)),
    Submessage(
        "not enough tokens, limit 300000",
        "not enough tokens with limit",
        16,
        _bank_send(2 * START),
        SUBMESSAGE_LIMIT,
    ),
    Submessage("not enough tokens", "not enough tokens", 6, _bank_send(2 * START)),
    Submessage(
        "loop with limit 300000",
        "out of gas caught with gas limit",
        17,
        _loop,
        SUBMESSAGE_LIMIT,
    ),
)


class WasmdFigures:
    """Computes the rows of one release and contract."""

    def __init__(self, folder: VectorFolder, row: GoldenRow) -> None:
        self._rules = find_rules(f"wasmd-{row.release.lstrip('v')}")
        self._folder = folder
        self._contract = row.contract

    def value(self, step: str) -> int:
        """The figure of a step; raises UnknownStep."""
        formula = _formulas(self._rules).get(step)
        if formula is not None:
            return formula
        if step.startswith(QUERY):
            depth, _, work = step.removeprefix(QUERY).partition(" work ")
            return self._query(int(depth), int(work))
        if step == "instantiate without funds":
            people = ((FRED, ()), (BOB, ()), (STORER, ()))
            return self._instantiate(STORER, CREATOR, "demo contract 1", people=people)[
                1
            ]
        if step == "execute release with 5000denom":
            return self._execute()
        if step.startswith("reflect submessage: "):
            return self._submessage(step.removeprefix("reflect submessage: "))
        raise UnknownStep(step)

    def _code(self) -> bytes:
        return self._folder.contract(self._contract)

    def _module(self) -> WasmModule:
        return self._folder.module(self._rules)

    def _context(self, state: OrderedState, limit: int | None = None) -> Context:
        meter = SdkGasMeter() if limit is None else SdkGasMeter(limit)
        return Context(self._rules, AddressBook("cosmos"), state, BLOCK, meter)

    def _prepared(self, *people: tuple[bytes, Coins]) -> OrderedState:
        """A state with accounts."""
        state = OrderedState()
        state.set(BANK + bank.PARAMS_KEY, bank.PARAMS)
        context = self._context(state)
        for address, coins in people:
            if not find_account(context, address):
                create_account(context, address)
            bank.mint(context, address, coins)
        return state

    def _instantiate(
        self,
        storer: bytes,
        creator: bytes,
        label: str,
        coins: Coins = (),
        admin: str = "",
        people: tuple[tuple[bytes, Coins], ...] = (),
    ) -> tuple[tuple[OrderedState, WasmModule, bytes], int]:
        """Store and make a hackatom; what it gave, and the gas of the second step."""
        state, module = self._prepared(*people), self._module()
        store_code(self._context(state), storer, self._code())
        context = self._context(state)
        text = context.addresses.text
        message = compact_json({"verifier": text(FRED), "beneficiary": text(BOB)})
        new = NewContract(1, message.encode(), label, coins, admin)
        address, _ = run_steps(module.lifecycle.instantiate(context, creator, new))
        return (state, module, address), context.meter.used

    def _execute(self) -> int:
        coins = ((DENOMINATION, 100_000),)
        paid = ((DENOMINATION, 5_000),)
        (state, module, address), _ = self._instantiate(
            CREATOR,
            CREATOR,
            "demo contract 3",
            coins,
            people=((CREATOR, coins), (FRED, paid)),
        )
        context = self._context(state)
        run_steps(
            module.keeper.execute(context, address, FRED, b'{"release":{}}', paid)
        )
        return context.meter.used

    def _query(self, depth: int, work: int) -> int:
        is_old = self._rules.version <= LAST_OLD_LABEL
        label = "demo contract to query" if is_old else "hackatom contract"
        admin = AddressBook("cosmos").text(STORER)
        (state, module, address), _ = self._instantiate(
            STORER, STORER, label, admin=admin
        )
        context = self._context(state, QUERY_LIMIT)
        asked: dict[str, object] = {"depth": depth, "work": work}
        if self._rules.version <= LAST_WITH_ADDRESS:
            asked["contract"] = context.addresses.text(address)
        message = compact_json({"recurse": asked}).encode()
        module.queries.smart(context, address, message)
        return context.meter.used

    def _submessage(self, step: str) -> int:
        """Have a reflect run one submessage, with a reply in any case."""
        case = next((case for case in SUBMESSAGES if step.startswith(case.step)), None)
        if case is None:
            raise UnknownStep(step)
        coins = ((DENOMINATION_OF_REFLECT, START),)
        double = ((DENOMINATION_OF_REFLECT, 2 * START),)
        state = self._prepared((STORER, double), (CREATOR[:20], coins))
        module = self._module()
        context = self._context(state)
        text = context.addresses.text
        for name in (REFLECT, HACKATOM):
            store_code(context, STORER, self._folder.contract(name))
        made = compact_json({"verifier": text(FRED), "beneficiary": text(BOB)})
        loop, _ = run_steps(
            module.lifecycle.instantiate(
                context, STORER, NewContract(2, made.encode(), "hackatom demo", coins)
            )
        )
        label = f"contract {case.name}"
        reflect, _ = run_steps(
            module.lifecycle.instantiate(
                context, CREATOR[:20], NewContract(1, b"{}", label, coins)
            )
        )
        sent = {"id": case.id, "msg": case.message(text(EMPTY), text(loop))}
        if case.gas_limit is not None:
            sent["gas_limit"] = case.gas_limit
        sent["reply_on"] = "always"
        message = compact_json({"reflect_sub_msg": {"msgs": [sent]}}).encode()
        run = self._context(state, REFLECT_LIMIT)
        run_steps(module.keeper.execute(run, reflect, CREATOR[:20], message, ()))
        return run.meter.used


def _formulas(rules: WasmdRules) -> dict[str, int]:
    """Figures that need no contract."""
    short = [("foo", [("myKey", "myData")])]
    long = [("foo", [(LONG_KEY, "myData")])]
    cheap, dear = rules.reply_base, SETUP
    foo, custom = [("Foo", "Bar")], [("custom", [("message", "to rudi")])]
    return {
        "SetupContractCost(discount, any length)": rules.pinned_setup,
        "SetupContractCost(no discount, any length)": SETUP,
        "ReplyCosts(pinned): event foo{myKey:myData}, data 1 byte": (
            reply_costs(short, cheap)
        ),
        "ReplyCosts(pinned): event foo, key of 100 bytes, value myData": (
            reply_costs(long, cheap)
        ),
        'ReplyCosts(pinned): error "foo"': reply_costs([], cheap),
        "ReplyCosts(unpinned): event foo{myKey:myData}, data 1 byte": (
            reply_costs(short, dear)
        ),
        "ReplyCosts(unpinned): event foo, key of 100 bytes, value myData": (
            reply_costs(long, dear)
        ),
        "EventCosts(no attributes, one empty event)": event_costs([], [("", [])]),
        "EventCosts(one empty attribute)": event_costs([("", "")], []),
        "EventCosts(nothing)": event_costs([], []),
        "UncompressCosts(0)": uncompress_costs(0),
        "UncompressCosts(100)": uncompress_costs(100),
        "UncompressCosts(819200)": uncompress_costs(819_200),
        "ToWasmVMGas(1)": rules.multiplier,
        IBC_RECEIVE: IBC_CONTRACT_GAS + event_costs([], []),
        "same with one attribute Foo=Bar": IBC_CONTRACT_GAS + event_costs(foo, []),
        "same with one attribute and event custom{message:to rudi}": (
            IBC_CONTRACT_GAS + event_costs(foo, custom)
        ),
    }
