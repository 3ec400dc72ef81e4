"""A campaign in full: everything its cases, findings and report depend on.

A round is a number of cases on one frozen corpus, a chunk a number of consecutive cases
of a round: what a worker is given. Both sizes depend on the round's number alone, so
that it does not matter which worker runs which chunk, or when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chain_sim.ethereum.abi.functions import AbiFunction
from chain_sim.ethereum.primitives.text import format_address, format_data
from contract_fuzz.cases.case import DEFAULT_CASE_GAS, StartState
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.inputs.size_parameter import SizeParameter
from contract_fuzz.judging.entries import Entry
from contract_fuzz.oracles.oracle import FindingKey, OracleFactory

DEFAULT_LENGTH = 16
FIRST_ROUND_CASES = 256
GREATEST_ROUND_CASES = 16_384
CHUNKS_OF_ROUND = 32
LEAST_CHUNK_CASES = 64

TRAPS = "traps"
REVERTS = "reverts"
OUT_OF_GAS = "out-of-gas"
FAIL_ON = (TRAPS, REVERTS, OUT_OF_GAS)


@dataclass(frozen=True, slots=True)
class GasObjective:
    """The functions whose gas to maximise, and the size that it depends on."""

    functions: tuple[AbiFunction, ...]
    size: SizeParameter | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; it can be sent to another process.

    `code` is the module of the contract that inputs are made for. `length` is the
    number of transactions that a case may have, those before it included. `fail_on`
    says which failures of the contract are findings, of FAIL_ON.
    """

    start: StartState
    code: bytes
    functions: tuple[AbiFunction, ...] = ()
    invariants: tuple[AbiFunction, ...] = ()
    seed: int = 0
    gas_limit: int = DEFAULT_CASE_GAS
    length: int = DEFAULT_LENGTH
    fail_on: tuple[str, ...] = (TRAPS,)
    oracles: tuple[OracleFactory, ...] = ()
    objective: GasObjective | None = None
    is_guided: bool = True

    def document(self) -> dict[str, Any]:
        """See HostedCampaign."""
        start, objective = self.start, self.objective
        return {
            "contracts": [format_address(address) for address in start.contracts],
            "codeHash": sha256(self.code).hexdigest(),
            "schedule": start.genesis.schedule,
            "scheduleHash": format_data(start.genesis.schedule_hash),
            "stateRoot": format_data(start.root),
            "blockHash": format_data(start.head.hash),
            "senders": [format_address(sender.address) for sender in start.senders],
            "functions": [function.signature for function in self.functions],
            "invariants": [function.signature for function in self.invariants],
            "seed": self.seed,
            "gasLimit": self.gas_limit,
            "length": self.length,
            "failOn": list(self.fail_on),
            "isGuided": self.is_guided,
            "objective": None
            if objective is None
            else {
                "functions": [function.signature for function in objective.functions],
                "size": None if objective.size is None else objective.size.text,
            },
        }


@dataclass(frozen=True, slots=True)
class GasRecord:
    """The most gas that a function was seen to use, at a size or at any (None)."""

    function: str
    size: int | None
    gas: int
    case: int
    transactions: Transactions


@dataclass(frozen=True, slots=True)
class FrozenRound:
    """What the cases of a round know about earlier ones.

    `weights` add up from entry to entry. `known` are the findings so far, with the
    number of transactions and the bytes that the shortest sequence has.
    """

    number: int
    entries: tuple[Entry, ...] = ()
    weights: tuple[int, ...] = ()
    seen: bytes = b""
    known: tuple[tuple[FindingKey, tuple[int, int]], ...] = ()
    records: tuple[GasRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive cases."""

    first: int
    count: int


def round_cases(number: int) -> int:
    """How many cases round `number` has."""
    return min(FIRST_ROUND_CASES << min(number, 32), GREATEST_ROUND_CASES)


def chunks_of(number: int, first: int, count: int) -> Iterator[Chunk]:
    """The chunks of round `number`, of whose cases `count` are run, from `first` on."""
    size = max(round_cases(number) // CHUNKS_OF_ROUND, LEAST_CHUNK_CASES)
    for start in range(0, count, size):
        yield Chunk(first + start, min(size, count - start))
