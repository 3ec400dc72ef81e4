"""The oracle itself: the walk over all paths sees each kind of mistake."""

from dataclasses import replace

import pytest

from contractvm.structure.module import Module
from tests.helpers.metered_runs import metered
from tests.helpers.paths import PathFault, check_module
from tests.helpers.schedules import distinct_schedule
from tests.helpers.wat import wat_to_module

SCHEDULE = distinct_schedule()
SOURCE = """(module (memory 1) (func $f (param i32) (result i32)
    (if (local.get 0) (then nop) (else nop nop))
    (block (br_if 0 (local.get 0)) (return (i32.const 3)))
    (loop (br_if 0 (local.get 0)))
    (drop (memory.grow (local.get 0)))
    (drop (call $f (i32.const 1)))
    (return (i32.const 1))
    (drop (i32.const 2))))"""
GAS = b"\x23\x00\x42"  # global.get gas; i64.const
CHECK = b"\x7d\x24\x00\x23\x00\x42\x00\x53\x04\x40\x00\x0b"


def instrumented() -> tuple[Module, Module]:
    module = wat_to_module(SOURCE)
    return module, metered(module, SCHEDULE)


def fault(code: bytes) -> str:
    """The rule that the walk says is broken by other code for the first func."""
    module, good = instrumented()
    bad = (replace(good.funcs[0], code=code), *good.funcs[1:])
    with pytest.raises(PathFault) as caught:
        check_module(module, replace(good, funcs=bad), SCHEDULE)
    return caught.value.rule


def charge_places() -> list[tuple[int, int]]:
    """Start and end of each charge in the instrumented code."""
    code = instrumented()[1].funcs[0].code
    places, end = [], 0
    while (start := code.find(GAS, end)) >= 0:
        end = code.index(CHECK, start) + len(CHECK)
        places.append((start, end))
    return places


CODE = instrumented()[1].funcs[0].code
CHARGES = charge_places()


def test_the_pass_has_no_fault_and_all_live_places_are_reached() -> None:
    module, good = instrumented()
    assert len(CHARGES) == 9
    assert check_module(module, good, SCHEDULE) == 38


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("change", [1, -1])
def test_one_unit_too_much_or_too_little_is_seen(number: int, change: int) -> None:
    at = CHARGES[number][0] + len(GAS)
    wrong = (CODE[at] - 0x80 + change) % 0x80 + 0x80
    fault(CODE[:at] + bytes([wrong]) + CODE[at + 1 :])


@pytest.mark.parametrize("number", range(9))
def test_a_missing_charge_is_seen(number: int) -> None:
    start, end = CHARGES[number]
    assert fault(CODE[:start] + CODE[end:]).startswith(("not prepaid", "not bounded"))


@pytest.mark.parametrize("number", range(9))
def test_a_double_charge_is_seen(number: int) -> None:
    start, end = CHARGES[number]
    assert fault(CODE[:end] + CODE[start:]).startswith("not bounded")


def test_a_late_charge_is_seen() -> None:
    start, end = CHARGES[0]
    late = end + 2  # behind local.get 0
    moved = CODE[:start] + CODE[end:late] + CODE[start:end] + CODE[late:]
    assert fault(moved) == "not prepaid: local.get"


def test_a_return_past_the_stack_exit_is_seen() -> None:
    assert CODE.count(b"\x41\x03\x0c\x01") == 1
    wrong = CODE.replace(b"\x41\x03\x0c\x01", b"\x41\x03\x0f")
    assert fault(wrong) == "return skips the stack exit"


def test_a_return_to_the_wrong_label_is_seen() -> None:
    wrong = CODE.replace(b"\x41\x03\x0c\x01", b"\x41\x03\x0c\x00")
    assert fault(wrong) == "not transparent"


def test_a_missing_size_charge_is_seen() -> None:
    assert CODE.count(b"\x10\x01\x40\x00") == 1
    wrong = CODE.replace(b"\x10\x01\x40\x00", b"\x40\x00")
    assert fault(wrong) == "not closed: memory.grow"


def test_a_charge_in_dead_code_is_seen() -> None:
    start, end = CHARGES[0]
    dead = CODE.rindex(b"\x41\x02\x1a")
    assert fault(CODE[:dead] + CODE[start:end] + CODE[dead:]) == "dead code is changed"


def test_a_changed_instruction_is_seen() -> None:
    assert fault(CODE.replace(b"\x41\x02\x1a", b"\x41\x04\x1a")) == "not transparent"


def test_a_lost_instruction_is_seen() -> None:
    assert fault(CODE.replace(b"\x41\x02\x1a", b"")) == "not transparent: other length"


def test_a_height_that_is_not_lowered_is_seen() -> None:
    exit_at = CODE.rindex(b"\x6b\x24\x01")
    wrong = CODE[: exit_at - 1] + bytes([CODE[exit_at - 1] + 1]) + CODE[exit_at:]
    assert fault(wrong) == "stack height does not return"


def test_a_counter_that_the_code_touches_is_seen() -> None:
    dead = CODE.rindex(b"\x41\x02\x1a")
    wrong = CODE[:dead] + b"\x23\x00\x1a" + CODE[dead:]
    assert fault(wrong) == "a counter is touched outside a charge"
