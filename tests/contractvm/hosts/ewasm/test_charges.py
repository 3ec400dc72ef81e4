"""Every host function costs exactly what the schedule says, before it does anything."""

import pytest

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message
from contractvm.hosts.ewasm.functions import FUNCTIONS
from tests.helpers.ewasm import (
    CONTRACT,
    EMPTY,
    OTHER,
    DictHost,
    contract,
    run,
)

DATA = OTHER + EMPTY.ljust(76, b"\0") + (5).to_bytes(32, "little")
# Addresses in memory: 0 OTHER, 20 EMPTY, 96 the amount 5, 200 zeros, 300 results.

# Name, body, gas; ewasm reference 1.2. Result values are dropped.
CHARGES = [
    ("useGas", "(call $useGas (i64.const 123))", 123),
    ("useGas", "(call $useGas (i64.const 0))", 0),
    ("getGasLeft", "(drop (call $getGasLeft))", 2),
    ("getAddress", "(call $getAddress (i32.const 300))", 2),
    (
        "getExternalBalance",
        "(call $getExternalBalance (i32.const 0) (i32.const 300))",
        400,
    ),
    ("getBlockHash", "(drop (call $getBlockHash (i64.const 1) (i32.const 300)))", 800),
    ("getCallDataSize", "(drop (call $getCallDataSize))", 2),
    *(
        (
            "callDataCopy",
            f"(call $callDataCopy (i32.const 300) (i32.const 0) (i32.const {length}))",
            gas,
        )
        for length, gas in [(0, 3), (1, 6), (32, 6), (33, 9), (64, 9)]
    ),
    ("getCaller", "(call $getCaller (i32.const 300))", 2),
    ("getCallValue", "(call $getCallValue (i32.const 300))", 2),
    *(
        (
            "codeCopy",
            f"(call $codeCopy (i32.const 300) (i32.const 0) (i32.const {length}))",
            gas,
        )
        for length, gas in [(0, 3), (32, 6), (33, 9)]
    ),
    ("getCodeSize", "(drop (call $getCodeSize))", 2),
    *(
        (
            "externalCodeCopy",
            "(call $externalCodeCopy (i32.const 0) (i32.const 300) (i32.const 0)"
            f" (i32.const {length}))",
            gas,
        )
        for length, gas in [(0, 700), (32, 703), (33, 706)]
    ),
    (
        "getExternalCodeSize",
        "(drop (call $getExternalCodeSize (i32.const 0)))",
        700,
    ),
    ("getBlockCoinbase", "(call $getBlockCoinbase (i32.const 300))", 2),
    ("getBlockDifficulty", "(call $getBlockDifficulty (i32.const 300))", 2),
    ("getBlockGasLimit", "(drop (call $getBlockGasLimit))", 2),
    ("getTxGasPrice", "(call $getTxGasPrice (i32.const 300))", 2),
    ("getBlockNumber", "(drop (call $getBlockNumber))", 2),
    ("getBlockTimestamp", "(drop (call $getBlockTimestamp))", 2),
    ("getTxOrigin", "(call $getTxOrigin (i32.const 300))", 2),
    *(
        (
            "log",
            f"(call $log (i32.const 200) (i32.const {length}) (i32.const {topics})"
            + " (i32.const 200)" * 4
            + ")",
            gas,
        )
        for length, topics, gas in [(0, 0, 375), (1, 0, 383), (10, 4, 375 * 5 + 80)]
    ),
    ("storageStore", "(call $storageStore (i32.const 200) (i32.const 200))", 5000),
    ("storageStore", "(call $storageStore (i32.const 200) (i32.const 96))", 20000),
    ("storageLoad", "(call $storageLoad (i32.const 200) (i32.const 300))", 200),
    ("finish", "(call $finish (i32.const 0) (i32.const 64))", 0),
    ("revert", "(call $revert (i32.const 0) (i32.const 64))", 0),
    ("getReturnDataSize", "(drop (call $getReturnDataSize))", 2),
    (
        "returnDataCopy",
        "(call $returnDataCopy (i32.const 300) (i32.const 0) (i32.const 0))",
        3,
    ),
    *(
        (
            name,
            f"(drop (call ${name} (i64.const 0) (i32.const {address})"
            f" {f'(i32.const {value})' if has_value else ''}"
            " (i32.const 0) (i32.const 0)))",
            gas,
        )
        for name, has_value, address, value, gas in [
            ("call", True, 0, 200, 700),
            ("call", True, 0, 96, 9700),
            ("call", True, 20, 200, 700),
            ("call", True, 20, 96, 34700),
            ("callCode", True, 0, 200, 700),
            ("callCode", True, 0, 96, 9700),
            ("callCode", True, 20, 96, 9700),
            ("callDelegate", False, 0, 0, 700),
            ("callStatic", False, 0, 0, 700),
        ]
    ),
    ("selfDestruct", "(call $selfDestruct (i32.const 0))", 5000),
    ("selfDestruct", "(call $selfDestruct (i32.const 20))", 30000),
]


def host() -> DictHost:
    return DictHost(
        balances={CONTRACT: 100, OTHER: 1},
        codes={OTHER: bytes(100)},
        hashes={1: bytes(32)},
    )


def failed_callee(request: Message) -> CallResult:
    return CallResult(CallStatus.FAILURE)


def test_every_function_of_the_interface_has_a_row_here() -> None:
    rows = {name for name, _, _ in CHARGES} | {"create"}
    assert rows == {entry.name for entry in FUNCTIONS}


@pytest.mark.parametrize(("name", "body", "gas"), CHARGES)
def test_host_function_charges_exactly(name: str, body: str, gas: int) -> None:
    code = contract(body, DATA)
    result = run(code, host(), gas=gas, data=bytes(100), answer=failed_callee)
    assert (result.error, result.gas_left) == (None, 0)
    result = run(code, host(), gas=gas + 1, data=bytes(100), answer=failed_callee)
    assert (result.error, result.gas_left) == (None, 1)


@pytest.mark.parametrize(
    ("name", "body", "gas"), [row for row in CHARGES if row[2] > 0]
)
def test_host_function_fails_one_gas_short_and_does_nothing(
    name: str, body: str, gas: int
) -> None:
    chain = host()
    result = run(
        contract(body, DATA), chain, gas=gas - 1, data=bytes(100), answer=failed_callee
    )
    assert isinstance(result.error, OutOfGas)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
    assert chain == host()


def test_create_charges_its_base_and_forwards_all_but_a_64th() -> None:
    sent: list[Message] = []

    def answer(request: Message) -> CallResult:
        sent.append(request)
        return CallResult(CallStatus.FAILURE)

    body = (
        "(drop (call $create (i32.const 200) (i32.const 0)"
        " (i32.const 0) (i32.const 300)))"
    )
    result = run(contract(body, DATA), host(), gas=32_000 + 6400, answer=answer)
    assert [request.gas for request in sent] == [6300]
    assert (result.error, result.gas_left) == (None, 100)


def test_create_fails_one_gas_short() -> None:
    body = (
        "(drop (call $create (i32.const 200) (i32.const 0)"
        " (i32.const 0) (i32.const 300)))"
    )
    result = run(contract(body, DATA), host(), gas=31_999, answer=failed_callee)
    assert isinstance(result.error, OutOfGas)
    assert result.error.shortfall == 1
