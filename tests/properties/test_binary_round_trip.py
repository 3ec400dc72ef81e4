"""decode(encode(m)) == m for modules generated here and by other tools."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import (
    ConstExpr,
    CustomSection,
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
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wasm_tools import wasm_tools

u32 = st.integers(0, 2**32 - 1) | st.sampled_from([0, 127, 128, 2**32 - 1])
names = st.text(max_size=8)
val_types = st.sampled_from(ValType)
reference_types = st.sampled_from([ValType.FUNCREF, ValType.EXTERNREF])
val_type_lists = st.lists(val_types, max_size=3).map(tuple)
func_types = st.builds(FuncType, val_type_lists, val_type_lists)
limits = st.builds(Limits, u32, st.none() | u32)
memory_types = st.builds(MemoryType, limits)
table_types = st.builds(TableType, reference_types, limits)
global_types = st.builds(GlobalType, val_types, st.booleans())

# Long numbers among them: code comes back byte for byte.
CONSTANTS = ["41000b", "42ff000b", "d2050b", "d06f0b", "23000b"]
BODIES = ["0b", "01010b", "02400b0b", "0440050b0b", "2080000b", "fc0a00000b"]
const_exprs = st.sampled_from(CONSTANTS).map(
    lambda code: ConstExpr(bytes.fromhex(code))
)
bodies = st.sampled_from(BODIES).map(bytes.fromhex)


@st.composite
def imports(draw: st.DrawFn) -> Import:
    kind = draw(st.sampled_from(ExternKind))
    descriptions: dict[ExternKind, st.SearchStrategy[object]] = {
        ExternKind.FUNC: u32,
        ExternKind.TABLE: table_types,
        ExternKind.MEMORY: memory_types,
        ExternKind.GLOBAL: global_types,
    }
    return Import(draw(names), draw(names), kind, draw(descriptions[kind]))  # type: ignore[arg-type]


@st.composite
def element_segments(draw: st.DrawFn) -> ElementSegment:
    flags = draw(st.integers(0, 7))
    mode = SegmentMode.ACTIVE
    if flags & 1:
        mode = SegmentMode.DECLARATIVE if flags & 2 else SegmentMode.PASSIVE
    is_active = mode is SegmentMode.ACTIVE
    items = st.lists(const_exprs if flags & 4 else u32, max_size=3).map(tuple)
    return ElementSegment(
        mode,
        draw(u32) if is_active and flags & 2 else 0,
        draw(const_exprs) if is_active else None,
        draw(reference_types) if flags & 4 and flags & 3 else ValType.FUNCREF,
        draw(items),  # type: ignore[arg-type]
        flags,
    )


@st.composite
def data_segments(draw: st.DrawFn) -> DataSegment:
    flags = draw(st.integers(0, 2))
    return DataSegment(
        SegmentMode.PASSIVE if flags == 1 else SegmentMode.ACTIVE,
        draw(u32) if flags == 2 else 0,
        None if flags == 1 else draw(const_exprs),
        draw(st.binary(max_size=5)),
        flags,
    )


# Custom sections in the order of their places; after 8 (start) and 12 (data count)
# there can be one only if these sections exist.
PLACES = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11)

local_groups = st.lists(st.tuples(st.integers(0, 1000), val_types), max_size=3)
modules = st.builds(
    Module,
    types=st.lists(func_types, max_size=3).map(tuple),
    imports=st.lists(imports(), max_size=3).map(tuple),
    funcs=st.lists(
        st.builds(Func, u32, local_groups.map(tuple), bodies),
        max_size=3,
    ).map(tuple),
    tables=st.lists(table_types, max_size=2).map(tuple),
    memories=st.lists(memory_types, max_size=2).map(tuple),
    globals=st.lists(st.builds(Global, global_types, const_exprs), max_size=2).map(
        tuple
    ),
    exports=st.lists(
        st.builds(Export, names, st.sampled_from(ExternKind), u32), max_size=3
    ).map(tuple),
    start=st.none() | u32,
    elements=st.lists(element_segments(), max_size=3).map(tuple),
    data_segments=st.lists(data_segments(), max_size=3).map(tuple),
    has_data_count=st.booleans(),
    custom_sections=st.lists(
        st.builds(CustomSection, names, st.binary(max_size=4), st.sampled_from(PLACES)),
        max_size=3,
    ).map(lambda customs: tuple(sorted(customs, key=lambda custom: custom.after))),
)


@given(modules)
def test_every_made_module_comes_back_from_its_bytes(made: Module) -> None:
    assert decode_module(encode_module(made)) == made


@given(modules)
def test_equal_modules_have_equal_bytes(made: Module) -> None:
    encoded = encode_module(made)
    assert encode_module(decode_module(encoded)) == encoded


FEATURES_WE_LACK = (
    "simd",
    "relaxed-simd",
    "gc",
    "exceptions",
    "tail-call",
    "memory64",
    "threads",
    "custom-page-sizes",
    "wide-arithmetic",
    "compact-imports",
    "custom-descriptors",
)


def generate_module(seed: int) -> bytes:
    """A valid module that wasm-tools generated from a seed."""
    flags = [f"--{feature}-enabled=false" for feature in FEATURES_WE_LACK]
    options = ["--max-memories=1", "--max-tables=4", "--generate-custom-sections=true"]
    options += ["--min-funcs=3", "--min-types=3"]
    # The generator takes its choices from these bytes.
    return wasm_tools(["smith", *flags, *options], Random(seed).randbytes(20_000))


def check_generated(seed: int) -> None:
    decoded = decode_module(generate_module(seed))
    validate_module(decoded)
    assert decode_module(encode_module(decoded)) == decoded


@pytest.mark.parametrize("seed", range(12))
def test_generated_modules_are_valid_and_come_back(seed: int) -> None:
    check_generated(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first_seed", range(100, 600, 50))
def test_many_generated_modules_are_valid_and_come_back(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 50):
        check_generated(seed)
