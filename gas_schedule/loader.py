"""Read a schedule from its file, refusing whatever the format does not name."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from gas_schedule.bounded_files import read_bounded
from gas_schedule.errors import ScheduleError, UnknownSchedule
from gas_schedule.file_format import (
    HOST_AMOUNTS,
    HOST_RATES,
    MAX_FILE_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_NESTING,
    MNEMONICS,
    NUMBER_KEYS,
    PRECOMPILE_KEYS,
    SIZED_BY_BYTE,
    SIZED_BY_ELEMENT,
    TABLE_KEYS,
    TEXT_KEYS,
    TRANSACTION_KEYS,
)
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from gas_schedule.schedule_file import Place, ScheduleFile

SCHEDULES_FOLDER = Path(__file__).parent.joinpath("schedules")
DEFAULT_SCHEDULE = "contractvm-1"
MAX_PARSED = 16


def list_schedules() -> tuple[str, ...]:
    """The names of the released schedules, sorted."""
    return tuple(sorted(path.stem for path in SCHEDULES_FOLDER.glob("*.toml")))


def load_schedule(name_or_path: str) -> GasSchedule:
    """The released schedule of that name, or the one in the file at that path.

    A released name comes first; anything that ends in `.toml` or has a folder in it is
    a path.
    """
    return read_schedule(schedule_path(name_or_path))


def schedule_path(name_or_path: str) -> Path:
    """The file that `load_schedule` reads; raises UnknownSchedule."""
    known = list_schedules()
    if name_or_path in known:
        return SCHEDULES_FOLDER.joinpath(f"{name_or_path}.toml")
    path = Path(name_or_path)
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

    The same bytes give the same value: reading them takes five milliseconds. Raises
    ScheduleError only.
    """
    file = ScheduleFile(path, _decode_text(content, path))
    top = file.root(_parse_toml(file))
    top.refuse_unknown_keys(TEXT_KEYS + NUMBER_KEYS + TABLE_KEYS)
    transaction = _amounts(top.table("transaction"), TRANSACTION_KEYS)
    precompiles = _amounts(top.table("precompiles"), PRECOMPILE_KEYS)
    instructions = top.table("instructions")
    instructions.refuse_unknown_keys(MNEMONICS)
    host = top.table("host")
    return GasSchedule(
        name=top.text("name"),
        description=top.text("description"),
        units_per_gas=top.number("units_per_gas", minimum=1),
        memory_page=top.number("memory_page"),
        local=top.number("local"),
        instructions=MappingProxyType(
            {name: _instruction_cost(instructions, name) for name in instructions.keys}
        ),
        host=MappingProxyType({name: _host_cost(host, name) for name in host.keys}),
        transaction=transaction,
        precompiles=precompiles,
        content_hash=hashlib.sha256(content).digest(),
    )


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


def _amounts(table: Place, keys: tuple[str, ...]) -> Mapping[str, int]:
    """A table that has exactly these keys; what divides may not be zero."""
    table.refuse_unknown_keys(keys)
    return MappingProxyType(
        {
            key: table.number(key, minimum=1 if key.endswith("_divisor") else 0)
            for key in keys
        }
    )


def _instruction_cost(instructions: Place, mnemonic: str) -> InstructionCost:
    """A plain number is the base; sized instructions may be a table with a rate."""
    if not instructions.holds_table(mnemonic):
        return InstructionCost(instructions.number(mnemonic))
    cost = instructions.table(mnemonic)
    if mnemonic in SIZED_BY_BYTE:
        cost.refuse_unknown_keys(("base", "per_byte"))
        return InstructionCost(cost.number("base"), per_byte=cost.number("per_byte"))
    if mnemonic in SIZED_BY_ELEMENT:
        cost.refuse_unknown_keys(("base", "per_element"))
        per_element = cost.number("per_element")
        return InstructionCost(cost.number("base"), per_element=per_element)
    raise instructions.error("has no size to price: give one number", mnemonic)


def _host_cost(host: Place, name: str) -> HostCost:
    if not host.holds_table(name):
        return HostCost(host.number(name))
    cost = host.table(name)
    cost.refuse_unknown_keys(HOST_RATES + HOST_AMOUNTS)
    return HostCost(
        base=cost.number("base"),
        per_byte=cost.number("per_byte", default=0),
        per_word=cost.number("per_word", default=0),
        amounts=MappingProxyType(
            {key: cost.number(key) for key in HOST_AMOUNTS if key in cost.keys}
        ),
    )
