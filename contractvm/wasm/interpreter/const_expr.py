"""Constant expressions (spec 3.3.10): initial values and offsets."""

from typing import Any

from contractvm.errors import InternalError
from contractvm.wasm.interpreter.references import ExportedFunc
from contractvm.wasm.interpreter.store import InstanceCore
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ConstExpr

MASK_32 = 0xFFFF_FFFF
MASK_64 = 0xFFFF_FFFF_FFFF_FFFF

I32_CONST, I64_CONST, F32_CONST, F64_CONST = 0x41, 0x42, 0x43, 0x44
GLOBAL_GET, REF_NULL, REF_FUNC, END = 0x23, 0xD0, 0xD2, 0x0B
# The instructions of the extended constants, each with its mask.
ADD = {0x6A: MASK_32, 0x7C: MASK_64}
SUBTRACT = {0x6B: MASK_32, 0x7D: MASK_64}
MULTIPLY = {0x6C: MASK_32, 0x7E: MASK_64}


def constant_value(expr: ConstExpr) -> int | None:
    """A validated expression as a slot's bits; None if it depends on the instance."""
    if any(opcode in (GLOBAL_GET, REF_FUNC) for opcode, *_ in instructions(expr.code)):
        return None
    value = _evaluate(expr, None)
    return 0 if value is None else int(value)


def constant_reference(expr: ConstExpr) -> int | ConstExpr | None:
    """A validated expression of a reference: a func's index, None for null.

    The expression itself if it depends on the instance.
    """
    opcode, immediate, *_ = next(iter(instructions(expr.code)))
    if opcode == REF_FUNC:
        return immediate
    return None if opcode == REF_NULL else expr


def evaluate_const_expr(expr: ConstExpr, core: InstanceCore) -> Any:
    """The value of a validated expression, whose globals are set by now.

    A number, as unsigned or a float's bits; or a reference, None for null.
    """
    return _evaluate(expr, core)


def _evaluate(expr: ConstExpr, core: InstanceCore | None) -> Any:
    stack: list[Any] = []
    for opcode, immediate, _, _, _ in instructions(expr.code):
        if opcode == END:
            break
        if opcode in (I32_CONST, F32_CONST):
            stack.append(immediate & MASK_32)
        elif opcode in (I64_CONST, F64_CONST):
            stack.append(immediate)
        elif opcode == GLOBAL_GET and core is not None:
            stack.append(core.global_value(immediate))
        elif opcode == REF_NULL:
            stack.append(None)
        elif opcode == REF_FUNC and core is not None:
            stack.append(ExportedFunc(core, immediate))
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(_calculate(opcode, left, right))
    return stack.pop()


def _calculate(opcode: int, left: int, right: int) -> int:
    if opcode in ADD:
        return (left + right) & ADD[opcode]
    if opcode in SUBTRACT:
        return (left - right) & SUBTRACT[opcode]
    if opcode in MULTIPLY:
        return (left * right) & MULTIPLY[opcode]
    raise InternalError(f"opcode {opcode:#x} in a constant expression")
