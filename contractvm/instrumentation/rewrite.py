"""Write a plan into a module: the second of two steps. Knows no schedule."""

from dataclasses import dataclass, replace

from contractvm.errors import InternalError
from contractvm.instrumentation.body_rewriter import rewrite_body
from contractvm.instrumentation.names import (
    FRAME_HEIGHT,
    GAS_EXPORT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.instrumentation.plan import BodyPlan
from contractvm.instrumentation.sequences import (
    EMPTY_BLOCK_TYPE,
    END,
    charge_head,
    charge_tail,
    height_entry,
    height_exit,
    height_head,
    sized_charge_body,
)
from contractvm.structure.encoding import encode_instruction as instruction
from contractvm.structure.encoding import encode_signed as signed
from contractvm.structure.module import (
    ConstExpr,
    Export,
    ExternKind,
    Func,
    Global,
    Module,
)
from contractvm.structure.types import FuncType, GlobalType, ValType

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
        len(module.func_type_indices),
        len(module.global_types),
        [],
        [],
        [],
    )


@dataclass(frozen=True, slots=True)
class StackLimit:
    """The limit of the stack height, and what is written around each amount."""

    limit: int
    head: bytes
    entry: bytes
    exit: bytes


def _add_stack_limit(limit: int, additions: Additions) -> StackLimit:
    index = additions.add_counter(ValType.I32, "i32.const", STACK_HEIGHT_EXPORT)
    return StackLimit(
        limit, height_head(index), height_entry(index, limit), height_exit(index)
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
    bodies = _charged_bodies(module, plans, gas_global, max_stack_height, additions)
    if max_stack_height is not None:
        stack = _add_stack_limit(max_stack_height, additions)
        bodies = [
            _limited_body(code, func, height, stack, additions)
            for code, func, height in zip(
                bodies, module.funcs, operand_heights, strict=True
            )
        ]
    funcs = tuple(
        Func(func.type_index, func.local_groups, code)
        for func, code in zip(module.funcs, bodies, strict=True)
    )
    return replace(
        module,
        types=tuple(additions.types),
        funcs=funcs + tuple(additions.funcs),
        globals=module.globals + tuple(additions.globals),
        exports=module.exports + tuple(additions.exports),
    )


def _charged_bodies(
    module: Module,
    plans: tuple[BodyPlan, ...],
    gas_global: int,
    max_stack_height: int | None,
    additions: Additions,
) -> list[bytes]:
    head, tail = charge_head(gas_global), charge_tail(gas_global)
    prices = sorted({price for plan in plans for _, price in plan.sized})
    charger = {
        price: additions.add_func(
            SIZED_CHARGE_TYPE, sized_charge_body(gas_global, price)
        )
        for price in prices
    }
    bodies = []
    for func, plan in zip(module.funcs, plans, strict=True):
        sized = [(position, charger[price]) for position, price in plan.sized]
        # A return may leave the body at once only if nothing is to do at its end.
        returns = [] if max_stack_height is None else plan.returns
        bodies.append(rewrite_body(func.code, plan.charges, sized, returns, head, tail))
    return bodies


def _limited_body(
    code: bytes,
    func: Func,
    operand_height: int,
    stack: StackLimit,
    additions: Additions,
) -> bytes:
    """The body as a block between raising and lowering the stack height.

    The block's label takes the place of the body's own, so branches keep their depths.
    """
    func_type = additions.types[func.type_index]
    height = len(func_type.params) + func.local_count + operand_height + FRAME_HEIGHT
    # A func that exceeds the limit by itself always traps: any such height will do.
    height = min(height, stack.limit + 1)
    amount = stack.head + signed(height)
    block_type = _block_type(func_type.results, additions)
    return b"".join((amount, stack.entry, block_type, code, amount, stack.exit))


def _block_type(results: tuple[ValType, ...], additions: Additions) -> bytes:
    if not results:
        return EMPTY_BLOCK_TYPE
    if len(results) == 1:
        return bytes(results)
    return signed(additions.type_index(FuncType((), results)))
