"""Released schedules: unchanged, complete, and with the numbers of their sources."""

import re
from dataclasses import replace

import pytest

from contractvm.hosts.ewasm.timed_calls import TIMED_CALLS
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, OPCODES, Feature
from gas_schedule.differences import PriceDifference, differences
from gas_schedule.file_format import MNEMONICS
from gas_schedule.loader import (
    DEFAULT_SCHEDULE,
    FEE_MARKET_SCHEDULE,
    SCHEDULES_FOLDER,
    list_schedules,
    load_schedule,
)
from gas_schedule.schedule import InstructionCost

COSMWASM = """
    1.0.0 cc2b83a87cb2b59dfeeb923c3f7dceaedff013b3aae67adfc9dec8aa0cd6c91e
    1.5.10 5ba42e7ce4b9c3836354665d06a3043978264c201dffeb43d12b05a80de610bd
    1.5.11 d1f082e2f788e5152b711c341bb5058d3f61bc78bf23fbd73573ad1f3e774279
    1.5.6 df4e0358d5403f9b5f04c6fc3e9b81317382d3d819ffdaf60dad972c0608a9ba
    1.5.8 e3e273b6b89ae1c02c96c37f98e80ae0ac77691812be29aaea39fbed71c87c87
    2.0.0 39ea2747d76c80cfc9047373e8214d61c6251fffd8ce2b7df5a8349be0333fb4
    2.0.5 816519686b2058412972504b6dbfa5c6780f0c50de05f43d79017b7ea90d09da
    2.0.7 1cd26b160267312dc1ee8ca9fb905008f9860c04c3eb21b536f8be9a37fc3523
    2.0.9 a0d415b357e27005f5845b6032d3610998e14e4b9e8667afefc89e9e6fd529af
    2.1.0 2b30a7857c5162c23ef57986f57e6f54f2b5c8acf75db679b8af368e227e8c52
    2.1.2 d2e35fee2c5f92f54cb4a462d4fcda23536ac95d024626ca0fad3d2702053f06
    2.1.4 a731f8f1a19547a35c2baf8f5d91e787f662e5b8d470c21e686ee24399f32bfe
    2.1.6 7a05aabfe48d427c631067ccffbfdf76da4c6c5e599b387139ce50c27f98645a
    2.1.7 ca141bf8ca83ec66b1087373813f7b37a80d2e305c3ce608c1c6a8d8048afca2
    2.2.9 f85147ad82f11ed3eed3cd390402d9c38a4bcce7ae1c59634fa82ba16451bf22
    3.0.0 517a132fe155d5ec104d0948d1b25da2819cafd594c53f0346dde92d33c9c5dc
    3.0.9 2e646c6cddd96c84386478e8d29f26d2b5f1c76f8a9d922db16024c45f6eaa6d
"""
COSMWASM_LINES = COSMWASM.strip().splitlines()
# A released file is never edited: a change of costs is a new file.
SHA256 = {
    **{f"cosmwasm-{name}": found for name, found in map(str.split, COSMWASM_LINES)},
    "contractvm-1": "151b3913a75280c52370d5229d3c04bbbc9233661bd3de3c812e3f19e5d9c21c",
    "contractvm-2": "70ef557d903e6be1fcd09797d9112979f847c4e79cf47066e75cab1a9431f072",
    "contractvm-3": "6f8a68e13079f3c60bfa2eb1962b37a3f544ed6f7da424f7bd85c9e5a81a7b5a",
    "contractvm-4": "e414434435b0e8f2a673ed7694a38b5666be55220738b34716bce20b9316aa25",
    "ewasm-hera": "eff6843751e82a45f72c49ec7e456ae8f5ab716c4bb4ad4838d021ad2e19e8fa",
    "ewasm-metered": "dfe58731eb8943e9909fc4961219b03f40366ea5e45fd07f75ecba7fceef7251",
    "fuel": "afd3539abd10e949bcddb7d54ab9aa8862ea6bf1f77d836c026e3417916ff27d",
    "guests-1": "48360e7702945ea73ac6f8a0b9512c8f95eea6a05be1d2e22e5ab89a70f3d506",
    "stylus-1": "e613d5583a30bb01175779ed29d5547bc0902deb46dceaea60f404ce3148968b",
}
MEASURED = ("contractvm-1", "contractvm-2")
OF_EWASM = ("ewasm-hera", "ewasm-metered")
EWASM_HOST_FUNCS_TEXT = """
    useGas getGasLeft getAddress getExternalBalance getBlockHash getCallDataSize
    callDataCopy getCaller getCallValue codeCopy getCodeSize externalCodeCopy
    getExternalCodeSize getBlockCoinbase getBlockDifficulty getBlockGasLimit
    getTxGasPrice getBlockNumber getBlockTimestamp getTxOrigin log storageStore
    storageLoad finish revert getReturnDataSize returnDataCopy call callCode
    callDelegate callStatic create selfDestruct
"""
EWASM_HOST_FUNCS = EWASM_HOST_FUNCS_TEXT.split()
FLOATS = {name for name in BY_MNEMONIC if "f32" in name or "f64" in name}


def base(name: str) -> dict[str, int]:
    costs = load_schedule(name).instructions
    return {mnemonic: cost.base for mnemonic, cost in costs.items()}


def test_every_released_file_is_pinned() -> None:
    assert list_schedules() == tuple(sorted(SHA256))


@pytest.mark.parametrize("name", SHA256)
def test_a_released_file_never_changes(name: str) -> None:
    assert load_schedule(name).content_hash.hex() == SHA256[name]


@pytest.mark.parametrize("name", SHA256)
def test_a_file_has_the_name_of_its_schedule(name: str) -> None:
    assert load_schedule(name).name == name


@pytest.mark.parametrize("name", SHA256)
def test_every_number_has_its_origin_beside_it(name: str) -> None:
    text = SCHEDULES_FOLDER.joinpath(f"{name}.toml").read_text()
    numbers = [
        line for line in text.splitlines() if re.match(r'^[\w".]+ = [{\d]', line)
    ]
    assert len(numbers) > 150
    assert [line for line in numbers if not re.search(r"# \w", line)] == []


def test_the_loader_knows_exactly_the_mnemonics_of_the_opcode_table() -> None:
    assert set(BY_MNEMONIC) == MNEMONICS


def test_hera_prices_exactly_the_integer_instructions_of_the_first_version() -> None:
    mvp = {info.mnemonic for info in OPCODES if info.feature is Feature.MVP}
    assert set(base("ewasm-hera")) == mvp - FLOATS
    assert set(base("ewasm-hera").values()) == {0}


@pytest.mark.parametrize("name", ["ewasm-metered", "contractvm-1"])
def test_every_instruction_without_floats_is_priced(name: str) -> None:
    assert set(base(name)) == set(BY_MNEMONIC) - FLOATS


def test_every_instruction_is_priced_since_floats_are() -> None:
    assert set(base("contractvm-2")) == set(BY_MNEMONIC)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("ewasm-hera", (0, 0, 0)),
        ("ewasm-metered", (0, 0, 0)),
        ("contractvm-1", (0, 0, 0)),
        ("contractvm-2", (99, 18_000, 1)),
        ("contractvm-4", (75, 19_000, 1)),
    ],
)
def test_since_contractvm_2_values_and_segments_are_priced_and_floats_admitted(
    name: str, figures: tuple[int, int, int]
) -> None:
    found = load_schedule(name)
    assert figures == (
        found.carried_value,
        found.element_segment,
        found.canonical_floats,
    )


def test_new_chains_keep_their_schedule_until_a_version_says_otherwise() -> None:
    assert DEFAULT_SCHEDULE == "contractvm-2"


@pytest.mark.parametrize(
    ("name", "least"),
    # In the first two it is that of ref.null.
    [("contractvm-1", 1), ("contractvm-2", 1), ("contractvm-4", 2)],
)
def test_nothing_is_free_under_the_measured_prices(name: str, least: int) -> None:
    schedule = load_schedule(name)
    assert min(base(name).values()) == least
    assert schedule.free_jumps == ()
    assert min(cost.base for name, cost in schedule.host_costs["ethereum"].items()) > 0
    sized = {
        name
        for name, cost in schedule.instructions.items()
        if cost.per_byte or cost.per_element
    }
    assert sized == {
        *("memory.copy", "memory.fill", "memory.init"),
        *("table.copy", "table.fill", "table.grow", "table.init"),
    }


@pytest.mark.parametrize("name", MEASURED)
def test_a_page_costs_its_room_under_the_measured_prices(name: str) -> None:
    schedule = load_schedule(name)
    assert schedule.memory_page == schedule.units_from_gas(2_000)
    assert 30_000_000 // 2_000 == 15_000  # pages in a block


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_not_this_machines_time_costs_as_before(name: str) -> None:
    """State, transactions and precompiled contracts keep ewasm-metered's prices."""
    new, old = load_schedule(name), load_schedule("ewasm-metered")
    assert new.sections == old.sections
    before, after = old.host_costs["ethereum"], new.host_costs["ethereum"]
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {*TIMED_CALLS.arguments, *TIMED_CALLS.endings, "externalCodeCopy"}
    copied = after["externalCodeCopy"]
    assert (copied.base, copied.per_word) == (700, 1)


def test_contractvm_3_adds_the_prices_of_access_lists_to_contractvm_2() -> None:
    old, new = load_schedule("contractvm-2"), load_schedule("contractvm-3")
    assert differences(old, new) == (
        PriceDifference("transaction", "access_list_address", None, 2_400),
        PriceDifference("transaction", "access_list_key", None, 1_900),
    )
    assert FEE_MARKET_SCHEDULE == "contractvm-3"


def test_contractvm_4_changes_only_what_this_machine_takes_time_for() -> None:
    old, new = load_schedule("contractvm-3"), load_schedule("contractvm-4")
    assert new.sections == old.sections
    assert (new.memory_page, new.units_per_gas) == (old.memory_page, old.units_per_gas)
    before, after = old.host_costs["ethereum"], new.host_costs["ethereum"]
    changed = {name for name in before if after[name] != before[name]}
    assert changed <= {*TIMED_CALLS.arguments, *TIMED_CALLS.endings}
    assert set(base("contractvm-4")) == set(BY_MNEMONIC)


def test_hera_charges_neither_memory_nor_locals() -> None:
    schedule = load_schedule("ewasm-hera")
    figures = (schedule.units_per_gas, schedule.memory_page, schedule.local)
    assert figures == (1, 0, 0)


def test_metered_charges_a_page_14336_gas() -> None:
    schedule = load_schedule("ewasm-metered")
    assert schedule.memory_page == 143_360_000 == schedule.units_from_gas(14_336)
    assert 14_336 == 3 * 2_048 + 2_048**2 // 512


@pytest.mark.parametrize(
    ("mnemonics", "cost"),
    [
        ("local.get local.set local.tee global.get global.set", 135),
        ("i32.load i64.load32_u i32.store i64.store8", 135),
        ("block loop end nop unreachable i32.const i64.const", 0),
        ("if else br br_table return call", 90),
        ("br_if drop select i32.mul i64.mul i32.wrap_i64 i64.extend_i32_u", 135),
        ("i32.add i64.sub i32.and i64.or i32.xor i32.eqz i64.lt_s i32.ge_u", 45),
        ("i32.div_s i32.div_u i64.rem_s i64.rem_u", 3_600),
        ("i32.shl i64.shr_s i32.shr_u", 67),
        ("i32.rotl i64.rotr", 90),
        ("i32.clz i32.ctz i32.popcnt", 4_725),
        ("i64.clz i64.ctz i64.popcnt", 9_450),
        ("call_indirect", 90 + 2 * 135 + 2 * 45 + 2 * 135),
        ("memory.grow table.grow", 10_000),
    ],
)
def test_metered_has_the_numbers_of_the_design(mnemonics: str, cost: int) -> None:
    costs = base("ewasm-metered")
    assert {name: costs[name] for name in mnemonics.split()} == dict.fromkeys(
        mnemonics.split(), cost
    )


def test_metered_prices_everything_by_its_size_that_has_one() -> None:
    costs = load_schedule("ewasm-metered").instructions
    sized = {
        name: cost.per_byte or cost.per_element
        for name, cost in costs.items()
        if cost.per_byte or cost.per_element
    }
    assert sized == {
        "memory.copy": 34,
        "memory.fill": 17,
        "memory.init": 34,
        "table.copy": 270,
        "table.fill": 135,
        "table.grow": 17_500,
        "table.init": 270,
    }


def test_no_loop_is_free_under_metered() -> None:
    costs = base("ewasm-metered")
    jumps = ("br", "br_if", "br_table", "call", "call_indirect")
    assert min(costs[name] for name in jumps) == 90
    assert load_schedule("ewasm-metered").free_jumps == ()
    assert load_schedule("ewasm-hera").free_jumps == jumps


def test_a_jump_is_free_if_it_costs_nothing_and_not_if_it_is_forbidden() -> None:
    metered = load_schedule("ewasm-metered")
    costs = {**metered.instructions, "br_if": InstructionCost(0)}
    del costs["call_indirect"]
    assert replace(metered, instructions=costs).free_jumps == ("br_if",)


@pytest.mark.parametrize("name", [*MEASURED, *OF_EWASM])
def test_every_ewasm_host_func_is_priced(name: str) -> None:
    assert len(EWASM_HOST_FUNCS) == 33
    assert set(load_schedule(name).host_costs["ethereum"]) == set(EWASM_HOST_FUNCS)


@pytest.mark.parametrize("name", OF_EWASM)
def test_host_costs_are_heras(name: str) -> None:
    host = load_schedule(name).host_costs["ethereum"]
    of_two = {func for func, cost in host.items() if cost.for_bytes(0) == 2}
    assert of_two == {
        *("getGasLeft", "getAddress", "getCallDataSize", "getCaller", "getCallValue"),
        *("getCodeSize", "getBlockCoinbase", "getBlockDifficulty", "getBlockGasLimit"),
        *("getTxGasPrice", "getBlockNumber", "getBlockTimestamp", "getTxOrigin"),
        "getReturnDataSize",
    }
    of_none = {func for func, cost in host.items() if cost.for_bytes(99) == 0}
    assert of_none == {"useGas", "finish", "revert"}
    for func in ("callDataCopy", "codeCopy", "returnDataCopy"):
        assert host[func].for_bytes(33) == 3 + 2 * 3
    assert host["externalCodeCopy"].for_bytes(32) == 700 + 3
    assert host["getExternalBalance"].base == 400
    assert host["getExternalCodeSize"].base == 700
    assert host["getBlockHash"].base == 800
    assert host["storageLoad"].base == 200
    assert host["create"].base == 32_000
    assert host["log"].for_bytes(10) == 375 + 80
    assert host["log"].amounts == {"per_topic": 375}
    assert (host["storageStore"].base, host["storageStore"].amounts) == (
        5_000,
        {"new_slot": 15_000},
    )
    assert (host["selfDestruct"].base, host["selfDestruct"].amounts) == (
        5_000,
        {"new_account": 25_000},
    )
    calls = ("call", "callCode", "callDelegate", "callStatic")
    assert {host[func].base for func in calls} == {700}
    assert host["call"].amounts == {"value_transfer": 9_000, "new_account": 25_000}
    assert host["callCode"].amounts == {"value_transfer": 9_000}
    assert host["callDelegate"].amounts == host["callStatic"].amounts == {}


@pytest.mark.parametrize("name", [*MEASURED, *OF_EWASM])
def test_transactions_and_precompiles_cost_what_byzantium_says(name: str) -> None:
    schedule = load_schedule(name)
    assert list(schedule.sections["transaction"].values.values()) == [
        *(21_000, 32_000, 4, 68, 200, 2_300, 64, 15_000, 24_000, 2)
    ]
    assert list(schedule.sections["precompiles"].values.values()) == [
        *(3_000, 60, 12, 600, 120, 15, 3, 20, 500, 40_000, 100_000, 80_000)
    ]
