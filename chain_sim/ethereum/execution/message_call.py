"""Message calls and contract creation inside one transaction.

Calls nest in a list, not by recursion: a contract that calls another is set aside until
the callee's result is there. Rules: Yellow Paper, sections 7 and 8; the fork's
parameters.
"""

from functools import partial

from msgspec import Struct, structs

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from chain_sim.ethereum.primitives.contract_address import (
    contract_address,
    salted_address,
)
from chain_sim.ethereum.primitives.errors import (
    CodeNotAllowed,
    ForkNeeded,
    PrecompileFailure,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64
from chain_sim.ethereum.transaction_host import (
    SystemContract,
    TransactionHost,
)
from contractvm.errors import (
    ContractVmError,
    InvalidModule,
    MalformedModule,
    OutOfGas,
    Stopped,
)
from contractvm.hosts.amounts import Amount
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.interface import (
    CREATE,
    FAILURE,
    SUCCESS,
    Call,
    CallResult,
    Message,
)
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import Pipeline

# About a millisecond of the slowest precompiled contract.
LONG_PRECOMPILE_GAS = 10_000


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
        needed = self._interface.fork
        if needed is not None and host.fork.stylus is None:
            raise ForkNeeded(self._interface.name, needed, host.fork.name)

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
        contract = self._host.system_contract(message.code_address)
        if contract is not None:
            return self._run_system_contract(contract, message, snapshot, record)
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
        if message.salt is None:
            address = contract_address(sender, nonce)
        else:
            address = salted_address(sender, message.salt, message.data)
        self._host.meet_new_account(address)
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
        if isinstance(result.error, Stopped):
            raise result.error  # not the contract's doing: there is no result
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
            self._host.check_new_code(code)
            if self._interface.checks_new_code and self._interface.is_code(code):
                self._engine.prepare(code)
            if ended.record is not None:
                ended.record.deposit_charged()
            if price > result.gas_left:
                raise OutOfGas(price - result.gas_left, self._schedule.units_per_gas)
        except (
            CodeTooLarge,
            CodeNotAllowed,
            MalformedModule,
            InvalidModule,
            OutOfGas,
        ) as reason:
            return CallResult(FAILURE, error=reason)
        self._state.set_code(address, code)
        return CallResult(SUCCESS, gas_left=result.gas_left - price, created=address)

    def _run_system_contract(
        self,
        contract: SystemContract,
        message: Message,
        snapshot: int,
        record: MessageObserver | None,
    ) -> CallResult:
        mark = self._host.substate.mark()
        result = contract(message, self._schedule)
        if record is not None:
            name = f"contract 0x{message.code_address.hex().lstrip('0')} of the chain"
            used = message.gas - result.gas_left
            record.amount_charged(Amount("precompile", name, used))
            record.system_contract_run(len(self._host.substate.logs) - mark[0])
        if not result.succeeded:
            self._state.rollback(snapshot)
            self._host.substate.rollback(mark)
        return result

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
            flag = self._engine.stop_flag
            if flag is not None and gas > LONG_PRECOMPILE_GAS:
                flag.check_before_long_work()
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
