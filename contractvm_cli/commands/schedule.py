"""`contractvm schedule list`, `show` and `diff`."""

from typing import Any

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm.hosts.registry import load_checked
from contractvm_cli.commands.schedule_calibrate import calibrate_command
from contractvm_cli.commands.schedule_diff import diff_command
from contractvm_cli.options import VerbGroup, example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import NUMBER, TEXT, print_table
from gas_schedule.file_format import MNEMONICS
from gas_schedule.loader import list_schedules
from gas_schedule.schedule import INSTRUCTION_RATES, GasSchedule

RATE_TITLES = {
    "per_byte": "per byte",
    "per_element": "element",
    "per_entry": "per entry",
    "per_param": "per param",
}
ALWAYS_SHOWN = ("per_byte", "per_element")


@click.group(
    "schedule", cls=VerbGroup, epilog=example("contractvm schedule show ewasm-metered")
)
def schedule_command() -> None:
    """List, show, compare and measure gas schedules."""


schedule_command.add_command(diff_command)
schedule_command.add_command(calibrate_command)


@schedule_command.command("list", epilog=example("contractvm schedule list"))
@json_option
def schedule_list(as_json: bool) -> None:
    """List the released gas schedules."""
    schedules = [load_checked(name) for name in list_schedules()]
    if as_json:
        print_json([summary_of(schedule) for schedule in schedules])
    else:
        print_table(
            {"name": TEXT, "units per gas": NUMBER, "description": TEXT},
            [(s.name, s.units_per_gas, s.description) for s in schedules],
        )


@schedule_command.command("show", epilog=example("contractvm schedule show ewasm-hera"))
@click.argument("schedule", metavar="NAME|PATH")
@json_option
def schedule_show(schedule: str, as_json: bool) -> None:
    """Show all costs of a gas schedule: a released one, or a .toml file.

    Instructions cost units, everything else gas. An instruction that is not in the
    list is forbidden.
    """
    loaded = load_checked(schedule)
    if as_json:
        print_json(schedule_document(loaded))
        return
    print_facts(
        {
            "name": loaded.name,
            "description": loaded.description,
            "content hash": format_data(loaded.content_hash),
            "units per gas": loaded.units_per_gas,
            "memory page": f"{loaded.memory_page} units",
            "local": f"{loaded.local} units",
            **newer_facts(loaded),
            "forbidden": ", ".join(forbidden_instructions(loaded)) or "nothing",
            "free to loop": ", ".join(loaded.free_jumps) or "nothing",
        }
    )
    show_costs(loaded)


def newer_facts(schedule: GasSchedule) -> dict[str, str]:
    """What only some schedules have."""
    facts = {}
    if schedule.carried_value:
        facts["carried value"] = f"{schedule.carried_value} units"
    if schedule.element_segment:
        facts["element segment"] = f"{schedule.element_segment} units"
    if schedule.canonical_floats:
        facts["floats"] = "canonical"
    return facts


def forbidden_instructions(schedule: GasSchedule) -> list[str]:
    """The mnemonics without a price, those of floats last."""
    absent = sorted(MNEMONICS - set(schedule.instructions))
    return sorted(absent, key=lambda name: "f32" in name or "f64" in name)


def show_costs(schedule: GasSchedule) -> None:
    """Print one table for instructions, one for host functions, one for the rest."""
    costs = schedule.instructions
    rates = [
        key
        for key in INSTRUCTION_RATES
        if key in ALWAYS_SHOWN or any(getattr(cost, key) for cost in costs.values())
    ]
    titles = [RATE_TITLES[key] for key in rates]
    print_table(
        {"instruction": TEXT, "units": NUMBER, **dict.fromkeys(titles, NUMBER)},
        [
            (name, cost.base, *(getattr(cost, key) or "" for key in rates))
            for name, cost in costs.items()
        ],
    )
    print_table(
        {
            "host function": TEXT,
            "gas": NUMBER,
            "per byte": NUMBER,
            "per word": NUMBER,
            "and": TEXT,
        },
        [
            (
                name,
                cost.base,
                cost.per_byte or "",
                cost.per_word or "",
                ", ".join(f"{key} {gas}" for key, gas in cost.amounts.items()),
            )
            for costs in schedule.host_costs.values()
            for name, cost in costs.items()
        ],
    )
    for title, place in schedule.sections.items():
        print_table(
            {title.removesuffix("s"): TEXT, "gas": NUMBER},
            [(key, place.number(key)) for key in place.keys],
        )


def summary_of(schedule: GasSchedule) -> dict[str, Any]:
    """A line of `schedule list`."""
    return {
        "name": schedule.name,
        "description": schedule.description,
        "contentHash": format_data(schedule.content_hash),
        "unitsPerGas": schedule.units_per_gas,
    }


def schedule_document(schedule: GasSchedule) -> dict[str, Any]:
    """A whole schedule; costs are named as in its file."""
    return {
        **summary_of(schedule),
        "memoryPage": schedule.memory_page,
        "local": schedule.local,
        "carriedValue": schedule.carried_value,
        "elementSegment": schedule.element_segment,
        "canonicalFloats": bool(schedule.canonical_floats),
        "forbidden": forbidden_instructions(schedule),
        "freeJumps": list(schedule.free_jumps),
        "instructions": {
            name: {
                "base": cost.base,
                "perByte": cost.per_byte,
                "perElement": cost.per_element,
                "perEntry": cost.per_entry,
                "perParam": cost.per_param,
            }
            for name, cost in schedule.instructions.items()
        },
        "host": {
            name: {
                "base": cost.base,
                "perByte": cost.per_byte,
                "perWord": cost.per_word,
                **cost.amounts,
            }
            for costs in schedule.host_costs.values()
            for name, cost in costs.items()
        },
        **{
            title: {key: place.number(key) for key in place.keys}
            for title, place in schedule.sections.items()
        },
    }
