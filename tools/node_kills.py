"""Kill a node under load again and again: `python -m tools.node_kills --kills 500`.

Each round starts the node on the same database, sends transactions from several
clients, and kills the process at a random instant. Then the chain is opened: every
transaction that was acknowledged must be in it.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import Any

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import format_data

CLIENTS = 4
LONGEST_SECONDS = 0.4
LISTENING = "Listening on "


class AcknowledgedLost(Exception):
    """A transaction was acknowledged, and the reopened chain does not have it."""

    def __init__(self, tx_hash: str, round_number: int) -> None:
        super().__init__(
            f"round {round_number}: {tx_hash} was acknowledged and is lost"
        )
        self.tx_hash = tx_hash


@dataclass(slots=True)
class Sender:
    """A client that sends from one account until the node is gone."""

    port: int
    index: int
    acknowledged: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send one transfer after another; a broken connection ends it."""
        to_node = HTTPConnection("127.0.0.1", self.port, timeout=10)
        with suppress(OSError, HTTPException, ValueError), closing(to_node):
            while True:
                answer = self._ask(to_node)
                if "result" in answer:
                    self.acknowledged.append(answer["result"])

    def _ask(self, connection: HTTPConnection) -> dict[str, Any]:
        tx = {
            "from": format_data(DEVELOPER_ACCOUNTS[self.index].address),
            "to": format_data(DEVELOPER_ACCOUNTS[9].address),
            "value": "0x1",
            "gas": "0x5208",
        }
        request = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_sendTransaction",
            "params": [tx],
        }
        headers = {"content-type": "application/json"}
        connection.request("POST", "/", json.dumps(request), headers)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found


def start(path: Path) -> tuple["subprocess.Popen[str]", int]:
    """The node's process, and its port."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "contractvm_cli", "node", "--silent"),
            *("--port", "0", "--db", str(path)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = "" if process.stdout is None else process.stdout.readline()
    if not line.startswith(LISTENING):
        raise RuntimeError(f"the node did not start: {line!r}")
    return process, int(line.rpartition(":")[2])


def acknowledged_until_killed(path: Path, seconds: float) -> list[str]:
    """The hashes that clients were given before the node was killed."""
    process, port = start(path)
    senders = [Sender(port, index) for index in range(CLIENTS)]
    threads = [Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
    for thread in threads:
        thread.join()
    return [tx_hash for sender in senders for tx_hash in sender.acknowledged]


def run_kills(path: Path, kills: int, seed: int) -> Iterator[int]:
    """Rounds on one database; yields how many transactions each acknowledged.

    Raises AcknowledgedLost.
    """
    numbers = random.Random(seed)
    for number in range(kills):
        hashes = acknowledged_until_killed(path, numbers.uniform(0, LONGEST_SECONDS))
        with Blockchain.open(path, must_exist=True, read_only=True) as chain:
            for tx_hash in hashes:
                try:
                    chain.receipt(tx_hash)
                except UnknownTransaction as error:
                    raise AcknowledgedLost(tx_hash, number) from error
        yield len(hashes)


def main() -> None:
    """Run the rounds, and say how many transactions were looked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        rounds = run_kills(Path(folder, "chain"), wanted.kills, wanted.seed)
        for number, count in enumerate(rounds, start=1):
            total += count
            sys.stdout.write(f"\r{number} kills, {total} transactions, none lost")
            sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
