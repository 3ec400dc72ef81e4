"""Operands that wait in a local: written out before its change, on every path."""

import pytest

from tests.helpers.instances import instantiate_wat

# Each: the body of a func with three parameters and an i32 local, and what it returns
# for the condition 1 and 0, with 5 and 6 in the other parameters.
BODIES = {
    "a get in the place of a parameter of the block": (
        """i32.const 7
        (block (param i32) (result i32)
          drop
          local.get 1
          (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 99))))""",
        (5, 5),
    ),
    "two gets in the place of two parameters": (
        """i32.const 7 i32.const 8
        (block (param i32 i32) (result i32)
          drop drop
          local.get 1 local.get 2
          (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 99))
            (local.set 2 (i32.const 98)))
          i32.const 10 i32.mul i32.add)""",
        (65, 65),
    ),
    "a get above one that stays": (
        """local.get 2
        (block (param i32) (result i32)
          local.get 1
          (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 99)))
          (block (br_if 0 (local.get 0)) (local.set 2 (i32.const 98)))
          i32.sub)""",
        (1, 1),
    ),
    "a get below a branch that takes values along": (
        """(block (result i32 i32)
          local.get 1 local.get 2
          (br_if 0 (local.get 0))
          (local.set 1 (i32.const 99)) (local.set 2 (i32.const 98)))
        i32.sub""",
        (-1, -1),
    ),
    "a get before an if and its else": (
        """local.get 1
        (if (local.get 0)
          (then (local.set 1 (i32.const 99)))
          (else (local.set 1 (i32.const 98))))
        local.get 1 i32.sub""",
        (-94, -93),
    ),
    "a get in the place of a parameter of else": (
        """i32.const 7
        (if (param i32) (result i32) (local.get 0)
          (then)
          (else drop local.get 1
            (block (br_if 0 (local.get 2)) (local.set 1 (i32.const 99)))))
        """,
        (7, 5),
    ),
    "a get before a loop that changes it": (
        """local.get 1
        (loop
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if 0 (i32.lt_s (local.get 1) (i32.const 9))))
        local.get 1 i32.sub""",
        (-4, -4),
    ),
    "a get before a tee": (
        """local.get 1 (local.tee 1 (i32.const 50)) i32.sub
        (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 99)))
        local.get 1 i32.add""",
        (5, 54),
    ),
    "a value that a branch took along, and a get in its place": (
        """(block (result i32)
          local.get 2
          (br_if 0 (local.get 0))
          drop
          local.get 1
          (block (br_if 0 (i32.const 1)) (local.set 1 (i32.const 99))))""",
        (6, 5),
    ),
    "several gets of one local": (
        """local.get 1 local.get 1 local.get 1
        (local.set 1 (i32.const 99))
        i32.add i32.add
        (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 98)))
        local.get 1 i32.add""",
        (114, 113),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_get_reads_what_the_local_held(name: str) -> None:
    body, expected = BODIES[name]
    instance = instantiate_wat(
        f"""(module (func (export "f") (param i32 i32 i32) (result i32)
          (local i32) {body}))"""
    )
    found = [instance.start("f", condition, 5, 6).resume() for condition in (1, 0)]
    assert found == [(number % 2**32,) for number in expected]
