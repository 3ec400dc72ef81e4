"""Constructors: told from the contracts that they return."""

from pathlib import Path
from typing import TYPE_CHECKING

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host
from contractvm_cli.failures import CommandFailed

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain


def refuse_constructor(
    chain: Blockchain, file: Path, code: bytes, sender: Address
) -> None:
    """Raise CommandFailed if `code` returns a contract when it runs as init code.

    It is tried only where there is other code within this code, as in a constructor.
    """
    host = find_host(chain.genesis.profile)
    if not any(code.find(form.prefix, 1) > 0 for form in host.code_forms):
        return
    creation = chain.reader.place_call(
        None, code, sender=sender, value=0, gas_limit=None, at=None
    )
    state = creation.open_state(WorldState)
    created = Executor(chain.engine, state).apply(creation).created
    contract = b"" if created is None else state.get_code(created)
    if host.is_code(contract):
        raise CommandFailed(
            f"{file} is a constructor: it returns a contract of {len(contract)} bytes;"
            " deploy it with --init-code"
        )


def returns_contract(
    chain: "Blockchain | NodeChain", receipt: TransactionReceipt
) -> bool:
    """Whether a creation gave an account code, or failed for a reason that it says."""
    if not receipt.succeeded:
        return receipt.error is not None or bool(receipt.output)
    address = receipt.contract_address
    code = b"" if address is None else chain.code(address)
    return find_host(chain.genesis.profile).is_code(code)
