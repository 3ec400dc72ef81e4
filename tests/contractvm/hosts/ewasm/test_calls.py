"""Calls of other contracts: the message sent, and its result."""

import pytest
from msgspec import structs

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind
from tests.helpers.ewasm import (
    CONTRACT,
    METERED,
    OTHER,
    SENDER,
    DictHost,
    contract,
    initial_units,
    message,
    run,
)

AMOUNT = 5
DATA = OTHER.ljust(32, b"\0") + AMOUNT.to_bytes(32, "little") + bytes(32) + b"payload"
# Memory: 0 the address, 32 the amount 5, 64 the amount 0, 96 seven bytes of data.


def call(name: str, gas: int = 0, value: int = 64, length: int = 7) -> str:
    amount = f"(i32.const {value})" if name in ("call", "callCode") else ""
    return (
        f"(call ${name} (i64.const {gas}) (i32.const 0) {amount}"
        f" (i32.const 96) (i32.const {length}))"
    )


def create(value: int = 64, length: int = 7) -> str:
    return (
        f"(call $create (i32.const {value}) (i32.const 96)"
        f" (i32.const {length}) (i32.const 300))"
    )


def returning(call_text: str) -> bytes:
    """A contract that finishes with the call's result as one byte."""
    return contract(
        f"(i32.store8 (i32.const 400) {call_text})"
        " (call $finish (i32.const 400) (i32.const 1))",
        DATA,
    )


def sent_by(
    code: bytes, outcome: CallResult | None = None, **fields: object
) -> tuple[Message | None, CallResult]:
    """The one message that a contract sends, and the contract's own result."""
    sent: list[Message] = []

    def answer(request: Message) -> CallResult:
        sent.append(request)
        return outcome or CallResult(CallStatus.SUCCESS)

    host = DictHost(balances={CONTRACT: 100, OTHER: 1})
    result = run(code, host, answer=answer, **fields)  # type: ignore[arg-type]
    return (sent[0] if sent else None), result


CALL = Message(
    kind=MessageKind.CALL,
    sender=CONTRACT,
    recipient=OTHER,
    code_address=OTHER,
    value=0,
    data=b"payload",
    gas=0,
    depth=1,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (call("call"), CALL),
        (call("call", value=32), structs.replace(CALL, value=AMOUNT, gas=2300)),
        (call("call", length=0), structs.replace(CALL, data=b"")),
        (
            call("callCode", value=32),
            structs.replace(
                CALL,
                kind=MessageKind.CALL_CODE,
                recipient=CONTRACT,
                value=AMOUNT,
                gas=2300,
            ),
        ),
        (
            call("callDelegate"),
            structs.replace(
                CALL,
                kind=MessageKind.CALL_DELEGATE,
                sender=SENDER,
                recipient=CONTRACT,
                value=77,
            ),
        ),
        (
            call("callStatic"),
            structs.replace(CALL, kind=MessageKind.CALL_STATIC, is_static=True),
        ),
        (
            create(value=32),
            structs.replace(
                CALL,
                kind=MessageKind.CREATE,
                recipient=b"",
                code_address=b"",
                value=AMOUNT,
                gas=63 * 1000,
            ),
        ),
    ],
)
def test_message_says_who_calls_whom_in_whose_storage(
    text: str, expected: Message
) -> None:
    gas = 32_000 + 64_000 if "create" in text else 100_000
    sent, _ = sent_by(returning(text), value=77, gas=gas)
    assert sent == expected


@pytest.mark.parametrize("name", ["call", "callCode", "callDelegate", "callStatic"])
def test_a_static_frame_makes_all_below_it_static(name: str) -> None:
    sent, _ = sent_by(returning(call(name)), is_static=True)
    assert sent is not None
    assert sent.is_static


@pytest.mark.parametrize(
    ("asked", "forwarded"), [(0, 0), (6300, 6300), (6301, 6300), (2**63 - 1, 6300)]
)
def test_at_most_all_but_a_64th_is_forwarded(asked: int, forwarded: int) -> None:
    sent, result = sent_by(returning(call("call", gas=asked)), gas=700 + 6400)
    assert sent is not None
    assert (sent.gas, result.gas_left) == (forwarded, 6400 - forwarded)


def test_a_callee_returns_its_gas_with_the_stipend() -> None:
    outcome = CallResult(CallStatus.SUCCESS, gas_left=2300)
    _, result = sent_by(returning(call("call", value=32)), outcome, gas=9700)
    assert (result.output, result.gas_left) == (b"\0", 2300)


def test_forwarded_units_are_exact_where_a_gas_has_many() -> None:
    """The split is of units: nothing is lost by rounding to whole gas."""
    sent, _ = sent_by(
        returning(create()), engine=METERED, gas=initial_units(DATA) + 2 * 10**9
    )
    assert sent is not None
    left = 2 * 10**9 - 90 - 32_000 * 10_000
    assert sent.gas == left - left // 64


@pytest.mark.parametrize(
    ("outcome", "byte", "buffer"),
    [
        (CallResult(CallStatus.SUCCESS, b"output"), 0, b"output"),
        (CallResult(CallStatus.FAILURE), 1, b""),
        (CallResult(CallStatus.REVERTED, b"why"), 2, b"why"),
    ],
)
@pytest.mark.parametrize("name", ["call", "callCode", "callDelegate", "callStatic"])
def test_a_result_is_a_status_and_return_data(
    name: str, outcome: CallResult, byte: int, buffer: bytes
) -> None:
    code = contract(
        f"(i32.store8 (i32.const 400) {call(name)})"
        "(call $returnDataCopy (i32.const 401) (i32.const 0)"
        " (call $getReturnDataSize))"
        "(call $finish (i32.const 400)"
        " (i32.add (i32.const 1) (call $getReturnDataSize)))",
        DATA,
    )
    _, result = sent_by(code, outcome)
    assert result.output == bytes([byte]) + buffer


@pytest.mark.parametrize(
    ("outcome", "byte", "size"),
    [
        (CallResult(CallStatus.SUCCESS, b"", created=b"\xaa" * 20), 0, 0),
        (CallResult(CallStatus.FAILURE), 1, 0),
        (CallResult(CallStatus.REVERTED, b"why"), 2, 3),
    ],
)
def test_a_creation_gives_an_address_or_revert_data(
    outcome: CallResult, byte: int, size: int
) -> None:
    code = contract(
        f"(i32.store8 (i32.const 320) {create()})"
        "(i32.store8 (i32.const 321) (call $getReturnDataSize))"
        "(call $finish (i32.const 300) (i32.const 22))",
        DATA,
    )
    _, result = sent_by(code, outcome)
    address = outcome.created or bytes(20)
    assert result.output == address + bytes([byte, size])


@pytest.mark.parametrize("name", ["call", "callCode", "callDelegate", "callStatic"])
@pytest.mark.parametrize(("depth", "is_sent"), [(1023, True), (1024, False)])
def test_the_depth_limit_is_1024(name: str, depth: int, is_sent: bool) -> None:
    sent, result = sent_by(returning(call(name)), gas=1000, depth=depth)
    assert (sent is not None) is is_sent
    assert result.output == (b"\0" if is_sent else b"\1")
    assert result.gas_left == 300


@pytest.mark.parametrize(("depth", "is_sent"), [(1023, True), (1024, False)])
def test_the_depth_limit_holds_for_creations(depth: int, is_sent: bool) -> None:
    sent, result = sent_by(returning(create()), gas=32_000, depth=depth)
    assert (sent is not None) is is_sent
    assert (result.output, result.gas_left) == (b"\0" if is_sent else b"\1", 0)


@pytest.mark.parametrize(
    ("text", "gas"),
    [
        (call("call", value=32), 9700),
        (call("callCode", value=32), 9700),
        (create(value=32), 32_000),
    ],
)
def test_too_little_balance_returns_1_and_keeps_what_was_charged(
    text: str, gas: int
) -> None:
    host = DictHost(balances={CONTRACT: AMOUNT - 1})
    result = run(returning(text), host, gas=gas + 1)
    assert (result.error, result.output, result.gas_left) == (None, b"\1", 1)


@pytest.mark.parametrize(
    "text", [call("call", value=32), call("callCode", value=32), create()]
)
def test_a_balance_of_more_than_128_bits_traps(text: str) -> None:
    result = run(returning(text), DictHost(balances={CONTRACT: 2**128}))
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.HOST_REFUSED


@pytest.mark.parametrize("name", ["call", "callCode", "callDelegate", "callStatic"])
def test_negative_gas_traps(name: str) -> None:
    result = run(returning(call(name, gas=-1)))
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.HOST_REFUSED


def test_a_call_refused_before_it_began_clears_the_return_data() -> None:
    code = contract(
        f"(drop {call('callStatic')}) (drop {call('call', value=32)})"
        "(i32.store8 (i32.const 400) (call $getReturnDataSize))"
        "(call $finish (i32.const 400) (i32.const 1))",
        DATA,
    )
    result = run(
        code,
        DictHost(balances={CONTRACT: 0}),
        answer=lambda _: CallResult(CallStatus.SUCCESS, b"old"),
    )
    assert result.output == b"\0"


def test_self_destruct_ends_the_call_with_success() -> None:
    host = DictHost()
    code = contract("(call $selfDestruct (i32.const 0)) unreachable", DATA)
    result = run(code, host, gas=5000)
    assert (result.status, result.output, result.gas_left) == (
        CallStatus.SUCCESS,
        b"",
        0,
    )
    assert host.destroyed == [(CONTRACT, OTHER)]


def test_a_module_that_does_not_load_fails_the_call() -> None:
    for code in (b"", b"\0asm", b"\0asm\x02\0\0\0", b"\x60\x00"):
        result = run(code)
        assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
        assert result.error is not None


def test_initial_memory_and_data_are_paid_before_anything_runs() -> None:
    code = contract("", b"payload")
    price = initial_units(b"payload")
    assert price == 143_360_000 + 450 + 34 * 7
    assert run(code, engine=METERED, gas=price).gas_left == 0
    result = run(code, engine=METERED, gas=price - 1)
    assert str(result.error) == "out of gas: 1 units short"
    assert message(price).gas == price
