"""Host interfaces as values: what they require of a schedule."""

from dataclasses import replace
from pathlib import Path

import pytest

from contractvm.errors import RefusedModule
from contractvm.hosts.cosmwasm.releases import GROUPS
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.hosts.interface import (
    WASM,
    HostInterface,
    WithoutChain,
    func_type,
)
from contractvm.hosts.registry import load_checked
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import START_EXPORT
from contractvm.runtime.engine_selection import make_engine
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import Profile
from gas_schedule.errors import ScheduleError
from gas_schedule.loader import list_schedules, load_schedule, parse_schedule
from gas_schedule.schedule import GasSchedule
from tests.helpers.wat import wat_to_wasm

SECTIONS = """
[transaction]
base = 1
create = 1
data_zero_byte = 1
data_nonzero_byte = 1
code_deposit_per_byte = 1
call_stipend = 1
retained_gas_divisor = 64
storage_clear_refund = 1
self_destruct_refund = 1
max_refund_divisor = 2
[precompiles]
ecrecover = 1
sha256_base = 1
sha256_per_word = 1
ripemd160_base = 1
ripemd160_per_word = 1
identity_base = 1
identity_per_word = 1
modexp_divisor = 1
bn128_add = 1
bn128_mul = 1
bn128_pairing_base = 1
bn128_pairing_per_point = 1
"""
TEXT = f"""format = 2
interface = "ewasm"
name = "second"
description = "in the second format"
units_per_gas = 10
[instructions]
"i32.add" = 45
[metering]
memory_page = 7
local = 3
[host.ethereum]
useGas = 4
log = {{ base = 375, per_byte = 8, per_topic = 9 }}
{SECTIONS}"""


def parse(text: str) -> GasSchedule:
    return parse_schedule(text.encode(), Path("mine.toml"))


def refusal(text: str) -> str:
    with pytest.raises(ScheduleError) as caught:
        INTERFACE.check_schedule(parse(text))
    return str(caught.value)


def test_every_released_schedule_is_complete_for_its_interface() -> None:
    owners = {name: load_checked(name).interface for name in list_schedules()}
    assert owners == {
        "contractvm-1": "ewasm",
        "contractvm-2": "ewasm",
        "contractvm-3": "ewasm",
        "contractvm-4": "ewasm",
        **{schedule: "cosmwasm" for _, schedule in GROUPS},
        "ewasm-hera": "ewasm",
        "ewasm-metered": "ewasm",
        "fuel": "wasi",
        "guests-1": "wasi",
        "stylus-1": "stylus",
    }


@pytest.mark.parametrize("name", ["contractvm-2", "ewasm-hera"])
def test_a_schedule_without_its_sections_is_refused(name: str) -> None:
    schedule = load_schedule(name)
    INTERFACE.check_schedule(schedule)
    assert schedule.interface == INTERFACE.name
    assert schedule.section(TransactionCosts).base == 21_000
    lacking = replace(schedule, sections={})
    with pytest.raises(ScheduleError):
        INTERFACE.check_schedule(lacking)


def test_a_schedule_of_the_second_format_has_what_its_file_says() -> None:
    schedule = parse(TEXT)
    INTERFACE.check_schedule(schedule)
    assert (schedule.interface, schedule.memory_page, schedule.local) == ("ewasm", 7, 3)
    log = schedule.host_cost("ethereum", "log")
    assert log is not None
    assert (log.base, log.per_byte, dict(log.amounts)) == (375, 8, {"per_topic": 9})
    assert schedule.host_cost("ethereum", "finish") is None
    assert schedule.host_cost("env", "log") is None
    assert schedule.section(TransactionCosts).retained_gas_divisor == 64


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 2", "format = 3", "mine.toml:1: format: must be 2"),
        ("format = 2", "format = 1", "mine.toml:1: format: must be 2"),
        (
            '"ewasm"',
            '"other"',
            "mine.toml:2: interface: is for other, not for ewasm",
        ),
        ("local = 3", "", "mine.toml:8: metering.local: missing"),
        (
            "local = 3",
            "local = 3\nblock = 1",
            "mine.toml:11: metering.block: unknown key",
        ),
        ("base = 1\ncreate", "create", "mine.toml:15: transaction.base: missing"),
        ("[precompiles]", "[precompile]", "mine.toml: precompiles: missing"),
        (
            "retained_gas_divisor = 64",
            "retained_gas_divisor = 0",
            "mine.toml:22: transaction.retained_gas_divisor: must be at least 1, is 0",
        ),
        (
            "[precompiles]",
            "[pages]\nfirst = 1\n[precompiles]",
            "mine.toml:26: pages: unknown key",
        ),
        (
            "per_topic",
            "per_toppic",
            "mine.toml:13: host.ethereum.log.per_toppic: unknown key",
        ),
        (
            "useGas = 4",
            "useGas = -4",
            "host.ethereum.useGas: must be at least 0, is -4",
        ),
        ("useGas = 4", 'useGas = "4"', "host.ethereum.useGas: must be a whole number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert message in refusal(TEXT.replace(old, new, 1))


def test_types_in_letters() -> None:
    wanted = FuncType((ValType.I32, ValType.I64), (ValType.F32, ValType.F64))
    assert func_type("iI", "fF") == wanted


@pytest.mark.parametrize(
    ("code", "is_wasm"),
    [
        (b"\0asm\1\0\0\0", True),
        (b"\0asm\1\0\0", False),
        (b"\0asmmmmm", True),
        (b"", False),
    ],
)
def test_code_is_recognised_by_what_it_begins_with(code: bytes, is_wasm: bool) -> None:
    assert WASM.matches(code) is is_wasm
    assert INTERFACE.is_code(code) is is_wasm


CHAINLESS = HostInterface(
    name="ewasm",
    profile=Profile("chainless"),
    functions=INTERFACE.functions,
    sections=(TransactionCosts, PrecompileCosts),
    options=InstrumentationOptions(defer_start=True),
)


def test_an_interface_may_have_no_chain() -> None:
    INTERFACE.require_chain()
    for refused in (
        CHAINLESS.require_chain,
        lambda: CHAINLESS.start_call(CHAINLESS, None, None, None, b"", None),
    ):
        with pytest.raises(WithoutChain, match="ewasm code runs without a chain"):
            refused()


@pytest.mark.parametrize("interface", [INTERFACE, CHAINLESS], ids=["chain", "none"])
def test_an_interface_says_how_its_modules_are_instrumented(
    interface: HostInterface,
) -> None:
    """On each engine that a pipeline is moved to, traced or not."""
    code = wat_to_wasm(
        """(module (memory (export "memory") 1) (func $f) (start $f)
          (func (export "main")))"""
    )
    schedule = load_schedule("contractvm-1")
    pipeline = interface.pipeline(make_engine(), schedule)
    if interface is INTERFACE:
        with pytest.raises(RefusedModule, match="start function not allowed"):
            pipeline.prepare(code)
        return
    traced = pipeline.on(make_engine(), is_traced=True)
    for moved in (
        pipeline,
        pipeline.on(make_engine()),
        traced,
        traced.on(make_engine()),
    ):
        exports = moved.prepare(code).module.exports
        assert START_EXPORT in [export.name for export in exports]
