"""Start states of CosmWasm campaigns: a contract on a fresh chain, or any chain's."""

from collections.abc import Sequence
from pathlib import Path

from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.files.cases import CaseStart
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from contract_fuzz.cosmos.cases import CosmosStart
from contractvm.runtime.module_source import ModuleSource

PEOPLE = ("alice", "bob", "carol")
FIRST_COINS = "1000000000stake"


def start_from_contract(
    code: ModuleSource,
    message: object,
    *,
    release: str | None = None,
    funds: object = (),
    coins: str = FIRST_COINS,
    handlers: Path | None = None,
) -> tuple[CosmosStart, bytes]:
    """A contract on a fresh chain, and its module.

    The first person stores it, makes a contract with `message`, and may migrate it.
    Each person has `coins`. `handlers` is a script for what the chain does not
    simulate. Raises TransactionFailed and ScriptFailed.
    """
    with CosmosChain(release) as chain:
        load_handlers(handlers, chain.handlers)
        people = [chain.account(name, coins) for name in PEOPLE]
        stored = chain.store(code, people[0])
        contract = stored.instantiate(
            message, sender=people[0], funds=funds, admin=people[0], label="fuzzed"
        )
        names = tuple(name for name, _ in parse_coins(coins))
        start = start_from_chain(
            chain, [contract.address], people, names, (stored.code_id,), handlers
        )
        entries = start.chain.entries
        return start, entries[CODE_BYTES + stored.checksum]


def start_from_chain(
    chain: CosmosChain,
    contracts: Sequence[str],
    senders: Sequence[str],
    coins: Sequence[str] = (),
    code_ids: Sequence[int] = (),
    handlers: Path | None = None,
) -> CosmosStart:
    """The newest block of a chain, which is only read.

    `contracts` are to be fuzzed there, by `senders`, who pay with `coins`. `code_ids`
    are what contracts are migrated to, `handlers` a script for what the chain does not
    simulate.
    """
    config, head = chain.config, chain.head
    return CosmosStart(
        CaseStart(
            config.release,
            config.prefix,
            config.chain_id,
            head.height,
            head.time,
            chain.blocks.total,
            chain.blocks.state.entries(),
        ),
        tuple(contracts),
        tuple(senders),
        tuple(coins),
        tuple(code_ids),
        handlers,
    )
