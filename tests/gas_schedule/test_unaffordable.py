"""Instructions that may be present, but that nobody can pay for."""

from pathlib import Path

import pytest

from contractvm.errors import RefusedModule
from contractvm.metering.plan import plan_module
from gas_schedule.errors import ScheduleError
from gas_schedule.loader import load_schedule, parse_schedule
from tests.helpers.wat import wat_to_module

STYLUS = load_schedule("stylus-1")


def test_the_price_is_all_that_a_counter_holds() -> None:
    assert STYLUS.instructions["f32.const"].base == 2**64 - 1


def test_only_the_one_word_says_so() -> None:
    text = STYLUS.file.text.replace('"unaffordable"', '"unaffordabel"')
    with pytest.raises(ScheduleError, match="must be a whole number"):
        parse_schedule(text.encode(), Path("x.toml"))


def test_a_metering_that_refuses_large_sums_refuses_the_module() -> None:
    module = wat_to_module("(module (func f64.const 1 drop))")
    with pytest.raises(RefusedModule, match="costs more than the gas counter holds"):
        plan_module(module, STYLUS)
