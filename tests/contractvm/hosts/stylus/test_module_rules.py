"""Each rule for modules, on both sides of its edge."""

from dataclasses import replace

import pytest

from contractvm.errors import ContractVmError, InvalidModule, MalformedModule
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import ProgramFigures, check_program
from contractvm.hosts.stylus.parameters import StylusParameters, parameters_of
from tests.helpers.wat import wat_to_wasm

LATEST = parameters_of(61)
OLDER = parameters_of(58)
ENTRY = '(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)'
MEMORY = '(memory (export "memory") 1 1)'


def module(parts: str = "", entry: str = ENTRY, memory: str = MEMORY) -> bytes:
    return wat_to_wasm(f"(module {parts} {memory} {entry})")


def check(wasm: bytes, parameters: StylusParameters = LATEST) -> ProgramFigures:
    return check_program(wasm, TYPES, parameters)


def refusal(wasm: bytes, parameters: StylusParameters = LATEST) -> str:
    with pytest.raises((InvalidModule, MalformedModule)) as caught:
        check(wasm, parameters)
    return caught.value.reason


def func(body: str, before: str = "") -> bytes:
    return module(before, ENTRY + f"(func (param i32 f64) {body})")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ("(func)" * 4_095, None),
        ("(func)" * 4_096, "4097 funcs, 4096 allowed"),
        ("(global i32 (i32.const 0))" * 32_764, None),
        (
            "(global i32 (i32.const 0))" * 32_765,
            "32769 globals, with those of instrumentation, 32768 allowed",
        ),
        ("(data (i32.const 0))" * 128, None),
        ("(data (i32.const 0))" * 129, "129 data segments, 128 allowed"),
        ("(table 1 funcref)" + "(elem (i32.const 0))" * 128, None),
        (
            "(table 1 funcref)" + "(elem (i32.const 0))" * 129,
            "129 element segments, 128 allowed",
        ),
        (
            "(table 1 funcref) (table 1 funcref)",
            "2 tables, 1 allowed",
        ),
        (f'(func (export "{"x" * 512}"))', None),
        (f'(func (export "{"x" * 513}"))', "513 bytes in a name, 512 allowed"),
        ('(func (export "a__stylus_x"))', "export a__stylus_x: begins with stylus"),
        ('(func (export "stylus__x"))', None),
        ('(func (export "stylus"))', "export stylus: begins with stylus"),
        ('(func (export "a_stylus"))', None),
    ],
)
def test_counts_and_names(parts: str, reason: str | None) -> None:
    memory = f"(memory 1 1) {parts}" if "data" in parts else MEMORY
    wasm = (
        wat_to_wasm(f"(module {MEMORY} {parts} {ENTRY})")
        if "data" in parts
        else module(parts, memory=memory)
    )
    if reason is None:
        check(wasm)
    else:
        assert refusal(wasm) == reason


def test_dropped_exports_do_not_count() -> None:
    exports = "".join(f'(export "x{index}" (func $f))' for index in range(1_100))
    wasm = module(f"(func $f) {exports}")
    check(wasm)
    debug = replace(LATEST, is_debug=True)
    assert refusal(wasm, debug) == "1102 exports, 1024 allowed"


@pytest.mark.parametrize(("count", "is_refused"), [(513, False), (514, True)])
def test_imports_are_limited_from_arbos_32_on(count: int, is_refused: bool) -> None:
    imports = '(import "vm_hooks" "exit_early" (func (param i32)))' * count
    wasm = module(imports)
    if is_refused:
        assert refusal(wasm) == "514 imports, 513 allowed"
    else:
        check(wasm)
    check(wasm, parameters_of(31))


def test_the_same_import_needs_the_same_type_index() -> None:
    twice = """(type $a (func (param i32))) (type $b (func (param i32)))
      (import "vm_hooks" "exit_early" (func (type $a)))
      (import "vm_hooks" "exit_early" (func (type {})))"""
    check(module(twice.format("$a")))
    assert refusal(module(twice.format("$b"))) == (
        "import vm_hooks.exit_early: imported with two types"
    )


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ('(import "vm_hooks" "nothing" (func))', "no such host function"),
        ('(import "env" "read_args" (func (param i32)))', "no such host function"),
        ('(import "console" "log_i32" (func (param i32)))', "no such host function"),
        ('(import "debug" "null_host" (func))', "no such host function"),
        ('(import "vm_hooks" "g" (global i32))', "a global, not a func"),
        ('(import "vm_hooks" "t" (table 1 funcref))', "a table, not a func"),
    ],
)
def test_other_imports(parts: str, reason: str) -> None:
    assert refusal(module(parts)).endswith(reason)


@pytest.mark.parametrize(
    ("memory", "has_hook", "reason"),
    [
        ('(memory (export "memory") 0 0)', False, None),
        ('(memory (export "memory") 1 2)', True, None),
        ('(memory (export "memory") 1)', True, None),
        (
            '(memory (export "memory") 1)',
            False,
            "memory can grow without the import vm_hooks.pay_for_memory_grow",
        ),
        (
            '(memory (export "mem") 1 1)',
            False,
            "export memory: missing, memory required",
        ),
        (
            '(memory 1 1) (func (export "memory"))',
            False,
            "export memory: missing, memory required",
        ),
    ],
)
def test_memory(memory: str, has_hook: bool, reason: str | None) -> None:
    hook = '(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))'
    wasm = module(hook if has_hook else "", memory=memory)
    if reason is None:
        check(wasm)
    else:
        assert refusal(wasm) == reason


@pytest.mark.parametrize(("limit", "is_refused"), [(3, False), (2, True)])
def test_the_page_limit_counts_for_initial_pages(limit: int, is_refused: bool) -> None:
    wasm = module(memory='(memory (export "memory") 3 3)')
    for arbos in (30, 61):
        parameters = replace(parameters_of(arbos), page_limit=limit)
        if is_refused:
            assert refusal(wasm, parameters) == "3 initial pages of memory, 2 allowed"
        else:
            check(wasm, parameters)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ("(global i32 (i32.const 5))", None),
        ("(global f64 (f64.const 5))", None),
        (
            "(global $a i32 (i32.const 5)) (global i32 (global.get $a))",
            "unknown global 0",
        ),
        (
            "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
            "extended-const not allowed: i32.add",
        ),
        ("(global funcref (ref.null func))", None),
    ],
)
def test_globals_begin_with_one_constant(parts: str, reason: str | None) -> None:
    wasm = module(parts)
    if reason is None and "ref" not in parts:
        check(wasm)
    elif reason is None:
        assert "reference-types not allowed" in refusal(wasm)
    else:
        assert refusal(wasm) == reason


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ('(data (i32.const 65535) "x")', None),
        ('(data (i32.const 65536) "")', None),
        (
            '(data (i32.const 65536) "x")',
            "data segment 0: 65536 to 65537, beyond 65536",
        ),
        ('(data (i32.const 65537) "")', "data segment 0: 65537 to 65537, beyond 65536"),
        (
            '(data (i32.const -1) "x")',
            "data segment 0: 4294967295 to 4294967296, beyond 65536",
        ),
        ('(data "passive and never used")', None),
        (
            "(table 2 funcref) (elem (i32.const 1) func 0)",
            None,
        ),
        (
            "(table 2 funcref) (elem (i32.const 1) func 0 0)",
            "element segment 0: 1 to 3, beyond 2",
        ),
        ("(table 2 funcref) (elem func 0 0 0)", None),
        (
            "(table 2 funcref) (elem (i32.const 1) funcref (ref.func 0))",
            None,
        ),
    ],
)
def test_segments_fit(segment: str, reason: str | None) -> None:
    wasm = wat_to_wasm(f"(module {MEMORY} {segment} {ENTRY})")
    if "ref.func" in segment:
        assert "reference-types not allowed" in refusal(wasm)
    elif reason is None:
        check(wasm)
    else:
        assert refusal(wasm) == reason


@pytest.mark.parametrize(("size", "is_refused"), [(4_090, False), (4_091, True)])
def test_element_segments_are_limited_by_encoded_bytes(
    size: int, is_refused: bool
) -> None:
    # Flags, an offset of three bytes, a count of two, and a byte for each.
    items = " ".join(["0"] * size)
    wasm = module(f"(table 4096 funcref) (elem (i32.const 0) func {items})")
    if is_refused:
        assert refusal(wasm) == "4097 bytes of element segments, 4096 allowed"
    else:
        assert check(wasm).element_bytes == 4_096


def test_numbers_that_are_longer_than_needed_count() -> None:
    wasm = wat_to_wasm(f'(module {MEMORY} (data (i32.const 0) "xyz") {ENTRY})')
    plain = check(wasm)
    # The payload's length as five bytes.
    at = wasm.index(b"\x03xyz")
    longer = wasm[:at] + b"\x83\x80\x80\x80\x00xyz" + wasm[at + 4 :]
    section = wasm.index(b"\x0b", wasm.index(b"user_entrypoint"))
    start = longer.rindex(b"\x0b", 0, at - 4)
    longer = longer[: start + 1] + bytes([longer[start + 1] + 4]) + longer[start + 2 :]
    found = check(longer)
    assert section > 0
    assert found.segment_bytes == plain.segment_bytes + 4
    assert found.payload_bytes == plain.payload_bytes == 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("(local.set 1 (local.get 1))", None),
        ("(drop (f64.const 1))", None),
        ("(drop (i64.reinterpret_f64 (local.get 1)))", None),
        ("(drop (f32.load (i32.const 0)))", None),
        ("(drop (select (local.get 1) (local.get 1) (local.get 0)))", None),
        ("(drop (i32.extend8_s (local.get 0)))", None),
        ("(memory.fill (local.get 0) (local.get 0) (local.get 0))", None),
        ("(memory.copy (local.get 0) (local.get 0) (local.get 0))", None),
        *(
            (f"(drop ({name}))", f"floating point arithmetic not allowed: {mnemonic}")
            for name, mnemonic in (
                ("f64.add (local.get 1) (local.get 1)", "f64.add"),
                ("f64.lt (local.get 1) (local.get 1)", "f64.lt"),
                ("f64.neg (local.get 1)", "f64.neg"),
                ("f32.demote_f64 (local.get 1)", "f32.demote_f64"),
                ("f64.convert_i32_s (local.get 0)", "f64.convert_i32_s"),
                ("i32.trunc_f64_s (local.get 1)", "i32.trunc_f64_s"),
                ("i32.trunc_sat_f64_s (local.get 1)", "i32.trunc_sat_f64_s"),
            )
        ),
        ("(drop (ref.null func))", "reference-types not allowed: ref.null"),
        (
            "(drop (select (result i32) (local.get 0) (local.get 0) (local.get 0)))",
            "reference-types not allowed: select t",
        ),
        (
            "(unreachable) (drop (f64.add (f64.const 1) (f64.const 2)))",
            "floating point arithmetic not allowed: f64.add",
        ),
    ],
)
def test_operators(body: str, reason: str | None) -> None:
    if reason is None:
        check(func(body))
    else:
        assert refusal(func(body)) == reason


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("(table.set (local.get 0) (table.get (local.get 0)))", "(table 1 funcref)"),
        ("(drop (table.size))", "(table 1 funcref)"),
        ("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))", "(table 1 funcref)"),
        (
            "(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop 0)",
            "(table 1 funcref) (elem func)",
        ),
        ("(drop (call_indirect 1 (result i32) (i32.const 0)))", ""),
    ],
)
def test_tables_are_for_calls_alone(body: str, before: str) -> None:
    if not before:
        before = "(table 1 funcref) (table 1 funcref)"
    assert "allowed" in refusal(func(body, before))


@pytest.mark.parametrize("mnemonic", ["memory.init", "data.drop"])
def test_passive_data_cannot_be_used(mnemonic: str) -> None:
    operands = "(i32.const 0) " * 3 if mnemonic == "memory.init" else ""
    wasm = wat_to_wasm(
        f'(module {MEMORY} (data "x") {ENTRY} (func ({mnemonic} 0 {operands})))'
    )
    assert refusal(wasm) == f"bulk memory beyond copy and fill not allowed: {mnemonic}"


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("(call_indirect (result i32) (i32.const 0))", b"\x11"),
        ("(memory.size)", b"\x3f"),
        ("(memory.grow (i32.const 0))", b"\x40"),
    ],
)
def test_an_index_of_more_than_one_byte_is_refused(text: str, wide: bytes) -> None:
    wasm = module("(table 1 funcref)", ENTRY + f"(func (drop {text}) nop)")
    check(wasm)
    at = wasm.rindex(b"\x1a\x01\x0b")
    assert wasm[at - 1] == 0
    longer = wasm[: at - 1] + b"\x80\x00" + wasm[at:]
    # The body's and the section's lengths are a byte more.
    body = longer.rindex(wide, 0, at)
    start = longer.rindex(b"\x00", 0, body if wide != b"\x40" else body - 2)
    longer = longer[: start - 1] + bytes([longer[start - 1] + 1]) + longer[start:]
    section = longer.rindex(b"\x0a", 0, start - 6)
    size = longer[section + 1] + 1
    longer = longer[: section + 1] + bytes([size]) + longer[section + 2 :]
    with pytest.raises(ContractVmError):
        check(longer)


@pytest.mark.parametrize(("parameters", "is_refused"), [(OLDER, False), (LATEST, True)])
def test_several_values(parameters: StylusParameters, is_refused: bool) -> None:
    for wasm in (
        module("(type (func (result i32 i32)))"),
        func("(local.get 0) (block (param i32) (drop))"),
        func("(block (result i32 i32) (i32.const 1) (i32.const 2)) (drop) (drop)"),
    ):
        if is_refused:
            assert refusal(wasm, parameters).startswith("multi-value not allowed")
        else:
            check(wasm, parameters)


@pytest.mark.parametrize(("count", "is_refused"), [(4_096, False), (4_097, True)])
def test_operands_are_limited(count: int, is_refused: bool) -> None:
    body = "(i32.const 0)" * count + "(drop)" * count
    if is_refused:
        assert refusal(func(body)) == "4097 words of operands, 4096 allowed"
    else:
        assert check(func(body)).frames[1] == 4_096 + 4


@pytest.mark.parametrize(
    ("payload", "is_fine"),
    [
        (b"", True),
        (b"\x00\x02\x01m", True),
        (b"\x01\x04\x01\x00\x01f", True),
        (b"\x02\x06\x01\x00\x01\x00\x01x", True),
        (b"\x63\x02??", True),
        (b"\x01\x05\x01\x00\x01f!", False),
        (b"\x01\x04\x02\x00\x01f", False),
        (b"\x01\x09\x01\x00\x01f", False),
        (b"\x00\x02\x01\xff", False),
        (b"\x00", False),
        (b"\x00\x83\x04\x80\x04" + b"m" * 512 + b"!", False),
        (b"\x00\x82\x04\x80\x04" + b"m" * 512, True),
        (b"\x00\x83\x04\x81\x04" + b"m" * 513, False),
    ],
)
def test_the_section_of_names_must_be_readable(payload: bytes, is_fine: bool) -> None:
    def custom(name: bytes, content: bytes) -> bytes:
        inner = bytes([len(name)]) + name + content
        size = len(inner)
        return b"\0" + bytes([size & 0x7F | 0x80, size >> 7]) + inner

    check(module() + custom(b"other", b"\xff\xff"))
    wasm = module() + custom(b"name", payload)
    if is_fine:
        check(wasm)
    else:
        assert "name" in refusal(wasm)


@pytest.mark.parametrize(("arbos", "most"), [(59, 131_072), (60, 262_144)])
def test_the_size_of_the_module(arbos: int, most: int) -> None:
    plain = module()
    size = most - len(plain) - 4

    def padded(size: int) -> bytes:
        content = b"\x01x" + bytes(size - 2)
        length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
        return plain + b"\0" + length + content

    check(padded(size), parameters_of(arbos))
    assert refusal(padded(size + 1), parameters_of(arbos)) == (
        f"{most + 1} bytes of module, {most} allowed"
    )


def test_bytes_that_are_no_module_are_malformed() -> None:
    for wasm in (b"", b"\0asm", b"\0asm\2\0\0\0", module()[:-1]):
        with pytest.raises(MalformedModule):
            check(wasm)
