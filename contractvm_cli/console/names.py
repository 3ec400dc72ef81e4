"""What a console's code finds: the chain, its accounts and contracts, and tools."""

import keyword
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.contracts.address import Address
from contract_testing.contracts.contract import Abi, Contract
from contract_testing.contracts.failures import ContractFailure, Reverted
from contract_testing.contracts.values import ether, gwei
from contractvm_cli.failures import CommandFailed, describe_os_error, say_warning
from contractvm_cli.lookups import named_contracts
from contractvm_cli.names import alias_address
from contractvm_cli.settings import current_project

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain


def keccak(data: bytes | str) -> bytes:
    """The Keccak-256 of bytes, or of text."""
    return keccak256(data.encode() if isinstance(data, str) else data)


def trace(result: Any) -> Any:
    """What a receipt's transaction did, step by step, or that of a failure."""
    return result.trace()


@contextmanager
def reverts(reason: str | None = None) -> Iterator[None]:
    """Expect a revert in the block, with exactly this reason if one is given.

    Raises CommandFailed where nothing reverts; any other failure goes on.
    """
    try:
        yield
    except Reverted as error:
        if reason is None or getattr(error, "reason", None) == reason:
            return
        raise
    raise CommandFailed("nothing reverted in the block")


def tools(chain: "Blockchain | NodeChain") -> dict[str, Any]:
    """The names that every console has."""
    return {
        "chain": chain,
        "accounts": chain.accounts,
        "Contract": Contract,
        "Abi": Abi,
        "ether": ether,
        "gwei": gwei,
        "keccak": keccak,
        "trace": trace,
        "reverts": reverts,
        "ContractFailure": ContractFailure,
    }


def known_accounts(chain: "Blockchain | NodeChain") -> dict[str, Any]:
    """The names of the project and of the book: contracts where their ABI is known."""
    project = current_project()
    found: dict[str, Any] = {}
    for name in () if project is None else project.settings.aliases:
        address = alias_address(name)
        if address is not None:
            found[name] = Address(address)
    for name, address, path in named_contracts(chain):
        found[name] = Address(address)
        if path is None:
            continue
        try:
            found[name] = Contract(address, path, chain, label=name, check=False)
        except InvalidAbi as error:
            say_warning(str(error))
        except OSError as error:
            say_warning(describe_os_error(error))
    return found


def namespace(chain: "Blockchain | NodeChain") -> dict[str, Any]:
    """Everything by its name; `book` has also what is no name of Python's."""
    own, known = tools(chain), known_accounts(chain)
    usable = {
        name: value
        for name, value in known.items()
        if name.isidentifier() and not keyword.iskeyword(name) and name not in own
    }
    return {**usable, **own, "book": known}
