"""Chains with several transactions in a block, on a contract that stores its input."""

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from tests.helpers.ewasm import contract

# Sizes in blocks and bytes must not depend on the default schedule.
GENESIS = default_genesis("ewasm-metered")
STRANGER = Address(b"\x99" * 20)

# Slot 0 becomes the first 32 bytes of the input.
STORE = contract(
    "(call $callDataCopy (i32.const 32) (i32.const 0) (i32.const 32))"
    "(call $storageStore (i32.const 0) (i32.const 32))"
)

# Returns the block's number, its timestamp and the hash of the previous block.
TELL = contract(
    "(i64.store (i32.const 0) (call $getBlockNumber))"
    "(i64.store (i32.const 8) (call $getBlockTimestamp))"
    "(drop (call $getBlockHash"
    " (i64.sub (call $getBlockNumber) (i64.const 1)) (i32.const 16)))"
    "(call $finish (i32.const 0) (i32.const 48))"
)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def deployed(chain: Blockchain, code: bytes = STORE) -> Address:
    address = chain.deploy(code).contract_address
    assert address is not None
    return address


def signed(chain: Blockchain, to: Address, data: bytes, **fields: int) -> Transaction:
    """A transaction of the first account; `skip` nonces ahead of its own."""
    account = chain.accounts[0]
    tx = Transaction(
        nonce=chain.nonce(account.address) + fields.get("skip", 0),
        gas_price=1,
        gas_limit=2_000_000,
        to=to,
        value=fields.get("value", 0),
        data=data,
    )
    return sign_transaction(tx, account.private_key, chain.genesis.chain_id)


def store_block(chain: Blockchain, to: Address, *values: int) -> Block:
    """A block whose transactions store these values one after the other."""
    return chain.mine(
        [
            signed(chain, to, word(value), skip=index)
            for index, value in enumerate(values)
        ]
    )
