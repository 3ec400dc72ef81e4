"""A chain as it grows: to so many accounts, then to so many blocks, in LevelDB.

    python -m benchmarks.scale FOLDER [--accounts N] [--blocks N]

The accounts come from a geth genesis file; each block has a transfer of ether to an
account of its own, and is synced. It can be stopped and started again at any time: what
is in the folder is continued, and the figures of every power of ten are kept there.
Seconds are the processor's; "a block" is one of the thousand before the line.
"""

import argparse
import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from time import process_time, thread_time

from benchmarks.chain_works import address_of, write_accounts
from benchmarks.instructions import GAS_PRICE
from chain_sim import Blockchain
from chain_sim.ethereum.dumps.load import load_chain
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction

BALANCES = 2_000
TIMED_BLOCKS = 1_000
TRANSFER_GAS = 21_000
Line = dict[str, float]


class Growth:
    """A chain in a folder, and the lines that were measured of it."""

    def __init__(self, folder: Path, accounts: int) -> None:
        self._folder = folder
        self._accounts = accounts
        self._chain = folder / f"chain-{accounts}"
        self._notes = folder / f"lines-{accounts}.json"

    @property
    def lines(self) -> list[Line]:
        """What was measured so far."""
        return json.loads(self._notes.read_text()) if self._notes.exists() else []

    def load(self) -> None:
        """Make the chain, where there is none."""
        if self._chain.exists():
            return
        file = self._folder / "genesis.json"
        write_accounts(file, self._accounts)
        start = process_time()
        load_chain(file, self._chain)
        seconds = process_time() - start
        file.unlink()
        self._note(seconds / max(self._accounts, 1))

    def grow(self, blocks: int) -> None:
        """Append blocks until there are so many."""
        with Blockchain.open(self._chain) as chain:
            number = chain.reader.head.block.header.number
            for target in powers(number, blocks):
                untimed = max(0, target - number - TIMED_BLOCKS)
                append(chain, number, untimed)
                start = thread_time()
                timed = target - number - untimed
                append(chain, number + untimed, timed)
                number = target
                self._note((thread_time() - start) / max(timed, 1), chain)

    def _note(self, seconds: float, chain: Blockchain | None = None) -> None:
        if chain is None:
            with Blockchain.open(self._chain) as opened:
                return self._note(seconds, opened)
        line = {
            "accounts": self._accounts,
            "blocks": chain.reader.head.block.header.number,
            "seconds_each": seconds,
            "balance_seconds": balance_seconds(chain, self._accounts),
            "megabytes_on_disk": size_bytes(self._chain) / 1e6,
            "peak_megabytes": peak_megabytes(),
        }
        self._notes.write_text(json.dumps([*self.lines, line], indent=2) + "\n")
        print_line(line)
        return None


def powers(start: int, end: int) -> Iterator[int]:
    """The powers of ten above `start`, below `end`; then `end`, if it is above."""
    power = 1_000
    while power < end:
        if power > start:
            yield power
        power *= 10
    if end > start:
        yield end


def append(chain: Blockchain, first: int, count: int) -> None:
    """Blocks with a transfer each, to accounts that are new."""
    account = chain.accounts[0]
    nonce = chain.nonce(account)
    for number in range(count):
        to = address_of((1 << 32) + first + number)
        tx = Transaction(nonce + number, GAS_PRICE, TRANSFER_GAS, to, 1, b"")
        signed = sign_transaction(tx, account.private_key, chain.genesis.chain_id)
        chain.mine([signed])


def balance_seconds(chain: Blockchain, accounts: int) -> float:
    """The balance of an account at random."""
    generator = random.Random(0)
    numbers = [generator.randrange(max(accounts, 1)) for _ in range(BALANCES)]
    addresses = [address_of(number) for number in numbers]
    start = thread_time()
    for address in addresses:
        chain.balance(address)
    return (thread_time() - start) / BALANCES


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_line(line: Line) -> None:
    print(
        f"{line['accounts']:>12,.0f}{line['blocks']:>12,.0f}"
        f"{1e6 * line['seconds_each']:>12.0f}{1e6 * line['balance_seconds']:>12.1f}"
        f"{line['megabytes_on_disk']:>12.1f}{line['peak_megabytes']:>12.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=1_000_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    growth = Growth(options.folder, options.accounts)
    headings = ("accounts", "blocks", "each, us", "balance, us", "disk, MB", "peak, MB")
    print("".join(f"{heading:>12}" for heading in headings))
    for line in growth.lines:
        print_line(line)
    growth.load()
    growth.grow(options.blocks)


if __name__ == "__main__":
    main()
