"""Obviously correct metering: one subtraction before each instruction.

It is slow and large, checks nothing, and uses no other code of this project than the
instruction reader. The charges of metered blocks must equal its count.
"""

from dataclasses import replace

from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import (
    ConstExpr,
    Export,
    ExternKind,
    Func,
    Global,
    Module,
)
from contractvm.wasm.structure.opcodes import BY_OPCODE
from contractvm.wasm.structure.types import GlobalType, ValType
from gas_schedule.schedule import GasSchedule
from tests.helpers.carried_values import carried_values

COUNTER_EXPORT = "naive"


def unsigned(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def i64_const(value: int) -> bytes:
    """Always ten bytes, whatever the sign and length."""
    groups = [(value >> shift) & 0x7F for shift in range(0, 63, 7)]
    return bytes([0x42, *(group | 0x80 for group in groups), 0x00])


def per_unit_costs(schedule: GasSchedule) -> dict[str, int]:
    """The schedule's size-dependent costs by mnemonic, without zeros."""
    costs = {
        mnemonic: cost.per_byte + cost.per_element
        for mnemonic, cost in schedule.instructions.items()
    }
    costs["memory.grow"] = schedule.memory_page
    return {mnemonic: cost for mnemonic, cost in costs.items() if cost}


def meter_naively(
    module: Module, schedule: GasSchedule, free_locals: int = 0
) -> Module:
    """The module with an exported counter that goes down at every instruction."""
    counter = len(module.global_types)
    per_unit = per_unit_costs(schedule)

    def subtract(amount: bytes) -> bytes:
        index = unsigned(counter)
        return b"\x23" + index + amount + b"\x7d\x24" + index

    def meter(func: Func) -> Func:
        scratch = len(module.types[func.type_index].params) + func.local_count
        scratch_index = unsigned(scratch)
        code = subtract(
            i64_const(max(func.local_count - free_locals, 0) * schedule.local)
        )
        carried = carried_values(module, func)
        for opcode, _, _, start, end in instructions(func.code):
            mnemonic = BY_OPCODE[opcode].mnemonic
            cost = schedule.instructions[mnemonic].base
            cost += schedule.carried_value * carried.get(start, 0)
            code += subtract(i64_const(cost))
            if mnemonic in per_unit:
                size = b"\x20" + scratch_index + b"\xad"
                size += i64_const(per_unit[mnemonic]) + b"\x7e"
                code += b"\x21" + scratch_index
                code += subtract(size) + b"\x20" + scratch_index
            code += func.code[start:end]
        groups = (*func.local_groups, (1, ValType.I32))
        return replace(func, local_groups=groups, code=code)

    gas = Global(GlobalType(ValType.I64, is_mutable=True), ConstExpr(b"\x42\x00\x0b"))
    return replace(
        module,
        funcs=tuple(meter(func) for func in module.funcs),
        globals=(*module.globals, gas),
        exports=(*module.exports, Export(COUNTER_EXPORT, ExternKind.GLOBAL, counter)),
    )
