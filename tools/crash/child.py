"""The process that is killed: checks what it finds, then commits block after block.

A line on standard output says what is done: a block is reported after its commit
returned, so from then on it may not be lost.
"""

import json
import random
import sys
from pathlib import Path

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from tools.crash.rounds import KEPT

# The least that LevelDB takes: a table is written every two or three blocks.
WRITE_BUFFER_BYTES = 1 << 16
TRANSACTIONS_PER_BLOCK = 4
MAX_DATA_BYTES = 12_000
RECIPIENTS = 2_000
BLOCKS_BETWEEN_PRUNINGS = 60
BLOCKS_BETWEEN_BRANCHES = 8
BRANCHES = 1


class WrongAfterCrash(Exception):
    """The directory is not what the reports before say."""


def check(chain: Blockchain, database: LevelDatabase, task: dict[str, object]) -> None:
    """Every reported block and branch is there; every block that is kept is whole."""
    reported = task["reported"]
    assert isinstance(reported, dict)
    newest = max(map(int, reported), default=0)
    if chain.head.header.number < newest:
        raise WrongAfterCrash(f"head {chain.head.header.number}, reported {newest}")
    for number, block_hash in reported.items():
        if chain.block(int(number)).hash.hex() != block_hash:
            raise WrongAfterCrash(f"block {number} is another one")
    branches = task["branches"]
    assert isinstance(branches, dict)
    tips = {branch.name: branch.tip.hash.hex() for branch in chain.branches.all()}
    for name, block_hash in branches.items():
        if tips.get(name) != block_hash:
            raise WrongAfterCrash(f"branch {name} is at {tips.get(name)}")
        if name == chain.branches.current:
            raise WrongAfterCrash(f"the chain is on branch {name}, which it had left")
    for verdict in BlockChecker(database).check(whole_blocks(database)):
        if verdict.fault is not None:
            raise verdict.fault


def commit_forever(
    chain: Blockchain, database: LevelDatabase, chance: random.Random
) -> None:
    while True:
        nonce = chain.nonce(DEVELOPER_ACCOUNTS[0].address)
        block = chain.mine(
            [
                transaction(chain, nonce + index, chance)
                for index in range(TRANSACTIONS_PER_BLOCK)
            ]
        )
        report(f"block {block.header.number} {block.hash.hex()}")
        if chance.randrange(BLOCKS_BETWEEN_BRANCHES) == 0:
            leave_branch(chain)
        if chance.randrange(BLOCKS_BETWEEN_PRUNINGS) == 0:
            report("prune")
            collect_garbage(database, KEPT)
            report("pruned")


def leave_branch(chain: Blockchain) -> None:
    """Go on under another name; the branch stays where it was. Few are kept."""
    left, number = chain.branches.current, chain.head.header.number
    name = f"b{number}"
    if name == left:
        return
    chain.branches.create(name)
    chain.branches.switch(name)
    report(f"branch {left} {chain.head.hash.hex()}")
    old = [
        branch.name
        for branch in chain.branches.all()
        if branch.name not in (left, name)
    ]
    for other in old[: max(len(old) - BRANCHES, 0)]:
        report(f"forget {other}")
        chain.branches.delete(other)


def transaction(chain: Blockchain, nonce: int, chance: random.Random) -> Transaction:
    """A wei for one of many accounts, with noise that no compression takes away."""
    recipient = 1_000 + chance.randrange(RECIPIENTS)
    unsigned = Transaction(
        nonce=nonce,
        gas_price=1,
        gas_limit=2_000_000,
        to=Address(recipient.to_bytes(20, "big")),
        value=1,
        data=chance.randbytes(chance.randrange(MAX_DATA_BYTES)),
    )
    key = DEVELOPER_ACCOUNTS[0].private_key
    return sign_transaction(unsigned, key, chain.genesis.chain_id)


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    task = json.loads(sys.stdin.readline())
    path = Path(sys.argv[1])
    with LevelDatabase(path, write_buffer_bytes=WRITE_BUFFER_BYTES) as database:
        chain = Blockchain(database)
        check(chain, database, task)
        if task["is_to_prune"]:
            collect_garbage(database, KEPT)
        report(f"ready {chain.head.header.number}")
        if not task["is_last"]:
            commit_forever(chain, database, random.Random(task["seed"]))


if __name__ == "__main__":
    main()
