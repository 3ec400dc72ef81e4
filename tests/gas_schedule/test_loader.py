"""Files that the loader accepts, and every reason for which it refuses one."""

import hashlib
from dataclasses import fields
from pathlib import Path

import pytest

from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.registry import find_host
from gas_schedule.errors import ScheduleError, UnknownSchedule
from gas_schedule.loader import (
    MAX_PARSED,
    list_schedules,
    load_schedule,
    parse_schedule,
)
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost

PATH = Path("custom.toml")
TRANSACTION_KEYS = [field.name for field in fields(TransactionCosts)]
PRECOMPILE_KEYS = [field.name for field in fields(PrecompileCosts)]
HEAD = """name = "custom"
description = "for tests"
units_per_gas = 10
memory_page = 7
local = 3
"""
INSTRUCTIONS = """[instructions]
"i32.add" = 45
"memory.copy" = { base = 4, per_byte = 2 }
"table.grow" = { base = 5, per_element = 6 }
"select t" = 1
"""
HOST = """[host]
finish = 0
copy = { base = 3, per_word = 4, per_byte = 5 }
[host.log]
base = 375
per_topic = 8
"""
TRANSACTION = "[transaction]\n" + "".join(f"{key} = 2\n" for key in TRANSACTION_KEYS)
PRECOMPILES = "[precompiles]\n" + "".join(f"{key} = 1\n" for key in PRECOMPILE_KEYS)
CUSTOM = HEAD + INSTRUCTIONS + HOST + TRANSACTION + PRECOMPILES


def parse(text: str) -> GasSchedule:
    return parse_schedule(text.encode(), PATH)


def refused(text: str) -> ScheduleError:
    with pytest.raises(ScheduleError) as caught:
        find_host("ewasm").check_schedule(parse(text))
    return caught.value


def line_with(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_schedule_has_what_its_file_says() -> None:
    schedule = parse(CUSTOM)
    assert (schedule.name, schedule.description) == ("custom", "for tests")
    assert (schedule.units_per_gas, schedule.memory_page, schedule.local) == (10, 7, 3)
    assert dict(schedule.instructions) == {
        "i32.add": InstructionCost(45),
        "memory.copy": InstructionCost(4, per_byte=2),
        "table.grow": InstructionCost(5, per_element=6),
        "select t": InstructionCost(1),
    }
    assert schedule.host_costs["ethereum"]["finish"] == HostCost(0)
    assert schedule.host_costs["ethereum"]["copy"] == HostCost(
        3, per_byte=5, per_word=4
    )
    assert dict(schedule.host_costs["ethereum"]["log"].amounts) == {"per_topic": 8}
    assert schedule.section(TransactionCosts) == TransactionCosts(*[2] * 13)
    assert schedule.section(PrecompileCosts) == PrecompileCosts(*[1] * 13)


def test_the_content_hash_is_the_files_sha256() -> None:
    assert parse(CUSTOM).content_hash == hashlib.sha256(CUSTOM.encode()).digest()
    assert parse(CUSTOM + "\n").content_hash != parse(CUSTOM).content_hash


def test_a_schedule_cannot_be_changed() -> None:
    schedule = parse(CUSTOM)
    with pytest.raises(TypeError):
        schedule.instructions["nop"] = InstructionCost(0)  # type: ignore[index]
    with pytest.raises(AttributeError):
        schedule.local = 1  # type: ignore[misc]


def test_a_path_works_wherever_a_name_does(tmp_path: Path) -> None:
    path = tmp_path.joinpath("mine.toml")
    path.write_text(CUSTOM)
    assert load_schedule(str(path)) == parse(CUSTOM)


def test_a_relative_path_needs_its_suffix_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("mine.toml").write_text(CUSTOM)
    monkeypatch.chdir(tmp_path)
    assert load_schedule("mine.toml").name == "custom"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownSchedule) as caught:
        load_schedule("ewasm-hero")
    assert (caught.value.name, caught.value.known) == ("ewasm-hero", list_schedules())
    assert "ewasm-hera, ewasm-metered" in str(caught.value)


def test_a_missing_file_is_a_schedule_error(tmp_path: Path) -> None:
    path = tmp_path.joinpath("absent.toml")
    with pytest.raises(ScheduleError) as caught:
        load_schedule(str(path))
    assert (caught.value.reason, caught.value.path) == (
        "No such file or directory",
        path,
    )


def test_a_folder_is_a_schedule_error(tmp_path: Path) -> None:
    with pytest.raises(ScheduleError):
        load_schedule(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("memory_page", "memory_pages", "memory_pages", "unknown key"),
        ("[host]", "[hosts]", "hosts", "unknown key"),
        ('"i32.add"', '"i32.adds"', 'instructions."i32.adds"', "unknown key"),
        ("per_byte = 2 }", "per_bite = 2 }", None, "unknown key"),
        ("per_byte = 2 }", "per_element = 2 }", None, "unknown key"),
        ("per_element = 6", "per_byte = 6", None, "unknown key"),
        ("per_topic", "per_topics", "host.log.per_topics", "unknown key"),
        ("ecrecover", "ecrecovers", "precompiles.ecrecovers", "unknown key"),
        ("create = 2", "creates = 2", "transaction.creates", "unknown key"),
        ("local = 3", "local = -1", "local", "must be at least 0, is -1"),
        ("= 45", "= 45.0", 'instructions."i32.add"', "must be a whole number"),
        ("= 45", '= "45"', 'instructions."i32.add"', "must be a whole number"),
        ("= 45", "= true", 'instructions."i32.add"', "must be a whole number"),
        ("= 45", "= [45]", 'instructions."i32.add"', "must be a whole number"),
        ("= 45", "= {base = 1}", 'instructions."i32.add"', None),
        ("finish = 0", "finish = nan", "host.finish", "must be a whole number"),
        ("units_per_gas = 10", "units_per_gas = 0", "units_per_gas", None),
        (
            "data_zero_byte = 2",
            "data_zero_byte = -2",
            "transaction.data_zero_byte",
            None,
        ),
        (
            "modexp_divisor = 1",
            "modexp_divisor = 0",
            "precompiles.modexp_divisor",
            None,
        ),
        ('"custom"', '" "', "name", "must be a text"),
        ('"custom"', "5", "name", "must be a text"),
        ("base = 375", 'base = "a"', "host.log.base", "must be a whole number"),
    ],
)
def test_an_error_names_the_key_and_its_line(
    old: str, new: str, key: str | None, reason: str | None
) -> None:
    text = CUSTOM.replace(old, new)
    error = refused(text)
    assert error.path == PATH
    assert error.line == line_with(text, new)
    assert key is None or error.key == key
    assert reason is None or error.reason == reason


@pytest.mark.parametrize(
    ("value", "is_accepted"), [(2**31 - 1, True), (2**31, False), (0, True)]
)
@pytest.mark.parametrize("key", ["memory_page = 7", "per_byte = 2", '"i32.add" = 45'])
def test_costs_stay_below_two_to_the_31(
    key: str, value: int, is_accepted: bool
) -> None:
    text = CUSTOM.replace(key, f"{key.rpartition('=')[0]}= {value}")
    if is_accepted:
        parse(text)
    else:
        assert refused(text).reason == f"must be at most 2147483647, is {value}"


@pytest.mark.parametrize(
    ("removed", "key"),
    [
        ('name = "custom"\n', "name"),
        ("units_per_gas = 10\n", "units_per_gas"),
        (TRANSACTION, "transaction"),
        (PRECOMPILES, "precompiles"),
        (INSTRUCTIONS, "instructions"),
        (HOST, "host"),
    ],
)
def test_what_is_missing_at_the_top_is_named(removed: str, key: str) -> None:
    error = refused(CUSTOM.replace(removed, ""))
    assert (error.reason, error.key, error.line) == ("missing", key, None)
    assert str(error) == f"custom.toml: {key}: missing"


@pytest.mark.parametrize(
    ("removed", "key", "table"),
    [
        ("call_stipend = 2\n", "transaction.call_stipend", "[transaction]"),
        ("ecrecover = 1\n", "precompiles.ecrecover", "[precompiles]"),
        ("base = 375\n", "host.log.base", "[host.log]"),
        (" base = 4,", 'instructions."memory.copy".base', '"memory.copy"'),
        (", per_byte = 2", 'instructions."memory.copy".per_byte', '"memory.copy"'),
    ],
)
def test_what_is_missing_in_a_table_points_at_the_table(
    removed: str, key: str, table: str
) -> None:
    text = CUSTOM.replace(removed, "")
    error = refused(text)
    assert (error.reason, error.key) == ("missing", key)
    assert error.line == line_with(text, table)


def test_a_number_in_place_of_a_table_is_refused() -> None:
    error = refused("host = 5\n" + CUSTOM.replace(HOST, ""))
    assert (error.reason, error.key, error.line) == ("must be a table", "host", 1)


def test_text_that_is_not_toml_names_its_line() -> None:
    error = refused(CUSTOM.replace("local = 3", "local = = 3"))
    assert error.line == 5
    assert error.reason.startswith("not TOML: ")


def test_a_key_that_stands_twice_is_refused() -> None:
    assert refused(CUSTOM.replace("local = 3", "local = 3\nlocal = 3")).line == 6


def test_a_file_that_ends_in_the_middle_names_its_last_line() -> None:
    assert refused(HEAD + "[instructions").line == 6


def test_bytes_that_are_not_utf8_name_their_line() -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(b"name = 1\n\xff", PATH)
    assert (caught.value.reason, caught.value.line) == ("not UTF-8 text", 2)


def test_an_errors_text_has_file_line_key_and_reason() -> None:
    error = refused(CUSTOM.replace("local = 3", "local = -3"))
    assert str(error) == "custom.toml:5: local: must be at least 0, is -3"


@pytest.mark.parametrize(
    ("length", "gas"), [(0, 3), (1, 3 + 4 + 5), (32, 3 + 4 + 160), (33, 3 + 8 + 165)]
)
def test_words_of_a_host_call_round_up(length: int, gas: int) -> None:
    assert parse(CUSTOM).host_costs["ethereum"]["copy"].for_bytes(length) == gas


@pytest.mark.parametrize(("units", "gas"), [(0, 0), (1, 1), (10, 1), (11, 2)])
def test_units_become_gas_rounded_up(units: int, gas: int) -> None:
    assert parse(CUSTOM).gas_from_units(units) == gas


def test_gas_becomes_units_exactly() -> None:
    assert parse(CUSTOM).units_from_gas(2**60 + 1) == 10 * 2**60 + 10


def test_schedules_are_kept_up_to_a_bound() -> None:
    """A case file may bring any number of them into one process."""

    def parse(number: int) -> GasSchedule:
        text = CUSTOM.replace('"for tests"', f'"number {number}"')
        return parse_schedule(text.encode(), PATH)

    parse_schedule.cache_clear()
    kept = [parse(number) for number in range(MAX_PARSED)]
    assert [parse(number) for number in range(MAX_PARSED)] == kept
    assert all(parse(number) is kept[number] for number in range(MAX_PARSED))
    parse(MAX_PARSED)
    assert parse_schedule.cache_info().currsize == MAX_PARSED == 16
    assert parse(0) == kept[0]
    assert parse(0) is not kept[0]


SECOND = (
    CUSTOM.replace("memory_page = 7\nlocal = 3\n", "")
    .replace("[host]", "[metering]\nmemory_page = 7\nlocal = 3\n[host.ethereum]")
    .replace("[host.log]", "[host.ethereum.log]")
)
SECOND = f'format = 2\ninterface = "ewasm"\n{SECOND}'


def test_what_a_metering_table_leaves_out_is_zero() -> None:
    found = parse(SECOND)
    figures = (found.carried_value, found.element_segment, found.canonical_floats)
    assert figures == (0, 0, 0)
    assert ("schedule", "carried_value", 0) not in list(found.numbers())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("carried_value", 2**31 - 1),
        ("element_segment", 9),
        ("canonical_floats", 0),
        ("canonical_floats", 1),
    ],
)
def test_a_metering_table_may_price_more(key: str, value: int) -> None:
    found = parse(SECOND.replace("local = 3\n", f"local = 3\n{key} = {value}\n"))
    assert getattr(found, key) == value
    assert (("schedule", key, value) in list(found.numbers())) == (value > 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("carried_value = 2147483648", "must be at most 2147483647"),
        ("carried_value = -1", "must be at least 0"),
        ("element_segment = true", "must be a whole number"),
        ("canonical_floats = 2", "must be 0 or 1, is 2"),
        ('canonical_floats = "yes"', "must be a whole number"),
        ("carried_values = 1", "unknown key"),
    ],
)
def test_a_wrong_price_in_the_metering_table_is_named(line: str, reason: str) -> None:
    error = refused(SECOND.replace("local = 3\n", f"local = 3\n{line}\n"))
    assert reason in str(error)
    assert line.partition(" ")[0] in str(error)


@pytest.mark.parametrize(
    "key", ["carried_value", "element_segment", "canonical_floats"]
)
def test_the_first_format_has_none_of_the_newer_prices(key: str) -> None:
    assert "unknown key" in str(refused(f"{key} = 1\n{CUSTOM}"))
