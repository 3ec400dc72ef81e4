"""The chain of the published transactions of Stylus programs, as their set-up says."""

from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.arbitrum.arbos_state import ArbOsState
from chain_sim.ethereum.arbitrum.host import ArbitrumHost
from chain_sim.ethereum.execution.message_call import MessageCalls
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import (
    host_of,
    message_of,
    refund_of,
)
from chain_sim.ethereum.execution.stylus_tracer import HostStep, StylusTracer
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    Transaction,
    intrinsic_gas,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.stylus_tests.vector_files import read_module
from contractvm.errors import InternalError, OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.interface import REVERTED, CallResult
from contractvm.hosts.stylus.activation import program_costs
from contractvm.hosts.stylus.costs import ActivationCosts
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.program_code import pack_program
from contractvm.hosts.stylus.programs import ProgramRecord, hours_since_epoch
from contractvm.runtime.pipeline import Pipeline

CHAIN_ID = 412_346
L1_BLOCK_NUMBER = 100
TIMESTAMP = 1_764_000_000
BASE_FEE = 100_000_000
GAS_LIMIT = 2**50
COINBASE = Address(bytes.fromhex("a4b000000000000000000073657175656e636572"))
SENDER, OTHER = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
SENDER_BALANCE, OTHER_BALANCE = 10**18, 5
# By the first byte of their address; each is one byte repeated.
OWN = (
    *("counter", "erc20", "proxy", "echo", "grow", "bulk", "deep", "leak", "forever"),
    *("ends", "cache", "hostall", "counter-as"),
)
OTHERS = (
    *("as-erc20", "as-erc721"),
    *("revm-account-info", "revm-evm-data", "revm-gas-info", "revm-keccak"),
    *("revm-log", "revm-math", "revm-revert", "revm-storage"),
    "revm-transient-storage",
)
FIRST_PROGRAM = 0xC0
ADDRESSES = {
    name: Address(bytes([FIRST_PROGRAM + index]) * 20)
    for index, name in enumerate(OWN + OTHERS)
}


@dataclass(frozen=True, slots=True)
class OwnOutcome:
    """What a transaction did: gas in gas, `status` in the vectors' words.

    `surcharge` is None where the program did not begin.
    """

    status: str
    output: bytes
    intrinsic: int
    surcharge: int | None
    used_before_refund: int
    refund: int
    log_count: int
    ever_pages: int
    steps: list[HostStep]
    created: bytes | None = None

    @property
    def gas_used(self) -> int:
        """The gas after the refund."""
        return self.used_before_refund - self.refund


def program_path(folder: Path, name: str) -> Path:
    """The file of one of the chain's programs."""
    part = "own" if name in OWN else "contracts"
    return folder.joinpath(part, f"{name}.wasm")


class OwnChain:
    """The state after some of the transactions, and what runs the next one.

    Gas is not taken from balances, and the coinbase gets nothing. Without a `folder`
    there are no programs yet.
    """

    def __init__(
        self, engine: Pipeline, parameters: StylusParameters, folder: Path | None = None
    ) -> None:
        fork = find_fork(f"arbitrum-{parameters.arbos}")
        self._parameters = parameters
        self._fork = structs.replace(fork, stylus=parameters)
        self._engine = engine
        self.state = WorldState(MemoryDatabase())
        self._block_number = 1
        self._arbos = ArbOsState(self.state)
        self._arbos.set_chain_id(CHAIN_ID)
        self._arbos.set_l1_block_number(L1_BLOCK_NUMBER)
        for address, balance in ((SENDER, SENDER_BALANCE), (OTHER, OTHER_BALANCE)):
            self.state.set_balance(address, balance)
            self.state.set_nonce(address, 1)
        if folder is not None:
            for name, address in ADDRESSES.items():
                self.install(address, read_module(program_path(folder, name)))
        self.state.end_transaction()

    def install(
        self, address: Address, wasm: bytes, costs_given: tuple[int, int] | None = None
    ) -> None:
        """Put an activated program at an address; its start may have given costs."""
        costs = self._engine.schedule.section(ActivationCosts)
        figures = check_program(wasm, TYPES, self._parameters)
        estimate = program_costs(figures, self._parameters, costs)
        self.state.set_nonce(address, 1)
        self.state.set_code(address, pack_program(wasm))
        init, cached = costs_given or (estimate.init, estimate.cached)
        record = ProgramRecord(
            version=self._parameters.version,
            init_cost=init,
            cached_cost=cached,
            footprint=figures.pages,
            activated_at=hours_since_epoch(TIMESTAMP),
        )
        self._arbos.set_program(self._code_hash(address), record)

    def _code_hash(self, address: Address) -> Hash32:
        return self.state.get_code_hash(address)

    def set_cached(self, address: Address, *, is_cached: bool) -> None:
        """Mark a program as cached, or as not."""
        code_hash = self._code_hash(address)
        record = self._arbos.program(code_hash)
        self._arbos.set_program(code_hash, replace(record, is_cached=is_cached))
        self.state.end_transaction()

    def run(
        self,
        to: Address | None,
        data: bytes,
        gas_limit: int,
        value: int = 0,
        access_list: AccessList = (),
        *,
        is_same_block: bool = False,
    ) -> OwnOutcome:
        """Run a transaction, in a block of its own unless told otherwise."""
        if not is_same_block:
            self._block_number += 1
        placed = self._placed(to, data, gas_limit, value, access_list)
        schedule = self._engine.schedule
        intrinsic = intrinsic_gas(placed.tx, schedule.section(TransactionCosts))
        host = host_of(placed, self.state, placed.gas_price)
        if not isinstance(host, ArbitrumHost):
            raise InternalError("a fork with programs has another host")
        units = schedule.units_from_gas(gas_limit - intrinsic)
        tracer = StylusTracer()
        self.state.begin_transaction(SENDER, 0)
        message = message_of(placed.tx, SENDER, units)
        result = MessageCalls(self._engine, host, tracer).execute(message)
        host.end()
        used = gas_limit - schedule.whole_gas(result.gas_left)
        refund = refund_of(self._engine, used, host)
        self.state.destroy_empty_touched()
        self.state.end_transaction()
        surcharge = None
        if tracer.steps:
            start = tracer.steps[0].start_ink // self._parameters.ink_price
            surcharge = gas_limit - intrinsic - start
        return OwnOutcome(
            status_of(result),
            result.output,
            intrinsic,
            surcharge,
            used,
            refund,
            len(host.substate.logs),
            host.pages.ever,
            tracer.steps,
            result.created,
        )

    def _placed(
        self,
        to: Address | None,
        data: bytes,
        gas_limit: int,
        value: int,
        listed: AccessList,
    ) -> PlacedTransaction:
        nonce = self.state.get_nonce(SENDER)
        tx = Transaction(nonce, BASE_FEE, gas_limit, to, value, data)
        if listed:
            tx = AccessListTransaction(
                nonce,
                BASE_FEE,
                gas_limit,
                to,
                value,
                data,
                chain_id=CHAIN_ID,
                access_list=listed,
            )
        context = BlockContext(
            coinbase=COINBASE,
            number=self._block_number,
            timestamp=TIMESTAMP,
            difficulty=0,
            gas_limit=GAS_LIMIT,
            block_hash=lambda _: None,
            fork=self._fork,
            base_fee=BASE_FEE,
        )
        return PlacedTransaction(tx, SENDER, context)


def status_of(result: CallResult) -> str:
    """How a transaction ended, in the vectors' words."""
    if result.succeeded:
        return "success"
    if result.status is REVERTED:
        return "revert"
    reason = result.error
    if isinstance(reason, OutOfGas):
        return "out of gas"
    if isinstance(reason, Trap) and reason.code is TrapCode.CALL_STACK_EXHAUSTED:
        return "out of stack"
    return str(reason)
