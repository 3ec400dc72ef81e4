"""Runs of ArbOS's precompiled contracts: gas, arguments, results and refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chain_sim.ethereum.arbitrum.host import ArbitrumHost
from contractvm.errors import ContractVmError, OutOfGas
from contractvm.hosts.evm.interface import (
    FAILURE,
    REVERTED,
    SUCCESS,
    CallResult,
    Log,
    Message,
    MessageKind,
)
from contractvm.hosts.stylus.costs import AccessCosts, ActivationCosts
from contractvm.hosts.stylus.parameters import FIRST_ARBOS
from gas_schedule.schedule import GasSchedule

WORD_BYTES = 32
SELECTOR_BYTES = 4
ADDRESS_BYTES = 20


class CallBurned(ContractVmError):
    """A call of a precompiled contract that loses all its gas, for a reason."""


class CallReverted(ContractVmError):
    """A call that ends with an error of the contract; unused gas is kept."""

    def __init__(self, name: str, selector: str, *numbers: int) -> None:
        shown = ", ".join(map(str, numbers))
        super().__init__(f"{name}({shown})")
        words = b"".join(number.to_bytes(WORD_BYTES, "big") for number in numbers)
        self.data = bytes.fromhex(selector) + words


@dataclass(slots=True)
class ContractRun:
    """One call of a precompiled contract in progress; `gas` is what is left."""

    host: ArbitrumHost
    message: Message
    schedule: GasSchedule
    gas: int

    @property
    def costs(self) -> ActivationCosts:
        """The prices of ArbOS's state, in gas."""
        return self.schedule.section(ActivationCosts)

    def burn(self, gas: int) -> None:
        """Take gas; raises OutOfGas."""
        if gas > self.gas:
            short = self.schedule.units_from_gas(gas - self.gas)
            raise OutOfGas(short, self.schedule.units_per_gas)
        self.gas -= gas

    def burn_words(self, count: int) -> None:
        """Pay for words of arguments, results or error data."""
        self.burn(count * self.costs.argument_word)

    def read(self, count: int = 1) -> None:
        """Pay for reads of ArbOS's state."""
        self.burn(count * self.costs.storage_read)

    def write(self, count: int = 1, *, is_zero: bool = False) -> None:
        """Pay for writes of ArbOS's state; refuse them in a static call."""
        costs = self.costs
        if self.message.is_static:
            raise CallBurned("a write in a static call")
        self.burn(count * (costs.storage_clear if is_zero else costs.storage_write))

    def emit(self, topics: tuple[bytes, ...], data: bytes) -> None:
        """Pay for a log and emit it."""
        access = self.schedule.section(AccessCosts)
        self.burn(access.log_topic * (1 + len(topics)) + access.log_byte * len(data))
        self.host.emit_log(Log(self.message.recipient, topics, data))

    def argument(self, index: int) -> bytes:
        """A word of the call data."""
        start = SELECTOR_BYTES + index * WORD_BYTES
        return self.message.data[start : start + WORD_BYTES]

    def address_argument(self) -> bytes:
        """The first word as an address."""
        word = self.argument(0)
        if any(word[: WORD_BYTES - ADDRESS_BYTES]):
            raise CallBurned("an argument is no address")
        return word[-ADDRESS_BYTES:]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a precompiled contract: its argument count and its code.

    `run` gives the words of the result.
    """

    arguments: int
    run: Callable[[ContractRun], tuple[int, ...] | bytes]
    is_payable: bool = False
    first_arbos: int = FIRST_ARBOS
    last_arbos: int | None = None


def run_contract(
    methods: Mapping[str, Method],
    host: ArbitrumHost,
    message: Message,
    schedule: GasSchedule,
) -> CallResult:
    """The result of a message to the contract with these methods, by selector."""
    run = ContractRun(host, message, schedule, schedule.whole_gas(message.gas))
    try:
        output = _output(methods, run)
    except CallReverted as reason:
        try:
            run.burn_words(-(-len(reason.data) // WORD_BYTES))
        except OutOfGas as short:
            return CallResult(FAILURE, error=short)
        left = schedule.units_from_gas(run.gas)
        return CallResult(REVERTED, reason.data, left, reason)
    except (CallBurned, OutOfGas) as reason:
        # An empty revert that keeps no gas, as callers see it.
        return CallResult(REVERTED, error=reason)
    return CallResult(SUCCESS, output, schedule.units_from_gas(run.gas))


def _output(methods: Mapping[str, Method], run: ContractRun) -> bytes:
    message, arbos = run.message, run.host.parameters.arbos
    method = methods.get(message.data[:SELECTOR_BYTES].hex())
    if (
        method is None
        or arbos < method.first_arbos
        or (method.last_arbos is not None and arbos > method.last_arbos)
    ):
        raise CallBurned("no such method")
    if message.value and message.moves_value and not method.is_payable:
        raise CallBurned("value to a method that takes none")
    if message.kind is MessageKind.CALL_DELEGATE:
        raise CallBurned("a delegate call of a precompiled contract")
    if len(message.data) < SELECTOR_BYTES + method.arguments * WORD_BYTES:
        raise CallBurned("the arguments are cut off")
    run.burn_words(method.arguments)
    run.burn(run.costs.open_state)
    result = method.run(run)
    if not isinstance(result, bytes):
        result = b"".join(number.to_bytes(WORD_BYTES, "big") for number in result)
    run.burn_words(len(result) // WORD_BYTES)
    return result
