"""Our interpreter under a kernel: plain, or with the gas of a schedule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.kernel_hosts import HostEntry, KernelHost, RunFunc
from contractvm.metering.instrument import (
    DEFAULT_OPTIONS,
    InstrumentationOptions,
    instrument_module,
)
from contractvm.metering.names import GAS_EXPORT
from contractvm.metering.nans import canonicalize_nans
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.instance import instantiate_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost

ALL_GAS = (1 << 63) - 1
DEFAULT = load_schedule(DEFAULT_SCHEDULE)
EWASM = load_schedule("ewasm-metered")
# Every instruction costs one unit and nothing else does: the gas used is the number of
# instructions executed, and no metered block is free.
COUNTING = replace(
    EWASM,
    name="counting",
    local=0,
    instructions={info.mnemonic: InstructionCost(1) for info in OPCODES},
)


def metered_module(
    wasm: bytes,
    schedule: GasSchedule,
    options: InstrumentationOptions = DEFAULT_OPTIONS,
) -> Module:
    """The module with its charges, and with canonical NaNs, as in chains."""
    module = decode_module(wasm)
    heights = validate_module(module).operand_heights
    return canonicalize_nans(instrument_module(module, heights, schedule, options))


def our_instance(module: Module, host: KernelHost) -> Any:
    compiled = compile_module(module, validate_module(module).operand_heights)
    imports = {
        (entry.module, entry.name): HostFunc(our_func_type(entry), entry.call)
        for entry in host.entries()
    }
    instance = instantiate_module(compiled, imports)
    host.memory = instance.exports.get("memory")
    return instance


def our_func_type(entry: HostEntry) -> FuncType:
    return FuncType(
        (ValType.I32,) * entry.parameter_count, (ValType.I32,) * entry.has_result
    )


def ours(wasm: bytes, host: KernelHost) -> RunFunc:
    instance = our_instance(decode_module(wasm), host)
    return lambda argument: int(instance.invoke("run", argument)[0])


def ours_with(schedule: GasSchedule) -> Callable[[bytes, KernelHost], RunFunc]:
    def make(wasm: bytes, host: KernelHost) -> RunFunc:
        instance = our_instance(metered_module(wasm, schedule), host)
        counter = instance.exports[GAS_EXPORT]

        def run(argument: int) -> int:
            counter.value = ALL_GAS
            return int(instance.invoke("run", argument)[0])

        return run

    return make


def count_instructions(wasm: bytes, host: KernelHost, argument: int) -> int:
    """How many instructions a call executes."""
    instance = our_instance(metered_module(wasm, COUNTING), host)
    counter = instance.exports[GAS_EXPORT]
    counter.value = ALL_GAS
    instance.invoke("run", argument)
    return ALL_GAS - int(counter.value)
