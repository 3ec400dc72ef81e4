"""Every limit of the profile as it really is: a module that reaches it, and one above.

The modules are made of values that all entries share, so a million takes no memory.
"""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from contractvm.errors import RefusedModule
from contractvm.hosts.ewasm.host_interface import PROFILE
from contractvm.wasm.structure.module import (
    ConstExpr,
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    Func,
    Global,
    Import,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)
from contractvm.wasm.validation.profile import check_module_bytes, check_sizes
from contractvm.wasm.validation.validator import validate_module

I32 = ValType.I32
EMPTY = FuncType((), ())
END = b"\x0b"
ZERO = ConstExpr(b"\x41\x00\x0b")
NOP = Func(0, (), END)
PASSIVE = SegmentMode.PASSIVE
ELEMENT = ElementSegment(PASSIVE, 0, None, ValType.FUNCREF, (), 1)

# The limit, what it is called, a module of that size.
LIMITS: dict[str, tuple[int, str, Callable[[int], Module]]] = {
    "max_types": (1_000_000, "types", lambda size: Module(types=(EMPTY,) * size)),
    "max_params": (
        128,
        "params",
        lambda size: Module(types=(FuncType((I32,) * size, ()),)),
    ),
    "max_results": (
        16,
        "results",
        lambda size: Module(types=(FuncType((), (I32,) * size),)),
    ),
    "max_imports": (
        1_000_000,
        "imports",
        lambda size: Module(imports=(Import("a", "b", ExternKind.FUNC, 0),) * size),
    ),
    "max_exports": (
        1_000_000,
        "exports",
        lambda size: Module(exports=(Export("a", ExternKind.FUNC, 0),) * size),
    ),
    "max_funcs": (1_000_000, "funcs", lambda size: Module(funcs=(NOP,) * size)),
    "max_body_bytes": (
        7_654_321,
        "body bytes",
        lambda size: Module(funcs=(Func(0, (), bytes(size)),)),
    ),
    "max_locals_per_func": (
        50_000,
        "locals",
        lambda size: Module(funcs=(Func(0, ((size, I32),), END),)),
    ),
    "max_globals": (
        1_000_000,
        "globals",
        lambda size: Module(globals=(Global(GlobalType(I32, False), ZERO),) * size),
    ),
    "max_tables": (
        10,
        "tables",
        lambda size: Module(tables=(TableType(ValType.FUNCREF, Limits(1)),) * size),
    ),
    "max_table_elements": (
        1_000_000,
        "table elements",
        lambda size: Module(tables=(TableType(ValType.FUNCREF, Limits(size)),)),
    ),
    "max_memory_pages": (
        16_384,
        "memory pages",
        lambda size: Module(memories=(MemoryType(Limits(size)),)),
    ),
    "max_element_segments": (
        100_000,
        "element segments",
        lambda size: Module(elements=(ELEMENT,) * size),
    ),
    "max_data_segments": (
        100_000,
        "data segments",
        lambda size: Module(
            data_segments=(DataSegment(PASSIVE, 0, None, b"", 1),) * size
        ),
    ),
}
MODULE_BYTES = 1_073_741_824
OPERAND_HEIGHT = 65_536


def test_every_limit_has_the_value_that_is_written_here() -> None:
    limits = {name: limit for name, (limit, _, _) in LIMITS.items()}
    assert asdict(PROFILE.sizes) == {
        **limits,
        "max_module_bytes": MODULE_BYTES,
        "max_operand_height": OPERAND_HEIGHT,
    }


@pytest.mark.parametrize("name", LIMITS)
def test_a_module_may_reach_each_limit_and_not_exceed_it(name: str) -> None:
    limit, what, module_of_size = LIMITS[name]
    check_sizes(module_of_size(limit), PROFILE.sizes)
    with pytest.raises(RefusedModule) as refusal:
        check_sizes(module_of_size(limit + 1), PROFILE.sizes)
    assert refusal.value.reason == f"{limit + 1} {what}, {limit} allowed"


class BytesOfSize(bytes):
    """No bytes that claim to be many."""

    size = 0

    def __len__(self) -> int:
        return self.size


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_module_may_have_a_gibibyte_and_no_byte_more(beyond: int) -> None:
    data = BytesOfSize()
    data.size = MODULE_BYTES + beyond
    if not beyond:
        check_module_bytes(data, PROFILE)
        return
    with pytest.raises(RefusedModule) as refusal:
        check_module_bytes(data, PROFILE)
    assert refusal.value.reason == f"{MODULE_BYTES + 1} bytes, {MODULE_BYTES} allowed"


@pytest.mark.parametrize("beyond", [0, 1])
def test_the_operand_stack_may_be_as_high_and_no_higher(beyond: int) -> None:
    height = OPERAND_HEIGHT + beyond
    code = b"\x41\x00" * height + b"\x1a" * height + END
    module = Module(types=(EMPTY,), funcs=(Func(0, (), code),))
    limit = PROFILE.sizes.max_operand_height
    if not beyond:
        assert validate_module(module, limit).operand_heights == (height,)
        return
    with pytest.raises(RefusedModule) as refusal:
        validate_module(module, limit)
    assert refusal.value.reason == f"{height} operands on the stack, 65536 allowed"
