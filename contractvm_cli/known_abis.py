"""What is known of a chain's contracts: the ABIs that name calls, events and errors."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chain_sim.ethereum.abi.abi_file import MAX_FILE_BYTES
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.known_abi import (
    NO_ABI,
    Decoded,
    KnownAbi,
    read_known_abi,
)
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.abi_registry import AbiRegistry, registry_of
from chain_sim.ethereum.documents.documents import Document, failure_text
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    Address,
    format_address,
)
from contractvm.hosts.evm.interface import Log
from contractvm_cli.address_book import project_path
from contractvm_cli.failures import CommandFailed, describe_os_error, say_warning
from contractvm_cli.lookups import book_entries
from gas_schedule.bounded_files import read_bounded

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

HEX = re.compile("0x[0-9a-fA-F]*")
SOLIDITY_ERRORS = ("Error(string)", "Panic(uint256)")


def read_abi(path: Path) -> KnownAbi:
    """The ABI in a file; raises CommandFailed and OSError."""
    return read_known_abi(abi_content(path))


def abi_content(path: Path) -> bytes:
    """An ABI that can be read; raises CommandFailed and OSError."""
    content = read_bounded(path, MAX_FILE_BYTES)
    try:
        read_known_abi(content)
    except InvalidAbi as error:
        raise CommandFailed(f"{path}: {error}") from error
    return content


def require_registrable(path: Path) -> None:
    """Raise what `register_abi` would for the file, before anything is done."""
    AbiRegistry({}).add(Address(bytes(ADDRESS_BYTES)), abi_content(path))


def register_abi(chain: Blockchain, address: Address, path: Path) -> None:
    """Keep the ABI in a file beside the chain; raises what `abi_content` does."""
    registry_of(chain.database).add(address, abi_content(path))


class KnownAbis:
    """Finds ABIs, each once: the one that was given, the book's, the registry's."""

    def __init__(self, chain: "Blockchain | NodeChain") -> None:
        self._chain = chain
        self._found: dict[Address, KnownAbi] = {}

    def give(self, address: Address | None, path: Path | None) -> None:
        """Use the ABI in a file for a contract; raises CommandFailed and OSError."""
        if path is not None and address is not None:
            self._found[address] = read_abi(path)

    def learn(self, *addresses: bytes | None) -> None:
        """Find the ABIs of contracts, for when the chain is closed."""
        for address in addresses:
            self.of(None if address is None else Address(address))

    def of(self, address: Address | None) -> KnownAbi:
        """A contract's ABI; one without entries where none is known."""
        if address is None:
            return NO_ABI
        if address not in self._found:
            self._found[address] = self._of_book(address) or self._of_registry(address)
        return self._found[address]

    def _of_book(self, address: Address) -> KnownAbi | None:
        shown = format_address(address)
        for entries in book_entries(self._chain).values():
            for entry in entries:
                if entry.abi is None or entry.address != shown:
                    continue
                path = project_path(entry.abi)
                try:
                    return read_abi(path)
                except CommandFailed as error:
                    say_warning(str(error))
                except OSError as error:
                    say_warning(describe_os_error(error))
        return None

    def _of_registry(self, address: Address) -> KnownAbi:
        if not isinstance(self._chain, Blockchain):
            return NO_ABI
        code_hash = self._chain.state_at().get_code_hash(address)
        return registry_of(self._chain.database).find(address, code_hash) or NO_ABI

    def event(self, log: Log) -> Decoded | None:
        """The event that a log is of; None where it is not known."""
        return self.of(Address(log.address)).event(tuple(log.topics), log.data)

    def event_text(self, log: Log) -> str | None:
        """`Transfer(from=0x..., amount=5)`; None where it is not known."""
        return decoded_text(self.event(log))

    def event_document(self, log: Log) -> Document:
        """The event under `event`, if it is known."""
        return document_of("event", self.event(log))

    def call_text(self, address: Address | None, data: bytes) -> str | None:
        """`transfer(to=0x..., amount=5)`; None where it is not known."""
        return decoded_text(self.of(address).call(data))

    def call_document(self, address: Address | None, data: bytes) -> Document:
        """The call under `decodedInput`, if it is known."""
        return document_of("decodedInput", self.of(address).call(data))

    def error_document(self, address: Address | None, output: bytes) -> Document:
        """The error under `decodedError`, if it is one of the contract's own."""
        return document_of("decodedError", self._error(address, output))

    def failure(self, address: Address | None, error: str | None, output: bytes) -> str:
        """Why a contract failed, with the name of its error where that is known."""
        named = None if error is not None else self._error(address, output)
        shown = decoded_text(named)
        return failure_text(error, output) if shown is None else f"reverted: {shown}"

    def _error(self, address: Address | None, output: bytes) -> Decoded | None:
        found = self.of(address).error(output)
        is_own = found is not None and found.signature not in SOLIDITY_ERRORS
        return found if is_own else None


def decoded_text(decoded: Decoded | None) -> str | None:
    """`Transfer(from=0x..., amount=5)`; a parameter without a name has none."""
    if decoded is None:
        return None
    values = (
        f"{value.name}={shown}" if value.name else shown
        for value in decoded.values
        for shown in [value_text(value.value)]
    )
    return f"{decoded.name}({', '.join(values)})"


def value_text(value: Any) -> str:
    """An address, a number or bytes as they are, the rest as JSON."""
    is_plain = isinstance(value, str) and HEX.fullmatch(value) is not None
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def document_of(key: str, decoded: Decoded | None) -> Document:
    """A decoded thing under a key; empty where there is none."""
    if decoded is None:
        return {}
    values = [
        {"name": value.name, "type": value.type, "value": value.value}
        for value in decoded.values
    ]
    signature = decoded.signature
    return {key: {"name": decoded.name, "signature": signature, "values": values}}
