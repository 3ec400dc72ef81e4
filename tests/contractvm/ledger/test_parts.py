"""The lines of a report: which quantity goes where, in which order."""

from dataclasses import replace
from typing import Any

import pytest

from contractvm.hosts.interface import HostFunction, HostInterface, func_type
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.parts import FrameParts
from contractvm.ledger.quantities import LOCAL, Quantity, QuantityKind
from contractvm.ledger.report import Part
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from tests.helpers.schedules import schedule_with, with_section

KIND = QuantityKind
NOTHING = func_type("")


def function(name: str, **options: Any) -> HostFunction:
    return HostFunction("m", name, NOTHING, lambda: None, **options)


FUNCTIONS = (
    function("read"),
    function("load", group="storage"),
    function("log", amounts={"per_topic": "host"}),
    function("call", label="calls", amounts={"new_account": "value"}),
    function(
        "store",
        group="storage",
        label="storing",
        amounts={"new_slot": "set"},
        effects=("set", "reset"),
    ),
)
HOST_COSTS = {
    "read": HostCost(2, per_byte=3, per_word=5),
    "load": HostCost(7),
    "log": HostCost(11, amounts={"per_topic": 13}),
    "call": HostCost(17, amounts={"new_account": 19}),
    "store": HostCost(23, amounts={"new_slot": 29}),
}


def priced() -> GasSchedule:
    schedule = with_section(
        schedule_with({"i32.add": 3, "i32.sub": 4}, memory_page=1_000, local=5),
        "transaction",
        {"base": 31},
    )
    copy = {"memory.copy": InstructionCost(50, per_byte=7)}
    return replace(
        schedule,
        units_per_gas=100,
        instructions={**schedule.instructions, **copy},
        host_costs={"m": HOST_COSTS},
    )


def lines(counted: dict[Quantity, int], **value: int) -> tuple[Part, ...]:
    interface = HostInterface("test", Profile("test"), FUNCTIONS, (), lambda: None)
    sections = {("transaction", "base"): ("precompile", "sha")}
    parts = FrameParts(interface, priced(), sections)
    return parts.lines(counted, FrameValue(0, 0, 0, **value)).parts()


def host(kind: QuantityKind, name: str, detail: str = "") -> Quantity:
    return Quantity(kind, name, detail, "m")


@pytest.mark.parametrize(
    ("quantity", "part"),
    [
        (LOCAL, Part("locals", "declared locals", 2, 10)),
        (
            Quantity(KIND.INSTRUCTION, "i32.add"),
            Part("instructions", "i32 arithmetic", 2, 6),
        ),
        (
            Quantity(KIND.SIZE, "memory.copy"),
            Part("memory", "memory.copy bytes", 2, 14),
        ),
        (
            Quantity(KIND.SIZE, "memory.grow"),
            Part("memory", "memory.grow pages", 2, 2_000),
        ),
        (
            Quantity(KIND.INITIAL, "memory.grow", "size"),
            Part("memory", "initial pages", 2, 2_000),
        ),
        (
            Quantity(KIND.INITIAL, "global.set", "times"),
            Part("memory", "initial globals", 2, 0),
        ),
        (
            Quantity(KIND.SECTION, "transaction", "base"),
            Part("precompile", "sha", 2, 6_200),
        ),
        (host(KIND.HOST_CALL, "read"), Part("host", "read", 2, 400)),
        (host(KIND.HOST_BYTE, "read"), Part("host", "read", 0, 600)),
        (host(KIND.HOST_WORD, "read"), Part("host", "read", 0, 1_000)),
        (host(KIND.GAS, "read"), Part("host", "read", 0, 200)),
        (host(KIND.HOST_CALL, "load"), Part("storage", "load", 2, 1_400)),
        # An amount of the function's own group is on the function's line.
        (host(KIND.HOST_AMOUNT, "log", "per_topic"), Part("host", "log", 0, 2_600)),
        (host(KIND.HOST_CALL, "call"), Part("host", "calls", 2, 3_400)),
        (
            host(KIND.HOST_AMOUNT, "call", "new_account"),
            Part("value", "call new account", 2, 3_800),
        ),
    ],
)
def test_each_quantity_has_its_line(quantity: Quantity, part: Part) -> None:
    assert lines({quantity: 2}) == (part,)


def test_a_line_has_all_quantities_of_its_name() -> None:
    assert lines(
        {
            Quantity(KIND.INSTRUCTION, "i32.add"): 2,
            Quantity(KIND.INSTRUCTION, "i32.sub"): 3,
            host(KIND.HOST_CALL, "read"): 1,
            host(KIND.HOST_BYTE, "read"): 40,
            host(KIND.HOST_WORD, "read"): 2,
        }
    ) == (
        Part("instructions", "i32 arithmetic", 5, 18),
        Part("host", "read", 1, 200 + 12_000 + 1_000),
    )


def test_what_counts_nothing_and_costs_nothing_has_no_line() -> None:
    assert lines({LOCAL: 0}) == ()


def test_each_effect_has_its_line_and_calls_without_one_are_apart() -> None:
    """Seven calls: four set a slot that is new, two another, one stopped before."""
    assert lines(
        {
            host(KIND.HOST_CALL, "store"): 7,
            host(KIND.EFFECT, "store", "set"): 4,
            host(KIND.EFFECT, "store", "reset"): 2,
            host(KIND.HOST_AMOUNT, "store", "new_slot"): 4,
        }
    ) == (
        Part("storage", "set", 4, 4 * 2_300 + 4 * 2_900),
        Part("storage", "reset", 2, 2 * 2_300),
        Part("storage", "storing", 1, 2_300),
    )


def test_effects_that_did_not_happen_have_no_line() -> None:
    calls = {
        host(KIND.HOST_CALL, "store"): 2,
        host(KIND.EFFECT, "store", "reset"): 2,
    }
    assert lines(calls) == (Part("storage", "reset", 2, 4_600),)


def test_failures_are_lines_of_their_own() -> None:
    assert lines({}, forfeited=500, unpaid=30) == (
        Part("failure", "forfeited", 1, 500),
        Part("failure", "not paid", 1, -30),
    )


def test_groups_come_in_their_order_and_instructions_by_class() -> None:
    counted = {
        Quantity(KIND.SECTION, "transaction", "base"): 1,
        host(KIND.HOST_AMOUNT, "call", "new_account"): 1,
        host(KIND.HOST_CALL, "load"): 1,
        host(KIND.HOST_CALL, "log"): 1,
        host(KIND.HOST_CALL, "read"): 1,
        Quantity(KIND.INSTRUCTION, "memory.copy"): 1,
        Quantity(KIND.INSTRUCTION, "i32.add"): 1,
        Quantity(KIND.INSTRUCTION, "local.get"): 1,
        Quantity(KIND.INSTRUCTION, "nop"): 1,
        LOCAL: 1,
        Quantity(KIND.INITIAL, "memory.grow", "size"): 1,
    }
    found = lines(counted, forfeited=1)
    assert [(part.group, part.name) for part in found] == [
        ("memory", "initial pages"),
        ("locals", "declared locals"),
        ("instructions", "control"),
        ("instructions", "variables"),
        ("instructions", "memory size and bulk"),
        ("instructions", "i32 arithmetic"),
        ("host", "log"),
        ("host", "read"),
        ("storage", "load"),
        ("value", "call new account"),
        ("precompile", "sha"),
        ("failure", "forfeited"),
    ]
