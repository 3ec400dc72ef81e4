"""Copies never leave their buffer or the memory; finish and revert end a call."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.evm.interface import CallResult, CallStatus, MessageKind
from tests.helpers.ewasm import OTHER, DictHost, contract, run

COPIES = [
    ("(call $callDataCopy (i32.const 100) (i32.const {}) (i32.const {}))", "data"),
    (
        "(call $externalCodeCopy (i32.const 0) (i32.const 100)"
        " (i32.const {}) (i32.const {}))",
        "code",
    ),
    (
        "(drop (call $callDelegate (i64.const 0) (i32.const 0)"
        " (i32.const 0) (i32.const 0)))"
        "(call $returnDataCopy (i32.const 100) (i32.const {}) (i32.const {}))",
        "return data",
    ),
]
BUFFER = bytes(range(1, 65))


def copied(body: str, length: int) -> CallResult:
    finish = f"(call $finish (i32.const 100) (i32.const {length}))"
    return run(
        contract(body + finish, OTHER),
        DictHost(codes={OTHER: BUFFER}),
        data=BUFFER,
        answer=lambda _: CallResult(CallStatus.REVERTED, BUFFER),
    )


@pytest.mark.parametrize(("body", "name"), COPIES)
@pytest.mark.parametrize(
    ("offset", "length"), [(0, 64), (63, 1), (64, 0), (0, 0), (10, 20)]
)
def test_copy_gives_the_range(body: str, name: str, offset: int, length: int) -> None:
    result = copied(body.format(offset, length), length)
    assert result.output == BUFFER[offset : offset + length]


@pytest.mark.parametrize(("body", "name"), COPIES)
@pytest.mark.parametrize(
    ("offset", "length"), [(0, 65), (64, 1), (65, 0), (-1, 1), (-1, 2), (1, -1)]
)
def test_copy_beyond_the_buffer_traps_and_pads_nothing(
    body: str, name: str, offset: int, length: int
) -> None:
    result = copied(body.format(offset, length), 0)
    assert result.status is CallStatus.FAILURE


def test_code_copy_shows_the_running_code() -> None:
    body = (
        "(call $codeCopy (i32.const 100) (i32.const 0) (call $getCodeSize))"
        "(call $finish (i32.const 100) (call $getCodeSize))"
    )
    code = contract(body)
    assert run(code).output == code


def test_a_creation_has_no_call_data_and_its_init_code_as_code() -> None:
    body = (
        "(if (call $getCallDataSize) (then unreachable))"
        "(call $codeCopy (i32.const 100) (i32.const 0) (call $getCodeSize))"
        "(call $finish (i32.const 100) (call $getCodeSize))"
    )
    code = contract(body)
    result = run(code, kind=MessageKind.CREATE, code_address=b"", data=code)
    assert result.output == code


@pytest.mark.parametrize(
    ("name", "status"),
    [("finish", CallStatus.SUCCESS), ("revert", CallStatus.REVERTED)],
)
def test_an_ending_gives_its_output_and_keeps_the_gas(
    name: str, status: CallStatus
) -> None:
    body = f"(call ${name} (i32.const 3) (i32.const 10)) unreachable"
    result = run(contract(body, BUFFER), gas=1000)
    assert result.status is status
    assert (result.output, result.gas_left) == (BUFFER[3:13], 1000)


@pytest.mark.parametrize("name", ["finish", "revert"])
@pytest.mark.parametrize(
    ("pointer", "length", "fits"),
    [
        (65536, 0, True),
        (65537, 0, False),
        (65535, 1, True),
        (65535, 2, False),
        (0, -1, False),
        (-1, -1, False),
    ],
)
def test_an_output_must_lie_in_the_memory(
    name: str, pointer: int, length: int, fits: bool
) -> None:
    body = f"(call ${name} (i32.const {pointer}) (i32.const {length}))"
    result = run(contract(body))
    assert (result.error is None) is fits
    if not fits:
        assert isinstance(result.error, Trap)
        assert result.error.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
        assert (result.output, result.gas_left) == (b"", 0)
