"""CosmWasm: executes of cw20, preparation of a large contract, and cases of a campaign.

    python -m benchmarks.cosmwasm DIR [--executes N] [--cases N]

DIR is the folder of vectors whose `contracts` has wasmd.cw20_base.wasm. An execute is a
transfer as the chain runs it: a fresh instance, a block of its own, and a new root. The
contract that is prepared is the largest below 440,000 bytes. Cases are those of a
campaign with one worker and the default oracles. All is by processor time.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from chain_sim import CosmosChain
from contract_fuzz.campaign.coordinator import CampaignLimits, Coordinator
from contract_fuzz.cosmos.campaign import CosmosCampaign
from contract_fuzz.cosmos.inputs import MessageKind, kinds_of
from contract_fuzz.cosmos.shapes import Schema, read_template
from contract_fuzz.cosmos.starts import start_from_contract
from contract_fuzz.oracles.oracle_registry import ON_DISK, SAMPLED_ORACLES
from contract_fuzz.workers.pools import InProcess
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.runtime.engine_selection import make_engine
from gas_schedule.loader import load_schedule

TOKEN = "wasmd.cw20_base.wasm"
LARGE_BYTES = 440_000
ROUNDS = 5
TEMPLATES = (
    {"transfer": {"recipient": "$address", "amount": "$number"}},
    {"burn": {"amount": "$number"}},
    {"increase_allowance": {"spender": "$address", "amount": "$number"}},
)


def beginning(owner: str) -> dict[str, object]:
    """The message that makes the token, all of it the owner's."""
    return {
        "name": "Example Token",
        "symbol": "EXT",
        "decimals": 6,
        "initial_balances": [{"address": owner, "amount": "1000000000"}],
        "mint": None,
        "marketing": None,
    }


def executes_a_second(code: bytes, count: int) -> float:
    """Transfers, each a transaction and a block."""
    chain = CosmosChain()
    alice, bob = chain.account("alice"), chain.account("bob")
    token = chain.store(code, alice).instantiate(beginning(alice), sender=alice)
    transfer = {"transfer": {"recipient": bob, "amount": "1"}}

    def run(times: int) -> None:
        for _ in range(times):
            token.execute(transfer, sender=alice)

    run(10)
    return count / processor_seconds(partial(run, count))


def preparation_seconds(folder: Path) -> tuple[Path, float]:
    """The contract that is prepared, and the median time."""
    sizes = {path.stat().st_size: path for path in folder.glob("*.wasm")}
    path = sizes[max(size for size in sizes if size < LARGE_BYTES)]
    code = path.read_bytes()
    times = []
    for _ in range(ROUNDS):
        schedule = load_schedule("cosmwasm-3.0.9")
        pipeline = INTERFACE.pipeline(make_engine("interpreter"), schedule)
        times.append(processor_seconds(partial(pipeline.prepare, code)))
    return path, median(times)


def cases_a_second(code: bytes, count: int) -> float:
    """A campaign's cases, after what begins one."""
    owner = CosmosChain().account("alice")
    start, module = start_from_contract(code, json.dumps(beginning(owner)))
    kinds: tuple[MessageKind, ...] = ()
    for template in TEMPLATES:
        kinds += tuple(kinds_of("execute", Schema(read_template(template))))
    oracles = tuple(
        oracle for name, oracle in SAMPLED_ORACLES.items() if name not in ON_DISK
    )
    campaign = CosmosCampaign(start, module, kinds, oracles=oracles)
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    worker = InProcess(campaign, coordinator.runner)
    limits = CampaignLimits(runs=count)
    return count / processor_seconds(partial(coordinator.run, worker, limits))


def processor_seconds(work: Callable[[], object]) -> float:
    """Of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--executes", type=int, default=2_000)
    parser.add_argument("--cases", type=int, default=10_000)
    options = parser.parse_args()
    contracts = options.folder / "contracts"
    code = (contracts / TOKEN).read_bytes()
    rate = executes_a_second(code, options.executes)
    print(f"executes of cw20 a second (goal 1,500): {rate:,.0f}", flush=True)
    path, seconds = preparation_seconds(contracts)
    size = path.stat().st_size
    print(f"preparation of {path.name}, {size:,} bytes (goal 60 ms): {seconds:.3f} s")
    rate = cases_a_second(code, options.cases)
    print(f"cases of a campaign a second (goal 800): {rate:,.0f}", flush=True)


if __name__ == "__main__":
    main()
