"""Control flow and operand stacks that translation treats specially, on wasmtime.

Each is one func `run` of two i32 parameters; both engines run it on a few arguments.
"""

import pytest

from contractvm.errors import Trap
from tests.helpers.instances import instantiate_wat
from tests.helpers.wasmtime_runs import WasmtimeModule, comparable
from tests.helpers.wat import wat_to_wasm

ARGUMENTS = ((0, 0), (1, 0), (0, 1), (2, 3), (7, 5), (0xFFFF_FFFF, 1))
HEAD = '(func $run (export "run") (param $a i32) (param $b i32)'

SHAPES = {
    "a local read before it is set keeps its old value": """(result i32)
        (i32.sub (local.get $a) (block (result i32)
          (local.set $a (i32.const 100)) (local.get $a)))""",
    "a local read twice before it is set": """(result i32)
        local.get $a local.get $a local.get $b local.set $a
        local.get $a i32.mul i32.add""",
    "a computed value set while the old one waits": """(result i32)
        local.get $a
        (local.set $a (i32.add (local.get $a) (i32.const 3)))
        local.get $a i32.shl""",
    "tee while the old value waits": """(result i32)
        local.get $a
        (local.tee $a (i32.mul (local.get $b) (i32.const 3)))
        i32.sub local.get $a i32.add""",
    "a dropped result and a set of the value below": """(result i32)
        (i32.add (local.get $a) (i32.const 1))
        (i32.mul (local.get $b) (i32.const 5))
        drop local.set $b local.get $b""",
    "set of a local to itself": """(result i32)
        local.get $a local.set $a local.get $a""",
    "locals exchanged over the stack": """(result i32)
        local.get $a local.get $b local.set $a local.set $b
        (i32.sub (local.get $a) (local.get $b))""",
    "constants below a block": """(result i32)
        i32.const 5 i32.const 7
        (block (br_if 0 (local.get $a)) (local.set $b (i32.const 9)))
        i32.mul local.get $b i32.add""",
    "a local below a loop that sets it": """(result i32)
        local.get $a
        (loop $l
          (local.set $a (i32.add (local.get $a) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $a) (i32.const 6))))
        local.get $a i32.sub""",
    "br_if that carries a constant": """(result i32)
        (block (result i32)
          (drop (br_if 0 (i32.const 11) (local.get $a))) (i32.const 22))""",
    "br_if that carries a local, with a comparison": """(result i32)
        (block (result i32)
          (drop (br_if 0 (local.get $b) (i32.lt_u (local.get $a) (local.get $b))))
          (i32.const 22))""",
    "br_if that carries a value past others": """(result i32)
        (block (result i32)
          i32.const 1 local.get $a local.get $b
          local.get $a br_if 0 i32.add i32.add)""",
    "br that carries a value past others": """(result i32)
        (block (result i32)
          i32.const 1 local.get $a
          (i32.add (local.get $a) (local.get $b)) br 0)""",
    "br_if with two values at another height": """(result i32)
        (block (result i32 i32)
          i32.const 40 local.get $b local.get $a
          (br_if 0 (i32.gt_u (local.get $a) (local.get $b)))
          drop drop local.get $a)
        i32.sub""",
    "br_if out of the func with a value": """(result i32)
        local.get $a (br_if 0 (i32.eq (local.get $a) (local.get $b)))
        drop i32.const 77""",
    "br_if out of the func without values, then results": """(result i32)
        (block (block (br_if 1 (i32.eqz (local.get $a)))
          (return (i32.const 1))))
        i32.const 2""",
    "if with else, values on both arms": """(result i32)
        (if (result i32) (i32.lt_s (local.get $a) (local.get $b))
          (then (local.get $a)) (else (local.get $b)))""",
    "if without else": """(result i32)
        (if (local.get $a) (then (local.set $b (i32.const 3)))) local.get $b""",
    "if with parameters": """(result i32)
        local.get $a local.get $b
        (if (param i32) (result i32) (i32.eq (local.get $a) (i32.const 2))
          (then (i32.add (i32.const 10)))
          (else (i32.mul (i32.const 3))))
        i32.sub""",
    "if with parameters and no else": """(result i32)
        local.get $a
        (if (param i32) (result i32) (local.get $b)
          (then (i32.add (i32.const 5))))""",
    "loop with a parameter that shrinks": """(result i32) (local $n i32)
        local.get $a
        (loop $l (param i32) (result i32)
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          i32.const 1 i32.shr_u local.tee $b
          (br_if $l (local.get $b) (i32.lt_u (local.get $n) (i32.const 5)))
          i32.add)
        local.get $n i32.add""",
    "loop with two parameters exchanged at each turn": """(result i32) (local $n i32)
        local.get $a local.get $b
        (loop $l (param i32 i32) (result i32 i32)
          local.set $a local.set $b local.get $a local.get $b
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $n) (i32.const 3))))
        i32.sub""",
    "block with parameters that come from locals": """(result i32)
        local.get $a local.get $b
        (block (param i32 i32) (result i32)
          (local.set $a (i32.const 50)) i32.sub)
        local.get $a i32.add""",
    "two results of the func": """(result i32 i32)
        local.get $b local.get $a""",
    "three results out of order": """(result i32 i32 i32)
        local.get $b i32.const 8 local.get $a""",
    "two results by br": """(result i32 i32)
        i32.const 1 local.get $b local.get $a br 0""",
    "return from within": """(result i32)
        (block (loop (if (local.get $a) (then (return (local.get $b))))))
        i32.const 4""",
    "br_table without values": """(result i32)
        (block $d (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $d (local.get $a)))
          (return (i32.const 10))) (return (i32.const 11))) (return (i32.const 12)))
        i32.const 13""",
    "br_table with a value to different heights": """(result i32)
        (block $x (result i32)
          i32.const 100
          (block $y (result i32)
            i32.const 1000
            (block $z (result i32)
              (br_table $x $y $z 3 (local.get $b) (local.get $a)))
            i32.add)
          i32.add)""",
    "br_table with a value to the func": """(result i32)
        i32.const 5
        (block (result i32) (br_table 1 0 1 (local.get $b) (local.get $a)))
        i32.add""",
    "br_table to a loop": """(result i32) (local $n i32)
        (loop $l
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (block $out
            (br_if $out (i32.gt_u (local.get $n) (i32.const 4)))
            (br_table $l $out $l (local.get $a))))
        local.get $n""",
    "br_table with one label": """(result i32)
        (block (br_table 0 (local.get $a))) local.get $b""",
    "dead code after br": """(result i32)
        (block (result i32) local.get $a br 0 i32.add drop i32.const 1)""",
    "dead blocks with else": """(result i32)
        (block (result i32) local.get $b
          br 0
          (if (result i32) (i32.const 1)
            (then (loop (result i32) br 0)) (else unreachable)))""",
    "both arms dead": """(result i32)
        (if (local.get $a) (then (return (i32.const 1))) (else (return (i32.const 2))))
        i32.const 3""",
    "one arm dead": """(result i32)
        (if (result i32) (local.get $a)
          (then (return (i32.const 1))) (else (local.get $b)))
        i32.const 1 i32.add""",
    "unreachable in an arm": """(result i32)
        (if (i32.eq (local.get $a) (i32.const 7)) (then unreachable)) i32.const 1""",
    "select of locals and constants": """(result i32)
        (i32.add
          (select (local.get $a) (i32.const 9) (local.get $b))
          (select (i32.const 4) (local.get $b) (i32.lt_u (local.get $a) (i32.const 2))))
        """,
    "typed select": """(result i32)
        (select (result i32) (local.get $a) (local.get $b) (i32.const 0))""",
    "select while a local waits": """(result i32)
        local.get $a local.get $b
        (select (local.tee $a (i32.const 6)) (local.get $b) (local.get $b))
        i32.sub i32.add""",
    "i32.eqz of a comparison": """(result i32)
        (i32.eqz (i32.eqz (i32.le_s (local.get $a) (local.get $b))))""",
    "branch on bits": """(result i32)
        (block (br_if 0 (i32.and (local.get $a) (i32.const 1))) (return (i32.const 5)))
        (if (result i32) (i32.and (local.get $a) (local.get $b))
          (then (i32.const 6)) (else (i32.const 7)))""",
    "a comparison kept in a local": """(result i32) (local $c i32)
        (local.set $c (i32.lt_u (local.get $a) (local.get $b)))
        (if (local.get $c) (then (return (i32.const 1)))) local.get $c""",
    "a teed comparison as a condition": """(result i32) (local $c i32)
        (if (local.tee $c (i32.lt_u (local.get $a) (local.get $b)))
          (then (return (i32.add (local.get $c) (i32.const 1))))) local.get $c""",
    "a constant condition": """(result i32)
        (block (br_if 0 (i32.const 1)) unreachable)
        (if (i32.const 0) (then unreachable)) local.get $a""",
    "a loop that counts down": """(result i32) (local $n i32)
        (local.set $n (i32.const 5))
        (loop $l
          (local.set $b (i32.mul (local.get $b) (i32.const 3)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        local.get $b local.get $n i32.add""",
    "a step as the condition of an if": """(result i32)
        (if (result i32) (local.tee $a (i32.add (local.get $a) (i32.const -1)))
          (then (local.get $a)) (else (i32.const 1000)))""",
    "a step while the old value waits": """(result i32)
        (block (result i32)
          local.get $a
          (br_if 0 (local.tee $a (i32.sub (local.get $a) (i32.const 1))))
          i32.const 9 i32.add)
        local.get $a i32.mul""",
    "a step whose local is read twice": """(result i32)
        (block (result i32)
          (local.tee $a (i32.add (local.get $a) (i32.const 3)))
          (br_if 0 (local.get $a)) i32.const 2 i32.mul)""",
    "a step that leaves the func": """(result i32)
        (br_if 0 (local.get $b) (local.tee $a (i32.sub (local.get $a) (i32.const 2))))
        drop local.get $a""",
    "a computed value as both operands": """(result i32)
        (local.set $a (i32.add (local.get $a) (local.get $b)))
        (i32.sub (i32.mul (local.get $a) (local.get $a))
                 (i32.sub (local.get $b) (local.get $a)))""",
    "a computed value as right operand": """(result i32)
        (i32.shl (local.get $b) (i32.add (local.get $a) (i32.const 1)))
        (i32.lt_s (local.get $b) (i32.mul (local.get $a) (i32.const 2)))
        i32.add""",
    "a computed value behind a label": """(result i32)
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (block (br_if 0 (local.get $b)) (local.set $a (i32.const 50)))
        (i32.mul (local.get $a) (i32.const 3))""",
    "a computed value behind a call": """(result i32)
        (if (i32.eqz (local.get $b)) (then (return (i32.const 3))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (drop (call $run (i32.const 9) (i32.const 0)))
        (i32.mul (local.get $a) (i32.const 3))""",
    "a computed address and a computed value": """(result i32)
        (i32.store (i32.and (i32.add (local.get $a) (i32.const 8)) (i32.const 255))
          (i32.add (local.get $b) (i32.const 3)))
        (i32.store8 (i32.const 5) (i32.add (local.get $b) (local.get $a)))
        (i32.add (i32.load (i32.and (i32.add (local.get $a) (i32.const 8))
          (i32.const 255))) (i32.load (i32.const 3)))""",
    "a computed float as condition and operand": """(result i32)
        (block (result i32)
          (br_if 0 (i32.const 4) (f64.lt (f64.add (f64.convert_i32_u (local.get $a))
            (f64.const 0.5)) (f64.convert_i32_u (local.get $b))))
          drop (i32.trunc_sat_f64_s (f64.mul (f64.const 1.5)
            (f64.convert_i32_s (local.get $a)))))""",
    "recursion": """(result i32)
        (if (result i32) (i32.gt_u (local.get $a) (i32.const 20))
          (then (local.get $b))
          (else (i32.add (i32.const 1) (call $run
            (i32.add (local.get $a) (i32.const 1))
            (i32.add (local.get $b) (local.get $a))))))""",
    "call with waiting locals below its arguments": """(result i32)
        (if (local.get $a) (then (return (local.get $b))))
        local.get $b local.get $b
        (call $run (i32.const 1) (local.get $b))
        i32.sub i32.add""",
    "a global read before it is set": """(result i32)
        global.get $g (global.set $g (local.get $a)) global.get $g i32.sub""",
    "wide constants": """(result i64)
        (i64.add (i64.mul (i64.extend_i32_s (local.get $a)) (i64.const 0x123456789))
                 (i64.xor (i64.const -1) (i64.extend_i32_u (local.get $b))))""",
    "locals of 64 bits start at zero": """(result i64) (local i64 i64 i32 i64)
        (if (local.get $a) (then (local.set 3 (i64.const -1))))
        (i64.add (local.get 3) (i64.add (local.get 2) (local.get 5)))""",
    "references": """(result i32)
        (table.set $t (i32.const 1) (ref.func $run))
        (i32.add
          (ref.is_null (table.get $t (i32.const 0)))
          (i32.mul (i32.const 2) (ref.is_null (table.get $t (i32.const 1)))))""",
    "table.grow and table.size": """(result i32)
        (i32.add (table.grow $t (ref.null func) (local.get $a)) (table.size $t))""",
    "table.fill": """(result i32)
        (table.fill $t (local.get $a) (ref.func $run) (local.get $b))
        (ref.is_null (table.get $t (i32.const 2)))""",
    "memory.size and memory.grow": """(result i32)
        (i32.add (memory.grow (local.get $a)) (memory.size))""",
    "memory.fill, copy and init": """(result i64)
        (memory.fill (i32.const 8) (local.get $a) (local.get $b))
        (memory.copy (local.get $b) (i32.const 6) (i32.const 9))
        (memory.init $d (i32.const 3) (i32.const 1) (i32.and (local.get $b)
          (i32.const 3)))
        (i64.xor (i64.load (i32.const 0)) (i64.load (i32.const 7)))""",
}
TAIL = """
  (memory 1 3)
  (table $t 3 20 funcref)
  (elem declare func $run)
  (data $d "abcdef")
  (global $g (mut i32) (i32.const 17)))"""


@pytest.mark.parametrize("name", SHAPES)
def test_shape_gives_what_wasmtime_gives(name: str) -> None:
    source = f"(module {HEAD} {SHAPES[name]}) {TAIL}"
    instance = instantiate_wat(source)
    oracle = WasmtimeModule(wat_to_wasm(source))
    for arguments in ARGUMENTS:
        try:
            ours: object = instance.invoke("run", *arguments)
        except Trap as trap:
            ours = comparable(trap.code)
        assert (arguments, ours) == (arguments, oracle.invoke("run", *arguments))
