"""Instructions of the processor for one item of work, counted by callgrind.

    python -m benchmarks.instructions [NAME ...] [--record | --check]

Each work runs in two processes that differ in the number of items only, so start-up
drops out. Unlike times, the counts hardly depend on what else the machine does. Needs
valgrind (Debian, Ubuntu: `apt-get install valgrind`).

`--record` keeps the counts in `instructions.json`, with the commit; `--check` compares
with those, and fails where one grew by more than 2 %. Counts of another Python, gcc or
processor are not comparable: record on the machine first.
"""

import argparse
import gc
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.build_kernels import KERNEL_FOLDER
from benchmarks.preparation import run_stages
from chain_sim import Blockchain
from chain_sim.ethereum.blocks.genesis import DEVELOPER_CHAIN_ID
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    sign_transaction,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contractvm import Pipeline, Profile, make_engine
from gas_schedule import load_schedule

EXAMPLES = Path(__file__).parents[1] / "examples"
RECORD = Path(__file__).with_suffix(".json")
# By how much a count may grow before `--check` fails.
MARGIN = 0.02
TRANSFER = bytes.fromhex("a9059cbb")
GET = bytes.fromhex("6d4ce63c")
GAS_PRICE = 3 * 10**9
RECIPIENT = Address(b"\x77" * 20)
MOST_TRANSFERS = 300
PLENTY = 10**15  # units
COLLECTED = re.compile(r"Collected : (\d+)")


def transfer(number: int) -> bytes:
    """Call data of a transfer of one token."""
    recipient = (0x1000 + number).to_bytes(32, "big")
    return TRANSFER + recipient + (1).to_bytes(32, "big")


def send_tokens(count: int) -> None:
    """Transactions of a block each, on a chain in memory."""
    chain = Blockchain.in_memory()
    init_code = (EXAMPLES / "token" / "token_init.wasm").read_bytes()
    token = chain.deploy(init_code, is_init_code=True).contract_address
    chain.send(token, transfer(0))
    for number in range(count):
        chain.send(token, transfer(number))


def signed_transfers(count: int) -> list[Transaction]:
    """Transfers of ether as they come from outside, in the order of their nonces."""
    raws = []
    account = Blockchain.accounts[0]
    for nonce in range(count):
        tx = Transaction(nonce, GAS_PRICE, 21_000, RECIPIENT, 1, b"")
        signed = sign_transaction(tx, account.private_key, DEVELOPER_CHAIN_ID)
        raws.append(encode_transaction(signed))
    return [decode_transaction(raw) for raw in raws]


def send_ether(count: int) -> None:
    """Transfers of a block each, on a chain in memory."""
    chain, transfers = Blockchain.in_memory(), signed_transfers(MOST_TRANSFERS)
    for tx in transfers[:count]:
        chain.submit(tx)


def send_to_database(count: int) -> None:
    """The same in LevelDB."""
    transfers = signed_transfers(MOST_TRANSFERS)
    with (
        tempfile.TemporaryDirectory() as folder,
        Blockchain.open(Path(folder) / "chain") as chain,
    ):
        for tx in transfers[: count + 1]:
            chain.submit(tx)


def mine_ether(count: int) -> None:
    """Transfers in blocks of a hundred."""
    chain, transfers = Blockchain.in_memory(), signed_transfers(MOST_TRANSFERS)
    for start in range(0, count, 100):
        chain.mine(transfers[start : start + 100])


def view_counter(count: int) -> None:
    """Calls of a view at one head."""
    chain = Blockchain.in_memory()
    code = (EXAMPLES / "counter" / "counter.wasm").read_bytes()
    counter = chain.deploy(code).contract_address
    for _ in range(count + 1):
        chain.call(counter, GET)


def fuzz_tokens(count: int) -> None:
    """Cases of one transfer, as a campaign runs them."""
    init_code = (EXAMPLES / "token" / "token_init.wasm").read_bytes()
    start = start_from_code(init_code, is_init_code=True)
    executor = CaseExecutor(start)
    for number in range(-1, count):
        case = CaseTransaction(start.contracts[0], transfer(number % 8))
        executor.run(executor.begin, case)


def prepare_secp256k1(count: int) -> None:
    """Decode, validate, instrument, validate and translate the kernel."""
    wasm = (KERNEL_FOLDER / "secp256k1.wasm").read_bytes()
    for _ in range(count + 1):
        run_stages(wasm)


def run_fib(count: int) -> None:
    """The metered recursive kernel: one item is one call of fib(15)."""
    schedule = load_schedule("ewasm-metered")
    pipeline = Pipeline(make_engine("interpreter"), schedule, Profile("any"))
    wasm = (KERNEL_FOLDER / "fib_recursive.wasm").read_bytes()
    run = pipeline.start(pipeline.prepare(wasm), {}, PLENTY)
    for _ in range(count + 1):
        run.begin("run", 15)
        run.resume()


WORKS: dict[str, tuple[Callable[[int], None], int, int]] = {
    "token transfer": (send_tokens, 5, 35),
    "transfer of ether": (send_ether, 20, 120),
    "the same in LevelDB": (send_to_database, 20, 120),
    "one of 100 a block": (mine_ether, 100, 300),
    "call of a view": (view_counter, 20, 220),
    "fuzz case": (fuzz_tokens, 100, 500),
    "secp256k1 preparation": (prepare_secp256k1, 1, 11),
    "fib_recursive": (run_fib, 10, 110),
}


def count_instructions(name: str, items: int) -> int:
    """Instructions of a process that does so many items."""
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [
                *("valgrind", "--tool=callgrind"),
                f"--callgrind-out-file={folder}/out",
                *(sys.executable, "-m", "benchmarks.instructions"),
                *("--items", str(items), name),
            ],
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = COLLECTED.search(finished.stderr)
    if found is None:
        raise SystemExit(f"callgrind counted nothing:\n{finished.stderr}")
    return int(found[1])


def main() -> None:
    """Count, and print a line for each work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--record", action="store_true", help="keep the counts")
    what.add_argument("--check", action="store_true", help="compare with the kept ones")
    what.add_argument("--items", type=int, help="do so many items, in this process")
    options = parser.parse_args()
    names = options.names or list(WORKS)
    if options.record and options.names:
        parser.error("--record counts all works")
    for name in names:
        if name not in WORKS:
            parser.error(f"no work {name!r}: there are {', '.join(WORKS)}")
    if options.items is not None:
        gc.disable()
        WORKS[names[0]][0](options.items)
        return
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed: apt-get install valgrind")
    kept = json.loads(RECORD.read_text())["instructions"] if options.check else {}
    counts = {}
    for name in names:
        _, few, many = WORKS[name]
        more = count_instructions(name, many) - count_instructions(name, few)
        counts[name] = more // (many - few)
        change = f"{counts[name] / kept[name] - 1:+10.2%}" if name in kept else ""
        print(f"{name:26}{counts[name]:>14,} instructions{change}", flush=True)
    if options.record:
        RECORD.write_text(json.dumps(record_of(counts), indent=2) + "\n")
    grown = [name for name in kept if counts.get(name, 0) > kept[name] * (1 + MARGIN)]
    if grown:
        raise SystemExit(f"more instructions than before: {', '.join(grown)}")


def record_of(counts: dict[str, int]) -> dict[str, object]:
    """The counts, with what they were measured on."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    return {
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "instructions": counts,
    }


if __name__ == "__main__":
    main()
