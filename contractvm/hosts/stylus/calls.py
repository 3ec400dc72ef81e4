"""Host functions that run other code: calls and creations.

What is charged, and when, is observable: bytes are paid before they are read, and a
call costs the gas that the callee took in the end, so it is charged after it.
"""

from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.frame import refusal
from contractvm.hosts.evm.interface import CallResult, Message, MessageKind
from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.wasm.engines.suspension import Suspension

MAX_CALL_DEPTH = 1024
SUCCEEDED, FAILED = 0, 2
# A caller keeps a 64th; the floor is taken of what it forwards.
FORWARDED, SHARES = 63, 64
NO_ADDRESS = bytes(20)
WORD_BYTES = 32


def call_contract(  # noqa: PLR0913, PLR0917 (its type)
    frame: StylusFrame,
    address: int,
    data: int,
    length: int,
    value: int,
    gas: int,
    return_length: int,
) -> int | Suspension:
    """Run another account's code in that account, with ether."""
    frame.charge("call_contract")
    frame.charge_read(length, times=2)
    target = frame.memory.read_address(address)
    payload = frame.memory.read(data, length)
    word = frame.memory.read_word(value)
    frame.note(target + gas.to_bytes(8, "big") + word + payload)
    amount = int.from_bytes(word, "big")
    message = _message(frame, MessageKind.CALL, target, payload, amount)
    return _call(frame, message, gas, return_length)


def delegate_call_contract(
    frame: StylusFrame, address: int, data: int, length: int, gas: int, returned: int
) -> int | Suspension:
    """Run another account's code in this account, for this frame's own sender."""
    frame.charge("delegate_call_contract")
    return _call_without_value(
        frame, MessageKind.CALL_DELEGATE, (address, data, length), gas, returned
    )


def static_call_contract(
    frame: StylusFrame, address: int, data: int, length: int, gas: int, returned: int
) -> int | Suspension:
    """Run another account's code in that account; neither it nor its callees write."""
    frame.charge("static_call_contract")
    return _call_without_value(
        frame, MessageKind.CALL_STATIC, (address, data, length), gas, returned
    )


def _call_without_value(
    frame: StylusFrame,
    kind: MessageKind,
    pointers: tuple[int, int, int],
    gas: int,
    returned: int,
) -> int | Suspension:
    address, data, length = pointers
    frame.charge_read(length, times=2)
    target = frame.memory.read_address(address)
    payload = frame.memory.read(data, length)
    frame.note(target + gas.to_bytes(8, "big") + payload)
    return _call(frame, _message(frame, kind, target, payload, 0), gas, returned)


def _message(
    frame: StylusFrame, kind: MessageKind, target: bytes, payload: bytes, amount: int
) -> Message:
    is_delegate = kind is MessageKind.CALL_DELEGATE
    return Message(
        kind=kind,
        sender=frame.message.sender if is_delegate else frame.address,
        recipient=frame.address if is_delegate else target,
        code_address=target,
        value=frame.message.value if is_delegate else amount,
        data=payload,
        gas=0,
        depth=frame.message.depth + 1,
        is_static=frame.message.is_static or kind is MessageKind.CALL_STATIC,
    )


def _call(
    frame: StylusFrame, message: Message, gas: int, return_length: int
) -> int | Suspension:
    """The steps that the three calls share, once all is read."""
    moved = message.value if message.moves_value else 0
    if moved and frame.message.is_static:
        return _failed_call(frame, 0, return_length)
    left = frame.gas_left
    base = _access_gas(frame, message.code_address, moved)
    if base > left:
        return _failed_call(frame, left, return_length)
    forwarded = min((left - base) * FORWARDED // SHARES, gas)
    if moved:
        forwarded += frame.schedule.section(TransactionCosts).call_stipend
    if not _can_begin(frame, moved):
        return _failed_call(frame, base, return_length)
    message = _with_gas(frame, message, forwarded)
    _tell_forwarded(frame, forwarded)

    def complete(result: CallResult) -> int:
        returned = frame.schedule.whole_gas(result.gas_left)
        frame.return_data = result.output
        frame.charge_call(base, forwarded - returned)
        status = SUCCEEDED if result.succeeded else FAILED
        return _answer(frame, status, return_length)

    return Suspension(message, complete)


def _access_gas(frame: StylusFrame, target: bytes, moved: int) -> int:
    """The gas of reaching an account, and of moving ether to it."""
    costs, host = frame.access, frame.host
    gas = costs.account_cold if host.access_account(target) else costs.warm
    if moved:
        gas += costs.call_value
        if host.is_empty(target):
            gas += costs.call_new_account
    return gas


def _can_begin(frame: StylusFrame, moved: int) -> bool:
    return (
        frame.message.depth < MAX_CALL_DEPTH
        and frame.host.balance(frame.address) >= moved
    )


def _with_gas(frame: StylusFrame, message: Message, gas: int) -> Message:
    return Message(
        message.kind,
        message.sender,
        message.recipient,
        message.code_address,
        message.value,
        message.data,
        frame.schedule.units_from_gas(gas),
        message.depth,
        message.is_static,
        message.salt,
    )


def _tell_forwarded(frame: StylusFrame, gas: int) -> None:
    """Tell an observer that a message is next; its stipend is paid like other gas."""
    if frame.observer is not None:
        name = frame.line[-1]
        frame.observer.gas_forwarded(
            name, gas, has_stipend=False, units_left=frame.meter.left
        )


def _failed_call(frame: StylusFrame, gas: int, return_length: int) -> int:
    """The answer where no call has begun."""
    frame.return_data = b""
    frame.charge_gas(gas, "not begun")
    return _answer(frame, FAILED, return_length)


def _answer(frame: StylusFrame, status: int, return_length: int) -> int:
    length = len(frame.return_data)
    frame.memory.write(return_length, length.to_bytes(4, "little"))
    frame.note(frame.noted[0], length.to_bytes(4, "big") + bytes([status]))
    return status


def create1(
    frame: StylusFrame, code: int, length: int, value: int, out: int, returned: int
) -> Suspension | None:
    """Create a contract at an address that follows from this account's nonce."""
    frame.charge("create1")
    frame.charge_read(length, times=2)
    init_code = frame.memory.read(code, length)
    word = frame.memory.read_word(value)
    frame.note(word + init_code)
    return _create(frame, _creation(frame, init_code, word, None), (out, returned))


def create2(  # noqa: PLR0913, PLR0917 (its type)
    frame: StylusFrame,
    code: int,
    length: int,
    value: int,
    salt: int,
    out: int,
    returned: int,
) -> Suspension | None:
    """Create a contract at an address that follows from a salt and the init code."""
    frame.charge("create2")
    frame.charge_read(length, times=2)
    init_code = frame.memory.read(code, length)
    word, salt_word = frame.memory.read_word(value), frame.memory.read_word(salt)
    frame.note(word + salt_word + init_code)
    message = _creation(frame, init_code, word, salt_word)
    return _create(frame, message, (out, returned))


def _creation(
    frame: StylusFrame, init_code: bytes, value: bytes, salt: bytes | None
) -> Message:
    return Message(
        kind=MessageKind.CREATE,
        sender=frame.address,
        recipient=b"",
        code_address=b"",
        value=int.from_bytes(value, "big"),
        data=init_code,
        gas=0,
        depth=frame.message.depth + 1,
        salt=salt,
    )


def _create(
    frame: StylusFrame, message: Message, outs: tuple[int, int]
) -> Suspension | None:
    frame.require_not_static("create")
    costs, left = frame.access, frame.gas_left
    base = costs.create
    if message.salt is not None:
        base += costs.create2_per_word * -(-len(message.data) // WORD_BYTES)
    if left < base:
        raise refusal("create: not enough gas")
    most = 2 * frame.parameters.max_code_bytes
    if len(message.data) > most:
        raise refusal(f"create: {len(message.data)} bytes of init code, at most {most}")
    if not _can_begin(frame, message.value):
        frame.return_data = b""
        frame.charge_gas(base, "not begun")
        _answer_creation(frame, NO_ADDRESS, outs)
        return None
    forwarded = left - base - (left - base) // SHARES
    _tell_forwarded(frame, forwarded)

    def complete(result: CallResult) -> None:
        returned = frame.schedule.whole_gas(result.gas_left)
        frame.return_data = b"" if result.succeeded else result.output
        frame.charge_call(base, forwarded - returned)
        _answer_creation(frame, result.created or NO_ADDRESS, outs)

    return Suspension(_with_gas(frame, message, forwarded), complete)


def _answer_creation(frame: StylusFrame, address: bytes, outs: tuple[int, int]) -> None:
    length = len(frame.return_data)
    frame.memory.write(outs[0], address)
    frame.memory.write(outs[1], length.to_bytes(4, "little"))
    frame.note(frame.noted[0], address + length.to_bytes(4, "big"))
