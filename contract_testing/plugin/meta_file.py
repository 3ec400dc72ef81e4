"""The gas file's companion: what its numbers depend on. Imports nothing heavy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT, FORMAT_VERSION = "contractvm-gas-meta", 1
RULES = ("mode", "schedule", "fork", "host")
# The release of the Cosmos chain, where tests use one.
COSMOS = "cosmos"
MAX_REASONS = 2


@dataclass(slots=True)
class Meta:
    """Rules of the run, modules, and for each test its modules and parts in units."""

    world: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(
        self, name: str, modules: Mapping[str, Any], parts: Mapping[str, int]
    ) -> None:
        """Take what a test reports."""
        self.modules.update(modules)
        self.entries[name] = {
            "modules": sorted(modules),
            "parts": {group: str(units) for group, units in sorted(parts.items())},
        }

    def differing_rules(self, now: Mapping[str, Any]) -> list[str]:
        """Lines about rules that are not those of the file."""
        return [
            f"the gas file is for {rule} {shown(self.world.get(rule))}, this run has"
            f" {shown(now.get(rule))}"
            for rule in (*RULES, *({COSMOS} & {*self.world} & {*now}))
            if now and self.world.get(rule) != now.get(rule)
        ]

    def changed_modules(self, now: "Meta") -> list[str]:
        """Lines about modules that have other code than when the file was made."""
        return [
            f"{name} has other code: {facts.get('bytes')} bytes, were"
            f" {self.modules[name].get('bytes')}"
            for name, facts in sorted(now.modules.items())
            if name in self.modules
            and self.modules[name].get("hash") != facts.get("hash")
        ]


def shown(rule: Any) -> str:
    """A rule in a few words."""
    if isinstance(rule, dict):
        return f"{rule.get('name')} ({str(rule.get('hash'))[:10]})"
    return str(rule)


def rules_text(world: Mapping[str, Any]) -> str:
    """The line of a report that says under which rules its numbers hold."""
    if not world:
        return "No test sent a transaction."
    return (
        f"Schedule {shown(world['schedule'])}, fork {world['fork']}, mode"
        f" {world['mode']}, {world['engine']}."
    )


def read_meta(path: Path) -> Meta | None:
    """The companion of a gas file; None where there is none that can be read."""
    from contractvm.nesting import (  # noqa: PLC0415 (the plugin loads in every session)
        check_json_nesting,
    )

    try:
        content = path.read_bytes()
        check_json_nesting(content)
        document = json.loads(content)
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    if document.get("version") != FORMAT_VERSION:
        return None
    modules = table_of(document.get("modules"))
    entries = table_of(document.get("entries"))
    if modules is None or entries is None:
        return None
    world = {
        key: value
        for key, value in document.items()
        if key not in ("format", "version", "modules", "entries")
    }
    return Meta(world, modules, entries)


def table_of(found: Any) -> dict[str, dict[str, Any]] | None:
    """What maps names to objects; None for anything else."""
    is_table = isinstance(found, dict) and all(
        isinstance(value, dict) for value in found.values()
    )
    return found if is_table else None


def write_meta(path: Path, meta: Meta, old: Meta | None) -> None:
    """Sorted, so that the same run writes the same bytes; keeps what `old` had."""
    modules = {**(old.modules if old else {}), **meta.modules}
    entries = {**(old.entries if old else {}), **meta.entries}
    document = {
        **(old.world if old else {}),
        **meta.world,
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "modules": modules,
        "entries": entries,
    }
    path.write_text(
        json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )


def why_texts(old: Meta, new: Meta) -> dict[str, str]:
    """For each test, the groups whose gas changed most: `storage +1,200`."""
    scale = int(new.world.get("unitsPerGas", 1) or 1)
    return {
        name: why_text(old.entries[name], entry, scale)
        for name, entry in new.entries.items()
        if name in old.entries
    }


def why_text(old: Mapping[str, Any], new: Mapping[str, Any], scale: int) -> str:
    """The groups that changed most, in whole gas."""
    before, after = old.get("parts"), new.get("parts")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ""
    if not before or not after:
        return ""
    changes = {
        group: units_of(after.get(group)) - units_of(before.get(group))
        for group in {*before, *after}
    }
    ordered = sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))
    told = []
    for group, units in ordered[:MAX_REASONS]:
        gas = (abs(units) + scale // 2) // scale
        if gas:
            told.append(f"{group} {'-' if units < 0 else '+'}{gas:,}")
    return ", ".join(told)


def units_of(text: Any) -> int:
    """Units in decimal text; 0 for anything else."""
    is_number = isinstance(text, str) and text.lstrip("-").isdigit()
    return int(text) if is_number and len(text) < len("1" * 30) else 0
