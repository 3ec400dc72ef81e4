"""The loader of schedule files; it refuses whatever the format does not name."""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from gas_schedule.arguments import as_path
from gas_schedule.bounded_files import read_bounded
from gas_schedule.errors import ScheduleError, UnknownSchedule
from gas_schedule.file_format import (
    FORMAT,
    FORMAT_1_INTERFACE,
    FORMAT_1_MODULE,
    FORMAT_1_RATES,
    FORMAT_1_SECTIONS,
    HOST_RATES,
    MAX_FILE_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_NESTING,
    METERING_KEYS,
    MNEMONICS,
    OPTIONAL_METERING_KEYS,
    RATES,
    TEXT_KEYS,
)
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from gas_schedule.schedule_file import ScheduleFile, ScheduleTable

SCHEDULES_FOLDER = Path(__file__).parent.joinpath("schedules")
DEFAULT_SCHEDULE = "contractvm-2"
FEE_MARKET_SCHEDULE = "contractvm-3"
MAX_PARSED = 16


def list_schedules() -> tuple[str, ...]:
    """The names of the released schedules, sorted."""
    return tuple(sorted(path.stem for path in SCHEDULES_FOLDER.glob("*.toml")))


def load_schedule(name_or_path: str | os.PathLike[str]) -> GasSchedule:
    """The released schedule of that name, or the one in the file at that path.

    Released names come first; anything that ends in `.toml` or has a folder in it is a
    path.
    """
    return read_schedule(schedule_path(name_or_path))


def schedule_path(name_or_path: str | os.PathLike[str]) -> Path:
    """The file that `load_schedule` reads; raises UnknownSchedule and TypeError."""
    path = as_path(name_or_path, "schedule", "a schedule's name or a path")
    if not isinstance(name_or_path, str):
        return path
    known = list_schedules()
    if name_or_path in known:
        return SCHEDULES_FOLDER.joinpath(f"{name_or_path}.toml")
    if path.suffix != ".toml" and len(path.parts) <= 1:
        raise UnknownSchedule(name_or_path, known)
    return path


def read_schedule(path: Path) -> GasSchedule:
    """The schedule in the file at `path`; raises ScheduleError only."""
    return parse_schedule(read_content(path), path)


def read_content(path: Path) -> bytes:
    """The bytes of the schedule file at `path`; raises ScheduleError."""
    try:
        return read_bounded(path, MAX_FILE_BYTES)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ScheduleError(reason, path) from error


@lru_cache(MAX_PARSED)
def parse_schedule(content: bytes, path: Path) -> GasSchedule:
    """The schedule that the bytes describe; `path` is for error messages.

    Cached by the bytes, since reading them takes five milliseconds. Raises
    ScheduleError only.
    """
    file = ScheduleFile(path, _decode_text(content, path))
    top = file.root(_parse_toml(file))
    core = {*TEXT_KEYS, "units_per_gas", "instructions", "host"}
    if "format" not in top.keys:
        core.update(METERING_KEYS)
        top.refuse_unknown_keys({*core, *FORMAT_1_SECTIONS})
        interface, metering, rates = FORMAT_1_INTERFACE, top, FORMAT_1_RATES
        modules = {FORMAT_1_MODULE: top.table("host")}
    else:
        if top.number("format") != FORMAT:
            raise top.error(f"must be {FORMAT}", "format")
        interface, metering = top.text("interface"), top.table("metering")
        rates = RATES
        metering.refuse_unknown_keys((*METERING_KEYS, *OPTIONAL_METERING_KEYS))
        functions = top.table("host")
        modules = {name: functions.table(name) for name in functions.keys}
        core.update(("format", "interface", "metering"))
    instructions = top.table("instructions")
    instructions.refuse_unknown_keys(MNEMONICS)
    return GasSchedule(
        name=top.text("name"),
        description=top.text("description"),
        interface=interface,
        units_per_gas=top.number("units_per_gas", minimum=1),
        memory_page=metering.number("memory_page"),
        local=metering.number("local"),
        carried_value=metering.number("carried_value", default=0),
        element_segment=metering.number("element_segment", default=0),
        canonical_floats=_flag(metering, "canonical_floats"),
        instructions=MappingProxyType(
            {
                name: _instruction_cost(instructions, name, rates)
                for name in instructions.keys
            }
        ),
        host_costs=MappingProxyType(
            {name: _host_costs(functions) for name, functions in modules.items()}
        ),
        sections=MappingProxyType(
            {key: top.numbers(key) for key in top.keys if key not in core}
        ),
        content_hash=hashlib.sha256(content).digest(),
        file=file,
    )


def _flag(table: ScheduleTable, key: str) -> int:
    value = table.number(key, default=0)
    if value > 1:
        raise table.error(f"must be 0 or 1, is {value}", key)
    return value


def _decode_text(content: bytes, path: Path) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise ScheduleError(f"larger than {MAX_FILE_BYTES} bytes", path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScheduleError("not UTF-8 text", path, line=line) from error


def _parse_toml(file: ScheduleFile) -> dict[str, object]:
    _refuse_deep_nesting(file)
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else file.text.count("\n") + 1
        raise ScheduleError(f"not TOML: {error}", file.path, line=line) from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise ScheduleError("a number is too long", file.path) from error


def _refuse_deep_nesting(file: ScheduleFile) -> None:
    depth = 0
    for number, line in enumerate(file.text.split("\n"), start=1):
        for bracket in re.findall(r"[][{}]", line):
            depth += 1 if bracket in "[{" else -1
            if depth > MAX_NESTING:
                raise ScheduleError("nested too deeply", file.path, line=number)
        if len(line) > MAX_LINE_CHARACTERS:
            reason = f"a line of more than {MAX_LINE_CHARACTERS} characters"
            raise ScheduleError(reason, file.path, line=number)


def _instruction_cost(
    instructions: ScheduleTable, mnemonic: str, rates: Mapping[str, str]
) -> InstructionCost:
    """Read a cost: a plain number is the base; one with a rate may be a table."""
    if not instructions.holds_table(mnemonic):
        return InstructionCost(instructions.number(mnemonic))
    cost = instructions.table(mnemonic)
    rate = rates.get(mnemonic)
    if rate is None:
        raise instructions.error("has no size to price: give one number", mnemonic)
    cost.refuse_unknown_keys(("base", rate))
    return InstructionCost(cost.number("base"), **{rate: cost.number(rate)})


def _host_costs(functions: ScheduleTable) -> Mapping[str, HostCost]:
    return MappingProxyType(
        {name: _host_cost(functions, name) for name in functions.keys}
    )


def _host_cost(functions: ScheduleTable, name: str) -> HostCost:
    if not functions.holds_table(name):
        return HostCost(functions.number(name))
    cost = functions.table(name)
    return HostCost(
        base=cost.number("base"),
        per_byte=cost.number("per_byte", default=0),
        per_word=cost.number("per_word", default=0),
        amounts=MappingProxyType(
            {key: cost.number(key) for key in cost.keys if key not in HOST_RATES}
        ),
    )
