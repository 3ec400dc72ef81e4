"""Forks are data: their readers follow them, and a chain names its own."""

from dataclasses import fields, replace

import pytest
from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.block import Header
from chain_sim.ethereum.blocks.genesis import decode_genesis, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.message_call import (
    CodeTooLarge,
    MessageCalls,
    TransactionHost,
)
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import apply_transaction
from chain_sim.ethereum.forks import BYZANTIUM, FORKS, Fork, find_fork, numbered
from chain_sim.ethereum.primitives.errors import (
    UnknownFork,
    UnsupportedTransactionType,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.interface import CALL, CREATE, CallResult, Message
from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.helpers.ewasm import BLOCK, HERA, TRANSACTION

SENDER = Address(b"\x5e" * 20)
IDENTITY = Address((4).to_bytes(20, "big"))


def block_hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


def host_under(fork: Fork) -> TransactionHost:
    state = WorldState(MemoryDatabase())
    state.set_balance(SENDER, 10**18)
    return TransactionHost(state, BLOCK, TRANSACTION, block_hash, fork)


def execute(fork: Fork, **changed: object) -> CallResult:
    message = Message(
        kind=CALL,
        sender=SENDER,
        recipient=IDENTITY,
        code_address=IDENTITY,
        value=0,
        data=b"abc",
        gas=10**7,
    )
    message = structs.replace(message, **changed)  # type: ignore[arg-type]
    host = host_under(fork)
    host.state.increment_nonce(SENDER)
    return MessageCalls(HERA, host).execute(message)


def test_byzantium_is_what_the_chain_always_had() -> None:
    assert BYZANTIUM.transaction_types == (0,)
    assert BYZANTIUM.max_code_bytes == 24_576
    assert BYZANTIUM.block_hash_window == 256
    assert len(BYZANTIUM.header_fields) == 15
    assert BYZANTIUM.header_fields == tuple(field.name for field in fields(Header))[:15]
    assert BYZANTIUM.title == "Byzantium"


def test_a_fork_is_found_by_its_name_alone() -> None:
    assert find_fork("byzantium") is BYZANTIUM
    with pytest.raises(UnknownFork) as unknown:
        find_fork("Byzantium")
    assert (unknown.value.name, unknown.value.known) == ("Byzantium", tuple(FORKS))


def test_a_transaction_type_that_the_fork_lacks_is_refused() -> None:
    state = host_under(BYZANTIUM).state
    context = BlockContext(
        coinbase=SENDER,
        number=1,
        timestamp=1,
        difficulty=0,
        gas_limit=10**7,
        block_hash=lambda _: None,
        fork=structs.replace(BYZANTIUM, transaction_types=(2,)),
    )
    tx = Transaction(0, 1, 21_000, IDENTITY, 0, b"")
    placed = PlacedTransaction(tx, SENDER, context)
    with pytest.raises(UnsupportedTransactionType) as refused:
        apply_transaction(placed, state, HERA)
    assert refused.value.type_byte == 0
    assert state.get_nonce(SENDER) == 0


def test_a_fork_says_which_precompiles_there_are() -> None:
    assert execute(BYZANTIUM).output == b"abc"
    fewer = structs.replace(
        BYZANTIUM, precompiles=numbered("ecrecover", "sha256", "ripemd160")
    )
    result = execute(fewer)
    assert (result.output, result.gas_left) == (b"", 10**7)


@pytest.mark.parametrize(("size", "is_stored"), [(100, True), (101, False)])
def test_the_forks_code_limit_holds(size: int, is_stored: bool) -> None:
    fork = structs.replace(BYZANTIUM, max_code_bytes=100)
    code = INTERFACE.init_code(b"\x01" * size)
    result = execute(fork, kind=CREATE, data=code, recipient=b"", code_address=b"")
    assert result.succeeded is is_stored
    if not is_stored:
        assert isinstance(result.error, CodeTooLarge)
        assert str(result.error) == "101 bytes of code, at most 100"


def test_the_forks_window_of_block_hashes_holds() -> None:
    host = host_under(structs.replace(BYZANTIUM, block_hash_window=2))
    first = BLOCK.number - 2
    assert host.block_hash(first) == block_hash(first)
    assert host.block_hash(first - 1) is None
    assert host.block_hash(BLOCK.number) is None


def test_a_genesis_file_without_a_fork_means_byzantium() -> None:
    genesis = default_genesis()
    text = encode_genesis(genesis)
    assert genesis.fork == "byzantium"
    assert '"fork"' not in text
    assert decode_genesis(text) == genesis
    with_name = text.replace('  "gasLimit"', '  "fork": "byzantium",\n  "gasLimit"')
    assert decode_genesis(with_name) == genesis


def test_a_genesis_file_names_any_other_fork() -> None:
    genesis = replace(default_genesis(), fork="osaka")
    assert '\n  "fork": "osaka",\n' in encode_genesis(genesis)
    assert decode_genesis(encode_genesis(genesis)) == genesis


def test_a_chain_of_an_unknown_fork_is_not_begun() -> None:
    database = MemoryDatabase()
    with pytest.raises(UnknownFork):
        Blockchain(database, replace(default_genesis(), fork="osaka"))
    assert list(database.iterate(b"")) == []
