import pytest

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.decoder import decode_module
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
from tests.helpers.module_bytes import (
    CODE,
    DATA,
    DATA_COUNT,
    ELEMENT,
    EXPORT,
    FUNC,
    GLOBAL,
    IMPORT,
    MEMORY,
    START,
    TABLE,
    TYPE,
    body,
    custom,
    module,
    section,
)
from tests.helpers.wat import wat_to_module

I32_0 = ConstExpr(b"\x41\x00\x0b")


def malformed(data: bytes) -> tuple[str, int]:
    with pytest.raises(MalformedModule) as caught:
        decode_module(data)
    return caught.value.reason, caught.value.offset


def test_header_alone_is_the_empty_module() -> None:
    assert decode_module(b"\0asm\x01\0\0\0") == Module()


def test_bytearray_is_as_good_as_bytes() -> None:
    assert decode_module(bytearray(b"\0asm\x01\0\0\0")) == Module()


def test_every_section_is_decoded() -> None:
    decoded = wat_to_module(
        """(module
          (type (func (param i32)))
          (import "m" "f" (func (type 0)))
          (import "m" "t" (table 1 2 externref))
          (import "m" "g" (global (mut i64)))
          (type (func (result f64)))
          (func $g (type 1) (local i32 i32 f32) f64.const 0)
          (func $start)
          (table 3 funcref)
          (memory 1 9)
          (global f32 (f32.const 1))
          (export "out" (func $g))
          (start $start)
          (elem (table 1) (i32.const 0) func $g)
          (data (i32.const 0) "ab"))"""
    )
    code_offset = decoded.funcs[0].offset
    assert decoded == Module(
        types=(
            FuncType((ValType.I32,), ()),
            FuncType((), (ValType.F64,)),
            FuncType((), ()),
        ),
        imports=(
            Import("m", "f", ExternKind.FUNC, 0),
            Import(
                "m", "t", ExternKind.TABLE, TableType(ValType.EXTERNREF, Limits(1, 2))
            ),
            Import(
                "m", "g", ExternKind.GLOBAL, GlobalType(ValType.I64, is_mutable=True)
            ),
        ),
        funcs=(
            Func(1, ((2, ValType.I32), (1, ValType.F32)), b"\x44" + bytes(8) + b"\x0b"),
            Func(2, (), b"\x0b"),
        ),
        tables=(TableType(ValType.FUNCREF, Limits(3)),),
        memories=(MemoryType(Limits(1, 9)),),
        globals=(
            Global(
                GlobalType(ValType.F32, is_mutable=False),
                ConstExpr(b"\x43\x00\x00\x80\x3f\x0b"),
            ),
        ),
        exports=(Export("out", ExternKind.FUNC, 1),),
        start=2,
        elements=(
            ElementSegment(SegmentMode.ACTIVE, 1, I32_0, ValType.FUNCREF, (1,), 2),
        ),
        data_segments=(DataSegment(SegmentMode.ACTIVE, 0, I32_0, b"ab", 0),),
        custom_sections=decoded.custom_sections,
    )
    assert code_offset > 0


def test_offsets_say_where_code_began() -> None:
    data = module(
        section(TYPE, b"\x01\x60\x00\x00"),
        section(FUNC, b"\x01\x00"),
        section(GLOBAL, b"\x01\x7f\x00\x41\x07\x0b"),
        section(CODE, b"\x01\x03\x00\x01\x0b"),
    )
    decoded = decode_module(data)
    func, constant = decoded.funcs[0], decoded.globals[0].init
    assert data[func.offset : func.offset + 2] == func.code == b"\x01\x0b"
    assert data[constant.offset : constant.offset + 3] == constant.code


REF_FUNC = ConstExpr(b"\xd2\x00\x0b")
ACTIVE, PASSIVE, DECLARATIVE = SegmentMode


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0041000b0105", (ACTIVE, 0, I32_0, ValType.FUNCREF, (5,), 0)),
        ("01000105", (PASSIVE, 0, None, ValType.FUNCREF, (5,), 1)),
        ("020341000b000105", (ACTIVE, 3, I32_0, ValType.FUNCREF, (5,), 2)),
        ("03000105", (DECLARATIVE, 0, None, ValType.FUNCREF, (5,), 3)),
        ("0441000b01d2000b", (ACTIVE, 0, I32_0, ValType.FUNCREF, (REF_FUNC,), 4)),
        ("057001d2000b", (PASSIVE, 0, None, ValType.FUNCREF, (REF_FUNC,), 5)),
        (
            "060341000b6f01d2000b",
            (ACTIVE, 3, I32_0, ValType.EXTERNREF, (REF_FUNC,), 6),
        ),
        ("077001d2000b", (DECLARATIVE, 0, None, ValType.FUNCREF, (REF_FUNC,), 7)),
    ],
)
def test_all_eight_forms_of_element_segments(
    content: str, expected: tuple[object, ...]
) -> None:
    data = module(section(ELEMENT, b"\x01" + bytes.fromhex(content)))
    assert decode_module(data).elements == (ElementSegment(*expected),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0041000b0161", (ACTIVE, 0, I32_0, b"a", 0)),
        ("010161", (PASSIVE, 0, None, b"a", 1)),
        ("020041000b0161", (ACTIVE, 0, I32_0, b"a", 2)),
    ],
)
def test_all_three_forms_of_data_segments(
    content: str, expected: tuple[object, ...]
) -> None:
    data = module(section(DATA, b"\x01" + bytes.fromhex(content)))
    assert decode_module(data).data_segments == (DataSegment(*expected),)  # type: ignore[arg-type]


def test_custom_sections_keep_their_place() -> None:
    data = module(
        custom("first", b"1"),
        section(TYPE, b"\x00"),
        custom("second"),
        custom("third", b"3"),
        section(DATA_COUNT, b"\x00"),
        custom("fourth"),
    )
    assert decode_module(data).custom_sections == (
        CustomSection("first", b"1", 0),
        CustomSection("second", b"", TYPE),
        CustomSection("third", b"3", TYPE),
        CustomSection("fourth", b"", DATA_COUNT),
    )


def test_data_count_section_of_zero_is_remembered() -> None:
    assert decode_module(module(section(DATA_COUNT, b"\x00"))).has_data_count
    assert not decode_module(module()).has_data_count


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"", "unexpected end", 0),
        (b"\0as", "unexpected end", 0),
        (b"\0asn\x01\0\0\0", "magic header not detected", 0),
        (b"\0asm\x01\0\0", "unexpected end", 4),
        (b"\0asm\x02\0\0\0", "unknown binary version", 4),
        (module(b"\x0d\x00"), "malformed section id", 8),
        (module(b"\x01"), "unexpected end", 9),
        (module(b"\x01\x03\x00"), "length out of bounds", 9),
        (module(b"\x01\x80\x80\x80\x80\x80"), "integer representation too long", 14),
        (module(b"\x01\x80\x80\x80\x80\x10"), "integer too large", 14),
        (module(section(TYPE, b"\x00\x00")), "section size mismatch", 10),
        (module(section(TYPE, b"\x01")), "unexpected end", 11),
    ],
)
def test_broken_frames_are_malformed(data: bytes, reason: str, offset: int) -> None:
    assert malformed(data) == (reason, offset)


@pytest.mark.parametrize(
    ("section_id", "content", "reason", "offset"),
    [
        (TYPE, "015f0000", "malformed definition type", 11),
        (TYPE, "01600140", "malformed value type", 13),
        (TYPE, "ffffffff0f", "length out of bounds", 10),
        (IMPORT, "0101610162ff00", "malformed import kind", 15),
        (IMPORT, "0101610162" + "0400", "malformed import kind", 15),
        (IMPORT, "010361", "length out of bounds", 11),
        (IMPORT, "0102c328", "malformed UTF-8 encoding", 12),
        (IMPORT, "0103eda080", "malformed UTF-8 encoding", 12),
        (IMPORT, "010261ff", "malformed UTF-8 encoding", 13),
        (TABLE, "017f0000", "malformed reference type", 11),
        (TABLE, "01700200", "malformed limits flags", 12),
        (MEMORY, "010200", "malformed limits flags", 11),
        (MEMORY, "0101ff", "unexpected end", 13),
        (GLOBAL, "017f0241000b", "malformed mutability", 12),
        (GLOBAL, "017f00f30b", "illegal opcode f3", 13),
        (GLOBAL, "017f00fc12", "illegal opcode fc 12", 13),
        (GLOBAL, "017f004100", "unexpected end", 15),
        (EXPORT, "0101610400", "malformed export kind", 13),
        (ELEMENT, "0108", "malformed elements segment kind", 11),
        (ELEMENT, "01010100", "malformed element kind", 12),
        (ELEMENT, "01057f00", "malformed reference type", 12),
        (DATA, "0103", "malformed data segment kind", 11),
        (DATA, "01010361", "length out of bounds", 12),
        (DATA, "01010261", "unexpected end", 13),
    ],
)
def test_broken_contents_are_malformed(
    section_id: int, content: str, reason: str, offset: int
) -> None:
    assert malformed(module(section(section_id, bytes.fromhex(content)))) == (
        reason,
        offset,
    )


@pytest.mark.parametrize("first", range(1, 13))
def test_each_section_may_come_once(first: int) -> None:
    content = b"\x00"
    data = module(section(first, content), section(first, content))
    assert malformed(data) == ("unexpected content after last section", 11)


def test_data_count_section_belongs_before_code() -> None:
    after_code = module(section(CODE, b"\x00"), section(DATA_COUNT, b"\x00"))
    assert malformed(after_code) == ("unexpected content after last section", 11)
    before_elements = module(section(DATA_COUNT, b"\x00"), section(ELEMENT, b"\x00"))
    assert malformed(before_elements) == ("unexpected content after last section", 11)
    right = module(section(ELEMENT, b"\x00"), section(DATA_COUNT, b"\x00"))
    assert decode_module(right).has_data_count


@pytest.mark.parametrize(("funcs", "bodies"), [(1, 0), (0, 1), (2, 1), (1, 2)])
def test_funcs_and_bodies_must_be_as_many(funcs: int, bodies: int) -> None:
    data = module(
        section(FUNC, bytes([funcs]) + b"\x00" * funcs),
        section(CODE, bytes([bodies]) + b"\x02\x00\x0b" * bodies),
    )
    reason = "function and code section have inconsistent lengths"
    assert malformed(data) == (reason, len(data))


@pytest.mark.parametrize(("announced", "segments"), [(1, 0), (0, 1), (1, 2)])
def test_data_count_must_be_true(announced: int, segments: int) -> None:
    data = module(
        section(DATA_COUNT, bytes([announced])),
        section(DATA, bytes([segments]) + b"\x01\x00" * segments),
    )
    reason = "data count and data section have inconsistent lengths"
    assert malformed(data) == (reason, len(data))


def test_data_count_without_data_section_is_malformed_unless_zero() -> None:
    assert malformed(module(section(DATA_COUNT, b"\x01")))[0].startswith("data count")


@pytest.mark.parametrize("instruction", ["fc080000", "fc0900"])
def test_naming_a_data_segment_needs_the_data_count(instruction: str) -> None:
    before_code = (section(TYPE, b"\x01\x60\x00\x00"), section(FUNC, b"\x01\x00"))
    bodies = section(CODE, b"\x01" + body(bytes.fromhex(instruction) + b"\x0b"))
    data_section = section(DATA, b"\x01\x01\x00")
    without = module(*before_code, bodies, data_section)
    assert malformed(without) == ("data count section required", 23)
    decode_module(
        module(*before_code, section(DATA_COUNT, b"\x01"), bodies, data_section)
    )


@pytest.mark.parametrize(
    ("payload", "reason", "offset"),
    [
        ("0000", "unexpected end", 10),
        ("000161", "length out of bounds", 10),
        ("000205", "length out of bounds", 10),
    ],
)
def test_custom_section_holds_its_whole_name(
    payload: str, reason: str, offset: int
) -> None:
    assert malformed(module(bytes.fromhex(payload))) == (reason, offset)


def test_custom_section_name_may_not_leave_its_section() -> None:
    # The name would take a byte of the next section.
    data = module(b"\x00\x01\x01", section(START, b"\x00"))
    assert malformed(data) == ("unexpected end", 12)
