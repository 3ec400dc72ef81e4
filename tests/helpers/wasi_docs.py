"""The charges of WASI's functions as the table in docs/wasi.md shows them."""

from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE
from contractvm.hosts.wasi.layouts import PREVIEW1
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import HostCost

LABELS = {
    "per_iovec": "a buffer",
    "per_random_word": "a random word more",
    "per_grown_word": "a word of growth",
    "per_listed": "an entry listed",
    "per_entry": "an entry looked at",
    "per_component": "a component",
    "per_subscription": "a subscription",
}


def charge_text(cost: HostCost) -> str:
    """For example `30 + 5 a buffer + 1 a word`."""
    parts = [f"{cost.base}"]
    parts += [f"{cost.amounts[key]} {LABELS[key]}" for key in cost.amounts]
    if cost.per_word:
        parts.append(f"{cost.per_word} a word")
    return " + ".join(parts)


def charges() -> dict[str, str]:
    """The text of each function, by name."""
    costs = load_schedule(DEFAULT_SCHEDULE).host_costs[PREVIEW1]
    return {name: charge_text(cost) for name, cost in costs.items()}
