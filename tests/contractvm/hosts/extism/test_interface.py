"""Extism's ABI as a host interface: its functions, and their prices."""

import pytest

from contractvm.hosts.extism.functions import FUNCTIONS
from contractvm.hosts.extism.host_interface import INTERFACE
from contractvm.hosts.registry import find_host
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import HostCost

# What allocates or copies bytes.
SIZED = {
    *("alloc", "error_set", "config_get", "var_get", "var_set"),
    *("http_request", "http_headers"),
    *("log_trace", "log_debug", "log_info", "log_warn", "log_error"),
}


def test_the_registry_finds_it() -> None:
    assert find_host("extism") is INTERFACE
    assert len({row.key for row in FUNCTIONS}) == len(FUNCTIONS) == 26


@pytest.mark.parametrize(("schedule", "gas"), [("guests-1", 1), ("fuel", 100)])
def test_the_prices_of_all_functions(schedule: str, gas: int) -> None:
    costs = load_schedule(schedule).host_costs["extism:host/env"]
    assert dict(costs) == {
        row.name: HostCost(2 * gas, per_word=gas * (row.name in SIZED))
        for row in FUNCTIONS
    }
