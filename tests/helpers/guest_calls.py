"""A contract whose host function may call it back, metered, on either engine."""

from collections.abc import Callable
from typing import Any
from weakref import proxy

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import STACK_HEIGHT_EXPORT
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.suspension import (
    GuestCall,
    GuestCallOutcome,
    Suspension,
)
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import Profile
from tests.helpers.instances import host
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

I32 = ValType.I32
UNARY = FuncType((I32,), (I32,))
LIMIT = 1_000
PLENTY = 10**9
ANY = Profile(name="any")
# Everything else is free, so that what a call costs can be counted by hand.
ADD, CALL = 3, 100
SCHEDULE = schedule_with({"i32.add": ADD, "call": CALL}, memory_page=10_000)
OPTIONS = InstrumentationOptions(max_stack_height=LIMIT)
PAGE_GAS = 10_000  # for the page that the module begins with

HEIGHT = 11

# Most funcs take and return an i32. `down` and `down and ask` have that height:
# 8 for the frame, the parameter, two operands; so has `ask`, `ask and go down` has 10.
SOURCE = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $allocate (export "allocate") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "ask") (param i32) (result i32)
    (i32.add (call $ask (local.get 0)) (i32.const 1000)))
  (func $load (export "load") (param i32) (result i32)
    (i32.load8_u (call $ask (local.get 0))))
  (func $loop (export "loop") (param i32) (result i32) (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (call $ask (local.get 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $down (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 0))))
  (func $down_and_ask (export "down and ask") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $down_and_ask (i32.sub (local.get 0) (i32.const 1))))
      (else (call $ask (i32.const 0)))))
  (func (export "ask and go down") (param i32) (result i32)
    (drop (call $ask (i32.const 0)))
    (call $down (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow by ask") (param i32) (result i32)
    (drop (call $ask (local.get 0)))
    (i32.store8 (i32.const 65536) (i32.const 7))
    (memory.size))
  (func (export "divide") (param i32) (result i32)
    (i32.div_u (i32.const 60) (local.get 0)))
  (func (export "trap") (param i32) (result i32) unreachable)
  (func (export "forever") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
  (func (export "none"))
  (func (export "wide") (param i64) (result i32) (i32.const 0)))"""

HostFunction = Callable[["GuestContract", int], Any]


class GuestContract:
    """One instance of SOURCE whose `ask` is given by the test."""

    def __init__(
        self,
        engine: str,
        ask: HostFunction,
        gas: int = PLENTY,
        *,
        options: InstrumentationOptions = OPTIONS,
        source: str = SOURCE,
        is_traced: bool = False,
    ) -> None:
        metered = Pipeline(
            make_engine(engine), SCHEDULE, ANY, options, is_traced=is_traced
        )
        prepared = metered.prepare(wat_to_wasm(source))
        me = proxy(self)  # the instance and the host function form no cycle
        imports = {("e", "ask"): host((I32,), (I32,), lambda value: ask(me, value))}
        self.run: MeteredRun = metered.start(prepared, imports, gas + PAGE_GAS)

    @property
    def memory(self) -> Any:
        return self.run.instance.export("memory")

    @property
    def height(self) -> int:
        height: int = self.run.instance.export(STACK_HEIGHT_EXPORT).value
        return height

    def call(self, name: str, argument: int = 0) -> Any:
        """What the first `resume` gives."""
        self.run.begin(name, argument)
        return self.run.resume()


def ask_guest(
    name: str,
    argument: int,
    complete: Callable[[GuestCallOutcome], int | Suspension | None],
    func_type: FuncType = UNARY,
) -> Suspension:
    """A host function's request for a guest call."""
    arguments = (argument,) * len(func_type.params)
    return Suspension(GuestCall(name, func_type, arguments), complete)


def first_result(outcome: GuestCallOutcome) -> int:
    """The one result, as the host function's own; an error propagates."""
    (value,) = outcome.results()
    assert isinstance(value, int)
    return value


def write_a_byte(contract: GuestContract, size: int) -> Suspension:
    """Allocate `size` bytes in the contract, and write to the first one."""

    def complete(outcome: GuestCallOutcome) -> int:
        pointer = first_result(outcome)
        contract.memory.write(pointer, b"*")
        return pointer

    return ask_guest("allocate", size, complete)
