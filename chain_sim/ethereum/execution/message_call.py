"""Message calls and contract creation inside one transaction.

Calls nest in a list, not by recursion: a contract that calls another is set aside until
the callee's result is there. Rules: Yellow Paper, sections 7 and 8; the fork's
parameters.
"""

from collections.abc import Callable
from functools import partial

from msgspec import Struct, field, structs

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.errors import PrecompileFailure
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import (
    ContractVmError,
    InvalidModule,
    MalformedModule,
    OutOfGas,
)
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.frame import refusal
from contractvm.hosts.evm.interface import (
    CREATE,
    FAILURE,
    SUCCESS,
    BlockEnvironment,
    Call,
    CallResult,
    Log,
    Message,
    TransactionEnvironment,
)
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import Pipeline


class AddressCollision(ContractVmError):
    """The address of a new contract has code or a nonce already (EIP-684)."""

    def __init__(self, address: bytes) -> None:
        super().__init__(f"an account with code or nonce exists at 0x{address.hex()}")
        self.address = address


class FrameRefused(ContractVmError):
    """A frame did not begin; all its gas goes back to its caller."""


class BalanceTooLarge(FrameRefused):
    """The recipient's balance would need more than 256 bits."""

    def __init__(self, address: bytes, balance: int, value: int) -> None:
        super().__init__(
            f"0x{address.hex()} has {balance} wei: with {value} more its balance"
            " would exceed 256 bits"
        )
        self.address = address
        self.balance = balance
        self.value = value


class NonceExhausted(FrameRefused):
    """An account with nonce 2^64-1 cannot create a contract (EIP-2681)."""

    def __init__(self, address: bytes) -> None:
        super().__init__(f"0x{address.hex()} has the greatest nonce, {MAX_UINT_64}")
        self.address = address


class CodeTooLarge(ContractVmError):
    """Init code returned more bytes than the fork allows (EIP-170)."""

    def __init__(self, size_bytes: int, most_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes of code, at most {most_bytes}")
        self.size_bytes = size_bytes


class Substate(Struct):
    """A transaction's data outside the state; undone with the frame (YP 6.1)."""

    logs: list[Log] = field(default_factory=list)
    refund: int = 0
    self_destructs: list[Address] = field(default_factory=list)

    def mark(self) -> tuple[int, int, int]:
        """A point to come back to."""
        return len(self.logs), self.refund, len(self.self_destructs)

    def rollback(self, mark: tuple[int, int, int]) -> None:
        """Forget what came after `mark`."""
        log_count, self.refund, destruct_count = mark
        del self.logs[log_count:]
        del self.self_destructs[destruct_count:]


class TransactionHost:
    """The chain that the contracts of one transaction see."""

    def __init__(
        self,
        state: WorldState,
        block: BlockEnvironment,
        transaction: TransactionEnvironment,
        block_hash: Callable[[int], bytes | None],
        fork: Fork,
    ) -> None:
        self.state = state
        self.block = block
        self.transaction = transaction
        self.fork = fork
        self.substate = Substate()
        self._block_hash = block_hash

    def balance(self, address: bytes) -> int:
        """In wei."""
        return self.state.get_balance(Address(address))

    def code(self, address: bytes) -> bytes:
        """The account's code, empty where it has none."""
        return self.state.get_code(Address(address))

    def is_empty(self, address: bytes) -> bool:
        """True for an account that does not exist, in EIP-161's sense."""
        return self.state.is_empty(Address(address))

    def load_storage(self, address: bytes, key: bytes) -> bytes:
        """The slot's 32 bytes."""
        return self.state.get_storage(Address(address), key)

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the slot's 32 bytes."""
        self.state.set_storage(Address(address), key, value)

    def emit_log(self, log: Log) -> None:
        """Append to the transaction's logs."""
        self.substate.logs.append(log)

    def add_refund(self, gas: int) -> None:
        """Promise gas back at the end of the transaction."""
        self.substate.refund += gas

    def self_destruct(self, address: bytes, beneficiary: bytes) -> None:
        """Move the balance now; the account goes with the end of the transaction.

        Traps if the beneficiary's balance would exceed 256 bits.
        """
        balance = self.state.get_balance(Address(address))
        if beneficiary != address:
            if not self.state.can_add_balance(Address(beneficiary), balance):
                raise refusal(
                    "selfDestruct: the beneficiary's balance would exceed 256 bits"
                )
            self.state.add_balance(Address(beneficiary), balance)
        self.state.subtract_balance(Address(address), balance)
        if address not in self.substate.self_destructs:
            self.substate.self_destructs.append(Address(address))

    def block_hash(self, number: int) -> bytes | None:
        """The hash of a block before the current one, if it is in the fork's window."""
        current = self.block.number
        if not max(0, current - self.fork.block_hash_window) <= number < current:
            return None
        return self._block_hash(number)


class ActiveCall(Struct):
    """A contract that has begun and not ended, and where to roll back to."""

    call: Call
    message: Message
    state_snapshot: int
    substate_mark: tuple[int, int, int]
    record: MessageObserver | None


def refused(message: Message, reason: FrameRefused) -> CallResult:
    """The result of a message whose frame does not begin."""
    return CallResult(FAILURE, gas_left=message.gas, error=reason)


class MessageCalls:
    """Runs a message and all that it calls; `recorder` observes it, if given."""

    def __init__(
        self,
        engine: Pipeline,
        host: TransactionHost,
        recorder: TransactionObserver | None = None,
    ) -> None:
        self._recorder = recorder
        self._engine = engine
        self._host = host
        self._state = host.state
        self._schedule = engine.schedule
        interface = find_host(engine.schedule.interface)
        self._interface = (
            interface if recorder is None else recorder.observed(interface)
        )
        self._fork = host.fork

    def execute(self, message: Message) -> CallResult:
        """The result of `message`, its changes made or undone accordingly."""
        active: list[ActiveCall] = []
        step: ActiveCall | CallResult = self._open(message)
        while True:
            if isinstance(step, ActiveCall):
                active.append(step)
                outcome = None
            else:
                if self._recorder is not None:
                    self._recorder.end(step)
                if not active:
                    return step
                outcome = step
            progress = active[-1].call.advance(outcome)
            if isinstance(progress, Message):
                step = self._open(progress)
            else:
                step = self._close(active.pop(), progress)

    def _open(self, message: Message) -> ActiveCall | CallResult:
        record = None if self._recorder is None else self._recorder.begin(message)
        if message.kind is CREATE:
            return self._open_creation(message, record)
        if reason := self._why_not_payable(message):
            return refused(message, reason)
        snapshot, mark = self._state.snapshot(), self._host.substate.mark()
        self._transfer(message)
        address = Address(message.code_address)
        if address in self._fork.precompiles:
            return self._run_precompile(message, snapshot, record)
        code = self._state.get_code(address)
        if not code:
            return CallResult(SUCCESS, gas_left=message.gas)
        return self._activate(message, code, (snapshot, mark), record)

    def _activate(
        self,
        message: Message,
        code: bytes,
        marks: tuple[int, tuple[int, int, int]],
        record: MessageObserver | None,
    ) -> ActiveCall:
        if record is not None:
            record.code_found(message, code)
        interface = self._interface
        call = interface.start_call(
            interface, self._engine, self._host, message, code, record
        )
        return ActiveCall(call, message, *marks, record)

    def _open_creation(
        self, message: Message, record: MessageObserver | None
    ) -> ActiveCall | CallResult:
        state, sender = self._state, Address(message.sender)
        nonce = state.get_nonce(sender)
        if message.depth == 0:
            nonce -= 1  # the transaction has counted itself already
        elif nonce >= MAX_UINT_64:
            return refused(message, NonceExhausted(sender))
        else:
            state.increment_nonce(sender)
        address = contract_address(sender, nonce)
        message = structs.replace(message, recipient=address)
        if record is not None:
            record.code_found(message, message.data)
        if state.get_nonce(address) or state.get_code(address):
            return CallResult(FAILURE, error=AddressCollision(address))
        if reason := self._why_not_payable(message):
            return refused(message, reason)
        snapshot, mark = state.snapshot(), self._host.substate.mark()
        state.clear_storage(address)
        state.increment_nonce(address)
        self._transfer(message)
        if not message.data:
            return CallResult(SUCCESS, gas_left=message.gas, created=address)
        return self._activate(message, message.data, (snapshot, mark), record)

    def _close(self, ended: ActiveCall, result: CallResult) -> CallResult:
        if ended.message.kind is CREATE and result.succeeded:
            result = self._deposit_code(ended, result)
        if not result.succeeded:
            self._state.rollback(ended.state_snapshot)
            self._host.substate.rollback(ended.substate_mark)
        return result

    def _deposit_code(self, ended: ActiveCall, result: CallResult) -> CallResult:
        """Check, pay for and store the code that the init code returned."""
        address, code = Address(ended.message.recipient), result.output
        per_byte = self._schedule.section(TransactionCosts).code_deposit_per_byte
        price = self._schedule.units_from_gas(per_byte * len(code))
        if ended.record is not None:
            ended.record.code_returned(code)
        try:
            if len(code) > self._fork.max_code_bytes:
                raise CodeTooLarge(len(code), self._fork.max_code_bytes)
            if self._interface.is_code(code):
                self._engine.prepare(code)
            if ended.record is not None:
                ended.record.deposit_charged()
            if price > result.gas_left:
                raise OutOfGas(price - result.gas_left, self._schedule.units_per_gas)
        except (CodeTooLarge, MalformedModule, InvalidModule, OutOfGas) as reason:
            return CallResult(FAILURE, error=reason)
        self._state.set_code(address, code)
        return CallResult(SUCCESS, gas_left=result.gas_left - price, created=address)

    def _run_precompile(
        self, message: Message, snapshot: int, record: MessageObserver | None
    ) -> CallResult:
        precompile = self._fork.precompiles[Address(message.code_address)]
        if record is not None:
            price_of = partial(precompile.gas_cost, message.data)
            record.precompile_priced(precompile.name, price_of)
        gas = precompile.gas_cost(message.data, self._schedule.section(PrecompileCosts))
        price = self._schedule.units_from_gas(gas)
        try:
            if price > message.gas:
                raise OutOfGas(price - message.gas, self._schedule.units_per_gas)
            output = precompile.run(message.data)
        except (OutOfGas, PrecompileFailure) as reason:
            self._state.rollback(snapshot)
            return CallResult(FAILURE, error=reason)
        return CallResult(SUCCESS, output, message.gas - price)

    def _why_not_payable(self, message: Message) -> BalanceTooLarge | None:
        """Why the recipient cannot be paid; None where it can, or no ether moves."""
        if not message.value or not message.moves_value:
            return None
        recipient = Address(message.recipient)
        if recipient == message.sender:
            return None
        if self._state.can_add_balance(recipient, message.value):
            return None
        balance = self._state.get_balance(recipient)
        return BalanceTooLarge(recipient, balance, message.value)

    def _transfer(self, message: Message) -> None:
        """Touch the recipient (EIP-161); move the value of a call or creation."""
        self._state.touch(Address(message.recipient))
        if message.value and message.moves_value:
            self._state.subtract_balance(Address(message.sender), message.value)
            self._state.add_balance(Address(message.recipient), message.value)
