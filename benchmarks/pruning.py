"""Disk use of a long run with automatic pruning: `python -m benchmarks.pruning`.

Each block has one transfer to one of a thousand accounts. Prints a line for every so
many blocks: the number of the head, the bytes in the directory, the seconds so far.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction

RECIPIENTS = 1_000


def disk_bytes(path: Path) -> int:
    """What the files take; LevelDB removes some of them at any time."""
    total = 0
    for file in path.iterdir():
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


def run(path: Path, keep: int | None, seconds: float, step: int) -> Iterator[str]:
    """Lines `block,bytes,seconds`; ends at the first one after `seconds`."""
    chance = random.Random(0)
    sender = DEVELOPER_ACCOUNTS[0]
    began = time.perf_counter()
    largest = 0
    with Blockchain.open(path) as chain:
        if keep is not None:
            chain.prune(keep)
        nonce = chain.nonce(sender.address)
        while True:
            for _ in range(step):
                recipient = 1_000 + chance.randrange(RECIPIENTS)
                tx = Transaction(
                    nonce=nonce,
                    gas_price=1,
                    gas_limit=21_000,
                    to=Address(recipient.to_bytes(20, "big")),
                    value=1,
                    data=b"",
                )
                nonce += 1
                key = sender.private_key
                chain.mine([sign_transaction(tx, key, chain.genesis.chain_id)])
                if nonce % 100 == 0:
                    largest = max(largest, disk_bytes(path))
            passed = time.perf_counter() - began
            number = chain.head.header.number
            yield f"{number},{disk_bytes(path)},{largest},{passed:.1f}"
            largest = 0
            if passed >= seconds:
                return


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pruning")
    parser.add_argument("--keep", type=int, help="without it nothing is pruned")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--step", type=int, default=1_000)
    parser.add_argument("--folder", help="where the database is put")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print("block,bytes,largest_bytes_since,seconds")
        path = Path(folder) / "chain"
        for line in run(path, options.keep, options.seconds, options.step):
            print(line, flush=True)


if __name__ == "__main__":
    main()
