"""Arguments and host answers for a fuzzed module, all from a seed."""

import struct
from dataclasses import dataclass
from random import Random

from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.operands import OPERANDS

MOST_CALLS = 12
# Of a type's operands, those that wasmtime's Python interface passes unchanged: it
# takes f32 as a Python float, which quiets signalling NaNs.
SIGNALLING = {0x7FA0_0000, 0x7F80_0001}
PASSED = {
    val_type: tuple(
        value
        for value in values
        if val_type is not ValType.F32 or value not in SIGNALLING
    )
    for val_type, values in OPERANDS.items()
}
NAN = "NaN"
Value = int | str | None


@dataclass(frozen=True)
class PlannedCall:
    """A call of an export: numbers as bits, an externref as a text or None."""

    name: str
    arguments: tuple[Value, ...]
    gas: int


def argument(val_type: ValType, random: Random) -> Value:
    """A value of a type; a funcref is null."""
    if val_type is ValType.FUNCREF:
        return None
    if val_type is ValType.EXTERNREF:
        return random.choice((None, f"object {random.randrange(100)}"))
    if random.random() < 0.2:
        small = random.randrange(70_000)
        return small if not val_type.is_float else PASSED[val_type][2]
    return random.choice(PASSED[val_type])


def plan_calls(module: Module, seed: int) -> list[PlannedCall]:
    """Calls of the module's exported funcs, in an order and with gas from the seed."""
    random = Random(seed)
    func_types = [module.types[index] for index in module.func_type_indices]
    funcs = [export for export in module.exports if export.kind is ExternKind.FUNC]
    if not funcs:
        return []
    count = min(MOST_CALLS, 3 * len(funcs))
    plan = []
    for turn in range(count):
        export = funcs[turn] if turn < len(funcs) else random.choice(funcs)
        params = func_types[export.index].params
        values = tuple(argument(val_type, random) for val_type in params)
        gas = random.choice((0, 20_000, 1_000_000, 30_000_000, 100_000_000))
        plan.append(PlannedCall(export.name, values, gas + random.randrange(20_000)))
    return plan


def comparable(value: Value, val_type: ValType) -> Value:
    """A value as both engines show it: of a NaN, only that it is one."""
    if not val_type.is_float or not isinstance(value, int):
        return value
    if val_type is ValType.F32:
        return NAN if value & 0x7FFF_FFFF > 0x7F80_0000 else value
    return NAN if value & ((1 << 63) - 1) > 0x7FF0 << 48 else value


class Hosts:
    """The host funcs of one instance: what they saw, and what they answer."""

    def __init__(self) -> None:
        self.log: list[tuple[object, ...]] = []

    def answer(
        self, number: int, func_type: FuncType, arguments: tuple[Value, ...], gas: int
    ) -> list[Value]:
        """The results of a host func, from its arguments and the calls so far."""
        seen = tuple(map(comparable, arguments, func_type.params))
        self.log.append((number, seen, gas))
        total = 7 * len(self.log) + number
        total += sum(value for value in seen if isinstance(value, int))
        return [
            self.result(val_type, total + 5 * place)
            for place, val_type in enumerate(func_type.results)
        ]

    @staticmethod
    def result(val_type: ValType, total: int) -> Value:
        """One result."""
        if val_type is ValType.FUNCREF:
            return None
        if val_type is ValType.EXTERNREF:
            return (None, f"answer {total % 11}")[total % 2]
        values = PASSED[val_type]
        return values[total % len(values)]


def float_of(bits: int, val_type: ValType) -> float:
    """The float with these bits."""
    if val_type is ValType.F32:
        return float(struct.unpack("<f", bits.to_bytes(4, "little"))[0])
    return float(struct.unpack("<d", bits.to_bytes(8, "little"))[0])


def bits_of(value: float, val_type: ValType) -> int:
    """The bits of a float."""
    layout = "<f" if val_type is ValType.F32 else "<d"
    return int.from_bytes(struct.pack(layout, value), "little")
