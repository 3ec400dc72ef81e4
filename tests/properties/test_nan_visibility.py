"""If the report says that no NaN bits are visible, no engine's NaNs change anything.

Random programs and modules run unchanged, with every NaN canonical, and with other
NaNs, on both engines. Programs with visible bits do change, which shows that the
comparison works.
"""

from typing import Any

import pytest

from contractvm.analysis.findings import FindingKind, Severity
from contractvm.analysis.nan_bits import find_nan_bits
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.analysis.report import check_module
from contractvm.metering.nans import canonicalize_nans
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from tests.helpers.float_programs import FloatProgram
from tests.helpers.perturbed_nans import perturb_nans, seen_here, seen_there
from tests.helpers.smith import smith_module
from tests.helpers.wat import wat_to_module

TERMS = CheckOptions(ANY, "permitted")
ONE_BIT_NANS = (0x7FC0_0001, 0x7FF8_0000_0000_0001)


def has_visible_bits(module: Module) -> bool:
    return any(
        finding.kind is FindingKind.NAN_BITS
        for finding in find_nan_bits(module, ModulePlaces(module), TERMS)
    )


def variants(module: Module) -> list[Module]:
    return [
        module,
        canonicalize_nans(module),
        perturb_nans(module),
        perturb_nans(module, ONE_BIT_NANS),
    ]


def all_equal(found: list[list[Any]]) -> bool:
    """The common part of all: one that exhausted the stack ends early."""
    shortest = min(map(len, found))
    return all(entry[:shortest] == found[0][:shortest] for entry in found)


def compare(module: Module) -> bool:
    """Whether all variants do the same on each engine."""
    made = variants(module)
    return all_equal([seen_here(variant) for variant in made]) and all_equal(
        [seen_there(variant) for variant in made]
    )


def test_random_programs_without_visible_bits_are_the_same_with_any_nans() -> None:
    hidden = changing = visible = 0
    for seed in range(500):
        module = wat_to_module(FloatProgram(seed).text())
        if has_visible_bits(module):
            visible += 1
            changing += not compare(module)
        else:
            hidden += 1
            assert compare(module), seed
    assert hidden > 200
    assert visible > 200
    assert changing > 100


@pytest.mark.parametrize("seed", range(0, 400, 10))
def test_canonical_programs_have_no_visible_bits(seed: int) -> None:
    module = canonicalize_nans(wat_to_module(FloatProgram(seed).text()))
    assert not has_visible_bits(module)


def check_smith(seed: int) -> tuple[bool, bool]:
    """Whether a module makes NaNs that are not visible, and whether any are."""
    size = 1_000 + 97 * seed % 3_000
    wasm = smith_module(seed, size, allow_floats="true", max_funcs=10)
    report = check_module(wasm, TERMS)
    kinds = {finding.kind for finding in report.findings}
    is_visible = FindingKind.NAN_BITS in kinds
    module = decode_module(wasm)
    assert not has_visible_bits(canonicalize_nans(module)), seed
    canonical = check_module(wasm, CheckOptions(ANY, "canonical"))
    assert not any(
        finding.kind is FindingKind.NAN_BITS and finding.severity is Severity.OPEN
        for finding in canonical.findings
    )
    if not is_visible:
        assert compare(module), seed
    return FindingKind.NAN_SOURCE in kinds and not is_visible, is_visible


def test_random_modules_without_visible_bits_are_the_same_with_any_nans() -> None:
    found = [check_smith(seed) for seed in range(60)]
    hidden, visible = (sum(column) for column in zip(*found, strict=True))
    assert hidden >= 3
    assert visible >= 5


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1_000, 3_000, 100))
def test_more_random_modules_are_the_same_with_any_nans(start: int) -> None:
    for seed in range(start, start + 100):
        check_smith(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(10_000, 20_000, 1_000))
def test_more_random_programs_are_the_same_with_any_nans(start: int) -> None:
    for seed in range(start, start + 1_000):
        module = wat_to_module(FloatProgram(seed).text())
        if not has_visible_bits(module):
            assert compare(module), seed
