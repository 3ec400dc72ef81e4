"""The exact charge of every host function under every released schedule."""

import tomllib
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind
from contractvm.hosts.ewasm.functions import FUNCTIONS, IMPORT_MODULE
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import SCHEDULES_FOLDER, load_schedule
from gas_schedule.schedule import HostCost
from tests.contractvm.hosts.ewasm.test_charges import DATA, host
from tests.helpers.ewasm import contract, run

SCHEDULES = sorted(
    path.stem
    for path in SCHEDULES_FOLDER.glob("*.toml")
    if tomllib.loads(path.read_text()).get("interface", "ewasm") == "ewasm"
)
GAS = 10**7
POINTERS = " (i32.const 200)" * 4

# Body; bytes that it works on; amounts that fall due, with their count; gas it names.
# Memory: 0 an account with code, 20 an empty one, 96 the amount 5, 200 zeros.
Row = tuple[str, str, int, dict[str, int], int]
ROWS: list[Row] = [
    ("useGas", "(call $useGas (i64.const 0))", 0, {}, 0),
    ("useGas", "(call $useGas (i64.const 123))", 0, {}, 123),
    *[
        (name, f"(call ${name} (i32.const 300))", 0, {}, 0)
        for name in (
            *("getAddress", "getCaller", "getCallValue", "getBlockCoinbase"),
            *("getBlockDifficulty", "getTxGasPrice", "getTxOrigin"),
        )
    ],
    *[
        (name, f"(drop (call ${name}))", 0, {}, 0)
        for name in (
            *("getGasLeft", "getCallDataSize", "getCodeSize", "getBlockGasLimit"),
            *("getBlockNumber", "getBlockTimestamp", "getReturnDataSize"),
        )
    ],
    (
        "getExternalBalance",
        "(call $getExternalBalance (i32.const 0) (i32.const 300))",
        *(0, {}, 0),
    ),
    (
        "getBlockHash",
        "(drop (call $getBlockHash (i64.const 1) (i32.const 300)))",
        *(0, {}, 0),
    ),
    (
        "getExternalCodeSize",
        "(drop (call $getExternalCodeSize (i32.const 0)))",
        *(0, {}, 0),
    ),
    *[
        (
            name,
            f"(call ${name} {account} (i32.const 300) (i32.const 0)"
            f" (i32.const {length}))",
            *(length, {}, 0),
        )
        for name, account in (
            ("callDataCopy", ""),
            ("codeCopy", ""),
            ("externalCodeCopy", "(i32.const 0)"),
        )
        for length in (0, 1, 32, 33, 64)
    ],
    (
        "returnDataCopy",
        "(call $returnDataCopy (i32.const 300) (i32.const 0) (i32.const 0))",
        *(0, {}, 0),
    ),
    *[
        (
            "log",
            f"(call $log (i32.const 200) (i32.const {length}) (i32.const {topics})"
            f"{POINTERS})",
            *(length, {"per_topic": topics}, 0),
        )
        for length, topics in ((0, 0), (1, 0), (0, 1), (10, 4))
    ],
    (
        "storageStore",
        "(call $storageStore (i32.const 200) (i32.const 200))",
        *(0, {}, 0),
    ),
    (
        "storageStore",
        "(call $storageStore (i32.const 200) (i32.const 96))",
        *(0, {"new_slot": 1}, 0),
    ),
    (
        "storageLoad",
        "(call $storageLoad (i32.const 200) (i32.const 300))",
        *(0, {}, 0),
    ),
    *[
        (
            name,
            f"(call ${name} (i32.const 0) (i32.const {length}))",
            *(length, {}, 0),
        )
        for name in ("finish", "revert")
        for length in (0, 1, 64)
    ],
    *[
        (
            name,
            f"(drop (call ${name} (i64.const 0) (i32.const {account})"
            f" (i32.const {amount}) (i32.const 0) (i32.const 0)))",
            *(0, due, 0),
        )
        for name, account, amount, due in (
            ("call", 0, 200, {}),
            ("call", 0, 96, {"value_transfer": 1}),
            ("call", 20, 200, {}),
            ("call", 20, 96, {"value_transfer": 1, "new_account": 1}),
            ("callCode", 0, 200, {}),
            ("callCode", 20, 96, {"value_transfer": 1}),
        )
    ],
    *[
        (
            name,
            f"(drop (call ${name} (i64.const 0) (i32.const 0)"
            " (i32.const 0) (i32.const 0)))",
            *(0, {}, 0),
        )
        for name in ("callDelegate", "callStatic")
    ],
    (
        "create",
        "(drop (call $create (i32.const 200) (i32.const 0) (i32.const 0)"
        " (i32.const 300)))",
        *(0, {}, 0),
    ),
    ("selfDestruct", "(call $selfDestruct (i32.const 0))", 0, {}, 0),
    (
        "selfDestruct",
        "(call $selfDestruct (i32.const 20))",
        *(0, {"new_account": 1}, 0),
    ),
]


@cache
def file_of(name: str) -> dict[str, Any]:
    """The schedule as its file has it, read by nothing of this project."""
    return tomllib.loads(SCHEDULES_FOLDER.joinpath(f"{name}.toml").read_text())


def price(schedule: str, row: Row) -> int:
    """Units: what the file says, by the rules of its comments."""
    name, _, length, due, named = row
    document = file_of(schedule)
    host_costs = document["host"].get(IMPORT_MODULE, document["host"])
    cost = host_costs[name]
    numbers = {"base": cost} if isinstance(cost, int) else cost
    gas = numbers["base"] + numbers.get("per_byte", 0) * length
    gas += numbers.get("per_word", 0) * -(-length // 32)
    gas += sum(numbers[amount] * count for amount, count in due.items() if count)
    units: int = (gas + named) * document["units_per_gas"]
    return units


@cache
def engine_of(schedule: str, is_free: bool) -> Pipeline:
    """The schedule's engine; if `is_free`, one on which host functions cost nothing."""
    loaded = load_schedule(schedule)
    if is_free:
        free = {entry.name: HostCost(0) for entry in FUNCTIONS}
        loaded = replace(loaded, host_costs={IMPORT_MODULE: free})
    return INTERFACE.pipeline(InterpreterEngine(), loaded)


def answer(request: Message) -> CallResult:
    """A callee that uses nothing of what a creation gives it."""
    is_creation = request.kind is MessageKind.CREATE
    return CallResult(CallStatus.FAILURE, gas_left=request.gas if is_creation else 0)


def ended(row: Row, engine: Pipeline, units: int) -> CallResult:
    code = contract(row[1], DATA)
    return run(code, host(), gas=units, engine=engine, data=bytes(100), answer=answer)


def test_every_released_schedule_and_every_function_is_here() -> None:
    assert [
        *("contractvm-1", "contractvm-2", "contractvm-3", "contractvm-4"),
        *("ewasm-hera", "ewasm-metered"),
    ] == SCHEDULES
    assert {row[0] for row in ROWS} == {entry.name for entry in FUNCTIONS}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[2]}")
def test_host_function_charges_exactly_what_the_file_says(
    schedule: str, row: Row
) -> None:
    """The rest of the run costs what it costs where host functions are free."""
    plenty = GAS * file_of(schedule)["units_per_gas"]
    free = ended(row, engine_of(schedule, True), plenty)
    named = row[4] * file_of(schedule)["units_per_gas"]
    rest = plenty - free.gas_left - named
    units = rest + price(schedule, row)
    engine = engine_of(schedule, False)
    for surplus in (0, 1):
        result = ended(row, engine, units + surplus)
        assert (result.error, result.gas_left) == (None, surplus)
    if units:
        short = ended(row, engine, units - 1)
        assert isinstance(short.error, OutOfGas)
        assert (short.status, short.gas_left) == (CallStatus.FAILURE, 0)
        assert short.error.shortfall >= 1


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", ["finish", "revert"])
def test_a_call_that_cannot_pay_its_end_gives_no_output(
    schedule: str, name: str
) -> None:
    """The last charge of a frame is the end's own: one unit short is a failure."""
    row: Row = (name, f"(call ${name} (i32.const 0) (i32.const 1))", 1, {}, 0)
    plenty = GAS * file_of(schedule)["units_per_gas"]
    free = ended(row, engine_of(schedule, True), plenty)
    rest, due = plenty - free.gas_left, price(schedule, row)
    paid = ended(row, engine_of(schedule, False), rest + due)
    assert (paid.output, paid.gas_left) == (DATA[:1], 0)
    if due:
        short = ended(row, engine_of(schedule, False), rest + due - 1)
        assert isinstance(short.error, OutOfGas)
        assert (short.output, short.error.shortfall) == (b"", 1)
