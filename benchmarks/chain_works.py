"""Benchmarks of a local chain: the processor time of one item each."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time

from benchmarks.instructions import EXAMPLES, GAS_PRICE, GET, RECIPIENT
from chain_sim import Blockchain
from chain_sim.ethereum.blocks.genesis import DEVELOPER_CHAIN_ID
from chain_sim.ethereum.dumps.load import load_chain
from chain_sim.ethereum.primitives.text import Address, keccak256
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    sign_transaction,
)

Work = Callable[[], object]


def signed_transfers(first: int, count: int) -> list[Transaction]:
    """Transfers of ether from nonce `first` on, as they come from outside."""
    account = Blockchain.accounts[0]
    found = []
    for nonce in range(first, first + count):
        tx = Transaction(nonce, GAS_PRICE, 21_000, RECIPIENT, 1, b"")
        signed = sign_transaction(tx, account.private_key, DEVELOPER_CHAIN_ID)
        found.append(decode_transaction(encode_transaction(signed)))
    return found


def microseconds(rounds: int, items: int, prepare: Callable[[], Work]) -> float:
    """The median of the rounds, for an item; what `prepare` does is not timed."""
    times = []
    for _ in range(rounds):
        work = prepare()
        start = thread_time()
        work()
        times.append(thread_time() - start)
    return median(times) / items * 1e6


def view_call(rounds: int, items: int) -> float:
    """A call of the counter's view at one head."""
    chain = Blockchain.in_memory()
    code = (EXAMPLES / "counter" / "counter.wasm").read_bytes()
    counter = chain.deploy(code).contract_address

    def work() -> None:
        for _ in range(items):
            chain.call(counter, GET)

    return microseconds(rounds, items, lambda: work)


def transfers(chain: Blockchain, rounds: int, blocks: int, size: int) -> float:
    """A signed transfer, in blocks of `size`; the blocks of one round."""
    nonces = iter(range(0, (rounds + 1) * blocks * size, blocks * size))

    def prepare() -> Work:
        signed = signed_transfers(next(nonces), blocks * size)
        batches = [signed[at : at + size] for at in range(0, len(signed), size)]

        def work() -> None:
            for batch in batches:
                chain.mine(batch)

        return work

    prepare()()
    return microseconds(rounds, blocks * size, prepare)


def transfers_in_memory(rounds: int, blocks: int, size: int) -> float:
    """On a new chain in memory."""
    return transfers(Blockchain.in_memory(), rounds, blocks, size)


def transfers_on_disk(rounds: int, blocks: int) -> float:
    """A transfer in each block, on a new chain in LevelDB, each block synced."""
    with (
        TemporaryDirectory() as folder,
        Blockchain.open(Path(folder) / "chain") as chain,
    ):
        return transfers(chain, rounds, blocks, 1)


def address_of(number: int) -> Address:
    """The address of a numbered account, in no order."""
    return Address(keccak256(number.to_bytes(8, "big"))[:20])


def write_accounts(path: Path, count: int) -> None:
    """A geth genesis file with accounts of a few wei, and a developer's with plenty."""
    with path.open("w") as file:
        file.write('{"config": {"chainId": 1337}, "alloc": {')
        for number in range(count):
            balance = json.dumps({"balance": hex(number + 1)})
            file.write(f'"{address_of(number).hex()}":{balance},')
        rich = Blockchain.accounts[0].address.hex()
        file.write(f'"{rich}":{json.dumps({"balance": hex(10**27)})}}}}}')


@contextmanager
def chain_of_accounts(count: int) -> Iterator[Blockchain]:
    """A chain in LevelDB with so many accounts, in a folder that goes with it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_accounts(folder / "genesis.json", count)
        load_chain(folder / "genesis.json", folder / "chain")
        with Blockchain.open(folder / "chain") as chain:
            yield chain


def random_balance(accounts: int, rounds: int, items: int) -> float:
    """The balance of one account of many, at the head; no account comes twice soon."""
    generator = random.Random(accounts)
    with chain_of_accounts(accounts) as chain:

        def prepare() -> Work:
            chosen = [address_of(generator.randrange(accounts)) for _ in range(items)]

            def work() -> None:
                for address in chosen:
                    chain.balance(address)

            return work

        prepare()()
        return microseconds(rounds, items, prepare)
