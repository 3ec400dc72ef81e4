"""Messages to contracts as values, and runs of them on any state."""

from typing import Literal

from msgspec import Struct

from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.chain.transactions import (
    Produced,
    TransactionOutcome,
    run_explained,
    run_transaction,
)
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.gas_ledger import NO_LEDGER, GasLedger, GasNode, kind_of
from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.steps import run_steps
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.keeper import checked_message
from chain_sim.cosmos.wasm.lifecycle import NewContract
from chain_sim.cosmos.wasm.module import WasmModule, make_wasm_module
from contractvm.hosts.cosmwasm.json_text import parse_json
from contractvm.wasm.engines.interface import Engine

DEFAULT_GAS = 10_000_000
# What is sent to a contract that there is.
Entry = Literal["execute", "migrate", "sudo", "query"]
SentEntry = Literal["execute", "migrate", "sudo", "query", "instantiate", "messages"]
# A message that is no UTF-8 is passed on as it is; only `sudo` takes one.
ANY_BYTES = "surrogateescape"


class SentMessage(
    Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A message to a contract; addresses are text, `message` is JSON.

    `funds` are coins as people write them, "5atom,7stake". `code_id` is the new code
    of a migration, or that of the contract to make: `label` and the rest are of that,
    `salt` in hexadecimal digits. A query has neither sender nor funds. `messages` are
    a list in the form that contracts write, run as one.
    """

    entry: SentEntry
    contract: str
    message: str
    sender: str = ""
    funds: str = ""
    code_id: int = 0
    gas_limit: int = DEFAULT_GAS
    label: str = ""
    admin: str = ""
    salt: str | None = None
    fixes_message: bool = False


class MessageRuns:
    """Runs messages by the rules of one chain, on an engine.

    One that `is_traced` can tell in a ledger what contracts executed.
    """

    def __init__(
        self,
        rules: WasmdRules,
        prefix: str,
        engine: Engine,
        handlers: Handlers | None = None,
        *,
        is_traced: bool = False,
    ) -> None:
        self.addresses = AddressBook(prefix)
        self.rules = rules
        self.wasm = make_wasm_module(engine, rules, handlers, is_traced=is_traced)

    def run(
        self,
        state: OrderedState,
        block: BlockInfo,
        sent: SentMessage,
        ledger: GasLedger = NO_LEDGER,
    ) -> TransactionOutcome:
        """What the message did, in this block; a query runs outside of transactions.

        The state keeps the changes of one that succeeded, but for queries. Raises
        NotSimulated, and then nothing has changed.
        """
        mark = state.mark()
        context = self._context(state, block, sent, ledger)
        outcome, _ = run_transaction(
            context, lambda inner: run_sent(inner, self.wasm, sent)
        )
        if sent.entry == "query":
            state.roll_back(mark)
        return outcome

    def explain(
        self,
        state: OrderedState,
        block: BlockInfo,
        sent: SentMessage,
        outcome: TransactionOutcome,
    ) -> GasNode:
        """The ledger of what `run` gave, by runs that are traced.

        The state keeps the changes. Raises InternalError unless this run does and costs
        the same.
        """
        context = self._context(state, block, sent, GasLedger("transaction"))
        return run_explained(
            outcome, context, lambda inner: run_sent(inner, self.wasm, sent)
        )

    def _context(
        self,
        state: OrderedState,
        block: BlockInfo,
        sent: SentMessage,
        ledger: GasLedger,
    ) -> Context:
        if sent.entry == "query":
            block = BlockInfo(block.height, block.time, block.chain_id)
        meter = SdkGasMeter(sent.gas_limit, ledger=ledger)
        return Context(self.rules, self.addresses, state, block, meter)


def text_of(message: bytes) -> str:
    """The bytes of a message as SentMessage has them."""
    return message.decode(errors=ANY_BYTES)


def run_sent(context: Context, wasm: WasmModule, sent: SentMessage) -> Produced:
    """Run a message; raises CosmosError and SdkOutOfGas."""
    if sent.entry == "messages":
        return _run_list(context, wasm, sent)
    message = sent.message.encode(errors=ANY_BYTES)
    if sent.entry == "instantiate":
        checked_message(message)
        return _run_instantiate(context, wasm, sent, message)
    contract = context.addresses.data(sent.contract)
    if sent.entry == "query":
        return Produced(wasm.queries.smart(context, contract, message))
    if sent.entry == "sudo":
        return Produced(run_steps(wasm.keeper.sudo(context, contract, message)))
    sender = context.addresses.data(sent.sender)
    checked_message(message)
    if sent.entry == "migrate":
        steps = wasm.lifecycle.migrate(context, contract, sender, sent.code_id, message)
    else:
        funds = parse_coins(sent.funds)
        steps = wasm.keeper.execute(context, contract, sender, message, funds)
    return Produced(run_steps(steps))


def _run_list(context: Context, wasm: WasmModule, sent: SentMessage) -> Produced:
    data = b""
    for content in parse_json(sent.message):
        sender = context.addresses.data(sent.sender)
        with context.meter.ledger.node("message", kind_of(content)):
            data = run_steps(wasm.messages.run(context, sender, content)).data
    return Produced(data)


def _run_instantiate(
    context: Context, wasm: WasmModule, sent: SentMessage, message: bytes
) -> Produced:
    new = NewContract(
        code_id=sent.code_id,
        message=message,
        label=sent.label,
        funds=parse_coins(sent.funds),
        admin=sent.admin,
        salt=None if sent.salt is None else bytes.fromhex(sent.salt),
        fixes_message=sent.fixes_message,
    )
    sender = context.addresses.data(sent.sender)
    address, data = run_steps(wasm.lifecycle.instantiate(context, sender, new))
    return Produced(data=data, address=address)
