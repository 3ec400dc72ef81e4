"""Campaigns compared with `forge test --fuzz-runs`, by cases and calls a second.

    python -m benchmarks.fuzz_forge

Both fuzz a counter and a token's transfer: ours the modules of examples/, forge the
same contracts for the EVM, in Vyper (`benchmarks/forge`). A case of forge's is one call
with fuzzed arguments. Our case is one transaction, in one case of 34 up to 16, on
average 1.2: so calls are counted as well. Each case begins from a state that is
put back afterwards.

What differs: our transaction is complete, with sender, nonce, fee, ether and
gas limit, and may begin where earlier ones of the corpus have led; one case in a
hundred is run on wasmtime too. forge calls a test, which calls the contract and looks
at the result. Ours count edges; forge does so where it is guided (`corpus_dir`).

forge runs on one thread. Its start, and what else does not grow with the cases, is
taken away: the time of few cases from that of many. All take turns; the least time of
each counts.
"""

import os
from dataclasses import dataclass
from itertools import chain

from benchmarks.fuzz import CASES, Subject, run_alone, token_functions, transactions_of
from benchmarks.with_forge import (
    ForgeFailed,
    ForgeMissing,
    ForgeProject,
    ForgeRun,
    forge_project,
)

ROUNDS = 3
SUBJECTS = {
    "Counter": Subject("counter/counter.wasm"),
    "Token": Subject("token/token_init.wasm", True, token_functions("transfer")),
}
# Few cases and many, each in a process of its own.
FORGE_RUNS = {
    "forge": (ForgeRun(1_000), ForgeRun(201_000)),
    "forge, guided": (ForgeRun(1_000, True), ForgeRun(41_000, True)),
}


@dataclass(frozen=True)
class Rate:
    """Cases a processor second, and calls of the contract."""

    cases: float
    calls: float


def our_rate(subject: Subject) -> Rate:
    state, seconds = run_alone(subject.campaign(), CASES)
    return Rate(CASES / seconds, transactions_of(state) * CASES / seconds)


def forge_rate(few: ForgeRun, many: ForgeRun, seconds: dict[ForgeRun, float]) -> Rate:
    rate = (many.cases - few.cases) / (seconds[many] - seconds[few])
    return Rate(rate, rate)


def measure(project: ForgeProject | None, contract: str) -> dict[str, Rate]:
    """Ours alone where there is no forge."""
    ours = []
    seconds: dict[ForgeRun, float] = {}
    for _ in range(ROUNDS):
        ours.append(our_rate(SUBJECTS[contract]))
        if project is not None:
            for run in chain.from_iterable(FORGE_RUNS.values()):
                taken = project.seconds(contract, run)
                seconds[run] = min(taken, seconds.get(run, taken))
    rates = {"ours": max(ours, key=lambda rate: rate.cases)}
    if project is not None:
        for name, (few, many) in FORGE_RUNS.items():
            rates[name] = forge_rate(few, many, seconds)
    return rates


def report(project: ForgeProject | None) -> None:
    print(f"{'':24}{'cases/s':>10}{'calls/s':>10}{'our calls to its':>18}")
    for contract in SUBJECTS:
        rates = measure(project, contract)
        for name, rate in rates.items():
            print(
                f"{contract.lower():9}{name:15}{rate.cases:>10,.0f}{rate.calls:>10,.0f}"
                f"{rates['ours'].calls / rate.calls:>18.3f}"
            )


def main() -> None:
    load = os.getloadavg()[0]
    print(f"Campaigns and forge's fuzzing, per processor second, best of {ROUNDS};")
    print(f"{os.cpu_count()} cores, load before {load:.1f}")
    try:
        with forge_project() as project:
            print(project.version)
            report(project)
    except ForgeMissing as reason:
        print(f"forge is left out: {reason}")
        report(None)
    except ForgeFailed as reason:
        raise SystemExit(f"forge: {reason}") from reason


if __name__ == "__main__":
    main()
