"""Messages to contracts as values, and runs of them on any state."""

from typing import Literal

from msgspec import Struct

from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.chain.contracts import DEFAULT_GAS
from chain_sim.cosmos.chain.transactions import (
    Produced,
    TransactionOutcome,
    run_transaction,
)
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.gas_ledger import NO_LEDGER, GasLedger
from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.steps import run_steps
from chain_sim.cosmos.wasm.keeper import checked_message
from chain_sim.cosmos.wasm.module import WasmModule, make_wasm_module
from contractvm.wasm.engines.interface import Engine

Entry = Literal["execute", "migrate", "sudo", "query"]


class SentMessage(
    Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A message to a contract; addresses are text, `message` is JSON.

    `funds` are coins as people write them, "5atom,7stake". `code_id` is the new code
    of a migration. A query has neither sender nor funds.
    """

    entry: Entry
    contract: str
    message: str
    sender: str = ""
    funds: str = ""
    code_id: int = 0
    gas_limit: int = DEFAULT_GAS


class MessageRuns:
    """Runs messages by the rules of one chain, on an engine.

    One that `is_traced` can tell in a ledger what contracts executed.
    """

    def __init__(
        self,
        rules: WasmdRules,
        prefix: str,
        engine: Engine,
        *,
        is_traced: bool = False,
    ) -> None:
        self.addresses = AddressBook(prefix)
        self.rules = rules
        self._wasm = make_wasm_module(engine, rules, is_traced=is_traced)

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
        meter = SdkGasMeter(sent.gas_limit, ledger=ledger)
        mark = state.mark()
        if sent.entry == "query":
            block = BlockInfo(block.height, block.time, block.chain_id)
        context = Context(self.rules, self.addresses, state, block, meter)
        outcome, _ = run_transaction(
            context, lambda inner: run_sent(inner, self._wasm, sent)
        )
        if sent.entry == "query":
            state.roll_back(mark)
        return outcome


def run_sent(context: Context, wasm: WasmModule, sent: SentMessage) -> Produced:
    """Run a message; raises CosmosError and SdkOutOfGas."""
    contract, message = context.addresses.data(sent.contract), sent.message.encode()
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
