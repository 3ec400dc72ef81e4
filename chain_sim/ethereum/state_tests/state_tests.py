"""Runner of Ethereum's state tests (GeneralStateTests) on this chain's rules.

A file has tests; a test has a state, a block's environment, a transaction with lists of
data, gas limits and values, and for each fork the roots that the indexed combinations
must give. The fork is Byzantium; instructions are free, unless the test names another
schedule in its `_info`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.receipts import logs_hash
from chain_sim.ethereum.execution.engine_choice import choose_engine
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
    S,
)
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.errors import ChainError, InvalidTransaction
from chain_sim.ethereum.primitives.signatures import address_of_private_key
from chain_sim.ethereum.primitives.strict_json import TOP, decode_text, parse_json
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    Address,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.ethereum.primitives.transactions import Transaction
from contractvm.hosts.registry import find_host
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from gas_schedule.bounded_files import read_bounded
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

FORK = BYZANTIUM
SCHEDULE = "ewasm-hera"
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 20
NUMBER = re.compile(r"(?:0x)?0*+([0-9a-fA-F]{0,64})")
DATA = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})*+)")
SHOWN = 80

Json = dict[str, Any]


class InvalidStateTest(ChainError):
    """The file is not a state test; `place` is the path inside it, "" for the file."""

    def __init__(self, path: Path, place: str, reason: str) -> None:
        where = f"{path}: {place}" if place else str(path)
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StateTestResult:
    """The result of one combination of a test; `error` says what differed, or None.

    `gas_used` is None if the transaction is invalid.
    """

    name: str
    passed: bool
    state_root: Hash32
    logs_hash: Hash32
    gas_used: int | None
    error: str | None


def find_state_tests(paths: list[Path]) -> list[Path]:
    """The `.json` files among `paths` and below folders there, sorted by name.

    Raises FileNotFoundError for a path that does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(2, "no such file or folder", str(path))
        found.extend(sorted(path.rglob("*.json")) if path.is_dir() else [path])
    return found


class StateTestEngines:
    """The engines for state tests, one choice for each schedule that they name.

    With `cross_check` each test runs on both engines, `engine` first. `schedule`, a
    name or a path, replaces the schedules that the tests name.
    """

    def __init__(
        self,
        engine: str = DEFAULT_ENGINE,
        *,
        cross_check: bool = False,
        schedule: str | None = None,
    ) -> None:
        self._schedule = schedule
        self._engine = engine
        self._cross_check = cross_check
        self._made: dict[str, EngineChoice] = {}

    def for_test(self, test: Json) -> EngineChoice:
        """The engines for the test's schedule, made when a test first needs them.

        Raises UnknownSchedule, ScheduleError or UnknownEngine.
        """
        schedule = self._schedule or test.get("_info", {}).get("schedule", SCHEDULE)
        if schedule not in self._made:
            costs = load_schedule(schedule)
            self._made[schedule] = choose_engine(
                self._engine,
                costs,
                find_host(costs.interface),
                cross_check=self._cross_check,
            )
        return self._made[schedule]


def run_state_test_file(path: Path, engines: StateTestEngines) -> list[StateTestResult]:
    """Run every Byzantium combination of every test in a file.

    Raises InvalidStateTest if the file has another form or nothing for Byzantium, and
    EngineDifference.
    """

    def refusal(place: str, reason: str) -> InvalidStateTest:
        return InvalidStateTest(path, "" if place == TOP else place, reason)

    text = decode_text(read_bounded(path, MAX_FILE_BYTES), refusal)
    content = parse_json(text, refusal, MAX_DEPTH)
    if not isinstance(content, dict) or not content:
        raise InvalidStateTest(path, "", "no tests in it")
    results: list[StateTestResult] = []
    for name, test in content.items():
        try:
            results.extend(run_state_test(name, test, engines))
        except KeyError as error:
            raise InvalidStateTest(path, name, f"{error} is missing") from None
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise InvalidStateTest(path, name, str(error)) from None
    return results


def run_state_test(
    name: str, test: Json, engines: StateTestEngines
) -> Iterator[StateTestResult]:
    """Run the combinations of one test; if there are several, names get numbers."""
    posts = test["post"][FORK.title]
    choice = engines.for_test(test)
    demand_schedule(test, choice.engine.schedule)
    for number, post in enumerate(posts):
        full_name = name if len(posts) == 1 else f"{name}[{number}]"
        yield run_combination(full_name, test, post, choice)


def demand_schedule(test: Json, schedule: GasSchedule) -> None:
    """Raise ValueError if the test was made under a schedule with other content."""
    wanted = test.get("_info", {}).get("scheduleHash")
    if wanted is not None and read_data(wanted) != schedule.content_hash:
        raise ValueError(
            f"made under {schedule.name} with hash {wanted}, here that schedule has"
            f" {format_data(schedule.content_hash)}"
        )


def run_combination(
    name: str, test: Json, post: Json, choice: EngineChoice
) -> StateTestResult:
    """Run one transaction and compare its roots with those that the test requires.

    Raises EngineDifference if there is a second engine and its result differs.
    """

    def open_state(kind: type[S], /) -> S:
        return read_state(test["pre"], kind(MemoryDatabase()))

    executor = choice.executor(open_state)
    tx, sender = read_transaction(test["transaction"], post["indexes"])
    logs: tuple[Any, ...] = ()
    gas_used, failure = None, None
    try:
        placed = PlacedTransaction(tx, sender, read_block(test["env"]))
        result = executor.apply(placed)
        logs, gas_used = result.logs, result.gas_used
    except InvalidTransaction as error:
        failure = f"invalid transaction: {error}"
    root, logs_digest = executor.state.compute_root(), logs_hash(logs)
    differences = [
        f"{what} is {format_data(found)}, expected {format_data(expected)}"
        for what, found, expected in (
            ("state root", root, read_data(post["hash"])),
            ("logs hash", logs_digest, read_data(post["logs"])),
        )
        if found != expected
    ]
    if differences and failure:
        differences.append(failure)
    return StateTestResult(
        name=name,
        passed=not differences,
        state_root=root,
        logs_hash=logs_digest,
        gas_used=gas_used,
        error="; ".join(differences) or None,
    )


def read_state(accounts: Json, state: S) -> S:
    """The test's accounts in an empty state; their code is not checked."""
    for address_text, account in accounts.items():
        address = read_address(address_text)
        state.set_balance(address, read_number(account["balance"]))
        state.set_nonce(address, read_number(account["nonce"]))
        state.set_code(address, read_data(account["code"]))
        for key, value in account["storage"].items():
            state.set_storage(
                address,
                read_number(key).to_bytes(32, "big"),
                read_number(value).to_bytes(32, "big"),
            )
    state.end_transaction()
    return state


def read_transaction(fields: Json, indexes: Json) -> tuple[Transaction, Address]:
    """The transaction of the combination in `indexes`, and its sender."""
    to = read_data(fields["to"])
    tx = Transaction(
        nonce=read_number(fields["nonce"]),
        gas_price=read_number(fields["gasPrice"]),
        gas_limit=read_number(indexed(fields["gasLimit"], indexes["gas"])),
        to=read_address(fields["to"]) if to else None,
        value=read_number(indexed(fields["value"], indexes["value"])),
        data=read_data(indexed(fields["data"], indexes["data"])),
    )
    if "sender" in fields:
        return tx, read_address(fields["sender"])
    return tx, address_of_private_key(read_data(fields["secretKey"]))


def read_block(env: Json) -> BlockContext:
    """The block's context.

    An earlier block's hash is the hash of its decimal number, unless the test has one.
    """
    hashes = {
        read_number(number): read_data(text)
        for number, text in env.get("blockHashes", {}).items()
    }

    def block_hash(number: int) -> bytes | None:
        return hashes.get(number, keccak256(str(number).encode())) or None

    return BlockContext(
        coinbase=read_address(env["currentCoinbase"]),
        number=read_number(env["currentNumber"]),
        timestamp=read_number(env["currentTimestamp"]),
        difficulty=read_number(env["currentDifficulty"]),
        gas_limit=read_number(env["currentGasLimit"]),
        block_hash=block_hash,
        fork=FORK,
    )


def indexed(values: Sequence[str], index: object) -> str:
    """The value at the position that a combination gives."""
    if type(index) is not int or index < 0:
        raise ValueError("an index is a whole number from 0")
    return values[index]


def read_number(text: str) -> int:
    """A number in hex, with or without leading zeros, as tests have both."""
    found = NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"not a number of 256 bits in hex: {text[:SHOWN]!r}")
    return int(found[1] or "0", 16)


def read_data(text: str) -> bytes:
    """Bytes with or without `0x`."""
    found = DATA.fullmatch(text)
    if found is None:
        raise ValueError(f"not bytes in hex digits: {text[:SHOWN]!r}")
    return bytes.fromhex(found[1])


def read_address(text: str) -> Address:
    """Twenty bytes."""
    address = read_data(text)
    if len(address) != ADDRESS_BYTES:
        raise ValueError(f"not an address of {ADDRESS_BYTES} bytes: {text[:SHOWN]!r}")
    return Address(address)
