"""Dump and load of many accounts: time and peak memory, compared with a tenth of them.

    python -m benchmarks.exchange [ACCOUNTS]

One account in ten is a contract with ten slots. Each step runs in a process of its own,
so that its peak memory can be read; compared with a plain `json.load` of the same file.
Seconds are the processor's.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.load import load_chain
from chain_sim.ethereum.primitives.text import keccak256

SLOTS = 10
CODES = 50


def write_genesis(path: Path, count: int) -> None:
    """A geth genesis file, in no order of hashes or addresses."""
    with path.open("w") as file:
        file.write('{"config": {"chainId": 1337}, "alloc": {')
        for index in range(count):
            digest = keccak256(index.to_bytes(8, "big"))
            account: dict[str, object] = {"balance": hex(index + 1)}
            if index % 10 == 0:
                # As long as a small contract, and begins like one.
                account["code"] = (
                    "0x0061736d01000000" + bytes([index // 10 % CODES]).hex() * 1_000
                )
                account["storage"] = {
                    keccak256(digest + bytes([slot])).hex(): hex(slot + 1)
                    for slot in range(SLOTS)
                }
            file.write(f'{"," if index else ""}"{digest[:20].hex()}":')
            json.dump(account, file)
        file.write("}}")


def step(name: str, folder: Path) -> None:
    start = time.process_time()
    if name == "load genesis":
        load_chain(folder / "genesis.json", folder / "first")
    elif name == "dump":
        with Blockchain.open(folder / "first") as chain:
            chain.export.dump(folder / "state.json")
    elif name == "load dump":
        load_chain(folder / "state.json", folder / "second")
    elif name == "dump again":
        with Blockchain.open(folder / "second") as chain:
            chain.export.dump(folder / "again.json")
    elif name == "json.load":
        with (folder / "state.json").open() as file:
            json.load(file)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps([seconds, peak]))


STEPS = ("nothing", "load genesis", "dump", "load dump", "dump again", "json.load")


def measure(count: int, folder: Path) -> dict[str, tuple[float, int]]:
    write_genesis(folder / "genesis.json", count)
    found = {}
    for name in STEPS:
        command = [sys.executable, "-m", "benchmarks.exchange", "--step", name]
        output = subprocess.run(
            [*command, str(folder)], check=True, capture_output=True, text=True
        ).stdout
        seconds, peak = json.loads(output)
        found[name] = (seconds, peak)
    state, again = folder / "state.json", folder / "again.json"
    same = state.read_bytes() == again.read_bytes()
    print(f"{count:,} accounts: {state.stat().st_size:,} bytes; dumped again: ", end="")
    print("the same bytes" if same else "OTHER BYTES")
    return found


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], Path(sys.argv[3]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rows = []
    for size in (count // 10, count):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(size, Path(folder)))
    small, large = rows
    print(f"{'':14}{'seconds':>9}{'us/account':>12}{'peak MB':>9}{'of a tenth':>12}")
    for name in STEPS:
        seconds, peak = large[name]
        ratio = peak / small[name][1]
        print(
            f"{name:14}{seconds:9.2f}{seconds / count * 1e6:12.1f}"
            f"{peak / 1e6:9.0f}{ratio:11.2f}x"
        )


if __name__ == "__main__":
    main()
