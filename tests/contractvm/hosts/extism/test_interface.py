"""Extism's ABI as a host interface: its functions, and their prices."""

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


def test_functions_cost_what_they_take() -> None:
    costs = load_schedule("guests-1").host_costs["extism:host/env"]
    bases = {"var_set": 75, "http_request": 150}
    assert dict(costs) == {
        row.name: HostCost(
            60 if row.name.startswith("log_") else bases.get(row.name, 50),
            per_word=8 if row.name == "http_request" else 1,
        )
        if row.name in SIZED
        else HostCost(35)
        for row in FUNCTIONS
    }


def test_functions_cost_fuel() -> None:
    costs = load_schedule("fuel").host_costs["extism:host/env"]
    assert dict(costs) == {
        row.name: HostCost(200, per_word=100 * (row.name in SIZED)) for row in FUNCTIONS
    }
