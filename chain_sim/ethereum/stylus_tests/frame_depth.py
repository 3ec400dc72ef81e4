"""The published recursion: the frame of its func, and how often that is entered."""

from contractvm.errors import Trap
from contractvm.hosts.stylus.frame_heights import count_operands
from contractvm.hosts.stylus.metering import FRAME_WORDS
from contractvm.hosts.stylus.module_rules import ENTRY
from contractvm.hosts.stylus.parameters import GREATEST_INK
from contractvm.runtime.module_source import assemble
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module

COUNT_AT = 0
# A param, two declared locals, and a call of itself with the param.
SOURCE = f"""(module
  (memory (export "memory") 1 1)
  (global $depth (mut i32) (i32.const 0))
  (func $recurse (export "{ENTRY}") (param i32) (result i32) (local f32 f64)
    local.get 0 global.get $depth i32.const 1 i32.add global.set $depth
    i32.const {COUNT_AT} global.get $depth i32.store
    call $recurse))"""
# The same without the store, which only lets the count be read.
MEASURED = SOURCE.replace(f"i32.const {COUNT_AT} global.get $depth i32.store", "")
INT_BYTES = 4


def measure_frame() -> int:
    """The words of the func's frame."""
    module = decode_module(assemble("recursion", MEASURED.encode()))
    (words,) = count_operands(module)
    return words + module.funcs[0].local_count + FRAME_WORDS


def count_entries(budget: int, engine: Pipeline) -> int:
    """How often the func is entered with so many words of stack."""
    prepared = engine.prepare(assemble("recursion", SOURCE.encode()))
    run = engine.start(prepared, {}, GREATEST_INK, max_stack_height=budget)
    run.begin(ENTRY, 0)
    try:
        run.resume()
    except Trap:
        memory = run.instance.export("memory")
        return int.from_bytes(memory.read(COUNT_AT, INT_BYTES), "little")
    return 0
