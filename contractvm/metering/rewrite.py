"""The rewrite of a module by its plan: the second of two steps. Knows no schedule."""

from dataclasses import dataclass, replace
from functools import cache

from contractvm.errors import InternalError
from contractvm.metering.body_plan import BodyPlan, sized_prices
from contractvm.metering.body_rewriter import (
    CopiedBody,
    Pieces,
    StackPieces,
    charge_and_limit_bodies,
    charge_bodies,
)
from contractvm.metering.names import (
    GAS_EXPORT,
    GAS_STATUS_EXPORT,
    MAX_GAS_LOCAL,
    STACK_HEIGHT_EXPORT,
)
from contractvm.metering.plan import hook_index
from contractvm.metering.rules import Metering, StackRule
from contractvm.metering.sequences import render, render_whole
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.module import (
    ConstExpr,
    Export,
    ExternKind,
    Func,
    Global,
    Injection,
    Module,
)
from contractvm.wasm.structure.templates import EMPTY_BLOCK_TYPE, Hole
from contractvm.wasm.structure.types import FuncType, GlobalType, ValType

END = instruction("end")
SIZED_CHARGE_TYPE = FuncType((ValType.I32,), (ValType.I32,))


@dataclass(slots=True)
class Additions:
    """What the rewritten bodies refer to, appended to the module's index spaces.

    Appending leaves every index of the original module unchanged, so exports, segments,
    `ref.func` and the name section need no change.
    """

    types: list[FuncType]
    type_indices: dict[FuncType, int]
    first_func: int
    first_global: int
    funcs: list[Func]
    globals: list[Global]
    exports: list[Export]

    def add_global(self, val_type: ValType, name: str | None) -> int:
        """The index of a new mutable global that starts at 0, exported by a name."""
        index = self.first_global + len(self.globals)
        init = ConstExpr(instruction(f"{val_type.text}.const", signed(0)) + END)
        self.globals.append(Global(GlobalType(val_type, is_mutable=True), init))
        if name is not None:
            self.exports.append(Export(name, ExternKind.GLOBAL, index))
        return index

    def add_func(self, func_type: FuncType, code: bytes) -> int:
        """The index of a new func without locals."""
        index = self.first_func + len(self.funcs)
        self.funcs.append(Func(self.type_index(func_type), (), code))
        return index

    def type_index(self, func_type: FuncType) -> int:
        """The index of a type, the first one where the module has it already."""
        index = self.type_indices.setdefault(func_type, len(self.types))
        if index == len(self.types):
            self.types.append(func_type)
        return index


def _no_additions(module: Module) -> Additions:
    type_indices: dict[FuncType, int] = {}
    for index, func_type in enumerate(module.types):
        type_indices.setdefault(func_type, index)
    return Additions(
        list(module.types),
        type_indices,
        module.func_count,
        len(module.global_types),
        [],
        [],
        [],
    )


def rewrite_module(
    module: Module,
    plans: tuple[BodyPlan, ...],
    metering: Metering,
    operand_heights: tuple[int, ...],
    max_stack_height: int | None,
    copied: CopiedBody | None = None,
) -> Module:
    """The module with the plans written in, and the stack limit if there is one.

    `copied` notes what one func has of its body.
    """
    if not len(module.funcs) == len(plans) == len(operand_heights):
        raise InternalError("a plan and an operand height are needed for each func")
    additions = _no_additions(module)
    gas_global = additions.add_global(ValType.I64, GAS_EXPORT)
    height_global = None
    holes = {Hole.GAS: unsigned(gas_global)}
    stack = metering.stack
    if max_stack_height is None or stack is None:
        pieces = _charge_pieces(module, plans, metering, holes, additions)
        funcs = charge_bodies(module.funcs, plans, pieces, copied)
    else:
        height_global = additions.add_global(ValType.I32, STACK_HEIGHT_EXPORT)
        holes |= {
            Hole.HEIGHT: unsigned(height_global),
            Hole.LIMIT: signed(max_stack_height),
        }
        pieces = _charge_pieces(module, plans, metering, holes, additions)
        funcs = charge_and_limit_bodies(
            module.funcs,
            plans,
            pieces,
            StackPieces(
                max_stack_height,
                render(stack.enter, holes),
                render(stack.leave, holes),
                stack.is_wrapped,
            ),
            operand_heights,
            _frame_types(module, stack, additions),
            copied,
        )
    return replace(
        module,
        types=tuple(additions.types),
        funcs=funcs + tuple(additions.funcs),
        globals=module.globals + tuple(additions.globals),
        exports=module.exports + tuple(additions.exports),
        injection=Injection(gas_global, height_global, additions.first_func),
    )


def _charge_pieces(
    module: Module,
    plans: tuple[BodyPlan, ...],
    metering: Metering,
    holes: dict[Hole, bytes],
    additions: Additions,
) -> Pieces:
    if metering.has_status:
        status = additions.add_global(ValType.I32, GAS_STATUS_EXPORT)
        holes[Hole.STATUS] = unsigned(status)
    if metering.has_scratch:
        holes[Hole.SCRATCH] = unsigned(additions.add_global(ValType.I32, None))
    charge = metering.charge

    def with_local(gas_local: int) -> tuple[tuple[bytes, ...], bytes]:
        filled = holes | {Hole.LOCAL: unsigned(gas_local)}
        return render(charge.local, filled), render_whole(charge.load, filled)

    return Pieces(
        render(charge.plain, holes),
        _sized_pieces(plans, metering, holes, additions),
        _hook_piece(module, metering, holes),
        cache(with_local) if charge.local else None,
        {index: len(entry.params) for index, entry in enumerate(module.types)},
        MAX_GAS_LOCAL,
    )


def _sized_pieces(
    plans: tuple[BodyPlan, ...],
    metering: Metering,
    holes: dict[Hole, bytes],
    additions: Additions,
) -> dict[int, bytes]:
    """The code before a sized instruction, by its price."""
    sized = metering.sized
    if sized is None:
        return {}
    pieces = {}
    for price in sized_prices(plans):
        code = render_whole(sized.template, holes | {Hole.AMOUNT: signed(price)})
        if sized.is_called:
            charger = additions.add_func(SIZED_CHARGE_TYPE, code)
            code = instruction("call", unsigned(charger))
        pieces[price] = code
    return pieces


def _hook_piece(module: Module, metering: Metering, holes: dict[Hole, bytes]) -> bytes:
    index = hook_index(module, metering.grow_hook)
    if index is None or metering.grow_hook is None:
        return b""
    return render_whole(
        metering.grow_hook.template, holes | {Hole.HOOK: unsigned(index)}
    )


def _frame_types(
    module: Module, stack: StackRule, additions: Additions
) -> dict[int, tuple[int, bytes]]:
    """By index of each type that a func has: its fixed height and its block type."""
    frame_types = {}
    # In the order of funcs, which is the order in which types are appended.
    for type_index in dict.fromkeys([func.type_index for func in module.funcs]):
        func_type = module.types[type_index]
        height = stack.frame + len(func_type.params) * stack.counts_params
        block_type = b""
        if stack.is_wrapped:
            block_type = _block_type(func_type.results, additions)
        frame_types[type_index] = height, block_type
    return frame_types


def _block_type(results: tuple[ValType, ...], additions: Additions) -> bytes:
    if not results:
        return signed(EMPTY_BLOCK_TYPE)
    if len(results) == 1:
        return bytes(results)
    return signed(additions.type_index(FuncType((), results)))
