"""Write a plan into a module: the second of two steps. Knows no schedule."""

from dataclasses import dataclass, replace
from functools import cache, partial

from contractvm.errors import InternalError
from contractvm.metering.body_plan import BodyPlan, sized_prices
from contractvm.metering.body_rewriter import (
    Pieces,
    StackPieces,
    charge_and_limit_bodies,
    charge_bodies,
)
from contractvm.metering.names import (
    FRAME_HEIGHT,
    GAS_EXPORT,
    MAX_GAS_LOCAL,
    STACK_HEIGHT_EXPORT,
)
from contractvm.metering.sequences import (
    EMPTY_BLOCK_TYPE,
    END,
    charge_head,
    charge_tail,
    height_entry,
    height_exit,
    height_head,
    local_charge_head,
    local_charge_tail,
    local_load,
    sized_charge_body,
)
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.module import (
    ConstExpr,
    Export,
    ExternKind,
    Func,
    Global,
    Injection,
    Module,
)
from contractvm.wasm.structure.types import FuncType, GlobalType, ValType

SIZED_CHARGE_TYPE = FuncType((ValType.I32,), (ValType.I32,))


@dataclass(slots=True)
class Additions:
    """What the rewritten bodies refer to, appended behind what the module has.

    Appending leaves every index of the original module as it is, so exports, segments,
    `ref.func` and the name section need no change.
    """

    types: list[FuncType]
    type_indices: dict[FuncType, int]
    first_func: int
    first_global: int
    funcs: list[Func]
    globals: list[Global]
    exports: list[Export]

    def add_counter(self, val_type: ValType, const: str, name: str) -> int:
        """The index of a new mutable global that starts at 0 and is exported."""
        index = self.first_global + len(self.globals)
        init = ConstExpr(instruction(const, signed(0)) + END)
        self.globals.append(Global(GlobalType(val_type, is_mutable=True), init))
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
    operand_heights: tuple[int, ...],
    max_stack_height: int | None,
) -> Module:
    """The module with the plans written in, and the stack limit if there is one."""
    if not len(module.funcs) == len(plans) == len(operand_heights):
        raise InternalError("a plan and an operand height are needed for each func")
    additions = _no_additions(module)
    gas_global = additions.add_counter(ValType.I64, "i64.const", GAS_EXPORT)
    pieces = _charge_pieces(module, plans, gas_global, additions)
    height_global = None
    if max_stack_height is None:
        funcs = charge_bodies(module.funcs, plans, pieces)
    else:
        height_global = additions.add_counter(
            ValType.I32, "i32.const", STACK_HEIGHT_EXPORT
        )
        funcs = charge_and_limit_bodies(
            module.funcs,
            plans,
            pieces,
            _stack_pieces(max_stack_height, height_global),
            operand_heights,
            _frame_types(module, additions),
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
    module: Module, plans: tuple[BodyPlan, ...], gas_global: int, additions: Additions
) -> Pieces:
    chargers = {
        price: additions.add_func(
            SIZED_CHARGE_TYPE, sized_charge_body(gas_global, price)
        )
        for price in sized_prices(plans)
    }
    return Pieces(
        charge_head(gas_global),
        charge_tail(gas_global),
        chargers,
        cache(partial(_local_pieces, gas_global)),
        {index: len(entry.params) for index, entry in enumerate(module.types)},
        MAX_GAS_LOCAL,
    )


def _local_pieces(gas_global: int, gas_local: int) -> tuple[bytes, bytes, bytes]:
    return (
        local_charge_head(gas_local),
        local_charge_tail(gas_local, gas_global),
        local_load(gas_local, gas_global),
    )


def _stack_pieces(limit: int, index: int) -> StackPieces:
    return StackPieces(
        limit, height_head(index), height_entry(index, limit), height_exit(index)
    )


def _frame_types(module: Module, additions: Additions) -> dict[int, tuple[int, bytes]]:
    """By index of each type that a func has: its fixed height and its block type."""
    frame_types = {}
    # In the order of funcs, which is the order in which types are appended.
    for type_index in dict.fromkeys([func.type_index for func in module.funcs]):
        func_type = module.types[type_index]
        block_type = _block_type(func_type.results, additions)
        frame_types[type_index] = len(func_type.params) + FRAME_HEIGHT, block_type
    return frame_types


def _block_type(results: tuple[ValType, ...], additions: Additions) -> bytes:
    if not results:
        return EMPTY_BLOCK_TYPE
    if len(results) == 1:
        return bytes(results)
    return signed(additions.type_index(FuncType((), results)))
