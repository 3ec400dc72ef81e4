"""The meterings of Arbitrum Stylus and CosmWasm, with numbers that were published."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from contractvm.hosts.cosmwasm.metering import COSMWASM_METERING
from contractvm.hosts.stylus.metering import STYLUS_METERING
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.names import (
    GAS_EXPORT,
    GAS_STATUS_EXPORT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.metering.rules import GREATEST_UNSIGNED, Metering
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.compiled import engine as wasmtime_engine
from tests.helpers.wat import wat_to_module

STYLUS = STYLUS_METERING
# The walk over paths knows the standard stack only beside the standard charge.
COSMWASM = replace(COSMWASM_METERING, stack=None)

PLAIN = 115
FACTOR = 14
STYLUS_INK = {
    1: "unreachable nop block loop else end return i32.const i64.const",
    9: "drop",
    765: "if br br_if",
    2_400: "br_table",
    3_800: "call",
    13_610: "call_indirect",
    1_250: "select",
    75: "local.get local.tee",
    210: "local.set",
    225: "global.get",
    575: "global.set",
    670: "i32.load",
    825: "i32.store",
    3_000: "memory.size",
    8_050: "memory.grow",
    170: "i32.eqz i32.eq i32.lt_u",
    70: "i32.add i32.sub i32.xor",
    100: "i64.add",
    160: "i32.mul",
    1_120: "i32.div_u",
    950: "memory.copy memory.fill",
}


def schedule_of(costs: dict[str, InstructionCost], local: int) -> GasSchedule:
    return replace(
        load_schedule("ewasm-metered"),
        name="test",
        units_per_gas=1,
        memory_page=0,
        local=local,
        instructions=MappingProxyType(costs),
    )


def stylus_schedule() -> GasSchedule:
    """Ink; instructions without a price can be present, but not paid for."""
    costs = {info.mnemonic: InstructionCost(GREATEST_UNSIGNED) for info in OPCODES}
    for ink, mnemonics in STYLUS_INK.items():
        costs |= {name: InstructionCost(ink) for name in mnemonics.split()}
    costs["br_table"] = InstructionCost(2_400, per_entry=325)
    costs["call_indirect"] = InstructionCost(13_610, per_param=650)
    costs["memory.copy"] = costs["memory.fill"] = InstructionCost(950, per_byte=100)
    return schedule_of(costs, local=0)


def cosmwasm_schedule() -> GasSchedule:
    """The prices of cosmwasm-vm 3.0.9."""
    ends = COSMWASM.blocks.ends
    costs = {
        info.mnemonic: InstructionCost(PLAIN * (FACTOR if info.mnemonic in ends else 1))
        for info in OPCODES
    }
    return schedule_of(costs, local=PLAIN)


def metered_by(
    metering: Metering, module: Module, schedule: GasSchedule, **options: Any
) -> Module:
    """The module instrumented, with the operand heights of its validation."""
    heights = validate_module(module).operand_heights
    chosen = InstrumentationOptions(**options)
    instrumented = instrument_module(module, heights, schedule, chosen, metering)
    validate_module(instrumented)
    return instrumented


@dataclass
class MeteredInstance:
    """An instance whose counters a host of the chain would set and read."""

    instance: Any

    def counter(self, name: str) -> int:
        value: int = self.instance.export(name).value
        return value

    def set(self, gas: int, stack_left: int | None = None) -> None:
        self.instance.export(GAS_EXPORT).value = gas
        self.instance.export(GAS_STATUS_EXPORT).value = 0
        if stack_left is not None:
            self.instance.export(STACK_HEIGHT_EXPORT).value = stack_left

    def call(self, name: str, *args: int) -> tuple[object, ...]:
        results: tuple[object, ...] = self.instance.start(name, *args).resume()
        return results

    @property
    def gas(self) -> int:
        return self.counter(GAS_EXPORT)

    @property
    def is_out_of_gas(self) -> bool:
        return self.counter(GAS_STATUS_EXPORT) != 0

    @property
    def stack_left(self) -> int:
        return self.counter(STACK_HEIGHT_EXPORT)


ENGINES = {"interpreter": InterpreterEngine, "wasmtime": wasmtime_engine}


def instance_of(
    engine_name: str,
    metering: Metering,
    source: str,
    schedule: GasSchedule,
    imports: dict[tuple[str, str], Any] | None = None,
    **options: Any,
) -> MeteredInstance:
    """An instance of a module in the text format, metered by a rule."""
    module = metered_by(metering, wat_to_module(source), schedule, **options)
    engine: Any = ENGINES[engine_name]()
    compiled = engine.compile(module, validate_module(module).operand_heights)
    return MeteredInstance(
        engine.instantiate(compiled, imports or {}, max_memory_pages=10)
    )
