"""Cases a second on one core: the counter's increment, the token's transfer.

    python -m benchmarks.fuzz_cases

The goals are 15,000 for the counter and 4,000 for the token, with coverage. What a
campaign does besides, choosing and changing transactions, is not in these figures.
The state has a thousand accounts. Beside each figure, as a measure of the machine: how
long a bare message call of the contract takes, and how many of those a case is worth.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import interleaved_minima
from benchmarks.message_calls import DictHost, call, make_engine
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction, StartState
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.start_states import start_from_code

EXAMPLES = Path(__file__).parents[1] / "examples"
SCHEDULE = "ewasm-metered"
INCREMENT = bytes.fromhex("d09de08a")
RECIPIENT = b"\x33" * 20
TRANSFER = bytes.fromhex("a9059cbb") + bytes(12) + RECIPIENT + bytes(31) + b"\x05"
CASES = 500
ROUNDS = 15
ACCOUNTS = 1_000


def fill_accounts(chain: Blockchain, _: Address) -> None:
    """Give a wei to many accounts."""
    for number in range(ACCOUNTS):
        chain.send(Address((number + 1 << 64).to_bytes(20, "big")), value=1)


def start_of(name: str, *, is_init_code: bool) -> StartState:
    return start_from_code(
        (EXAMPLES / name).read_bytes(),
        schedule=SCHEDULE,
        is_init_code=is_init_code,
        set_up=fill_accounts,
    )


def repeated(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(CASES):
            work()

    return run


def bare_call(name: str, data: bytes) -> Callable[[], object]:
    """The message call without a chain; the token's sender has no tokens there."""
    engine, host = make_engine(), DictHost()
    code = (EXAMPLES / name).read_bytes()
    return lambda: call(engine, host, code, data)


def works(start: StartState, data: bytes) -> dict[str, Callable[[], object]]:
    """One case in each way; every one is seen to succeed first."""
    transaction = CaseTransaction(start.contracts[0], data)
    plain = CaseExecutor(start, ExecutorOptions(has_coverage=False))
    covering, compiled = (
        CaseExecutor(start),
        CaseExecutor(start, ExecutorOptions("wasmtime")),
    )
    position = covering.advance(covering.begin, [transaction])
    found: dict[str, Callable[[], object]] = {
        "plain": lambda: plain.run(position, transaction),
        "with coverage": lambda: covering.run(position, transaction),
        "with comparisons": lambda: covering.run(position, transaction, compare=True),
        "on wasmtime": lambda: compiled.run(position, transaction),
        "advance (a block)": lambda: covering.advance(position, [transaction]),
    }
    outcomes = {name: work() for name, work in list(found.items())[:4]}
    if len(set(outcomes.values())) != 1:
        raise SystemExit(f"the ways differ: {outcomes}")
    return found


def report(
    title: str, start: StartState, data: bytes, bare: Callable[[], object]
) -> None:
    measured = {"bare message call": repeated(bare)}
    measured |= {name: repeated(work) for name, work in works(start, data).items()}
    seconds = interleaved_minima(measured, ROUNDS)
    base = seconds.pop("bare message call") / CASES
    print(f"{title}; a bare message call takes {base * 1e6:.1f} microseconds")
    for name, time in seconds.items():
        print(f"  {name:22}{CASES / time:10,.0f} cases/s{time / CASES / base:8.2f}")


def main() -> None:
    print(
        "Cases a second on one core, and in bare message calls (goals, with coverage:"
    )
    print("15,000 for the counter, 4,000 for the token)")
    report(
        "counter: increment()",
        start_of("counter/counter.wasm", is_init_code=False),
        INCREMENT,
        bare_call("counter/counter.wasm", INCREMENT),
    )
    report(
        "token: transfer(address,uint256)",
        start_of("token/token_init.wasm", is_init_code=True),
        TRANSFER,
        bare_call("token/token.wasm", TRANSFER[:-1] + b"\0"),
    )


if __name__ == "__main__":
    main()
