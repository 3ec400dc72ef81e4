"""Modules that make the check expensive: its counted work is linear in the code."""

import pytest

from contractvm.analysis import module_values
from contractvm.analysis.body_values import BodyValues
from contractvm.analysis.findings import CheckFinding, FindingKind, Severity, shortened
from contractvm.analysis.module_values import ModuleValues, TooIntricate
from contractvm.analysis.nan_bits import INTRICATE, follow
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.report import DeterminismReport, check_module, listed
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from tests.helpers.module_bytes import (
    CODE,
    EXPORT,
    FUNC,
    IMPORT,
    MEMORY,
    NO_PARAMS_NO_RESULTS,
    TABLE,
    TYPE,
    body,
    module,
    section,
    u32,
)

TERMS = CheckOptions(ANY, "permitted")
F32 = b"\x7d"
NAN = b"\x43\0\0\0\0\x91"  # f32.const 0, f32.sqrt
ONE_F32_LOCAL = b"\1\1" + F32
END, DROP, NO_LOCALS = b"\x0b", b"\x1a", b"\0"
# () -> (), () -> 1000 floats, 1000 floats -> 1000 floats.
WIDE_TYPES = b"".join(
    [
        b"\3\x60\0\0\x60\0",
        u32(1000) + F32 * 1000,
        b"\x60" + u32(1000) + F32 * 1000 + u32(1000) + F32 * 1000,
    ]
)


def name(text: str) -> bytes:
    return u32(len(text)) + text.encode()


def func_imports(count: int, module_name: str, type_index: int = 0) -> bytes:
    entry = name(module_name) + name("f") + b"\0" + u32(type_index)
    return section(IMPORT, u32(count) + entry * count)


def one_func(code: bytes, *before: bytes, local_groups: bytes = NO_LOCALS) -> bytes:
    """A module of one func of type 0 without params and results."""
    return module(
        section(TYPE, NO_PARAMS_NO_RESULTS),
        *before[:1],
        section(FUNC, b"\1\0"),
        *before[1:],
        section(CODE, b"\1" + body(code, local_groups)),
    )


def wide_funcs(code: bytes) -> bytes:
    """Func 0 has the code; func 1 gives 1,000 floats, func 2 takes and gives them."""
    bodies = [body(NAN + DROP + code + DROP * 1000 + END), *[body(b"\0" + END)] * 2]
    return module(
        section(TYPE, WIDE_TYPES),
        section(FUNC, b"\3\0\1\2"),
        section(CODE, b"\3" + b"".join(bodies)),
    )


def steps_left(code: bytes) -> ModuleValues:
    """The values of a module whose code is walked, as far as that goes."""
    decoded = decode_module(code)
    values = ModuleValues(decoded)
    try:
        for index, func in enumerate(decoded.funcs, len(values.imported)):
            BodyValues(values, index, func).walk()
    except TooIntricate:
        pass
    return values


INTRICATE_CODE = {
    "loops": b"\x10\1" + b"\3\2" * 20_000 + END * 20_000,
    "calls": b"\x10\1" + b"\x10\2" * 30_000,
    "ifs": b"\x10\1" + b"\x41\0\4\2" * 15_000 + b"\5\x0b" * 15_000,
}


@pytest.mark.parametrize("shape", INTRICATE_CODE)
def test_values_that_blocks_and_calls_hand_on_are_bounded_by_the_code(
    shape: str,
) -> None:
    code = wide_funcs(INTRICATE_CODE[shape])
    most = module_values.STEPS + module_values.STEPS_PER_BYTE * len(code)
    with pytest.raises(TooIntricate):
        follow(decode_module(code))
    # Constants and other values take bytes of code, each its own.
    assert len(steps_left(code).graph.levels) <= most + len(code)
    report = check_module(code, TERMS)
    assert [entry.text for entry in report.open_findings] == [f"the module {INTRICATE}"]


STRAIGHT = {
    "square roots": (NAN + b"\x91" * 200_000 + DROP + END, 200_001),
    "selections": (
        NAN
        + b"\x21\0"
        + b"\x20\0" * 40_000
        + (b"\x20\0\x41\0\x1b" * 40_000)
        + DROP * 40_000
        + END,
        1,
    ),
    "sums": (NAN + b"\x21\0" + b"\x20\0\x20\0\x92\x21\0" * 40_000 + END, 40_001),
    "stores": (
        NAN + b"\x21\0" + b"\x41\0\x20\0\x38\0\0" * 40_000 + END,
        1,
    ),
    "signs": (
        NAN + b"\x21\0" + b"\x20\0\x20\0\x98\x21\0" * 40_000 + END,
        1,
    ),
}


@pytest.mark.parametrize("shape", STRAIGHT)
def test_code_without_blocks_and_calls_is_never_too_intricate(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_values, "STEPS", 100)
    code, makers = STRAIGHT[shape]
    memory = section(MEMORY, b"\1\0\1")
    built = one_func(code, b"", memory, local_groups=ONE_F32_LOCAL)
    assert len(list(follow(decode_module(built)).makers)) == makers


def test_long_names_of_imports_are_cut_in_each_finding() -> None:
    long = "x" * 100_000
    code = NAN + b"\x21\0" + b"\x20\0\x10\0" * 2_000 + END
    built = module(
        section(TYPE, b"\2\x60\0\0\x60\1" + F32 + b"\0"),
        func_imports(1, long, type_index=1),
        section(FUNC, b"\1\0"),
        section(CODE, b"\1" + body(code, ONE_F32_LOCAL)),
    )
    report = check_module(built, TERMS)
    passed = [entry for entry in report.findings if entry.kind is FindingKind.NAN_BITS]
    assert len(passed) == 2_000
    assert passed[0].text == (
        "a float that may be a NaN of open bits from f32.sqrt is passed to "
        + "x" * 253
        + "....f"
    )
    (imported,) = [
        entry for entry in report.findings if entry.kind is FindingKind.IMPORT
    ]
    assert imported.text.startswith(f"what {'x' * 253}....f gives is known")
    assert shortened("x" * 256) == "x" * 256


def test_long_names_of_exported_globals_are_cut() -> None:
    built = module(
        section(TYPE, NO_PARAMS_NO_RESULTS),
        section(6, b"\1\x7f\1\x41\0" + END),
        section(EXPORT, b"\1" + name("g" * 5_000) + b"\3\0"),
    )
    (found,) = [
        entry
        for entry in check_module(built, TERMS).findings
        if entry.kind is FindingKind.EXPORTED_GLOBAL
    ]
    assert f"exported as '{'g' * 253}...':" in found.text


@pytest.mark.parametrize("kind", ["memory", "table"])
def test_growth_looks_up_types_as_often_whatever_the_number_of_instructions(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    lookups: property = getattr(Module, f"{kind}_types")

    def counted(self: Module) -> object:
        calls.append(kind)
        return lookups.fget and lookups.fget(self)

    monkeypatch.setattr(Module, f"{kind}_types", property(counted))
    counts = []
    for times in (1, 1_000):
        calls.clear()
        if kind == "memory":
            code = b"\x41\0" + b"\x40\0" * times + DROP + END
            entry = section(MEMORY, b"\1\0\1")
        else:
            code = b"\xd0\x70\x41\0\xfc\x0f\0\x1a" * times + END
            entry = section(TABLE, b"\1\x70\0\1")
        built = one_func(code, func_imports(50, "m"), entry)
        report = check_module(built, TERMS)
        assert sum(entry.kind.value == f"{kind}-growth" for entry in report.findings)
        counts.append(len(calls))
    assert counts[0] == counts[1]


def growing(times: int) -> bytes:
    code = b"\x41\0" + b"\x40\0" * times + DROP + END
    return one_func(code, b"", section(MEMORY, b"\1\0\1"))


def growths(report: DeterminismReport) -> list[CheckFinding]:
    return [
        entry for entry in report.findings if entry.kind is FindingKind.MEMORY_GROWTH
    ]


@pytest.mark.parametrize(("times", "found"), [(10_000, 10_000), (10_001, 10_001)])
def test_of_findings_of_a_kind_10_000_are_listed(times: int, found: int) -> None:
    report = check_module(growing(times), TERMS)
    assert len(growths(report)) == found
    assert report.open_count == times
    assert growths(report)[-1].count == 1


def test_findings_that_are_not_listed_are_counted() -> None:
    report = check_module(growing(12_345), TERMS)
    assert len(growths(report)) == 10_001
    last = growths(report)[-1]
    assert last.text == "2,345 more of this kind, which are not listed"
    assert (last.count, last.severity) == (2_345, Severity.OPEN)
    assert last.place.text == "module"
    assert last.advice == growths(report)[0].advice
    assert report.open_count == 12_345


def test_findings_are_counted_for_each_severity_of_a_kind() -> None:
    report = check_module(growing(1), TERMS)
    (one,) = growths(report)
    found = listed(
        [one] * 10_002
        + [CheckFinding(one.kind, Severity.INFORMATION, one.place, "", "")]
    )
    assert len(found) == 10_002
    assert found[-1].count == 2
    assert found[-2].severity is Severity.INFORMATION
