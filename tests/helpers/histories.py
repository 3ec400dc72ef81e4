"""Chains with random histories: all that a transaction can do to a state."""

from collections.abc import Sequence

from hypothesis import strategies as st

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.helpers.chains import INCREMENT, numbered
from tests.helpers.ewasm import contract
from tests.helpers.examples import example
from tests.helpers.solidity_abi import call_data, word

STORE, REVERT, TRAP, DESTRUCT, BLOCK_HASH, LOG, CREATE = range(7)
OPERATIONS = """
(call $storageStore (i32.const 32) (i32.const 64))
(call $revert (i32.const 32) (i32.const 64))
(unreachable)
(call $selfDestruct (i32.const 32))
(drop (call $getBlockHash (i64.load (i32.const 32)) (i32.const 64)))
(call $storageStore (i32.const 0) (i32.const 64))
(call $log (i32.const 32) (i32.const 64) (i32.const 2)
  (i32.const 32) (i32.const 64) (i32.const 0) (i32.const 0))
(drop (call $create (i32.const 30000) (i32.const 96)
  (i32.sub (call $getCallDataSize) (i32.const 96)) (i32.const 64)))
""".strip()


def operation(number: int, text: str) -> str:
    return (
        f"(if (i32.eq (i32.load8_u (i32.const 0)) (i32.const {number})) (then {text}))"
    )


def worker() -> bytes:
    """A contract that does what the first byte of its input says, with two words."""
    lines = OPERATIONS.splitlines()
    texts = [*lines[:4], lines[4] + lines[5], lines[6] + lines[7], lines[8] + lines[9]]
    body = "".join(operation(number, text) for number, text in enumerate(texts))
    return contract(
        "(call $callDataCopy (i32.const 0) (i32.const 0) (call $getCallDataSize))"
        f"{body}(call $finish (i32.const 64) (i32.const 32))"
    )


def job(operation: int, first: bytes, second: bytes = bytes(32)) -> bytes:
    """The input with which the worker does it."""
    return bytes((operation,)).ljust(32, b"\0") + first.ljust(32, b"\0") + second


WORKER = worker()
DEPLOY_WORKER = INTERFACE.init_code(WORKER)
SLOTS = [number.to_bytes(32, "big") for number in range(6)]
VALUES = [bytes(32), bytes(32), bytes(31) + b"\1", b"\xff" * 32]
GENESIS = default_genesis("ewasm-metered")


class History:
    """A chain that begins with a counter, a token and a worker."""

    def __init__(self, database: KeyValueStore) -> None:
        self.chain = Blockchain(database, GENESIS)
        counter = self.chain.deploy(example("counter/counter.wat"))
        token = self.chain.deploy(example("token/token_init.wasm"), is_init_code=True)
        worker = self.chain.deploy(WORKER)
        self.counter, self.token, self.worker = (
            Address(receipt.contract_address or b"")
            for receipt in (counter, token, worker)
        )

    def block(self, actions: Sequence[tuple[str, int, int]]) -> None:
        """One block with a transaction for each action."""
        nonce = self.chain.nonce(self.chain.accounts[0].address)
        limit = self.chain.head.header.gas_limit // max(len(actions), 1)
        transactions = []
        for offset, action in enumerate(actions):
            to, data, value = self.message(*action)
            tx = Transaction(nonce + offset, 10**9, limit, to, value, data)
            key = self.chain.accounts[0].private_key
            transactions.append(sign_transaction(tx, key, self.chain.genesis.chain_id))
        self.chain.mine(transactions)

    def message(
        self, kind: str, first: int, second: int
    ) -> tuple[Address | None, bytes, int]:
        """Recipient, input and ether of an action."""
        slot, value = SLOTS[first], VALUES[second]
        beneficiary = numbered(first)
        number = max(0, self.chain.head.header.number - first)
        to = word(self.chain.accounts[first].address)
        transfer = call_data("transfer(address,uint256)", to, second)
        messages: dict[str, tuple[Address | None, bytes, int]] = {
            "ether": (beneficiary, b"", second),
            "increment": (self.counter, INCREMENT, 0),
            "token": (self.token, transfer, 0),
            "store": (self.worker, job(STORE, slot, value), 0),
            "revert": (self.worker, job(REVERT, slot), 0),
            "trap": (self.worker, job(TRAP, slot), 0),
            "destruct": (self.worker, job(DESTRUCT, beneficiary), second),
            "block hash": (
                self.worker,
                job(BLOCK_HASH, number.to_bytes(8, "little")),
                0,
            ),
            "log": (self.worker, job(LOG, slot, value), 0),
            "create": (self.worker, job(CREATE, slot) + DEPLOY_WORKER, 0),
            "deploy": (None, DEPLOY_WORKER, second),
        }
        return messages[kind]


KINDS = (
    "ether",
    "increment",
    "token",
    "store",
    "store",
    "store",
    "revert",
    "trap",
    "destruct",
    "block hash",
    "log",
    "create",
    "deploy",
)
ACTIONS = st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 3))
BLOCKS = st.lists(st.lists(ACTIONS, min_size=1, max_size=3), min_size=1, max_size=5)


def history_of(blocks: Sequence[Sequence[tuple[str, int, int]]]) -> History:
    """A chain in memory with these blocks."""
    history = History(MemoryDatabase())
    for actions in blocks:
        history.block(actions)
    return history


EVERYTHING = [
    [("store", 0, 2), ("store", 1, 3), ("store", 2, 2)],
    [("ether", 3, 1), ("increment", 0, 0), ("token", 2, 3)],
    [("store", 1, 0), ("store", 2, 0), ("store", 0, 0)],
    [("revert", 1, 0), ("trap", 1, 0), ("log", 4, 3)],
    [("block hash", 2, 0), ("create", 0, 0), ("deploy", 0, 2)],
    [("destruct", 4, 1), ("store", 1, 2), ("destruct", 5, 3)],
]
"""Blocks that between them do all that there is."""
