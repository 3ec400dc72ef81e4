"""Campaigns beside `forge test --fuzz-runs`, cases and calls a processor second.

    python -m benchmarks.fuzz_forge

Both fuzz a counter and a token's transfer: ours the modules of examples/, forge the
same contracts for the EVM, in Vyper (`benchmarks/forge`), with one call in each case.
A case of ours is a transaction too, in one of 34 several (up to 16), 1.2 on average:
so calls are given beside cases. In both a case begins from a state that is put back
afterwards.

What is not the same: a transaction of ours is whole, with sender, nonce, fee, ether
and gas limit, and may begin where earlier ones of the corpus have led; one case in a
hundred is run on wasmtime too. forge calls a test, which calls the contract and looks
at the result. Coverage is on with ours, and with forge where it is guided
(`corpus_dir`).

forge runs on one thread. Its start, and what else does not grow with the cases, is
taken away: the time of few cases from that of many. The three take turns; each one's
best.
"""

import os
from dataclasses import dataclass

from benchmarks.fuzz import (
    CASES,
    Subject,
    run_alone,
    token_functions,
    transactions_of,
)
from benchmarks.with_forge import (
    ForgeFailed,
    ForgeMissing,
    ForgeProject,
    forge_project,
)

FEW, MANY = 1_000, 51_000
ROUNDS = 3
SUBJECTS = {
    "Counter": Subject("counter/counter.wasm"),
    "Token": Subject("token/token_init.wasm", True, token_functions("transfer")),
}


@dataclass(frozen=True)
class Rate:
    """Cases a processor second, and calls of the contract."""

    cases: float
    calls: float


def our_rate(subject: Subject) -> Rate:
    state, seconds = run_alone(subject.campaign(), CASES)
    return Rate(CASES / seconds, transactions_of(state) * CASES / seconds)


def forge_rate(project: ForgeProject, contract: str, *, is_guided: bool) -> Rate:
    few, many = (
        project.seconds(contract, runs, is_guided=is_guided) for runs in (FEW, MANY)
    )
    rate = (MANY - FEW) / (many - few)
    return Rate(rate, rate)


def measure(project: ForgeProject | None, contract: str) -> dict[str, Rate]:
    """The best of each one's rounds; ours alone where there is no forge."""
    best: dict[str, Rate] = {}
    for _ in range(ROUNDS):
        rates = {"ours": our_rate(SUBJECTS[contract])}
        if project is not None:
            rates["forge"] = forge_rate(project, contract, is_guided=False)
            rates["forge, guided"] = forge_rate(project, contract, is_guided=True)
        for name, rate in rates.items():
            best[name] = max(rate, best.get(name, rate), key=lambda one: one.cases)
    return best


def report(project: ForgeProject | None) -> None:
    print(f"{'':24}{'cases/s':>10}{'calls/s':>10}{'calls, ours to it':>19}")
    for contract in SUBJECTS:
        rates = measure(project, contract)
        for name, rate in rates.items():
            print(
                f"{contract.lower():9}{name:15}{rate.cases:>10,.0f}{rate.calls:>10,.0f}"
                f"{rates['ours'].calls / rate.calls:>19.3f}"
            )


def main() -> None:
    load = os.getloadavg()[0]
    print("Campaigns beside forge's fuzzing, per processor second, each one's best of")
    print(f"{ROUNDS}; {os.cpu_count()} cores, load before {load:.1f}")
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
