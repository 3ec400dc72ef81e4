"""The oracle itself: the walk over all paths detects each kind of mistake."""

from dataclasses import dataclass, replace
from functools import cached_property

import pytest

from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import ValType
from tests.helpers.metered_nodes import PathFault
from tests.helpers.metered_runs import metered
from tests.helpers.paths import check_module
from tests.helpers.schedules import distinct_schedule
from tests.helpers.wat import wat_to_module

SCHEDULE = distinct_schedule()
SOURCE = """(module (memory 1) (func $f (param i32) (result i32)
    (if (local.get 0) (then nop) (else nop nop))
    (block (br_if 0 (local.get 0)) (return (i32.const 3)))
    LOOP
    (drop (memory.grow (local.get 0)))
    (drop (call $f (i32.const 1)))
    (return (i32.const 1))
    (drop (i32.const 2))))"""


@dataclass
class Sample:
    """A module whose first func has nine charges, of which `head` and `tail` are
    the bytes around the amount; `load` is where the counter came back."""

    source: str
    head: bytes
    tail: bytes
    load: bytes

    @cached_property
    def original(self) -> Module:
        return wat_to_module(self.source)

    @cached_property
    def metered(self) -> Module:
        return metered(self.original, SCHEDULE)

    @property
    def code(self) -> bytes:
        return self.metered.funcs[0].code

    def fault(self, code: bytes) -> str:
        """The rule that the walk says is broken by other code for the first func."""
        good = self.metered
        bad = (replace(good.funcs[0], code=code), *good.funcs[1:])
        with pytest.raises(PathFault) as caught:
            check_module(self.original, replace(good, funcs=bad), SCHEDULE)
        return caught.value.rule

    def charges(self) -> list[tuple[int, int]]:
        """Start and end of each charge in the instrumented code."""
        places, end = [], 0
        while (start := self.code.find(self.head, end)) >= 0:
            end = self.code.index(self.tail, start) + len(self.tail)
            places.append((start, end))
        return places


# global.get gas, i64.const ... the counter in its global only.
PLAIN = Sample(
    SOURCE.replace("LOOP", "(block (br_if 0 (local.get 0)))"),
    b"\x23\x00\x42",
    b"\x7d\x24\x00\x23\x00\x42\x00\x53\x04\x40\x00\x0b",
    b"",
)
# local.get 1, i64.const ... local.get 1, global.set gas: in a local too.
WITH_LOCAL = Sample(
    SOURCE.replace("LOOP", "(loop (br_if 0 (local.get 0)))"),
    b"\x20\x01\x42",
    b"\x7d\x22\x01\x42\x00\x53\x04\x40\x20\x01\x24\x00\x00\x0b\x20\x01\x24\x00",
    b"\x23\x00\x21\x01",
)


@pytest.fixture(params=[PLAIN, WITH_LOCAL], ids=["plain", "with_local"])
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


@pytest.mark.parametrize(("sample", "places"), [(PLAIN, 38), (WITH_LOCAL, 38)])
def test_the_pass_has_no_fault_and_all_live_places_are_reached(
    sample: Sample, places: int
) -> None:
    assert len(sample.charges()) == 9
    assert check_module(sample.original, sample.metered, SCHEDULE) == places


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("change", [1, -1])
def test_one_unit_too_much_or_too_little_is_seen(
    sample: Sample, number: int, change: int
) -> None:
    code = sample.code
    at = sample.charges()[number][0] + len(sample.head)
    wrong = (code[at] - 0x80 + change) % 0x80 + 0x80
    sample.fault(code[:at] + bytes([wrong]) + code[at + 1 :])


@pytest.mark.parametrize("number", range(9))
def test_a_missing_charge_is_seen(sample: Sample, number: int) -> None:
    start, end = sample.charges()[number]
    fault = sample.fault(sample.code[:start] + sample.code[end:])
    assert fault.startswith(("not prepaid", "not bounded"))


@pytest.mark.parametrize("number", range(9))
def test_a_double_charge_is_seen(sample: Sample, number: int) -> None:
    start, end = sample.charges()[number]
    fault = sample.fault(sample.code[:end] + sample.code[start:])
    assert fault.startswith("not bounded")


def test_a_late_charge_is_seen(sample: Sample) -> None:
    start, end = sample.charges()[0]
    code, late = sample.code, end + 2  # after local.get 0
    moved = code[:start] + code[end:late] + code[start:end] + code[late:]
    assert sample.fault(moved) == "not prepaid: local.get"


def test_a_return_past_the_stack_exit_is_seen(sample: Sample) -> None:
    assert sample.code.count(b"\x41\x03\x0c\x01") == 1
    wrong = sample.code.replace(b"\x41\x03\x0c\x01", b"\x41\x03\x0f")
    assert sample.fault(wrong) == "return skips the stack exit"


def test_a_return_to_the_wrong_label_is_seen(sample: Sample) -> None:
    wrong = sample.code.replace(b"\x41\x03\x0c\x01", b"\x41\x03\x0c\x00")
    assert sample.fault(wrong) == "not transparent"


def test_a_missing_size_charge_is_seen(sample: Sample) -> None:
    sized = b"\x10\x01" + sample.load
    assert sample.code.count(sized + b"\x40\x00") == 1
    wrong = sample.code.replace(sized + b"\x40\x00", b"\x40\x00")
    assert sample.fault(wrong) == "not closed: memory.grow"


def test_a_charge_in_dead_code_is_seen(sample: Sample) -> None:
    start, end = sample.charges()[0]
    code, dead = sample.code, sample.code.rindex(b"\x41\x02\x1a")
    wrong = code[:dead] + code[start:end] + code[dead:]
    assert sample.fault(wrong) == "dead code is changed"


def test_a_changed_instruction_is_seen(sample: Sample) -> None:
    wrong = sample.code.replace(b"\x41\x02\x1a", b"\x41\x04\x1a")
    assert sample.fault(wrong) == "not transparent"


def test_a_lost_instruction_is_seen(sample: Sample) -> None:
    wrong = sample.code.replace(b"\x41\x02\x1a", b"")
    assert sample.fault(wrong) == "not transparent: other length"


def test_a_height_that_is_not_lowered_is_seen(sample: Sample) -> None:
    code, exit_at = sample.code, sample.code.rindex(b"\x6b\x24\x01")
    wrong = code[: exit_at - 1] + bytes([code[exit_at - 1] + 1]) + code[exit_at:]
    assert sample.fault(wrong) == "stack height does not return"


@pytest.mark.parametrize(
    "touch",
    [b"\x23\x00\x1a", b"\x42\x00\x24\x00", b"\x20\x01\x1a", b"\x42\x00\x21\x01"],
    ids=["global.get", "global.set", "local.get", "local.set"],
)
def test_a_counter_that_the_code_touches_is_seen(touch: bytes) -> None:
    code = WITH_LOCAL.code
    dead = code.rindex(b"\x41\x02\x1a")
    wrong = code[:dead] + touch + code[dead:]
    assert WITH_LOCAL.fault(wrong) == "a counter is touched outside a charge"


@pytest.mark.parametrize("number", range(3))
def test_a_missing_load_of_the_gas_local_is_seen(number: int) -> None:
    parts = WITH_LOCAL.code.split(WITH_LOCAL.load)
    assert len(parts) == 4  # at the start, after the size's charge, after the call
    wrong = WITH_LOCAL.load.join(parts[: number + 1]) + WITH_LOCAL.load.join(
        parts[number + 1 :]
    )
    assert WITH_LOCAL.fault(wrong) == "the gas local is not what the counter is"


def test_a_load_of_the_gas_local_elsewhere_is_seen() -> None:
    wrong = WITH_LOCAL.code[:-1] + WITH_LOCAL.load + WITH_LOCAL.code[-1:]
    assert WITH_LOCAL.fault(wrong) in (
        "the gas local is not what the counter is",
        "stack limit is not around the body",
    )


def test_another_local_than_the_gas_local_is_seen() -> None:
    good = WITH_LOCAL.metered
    func = replace(good.funcs[0], local_groups=((1, ValType.I32),))
    with pytest.raises(PathFault, match="other locals"):
        check_module(
            WITH_LOCAL.original, replace(good, funcs=(func, *good.funcs[1:])), SCHEDULE
        )
