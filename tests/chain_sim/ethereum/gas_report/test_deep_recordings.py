"""Chains of calls as deep as the chain allows, and recursion as deep as the stack."""

from tests.helpers.ewasm import contract
from tests.helpers.explained import CALLER, TRACED_METERED, explained

# Memory: 0 CALLER, 32 zeros.
TO_ITSELF = contract(
    "(drop (call $call (i64.const 0x7fffffffffffffff) (i32.const 0)"
    " (i32.const 32) (i32.const 0) (i32.const 0)))",
    CALLER.ljust(64, b"\0"),
)


def test_a_chain_of_1024_calls_is_explained_call_by_call() -> None:
    report = explained(TO_ITSELF, gas_limit=10**14)
    call, depth = report.call, 0
    while call.calls:
        (callee,) = call.calls
        assert call.used_units == 700 + callee.used_units
        call, depth = callee, depth + 1
    # The 1025th is refused, and cost its caller the 700.
    assert depth == 1024
    assert call.used_units == 700
    assert report.remainder == 0
    assert report.call.used_units == 1025 * 700


RECURSION = """
(func $down (param i32)
  (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
"""


def test_recursion_5000_deep_has_a_note_that_stacks_are_cut() -> None:
    code = contract("(call $down (i32.const 5000))", b"", RECURSION)
    report = explained(code, engine=TRACED_METERED)
    down, main = sorted(report.call.functions, key=lambda cost: cost.name)
    assert (down.calls, down.own_units) == (5_001, 5_001 * 225 + 5_000 * 270)
    assert main.inclusive_units == down.inclusive_units + 90
    assert max(len(stack.frames) for stack in report.call.stacks) == 256
    assert report.call.notes == (
        "deep stacks are cut: what is below counts with the last that is shown",
    )


def test_a_call_from_a_deep_stack_names_the_part_that_is_shown() -> None:
    deep = RECURSION.replace(
        "(if (local.get 0)",
        "(if (i32.eqz (local.get 0)) (then (drop (call $call (i64.const 0)"
        " (i32.const 500) (i32.const 32) (i32.const 0) (i32.const 0)))))"
        "(if (local.get 0)",
    )
    report = explained(contract("(call $down (i32.const 300))", b"", deep))
    assert report.call.calls_at == (("main", *["down"] * 255, "call"),)
