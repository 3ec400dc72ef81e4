"""The cost of writing and querying a chain's history: `python -m benchmarks.history`.

Differences: nodes read and time for three changed accounts and one slot among more and
more accounts, beside reading both states whole. Then empty blocks, one by one and many
at once, and moving the head over them. Times are the process's own, in milliseconds.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.database_keys import NODE
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.state_difference import state_differences
from chain_sim.ethereum.state.state_walk import walk_state
from chain_sim.ethereum.state.world_state import WorldState

ACCOUNT_COUNTS = (1_000, 10_000, 100_000)
BLOCKS = 10_000
SINGLE_BLOCKS = 1_000
ONE = bytes(31) + b"\1"


class CountingDatabase(MemoryDatabase):
    """Counts the nodes that are read."""

    nodes = 0

    def get(self, key: bytes) -> bytes | None:
        self.nodes += key.startswith(NODE)
        return super().get(key)


def milliseconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return (time.process_time() - began) * 1_000


def numbered(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def two_states(database: MemoryDatabase, count: int) -> tuple[Hash32, Hash32]:
    """Roots of a state of so many accounts, and of it with four changes."""
    state = WorldState(database)
    for number in range(count):
        state.set_balance(numbered(number), number + 1)
    state.set_storage(numbered(7), bytes(32), ONE)
    before, puts = state.commit()
    database.write_batch(puts)
    state.set_balance(numbered(5), 10**18)
    state.set_storage(numbered(7), ONE, ONE)
    state.delete_account(numbered(9))
    after, puts = state.commit()
    database.write_batch(puts)
    return before, after


def difference_row(count: int) -> str:
    database = CountingDatabase()
    roots = two_states(database, count)
    states = [WorldState(database, root) for root in roots]
    database.nodes = 0
    compared = milliseconds(lambda: list(state_differences(*states)))
    read = database.nodes
    database.nodes = 0
    walked = milliseconds(
        lambda: [list(walk_state(database, root, lambda _: True)) for root in roots]
    )
    return (
        f"| {count:,} | {read} | {compared:.2f} | {database.nodes:,} |"
        f" {walked:.0f} | {walked / compared:,.0f} |"
    )


def block_rows(path: Path) -> list[tuple[str, float]]:
    with Blockchain.open(path) as chain:
        chain.branches.create("start")
        singly = milliseconds(lambda: [chain.mine() for _ in range(SINGLE_BLOCKS)])
        at_once = milliseconds(lambda: chain.mine_blocks(BLOCKS))
        return [
            (f"{SINGLE_BLOCKS:,} empty blocks, one by one", singly),
            (f"{BLOCKS:,} empty blocks at once", at_once),
            ("a branch at the head", milliseconds(lambda: chain.branches.create("b"))),
            ("a snapshot", milliseconds(chain.snapshot)),
            (
                f"a switch back by {BLOCKS + SINGLE_BLOCKS:,} blocks",
                milliseconds(lambda: chain.branches.switch("start")),
            ),
            (
                "a switch forward again",
                milliseconds(lambda: chain.branches.switch("b")),
            ),
            ("a revert to the snapshot", milliseconds(lambda: chain.revert(1))),
        ]


def main() -> None:
    print("| accounts | nodes read | ms | nodes of both | ms | times longer |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count in ACCOUNT_COUNTS:
        print(difference_row(count), flush=True)
    print("\n| action | ms |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name, spent in block_rows(Path(folder) / "chain"):
            print(f"| {name} | {spent:.2f} |")


if __name__ == "__main__":
    main()
