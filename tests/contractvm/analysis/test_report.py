"""The whole report: verdicts, other proposals, hostile modules, lines."""

from contextlib import suppress
from pathlib import Path

import pytest

from contractvm.analysis.findings import CodePlace, FindingKind, Severity
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.report import DeterminismReport, Verdict, check_module
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.ewasm.host_interface import PROFILE as EWASM
from contractvm.wasm.validation.feature_rules import FloatRule
from contractvm.wasm.validation.profile import Profile, SizeLimits
from examples.wasm_compiler import compile_module
from tests.helpers.examples import example
from tests.helpers.module_bytes import module_with_body, section
from tests.helpers.smith import smith_module
from tests.helpers.wat import wat_to_wasm

EMPTY = '(module (memory (export "memory") 1 2) (func (export "main") {}))'
STORE = "(f64.store (i32.const 0) (f64.sqrt (f64.load (i32.const 8))))"


def report_of(
    source: str, profile: Profile = EWASM, floats: FloatRule = "refused"
) -> DeterminismReport:
    return check_module(wat_to_wasm(source), CheckOptions(profile, floats))


@pytest.mark.parametrize(
    ("body", "profile", "floats", "verdict"),
    [
        ("nop", EWASM, "refused", Verdict.CLOSED),
        (STORE, EWASM, "refused", Verdict.REFUSED),
        (STORE, EWASM, "canonical", Verdict.CLOSED),
        (STORE, EWASM, "permitted", Verdict.OPEN),
        (STORE, ANY, "permitted", Verdict.OPEN),
        ("(drop (f64.sqrt (f64.const 2)))", EWASM, "permitted", Verdict.CLOSED),
    ],
)
def test_verdicts(
    body: str, profile: Profile, floats: FloatRule, verdict: Verdict
) -> None:
    assert report_of(EMPTY.format(body), profile, floats).verdict is verdict


def test_a_refusal_is_told_also_where_it_is_about_something_else() -> None:
    report = report_of("(module)")
    assert report.verdict is Verdict.REFUSED
    assert report.refusal == "export main: missing, func type [] -> [] required"


def test_open_findings_come_first_and_make_the_verdict_though_it_is_refused() -> None:
    source = f"(module (memory 1) (func $f (call $f)) (func {STORE}))"
    report = report_of(source, EWASM, "permitted")
    assert report.verdict is Verdict.OPEN
    assert report.refusal is not None
    severities = [finding.severity for finding in report.findings]
    assert severities == [
        Severity.OPEN,
        Severity.INFORMATION,
        Severity.INFORMATION,
        Severity.CLOSED_BY_INSTRUMENTATION,
    ]


def test_the_examples_are_closed() -> None:
    for name in ("token/token.wasm", "token/token_init.wasm", "counter/counter.wasm"):
        report = check_module(example(name), CheckOptions(EWASM, "refused"))
        assert report.verdict is Verdict.CLOSED
        assert report.refusal is None


# What the decoder cannot read.


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (b"\xfd\x0c" + bytes(16) + b"\x1a\x0b", "SIMD"),
        (b"\xfd\x80\x02\x0b", "relaxed SIMD"),
        (b"\xfd\xff\x01\x0b", "SIMD"),
        (b"\xfe\x03\x00\x0b", "threads"),
        (b"\x12\x00\x0b", "tail calls"),
        (b"\x1f\x40\x00\x0b\x0b", "exceptions"),
        (b"\xfb\x00\x00\x0b", "GC"),
        (b"\x14\x00\x0b", "typed function references"),
    ],
)
def test_proposals_are_named_where_the_decoder_stops(code: bytes, name: str) -> None:
    wasm = module_with_body(b"\x01" + code)
    report = check_module(wasm, CheckOptions(ANY, "permitted"))
    (finding,) = report.findings
    assert report.verdict is Verdict.REFUSED
    assert finding.kind is FindingKind.PROPOSAL
    assert finding.text.startswith(f"needs {name}, which no profile here has")
    assert finding.place == CodePlace(offset=wasm.rindex(code))


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (3, "threads"),
        (2, "threads"),
        (4, "memory64"),
        (7, "threads"),
        (8, "custom page sizes"),
    ],
)
def test_shared_and_wide_memories_are_proposals(flags: int, name: str) -> None:
    wasm = b"\0asm\x01\0\0\0" + section(5, bytes([1, flags, 1, 1]))
    (finding,) = check_module(wasm, CheckOptions(ANY, "permitted")).findings
    assert finding.text.startswith(f"needs {name}, ")


@pytest.mark.parametrize(
    "wasm",
    [
        b"",
        b"\0asm",
        module_with_body(b"\x27\x0b"),  # an opcode that is not in use
        module_with_body(b"\xff\x0b"),
        b"\0asm\x01\0\0\0" + section(5, bytes([1, 16, 1, 1])),
    ],
)
def test_other_bytes_are_malformed(wasm: bytes) -> None:
    with pytest.raises(MalformedModule):
        check_module(wasm, CheckOptions(ANY, "permitted"))


def test_an_invalid_module_is_an_error() -> None:
    with pytest.raises(InvalidModule):
        report_of("(module (func i32.add))", ANY)


def test_a_module_above_the_sizes_of_the_profile_is_not_looked_into() -> None:
    wasm = wat_to_wasm("(module (func (param i32 i32)))")
    two = Profile("two", sizes=SizeLimits(max_params=2))
    one = Profile("one", sizes=SizeLimits(max_params=1))
    assert check_module(wasm, CheckOptions(two, "refused")).refusal is None
    report = check_module(wasm, CheckOptions(one, "refused"))
    assert (report.refusal, report.findings) == ("2 params, 1 allowed", ())


# Hostile shapes: linear time, and never anything but a report.

MANY = 30_000
SHAPES = {
    "blocks in blocks": "(block " * MANY + ")" * MANY,
    "loops in loops": "(loop " * MANY + ")" * MANY,
    "ifs": "(if (i32.const 0) (then (drop (f64.sqrt (f64.const 1)))))" * MANY,
    "sets of one local": "(local.set 0 (f64.add (local.get 0) (local.get 0)))" * MANY,
    "calls of itself": "(call 0 (f64.const 1))" * MANY,
    "growth": "(drop (memory.grow (i32.const 0)))" * MANY,
    "returns": "(if (i32.const 0) (then (return)))" * MANY,
    "tests": "(local.set 0 (select (local.get 0) (f64.const nan)"
    " (f64.eq (local.get 0) (local.get 0))))" * MANY,
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_large_bodies_are_read_in_linear_time(body: str) -> None:
    """Quadratic time would be minutes."""
    source = (
        f"(module (memory 1) (func (param f64) {body} (drop (f64.sqrt (local.get 0)))))"
    )
    report = report_of(source, ANY, "permitted")
    assert report.refusal is None


def test_a_table_of_many_branches_is_read_in_linear_time() -> None:
    depths = " ".join(str(depth % 1_000) for depth in range(MANY))
    blocks = "(block " * 1_000
    source = (
        f"(module (func (param i32) (drop (f64.sqrt (f64.const 1))) {blocks}"
        f" (br_table {depths} (local.get 0))" + ")" * 1_000 + "))"
    )
    assert report_of(source, ANY, "permitted").verdict is Verdict.CLOSED


@pytest.mark.parametrize("seed", range(500, 560))
def test_random_modules_with_everything_have_a_report(seed: int) -> None:
    wasm = smith_module(
        seed,
        800 + 53 * seed % 4_000,
        allow_floats="true",
        max_imports=10,
        allow_start_export="true",
        simd_enabled="true" if seed % 3 == 0 else "false",
    )
    both: tuple[tuple[Profile, FloatRule], ...]
    both = ((ANY, "permitted"), (EWASM, "refused"))
    for profile, floats in both:
        options = CheckOptions(profile, floats)
        if seed % 3 == 0:
            with suppress(MalformedModule):  # `v128` in the place of a type
                check_module(wasm, options)
            continue
        report = check_module(wasm, options)
        places = [finding.place for finding in report.findings]
        assert all(place.offset is None or place.offset < len(wasm) for place in places)


SOURCE = """#include "ewasm.h"
static volatile double dividend, divisor, quotient;
static double divide(double left, double right) {
    return left / right;
}
CONTRACT_MAIN {
    double found = divide(dividend, divisor);
    quotient = found;
}
"""


@pytest.mark.slow
def test_places_have_the_lines_of_the_source(tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    source, output = tmp_path / "division.c", tmp_path / "division.wasm"
    source.write_text(SOURCE)
    compile_module(source, output, tmp_path, keeps_debug=True)
    report = check_module(output.read_bytes(), CheckOptions(EWASM, "permitted"))
    (found,) = report.open_findings
    assert found.cause is not None
    assert (found.place.instruction, found.cause.instruction) == (
        "f64.store",
        "f64.div",
    )
    for place, line in ((found.place, 8), (found.cause, 4)):
        assert place.source_line is not None
        assert place.source_line[0].endswith("division.c")
        assert place.source_line[1] == line
