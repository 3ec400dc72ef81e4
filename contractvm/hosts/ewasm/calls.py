"""Functions that run other code: the four calls, create, selfDestruct.

The order of checks and charges is observable (what was charged before a precondition
fails is lost) and follows the ewasm reference, 1.3 and 1.4, step by step.
"""

from contractvm.errors import Finish
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.frame import Frame, refusal
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind
from contractvm.wasm.engines.suspension import Suspension

MAX_CALL_DEPTH = 1024
# The numbers that contracts see for how a call ended.
STATUS_NUMBERS = {
    CallStatus.SUCCESS: 0,
    CallStatus.FAILURE: 1,
    CallStatus.REVERTED: 2,
}
FAILURE = STATUS_NUMBERS[CallStatus.FAILURE]


def call(
    frame: Frame, gas: int, address: int, value: int, data: int, length: int
) -> int | Suspension:
    """Run another account's code in that account, with ether."""
    return run_code(frame, MessageKind.CALL, gas, address, (data, length), value)


def call_code(
    frame: Frame, gas: int, address: int, value: int, data: int, length: int
) -> int | Suspension:
    """Run another account's code in this account; no value moves."""
    return run_code(frame, MessageKind.CALL_CODE, gas, address, (data, length), value)


def call_delegate(
    frame: Frame, gas: int, address: int, data: int, length: int
) -> int | Suspension:
    """Run another account's code in this account, for this frame's own sender."""
    return run_code(frame, MessageKind.CALL_DELEGATE, gas, address, (data, length))


def call_static(
    frame: Frame, gas: int, address: int, data: int, length: int
) -> int | Suspension:
    """Run another account's code in that account; neither it nor its callees write."""
    return run_code(frame, MessageKind.CALL_STATIC, gas, address, (data, length))


def run_code(
    frame: Frame,
    kind: MessageKind,
    gas: int,
    address: int,
    data: tuple[int, int],
    value: int | None = None,
) -> int | Suspension:
    """The steps that the four calls share; `value` is None for those without one."""
    name = kind.value
    if gas >> 63:
        raise refusal(f"{name}: a negative amount of gas")
    target = frame.memory.read_address(address)
    amount = 0 if value is None else frame.memory.read_u128(value)
    if amount and kind is MessageKind.CALL:
        frame.require_not_static("call with value")
    payload = read_data(frame, *data)
    frame.charge(name)
    frame.return_data = b""
    if frame.message.depth >= MAX_CALL_DEPTH:
        return FAILURE
    if amount:
        frame.charge_amount(name, "value_transfer")
        if not can_pay(frame, amount):
            return FAILURE
        if kind is MessageKind.CALL and frame.host.is_empty(target):
            frame.charge_amount(name, "new_account")
    units = frame.forward_gas(name, gas, has_stipend=bool(amount))
    if amount:
        stipend = frame.schedule.section(TransactionCosts).call_stipend
        units += frame.meter.to_units(stipend)
    message = address_message(frame, kind, target, amount, payload, units)
    return Suspension(message, lambda result: after_call(frame, result))


def address_message(
    frame: Frame,
    kind: MessageKind,
    target: bytes,
    amount: int,
    payload: bytes,
    units: int,
) -> Message:
    """The message's sender, recipient and code, by the kind of call."""
    is_own_account = kind in (MessageKind.CALL_CODE, MessageKind.CALL_DELEGATE)
    is_delegate = kind is MessageKind.CALL_DELEGATE
    return Message(
        kind=kind,
        sender=frame.message.sender if is_delegate else frame.address,
        recipient=frame.address if is_own_account else target,
        code_address=target,
        value=frame.message.value if is_delegate else amount,
        data=payload,
        gas=units,
        depth=frame.message.depth + 1,
        is_static=frame.message.is_static or kind is MessageKind.CALL_STATIC,
    )


def create(
    frame: Frame, value: int, data: int, length: int, result: int
) -> int | Suspension:
    """Create a contract from init code; write its address to `result`."""
    frame.charge("create")
    frame.return_data = b""
    frame.require_not_static("create")
    amount = frame.memory.read_u128(value)
    if frame.message.depth >= MAX_CALL_DEPTH or not can_pay(frame, amount):
        return FAILURE
    message = Message(
        kind=MessageKind.CREATE,
        sender=frame.address,
        recipient=b"",
        code_address=b"",
        value=amount,
        data=read_data(frame, data, length),
        gas=frame.forward_gas("create", None),
        depth=frame.message.depth + 1,
    )
    return Suspension(message, lambda outcome: after_create(frame, outcome, result))


def self_destruct(frame: Frame, beneficiary: int) -> None:
    """Send the whole balance away, remove the account, end the call with success.

    A beneficiary that doesn't exist costs more, whether or not there is a balance.
    """
    frame.require_not_static("selfDestruct")
    frame.charge("selfDestruct")
    heir = frame.memory.read_address(beneficiary)
    if frame.host.is_empty(heir):
        frame.charge_amount("selfDestruct", "new_account")
    balance = frame.host.self_destruct(frame.address, heir)
    if frame.observer is not None:
        frame.observer.self_destructed(heir, balance)
    raise Finish(b"")


def read_data(frame: Frame, data: int, length: int) -> bytes:
    """Call data or init code; with length 0 the pointer is ignored."""
    return frame.memory.read(data, length) if length else b""


def can_pay(frame: Frame, amount: int) -> bool:
    """Whether this account has `amount`; a balance of over 128 bits traps."""
    balance = frame.host.balance(frame.address)
    if balance >> 128:
        raise refusal("the caller's balance exceeds 128 bits")
    return balance >= amount


def after_call(frame: Frame, result: CallResult) -> int:
    """Take back the gas and the output of a call."""
    frame.meter.give_back(result.gas_left)
    frame.return_data = result.output
    return STATUS_NUMBERS[result.status]


def after_create(frame: Frame, result: CallResult, pointer: int) -> int:
    """Take back the gas of a creation and write the new account's address."""
    frame.meter.give_back(result.gas_left)
    frame.return_data = b"" if result.succeeded else result.output
    if result.created is not None:
        frame.memory.write(pointer, result.created)
    return STATUS_NUMBERS[result.status]
