"""Pieces, measured alone: sized instructions, and the worst contexts of others.

A piece is a statement in a loop. Its cost is the time of the loop with it minus the
time of the loop without it, for one execution.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractvm.calibration.running import Program
from contractvm.calibration.workloads import assembled

PAGE = 65_536


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement, the number of turns of its loop, and its repetitions in a turn.

    `size` counts bytes, elements, locals or values. `without` is the statement that it
    is compared with, if any.
    """

    name: str
    statement: str
    turns: int = 2_000
    copies: int = 8
    size: int = 0
    without: str = ""

    @property
    def executions(self) -> int:
        """How often one call of the loop executes the statement."""
        return self.turns * self.copies


RANDOM = "(i32.add (i32.mul (local.get $r) (i32.const 1664525)) (i32.const 1013904223))"
NEXT = f"(local.set $r {RANDOM})"
FORESEEN = "(i32.and (local.get $r) (i32.const 0))"
UNFORESEEN = "(i32.shr_u (local.get $r) (i32.const 30))"


def branching(statement: str) -> str:
    """A statement about a number from 0 to 3, after the next random number."""
    return f"{NEXT} {statement}"


def chased(value: str, pages: int) -> str:
    """The next address depends on `value`, and no cache can predict it."""
    mask = pages * PAGE - 4
    return (
        f"(local.set $r (i32.add (i32.add (i32.mul (local.get $r) (i32.const 1664525))"
        f" (i32.const 1013904223)) {value}))"
        f" (local.set $p (i32.and (i32.shr_u (local.get $r) (i32.const 6))"
        f" (i32.const {mask})))"
    )


LOADED = "(i32.load (local.get $p))"
BR_IF = "(block (br_if 0 {}) (local.set $x (local.get $r)))"
BR_TABLE = (
    "(block (block (block (block (br_table 0 1 2 3 {}))"
    " (local.set $x (i32.mul (local.get $x) (i32.const 5))) (br 2))"
    " (local.set $u (i64.rotl (local.get $u) (local.get $v))) (br 1))"
    " (i32.store (i32.const 8) (local.get $x)))"
)
CALL_INDIRECT = "(local.set $x (call_indirect (type $unary) (local.get $x) {}))"
ODD = "(i64.or (local.get $u) (i64.const 1))"

SIZES = {
    "memory.copy": "(memory.copy (i32.const {0}) (i32.const 8) (i32.const {0}))",
    "memory.fill": "(memory.fill (i32.const 64) (local.get $n) (i32.const {0}))",
    "memory.init": "(memory.init $data (i32.const 9) (i32.const 0) (i32.const {0}))",
    "table.copy": "(table.copy (i32.const {0}) (i32.const 1) (i32.const {0}))",
    "table.fill": "(table.fill (i32.const 4) (ref.func $f0) (i32.const {0}))",
    "table.init": "(table.init $elements (i32.const 4) (i32.const 0) (i32.const {0}))",
}
# The greater size of each: copies reach far beyond the caches.
GREATER = {
    "memory.copy": 64 * PAGE,
    "memory.fill": 64 * PAGE,
    "memory.init": 32_768,
    "table.copy": 4_000,
    "table.fill": 4_000,
    "table.init": 1_000,
}
ONCE = {
    "memory.size": "(drop (memory.size))",
    "memory.grow": "(drop (memory.grow (i32.const 0)))",
    "table.get": "(drop (table.get (i32.const 1)))",
    "table.set": "(table.set (i32.const 5) (ref.func $f1))",
    "table.size": "(drop (table.size))",
    "table.grow": "(drop (table.grow (ref.null func) (i32.const 0)))",
    "ref.null": "(drop (ref.null func))",
    "ref.func": "(drop (ref.func $f0))",
    "data.drop": "(data.drop $other)",
    "elem.drop": "(elem.drop $rest)",
}
LOCALS = 1_000
CARRIED = 16


def integer_pieces() -> Iterator[Piece]:
    """Sized instructions, references, locals, and the worst contexts of others."""
    for name, statement in ONCE.items():
        yield Piece(name, statement)
    for name, statement in SIZES.items():
        yield Piece(f"{name} 0", statement.format(0))
        size = GREATER[name]
        turns = 1 if size > PAGE else 10
        yield Piece(f"{name} {size}", statement.format(size), turns, 1, size)
    few, many = "(call $no_locals)", "(call $many_locals)"
    yield Piece("local", many, 100, 8, LOCALS, without=few)
    yield from worst_contexts()


def worst_contexts() -> Iterator[Piece]:
    """The worst contexts of some classes."""
    for pages, name in ((1, "load: 64 KiB"), (256, "load: 16 MiB")):
        yield Piece(name, chased(LOADED, pages), without=chased("(i32.const 0)", pages))
    for name, text in (
        ("br_if: unforeseen", BR_IF),
        ("br_table: unforeseen", BR_TABLE),
        ("call_indirect: unforeseen", CALL_INDIRECT),
    ):
        seen, unseen = text.format(FORESEEN), text.format(UNFORESEEN)
        if text == BR_IF:
            unseen = text.format("(i32.and (local.get $r) (i32.const 1048576))")
        yield Piece(name, branching(unseen), without=branching(seen))
    yield Piece(
        "divide i64: far apart",
        f"(local.set $u (i64.xor (i64.rem_u (i64.const -3) {ODD}) (i64.const 5)))",
        without=f"(local.set $u (i64.xor {ODD} (i64.const 5)))",
    )
    narrow = "(i32.or (local.get $x) (i32.const 1))"
    yield Piece(
        "divide i32: far apart",
        f"(local.set $x (i32.xor (i32.rem_u (i32.const -3) {narrow}) (i32.const 5)))",
        without=f"(local.set $x (i32.xor {narrow} (i32.const 5)))",
    )
    yield Piece("local.get: kept for a block", "local.get $u block end drop")
    for name, waiting in (
        ("multiply", "i64.mul (local.get $u) (local.get $v)"),
        ("rotate", "i64.rotl (local.get $u) (local.get $v)"),
        ("count bits", "i64.popcnt (local.get $u)"),
    ):
        yield Piece(f"{name}: each waits for the last", f"(local.set $u ({waiting}))")


def loop_of(piece: Piece, statement: str) -> Program:
    """The program that executes `statement` as often as the piece says."""
    body = " ".join([statement] * piece.copies)
    spare = "(local i64) " * LOCALS
    carriers = " ".join(
        f"(func $take_{count} (param{' i64' * count}))"
        f"(func $give_{count} (param i64) (result{' i64' * count})"
        f" {'local.get 0 ' * count})"
        for count in (1, CARRIED)
    )
    funcs = " ".join(
        f"(func $f{number} (param i32) (result i32)"
        f" (i32.{operation} (local.get 0) (i32.const 3)))"
        for number, operation in enumerate(("add", "mul", "rotl", "xor"))
    )
    text = f"""(module
      (memory 260)
      (type $unary (func (param i32) (result i32)))
      (table 8192 funcref) (elem (i32.const 0) $f0 $f1 $f2 $f3)
      (data $data "{"ab" * 16_384}") (data $other "x")
      (elem $elements funcref {"(ref.func $f2)" * 1_000})
      (elem $rest funcref (ref.func $f3))
      {funcs}
      (func $no_locals) (func $many_locals {spare}) {carriers}
      (func (export "run") (param $n i32) (result i32)
        (local $r i32) (local $p i32) (local $x i32) (local $u i64) (local $v i64)
        (local $s f32) (local $t f32) (local $d f64) (local $e f64)
        (local.set $v (i64.const 0x5851f42d4c957f2d)) (local.set $u (i64.const 1))
        (local.set $s (f32.const 1)) (local.set $t (f32.const 1.0001))
        (local.set $d (f64.const 1)) (local.set $e (f64.const 1.0001))
        (loop $turn {body}
          (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x)))"""
    return Program(piece.name, assembled(text), piece.turns)


# Growth happens once in an instance: the pages are requested, then each is written to,
# since the machine provides memory when it is touched.
GROWN_PAGES = 64
GROWTH = f"""(module (memory 0)
  (func (export "run") (param $n i32) (result i32) (local $p i32)
    (drop (memory.grow (i32.const {GROWN_PAGES})))
    (loop $next
      (i32.store8 (local.get $p) (i32.const 1))
      (br_if $next (i32.lt_u
        (local.tee $p (i32.add (local.get $p) (i32.const 4096)))
        (i32.const {GROWN_PAGES * PAGE}))))
    (local.get $p)))"""
GROWN_ELEMENTS = 100_000
TABLE_GROWTH = f"""(module (table 0 funcref) (elem declare func $f)
  (func $f)
  (func (export "run") (param $n i32) (result i32)
    (table.grow (ref.func $f) (i32.const {GROWN_ELEMENTS}))))"""
