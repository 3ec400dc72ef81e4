"""Recursion is stopped by a counted limit, never by C's stack or Python's.

All of it runs in a small thread with a recursion limit a few calls away: a Wasm call,
or a stage, that recursed in C or Python would end the process or the work.
"""

from collections.abc import Callable
from functools import cache, partial

import pytest

from contractvm.wasm.interpreter.instance import Table
from contractvm.wasm.structure.types import Limits, TableType, ValType
from tests.helpers.instances import instantiate_wat
from tests.helpers.module_bytes import module_with_body
from tests.helpers.narrow_thread import ends_of
from tests.helpers.wat import wat_to_wasm
from tools.fuzz.pipeline import run_bytes

DEPTH = 10_000
EXHAUSTED = "call stack exhausted"
COUNT_DOWN = """(if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7))
  (else (CALL (i32.sub (local.get 0) (i32.const 1)) TARGET)))"""


def count_down(call: str, target: str = "") -> str:
    return COUNT_DOWN.replace("CALL", call).replace("TARGET", target)


TYPE = "(type $t (func (param i32) (result i32)))"
SOURCES = {
    "direct": f"""(module {TYPE}
      (func $f (export "f") (type $t) {count_down("call $f")}))""",
    "mutual": f"""(module {TYPE}
      (func $f (export "f") (type $t) {count_down("call $g")})
      (func $g (type $t) {count_down("call $f")}))""",
    "indirect": f"""(module {TYPE} (table funcref (elem $f))
      (func $f (export "f") (type $t)
        {count_down("call_indirect (type $t)", "(i32.const 0)")}))""",
}
# Two instances that call each other through a table that both import.
ACROSS = f"""(module {TYPE} (import "shared" "table" (table 2 funcref))
  (elem (i32.const OWN) $f)
  (func $f (export "f") (type $t)
    {count_down("call_indirect (type $t)", "(i32.const OTHER)")}))"""
FOREVER = """(module (type $t (func)) (table funcref (elem $f))
  (func $f (export "f") CALL))"""
OPENINGS = {"block": b"\x02\x40", "loop": b"\x03\x40", "if": b"\x41\x01\x04\x40"}


def works() -> dict[str, Callable[[], object]]:
    """All work that is run in the small thread, named by its expected result."""
    table = Table(TableType(ValType.FUNCREF, Limits(2)))
    across = [
        instantiate_wat(
            ACROSS.replace("OWN", own).replace("OTHER", other),
            {("shared", "table"): table},
            max_call_depth=DEPTH,
        )
        for own, other in ("01", "10")
    ]
    instances = {
        name: instantiate_wat(source, max_call_depth=DEPTH)
        for name, source in SOURCES.items()
    } | {"across": across[0]}
    found: dict[str, Callable[[], object]] = {}
    for name, instance in instances.items():
        for depth in (DEPTH - 1, DEPTH, 2**32 - 1):
            found[f"{name} {depth}"] = partial(instance.invoke, "f", depth)
    for call in ("(call $f)", "(call_indirect (type $t) (i32.const 0))"):
        data = wat_to_wasm(FOREVER.replace("CALL", call))
        found[f"metered {call}"] = partial(run_bytes, data, 10**9)
    for name, opening in OPENINGS.items():
        code = opening * 100_000 + b"\x0b" * 100_001
        found[f"nested {name}"] = partial(run_bytes, module_with_body(code))
    return found


@cache
def ends() -> dict[str, str]:
    return ends_of("tests.contractvm.wasm.interpreter.test_recursion", "works")


@pytest.mark.parametrize("name", [*SOURCES, "across"])
def test_recursion_ends_at_the_counted_depth_and_not_before(name: str) -> None:
    assert ends()[f"{name} {DEPTH - 1}"] == "(7,)"
    assert ends()[f"{name} {DEPTH}"] == EXHAUSTED
    assert ends()[f"{name} {2**32 - 1}"] == EXHAUSTED


def test_the_rest_runs_in_the_small_thread_too() -> None:
    rest = {
        name: end
        for name, end in ends().items()
        if name.startswith(("metered", "nested"))
    }
    assert len(rest) == 5
    assert set(rest.values()) == {"ran"}


def test_the_small_thread_would_show_recursion() -> None:
    def narrow() -> dict[str, str]:
        return ends_of(
            "tests.contractvm.wasm.interpreter.test_recursion", "recursive_works"
        )

    assert narrow() == {"deep": "RecursionError", "shallow": "3"}


def recursive_works() -> dict[str, Callable[[], object]]:
    """Work within the limit and beyond it."""

    def down(count: int) -> int:
        return 3 if count == 0 else down(count - 1)

    return {"deep": partial(down, 100), "shallow": partial(down, 5)}
