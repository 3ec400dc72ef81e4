"""The published benchmark: 400 million additions between two hooks."""

from collections.abc import Mapping

from contractvm.hosts.interface import func_type
from contractvm.hosts.stylus.module_rules import ENTRY
from contractvm.hosts.stylus.parameters import GREATEST_INK
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.module_source import assemble
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.host_func import HostFunc

ADDITIONS = 2_000
TOTAL = 400_000_000
STACK_WORDS = 22_000
ADD = "i32.const 1 i32.add "
SOURCE = f"""(module
  (import "debug" "start_benchmark" (func $start))
  (import "debug" "end_benchmark" (func $end))
  (memory (export "memory") 0 0)
  (global $c (mut i32) (i32.const 0))
  (func (export "{ENTRY}") (param i32) (result i32)
    call $start
    (loop $again
      i32.const 0 {ADD * ADDITIONS} drop
      global.get $c i32.const {ADDITIONS} i32.add global.set $c
      global.get $c i32.const {TOTAL} i32.lt_s br_if $again)
    call $end
    i32.const 0))"""


class InkReader:
    """Hooks that note the ink that is left."""

    run: MeteredRun

    def __init__(self) -> None:
        self.seen: list[int] = []

    def note(self) -> None:
        """Note what is left now."""
        self.seen.append(self.run.meter.left)

    def imports(self) -> Mapping[tuple[str, str], HostFunc]:
        """The two hooks of the benchmark."""
        hook = HostFunc(func_type(""), self.note)
        return {("debug", name): hook for name in ("start_benchmark", "end_benchmark")}


def measure_benchmark(engine: Pipeline) -> int:
    """The ink between the two hooks."""
    reader = InkReader()
    prepared = engine.prepare(assemble("benchmark", SOURCE.encode()))
    run = engine.start(
        prepared, reader.imports(), GREATEST_INK, max_stack_height=STACK_WORDS
    )
    reader.run = run
    run.begin(ENTRY, 0)
    run.resume()
    start, end = reader.seen
    return start - end
