"""Results of the getters, and where they write them."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.evm.interface import CallStatus
from tests.helpers.ewasm import (
    COINBASE,
    CONTRACT,
    METERED,
    ORIGIN,
    OTHER,
    SENDER,
    DictHost,
    contract,
    initial_units,
    run,
)

FINISH_I64 = (
    "(i64.store (i32.const 300) {}) (call $finish (i32.const 300) (i32.const 8))"
)


def returned(body: str, host: DictHost | None = None, **fields: object) -> bytes:
    result = run(contract(body, OTHER), host, **fields)  # type: ignore[arg-type]
    assert result.error is None
    return result.output


@pytest.mark.parametrize(
    ("call", "length", "expected"),
    [
        ("$getAddress (i32.const 300)", 20, CONTRACT),
        ("$getCaller (i32.const 300)", 20, SENDER),
        ("$getTxOrigin (i32.const 300)", 20, ORIGIN),
        ("$getBlockCoinbase (i32.const 300)", 20, COINBASE),
        (
            "$getBlockDifficulty (i32.const 300)",
            32,
            (2**200 + 5).to_bytes(32, "little"),
        ),
        ("$getTxGasPrice (i32.const 300)", 16, (3).to_bytes(16, "little")),
        ("$getCallValue (i32.const 300)", 16, (2**100).to_bytes(16, "little")),
        (
            "$getExternalBalance (i32.const 0) (i32.const 300)",
            16,
            (7).to_bytes(16, "little"),
        ),
    ],
)
def test_getter_writes_its_answer_and_not_a_byte_more(
    call: str, length: int, expected: bytes
) -> None:
    body = (
        "(memory.fill (i32.const 290) (i32.const 170) (i32.const 60))"
        f" (call {call}) (call $finish (i32.const 290) (i32.const 60))"
    )
    result = run(contract(body, OTHER), engine=METERED, gas=10**12, value=2**100)
    assert result.error is None
    padding = b"\xaa" * (50 - length)
    assert result.output == b"\xaa" * 10 + expected + padding


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("(call $getBlockNumber)", 1000),
        ("(call $getBlockTimestamp)", 2000),
        ("(call $getBlockGasLimit)", 30_000_000),
        ("(i64.extend_i32_u (call $getCallDataSize))", 4),
        ("(call $getGasLeft)", 10_000_000 - 2),
        ("(i64.extend_i32_u (call $getReturnDataSize))", 0),
        ("(i64.extend_i32_u (call $getExternalCodeSize (i32.const 0)))", 9),
        (
            "(i64.extend_i32_u (call $getBlockHash (i64.const 3) (i32.const 400)))",
            1,
        ),
    ],
)
def test_getter_returns_its_answer(call: str, expected: int) -> None:
    host = DictHost(codes={OTHER: bytes(9)})
    output = returned(FINISH_I64.format(call), host, data=b"data")
    assert int.from_bytes(output, "little") == expected


def test_block_hash_is_written_on_success_only() -> None:
    body = (
        "(i64.store (i32.const 300) (i64.extend_i32_u"
        " (call $getBlockHash (i64.const 7) (i32.const 308))))"
        " (call $finish (i32.const 300) (i32.const 40))"
    )
    assert returned(body, DictHost(hashes={7: b"h" * 32})) == bytes(8) + b"h" * 32
    assert returned(body, DictHost()) == b"\x01" + bytes(39)


def test_an_amount_of_more_than_128_bits_traps() -> None:
    body = "(call $getExternalBalance (i32.const 0) (i32.const 300))"
    host = DictHost(balances={OTHER: 2**128 - 1})
    assert run(contract(body, OTHER), host).status is CallStatus.SUCCESS
    result = run(contract(body, OTHER), DictHost(balances={OTHER: 2**128}))
    assert result.status is CallStatus.FAILURE
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.HOST_REFUSED


def test_a_negative_amount_of_gas_traps() -> None:
    result = run(contract("(call $useGas (i64.const -1))"))
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.HOST_REFUSED


@pytest.mark.parametrize(
    ("pointer", "status"),
    [(65536 - 20, CallStatus.SUCCESS), (65536 - 19, CallStatus.FAILURE)],
)
def test_a_result_must_fit_the_memory(pointer: int, status: CallStatus) -> None:
    result = run(contract(f"(call $getCaller (i32.const {pointer}))"))
    assert result.status is status
    if status is CallStatus.FAILURE:
        assert isinstance(result.error, Trap)
        assert result.error.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS


def test_gas_left_is_whole_gas_of_what_is_left_after_all_that_has_run() -> None:
    """Under a schedule of 10,000 units the contract sees gas rounded down."""
    code = contract(FINISH_I64.format("(call $getGasLeft)"))
    call_units = 90
    for units, expected in [(0, 0), (9_999, 0), (10_000, 1), (19_999, 1)]:
        gas = initial_units() + call_units + 2 * 10_000 + units
        # Code after getGasLeft is charged in the next block.
        rest = 135 + 90
        result = run(code, engine=METERED, gas=gas)
        if units < rest:
            assert result.status is CallStatus.FAILURE
        else:
            assert int.from_bytes(result.output, "little") == expected
            assert result.gas_left == units - rest
