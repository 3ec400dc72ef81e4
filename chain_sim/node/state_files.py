"""Dumps that travel in requests: the chain as text, and accounts from such text."""

from collections.abc import Iterator
from io import BytesIO

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.dump import DumpWriter
from chain_sim.ethereum.dumps.hex_gzip import zip_as_hex
from chain_sim.ethereum.dumps.listing import list_accounts, list_slots
from chain_sim.ethereum.dumps.load import load_into
from chain_sim.ethereum.state.edits import AccountEdit
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.trie.node_cache import NodeCache


def dump_text(chain: Blockchain) -> str:
    """The chain's dump, zipped, as `0x` text."""
    file = BytesIO()
    with zip_as_hex(file) as zipped:
        DumpWriter(chain.database, chain.genesis, chain.head).write(zipped)
    return file.getvalue().decode()


def edits_of_dump(dump: bytes) -> Iterator[AccountEdit]:
    """What makes the accounts of a dump, of this program or of anvil.

    Raises MalformedDump, WrongStateRoot and InvalidGenesis.
    """
    database = MemoryDatabase()
    root = load_into(database, BytesIO(dump)).head.header.state_root
    codes = StateEntries(database, NodeCache())
    for address, account in list_accounts(database, root):
        yield AccountEdit(
            address,
            account.balance,
            account.nonce,
            codes.get_code(account.code_hash),
            clears_storage=True,
            slots=tuple(sorted(list_slots(database, account.storage_root))),
        )
