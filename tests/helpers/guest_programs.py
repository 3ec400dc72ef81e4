"""Guests in the text format, and loading them under prices that are easy to add up."""

from collections.abc import Sequence

from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import HostFunctionSpec
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

# One unit of gas for each addition, and nothing else but what the host charges.
ADD = 1
SCHEDULE = schedule_with({"i32.add": ADD, "i64.add": ADD, "br": 1}, local=0)
UNITS_PER_GAS = SCHEDULE.units_per_gas

CALLER = """
  (memory (export "memory") 1)
  (global $at (mut i32) (i32.const 1024))
  (func (export "malloc") (param i32) (result i32)
    (global.get $at)
    (global.set $at (i32.add (global.get $at) (local.get 0))))
"""


def load(
    source: str, host: Sequence[HostFunctionSpec] = (), engine: str = "interpreter"
) -> Guest:
    return Guest.load(
        wat_to_wasm(f"(module {source})"), host=host, schedule=SCHEDULE, engine=engine
    )
