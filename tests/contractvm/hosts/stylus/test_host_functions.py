"""The ink of each host function, on both engines, at the edge and one unit short."""

from dataclasses import dataclass, field, replace

import pytest

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import FAILURE, REVERTED, SUCCESS, Log
from contractvm.hosts.stylus.functions import FUNCTIONS
from contractvm.hosts.stylus.parameters import parameters_of
from tests.helpers.stylus import (
    OTHER,
    PLAIN,
    PROGRAM,
    FakeHost,
    own_ink,
    program,
    run,
)

H, P, A = 8_400, 5_040, 59_673
ENGINES = ("interpreter", "wasmtime")
MEMORY_END = 65_536
KEY = bytes(32)
ONE = bytes(31) + b"\1"


def w(size: int) -> int:
    return 5_040 + 30 * max(0, size - 32)


def r(size: int) -> int:
    return 16_381 + 55 * max(0, size - 32)


@dataclass(frozen=True)
class Case:
    """A call in the text format, what it costs, and what must be left before it."""

    name: str
    arguments: str
    ink: int
    margin: int = 0  # more than this must be left once the ink before it is paid
    data: bytes = b""
    around: str = ""
    host: dict[str, object] = field(default_factory=dict)


def consts(*numbers: int) -> str:
    return " ".join(f"(i32.const {number})" for number in numbers)


def data_at(offset: int, content: bytes) -> str:
    text = "".join(f"\\{byte:02x}" for byte in content)
    return f'(data (i32.const {offset}) "{text}")'


CODE = b"\xef\xf0\0" + bytes(97)
CASES = [
    Case("read_args", consts(0), H + w(4), data=b"abcd"),
    Case("read_args", consts(0), H + w(33), data=bytes(33)),
    Case("write_result", consts(0, 32), H + 2 * r(32)),
    Case("write_result", consts(0, 33), H + 2 * r(33)),
    Case("storage_load_bytes32", consts(0, 32), H + 2 * P + 2_100 + A),
    Case("storage_cache_bytes32", consts(0, 32), H + 2 * P, margin=2_310),
    Case("storage_flush_cache", consts(0), H + A, margin=2_300),
    Case("transient_load_bytes32", consts(0, 32), H + 2 * P + A + 100),
    Case("transient_store_bytes32", consts(0, 32), H + 2 * P + A + 100),
    Case("read_return_data", consts(0, 0, 9), H + A + w(0)),
    Case("return_data_size", "", H),
    Case("emit_log", consts(0, 0, 0), H + A + r(0) + 375),
    Case("emit_log", consts(0, 129, 4), H + A + r(129) + 375 * 5 + 8),
    Case("account_balance", consts(0, 32), H + 2 * P + A + 2_600),
    Case("account_codehash", consts(0, 32), H + 2 * P + A + 2_600),
    Case("account_code", consts(0, 0, 0, 0), H + A + 700 + 2_600 + w(0)),
    Case(
        "account_code",
        consts(0, 1, 2, 32),
        H + A + 700 + 2_600 + w(100),
        around=data_at(0, OTHER),
        host={"codes": {OTHER: CODE}},
    ),
    Case("account_code_size", consts(0), H + A + 700 + 2_600),
    *(
        Case(name, "", H)
        for name in (
            *("evm_gas_left", "evm_ink_left", "chainid", "block_gas_limit"),
            *("block_number", "block_timestamp", "msg_reentrant", "tx_ink_price"),
        )
    ),
    *(
        Case(name, consts(0), H + P)
        for name in (
            *("block_basefee", "block_coinbase", "contract_address", "msg_sender"),
            *("msg_value", "tx_gas_price", "tx_origin"),
        )
    ),
    Case("math_div", consts(0, 32), H + 3 * P + 20_000),
    Case("math_mod", consts(0, 32), H + 3 * P + 20_000),
    Case("math_pow", consts(0, 32), H + 3 * P + 3_000 + 17_500),
    Case(
        "math_pow",
        consts(0, 32),
        H + 3 * P + 3_000 + 17_500 * 3,
        around=data_at(62, b"\1\0"),
    ),
    Case("math_add_mod", consts(0, 32, 64), H + 4 * P + 21_000),
    Case("math_mul_mod", consts(0, 32, 64), H + 4 * P + 24_100),
    Case("native_keccak256", consts(0, 0, 0), 121_800),
    Case("native_keccak256", consts(0, 64, 0), 121_800),
    Case("native_keccak256", consts(0, 65, 0), 121_800 + 21_000),
    Case("pay_for_memory_grow", consts(0), H),
    Case("pay_for_memory_grow", consts(1), 0),
    # The third page is the first that is not free.
    Case("pay_for_memory_grow", consts(2), 1_000),
    Case("exit_early", consts(0), 0),
]
CALLS = {
    "call_contract",
    "delegate_call_contract",
    "static_call_contract",
    "create1",
    "create2",
}


def source_of(case: Case) -> str:
    call = f"(call ${case.name} {case.arguments})"
    results = {entry.name: entry.func_type.results for entry in FUNCTIONS}
    if results[case.name]:
        call = f"(drop {call})"
    return program(f"{call} (i32.const 0)", case.name, around=case.around)


def test_every_function_is_priced_here_or_among_the_calls() -> None:
    assert {case.name for case in CASES} | CALLS == {entry.name for entry in FUNCTIONS}
    assert len(FUNCTIONS) == 42


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.name} {case.arguments}"
)
def test_each_function_takes_exactly_its_ink(engine: str, case: Case) -> None:
    source = source_of(case)
    # What ends the program after the call is not run if that ends it.
    after = 2_450 + 1 + 1 if case.name == "exit_early" else 0
    ink = own_ink(source) - after + case.ink
    needed = ink + max(0, case.margin - _after_call(source))
    host = FakeHost(**case.host)  # type: ignore[arg-type]
    result, _ = run(source, needed, host, engine=engine, data=case.data)
    assert result.status is SUCCESS, result.error
    if not result.output:
        assert result.gas_left == (needed - ink) * 10_000
    host = FakeHost(**case.host)  # type: ignore[arg-type]
    if needed == 0:
        return
    result, _ = run(source, needed - 1, host, engine=engine, data=case.data)
    assert (result.status, result.gas_left, result.output) == (FAILURE, 0, b"")
    assert isinstance(result.error, OutOfGas)


def _after_call(source: str) -> int:
    """The ink of the block after the call: what is left before it is paid."""
    return 2_450 + 1 + 1 + (9 if "(drop" in source else 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_args", consts(MEMORY_END - 3)),
        ("write_result", consts(MEMORY_END - 31, 32)),
        ("write_result", consts(MEMORY_END + 1, 0)),
        ("storage_load_bytes32", consts(MEMORY_END - 31, 0)),
        ("storage_load_bytes32", consts(0, MEMORY_END - 31)),
        ("storage_cache_bytes32", consts(0, MEMORY_END - 31)),
        ("transient_load_bytes32", consts(0, MEMORY_END - 31)),
        ("transient_store_bytes32", consts(MEMORY_END - 31, 0)),
        ("emit_log", consts(MEMORY_END - 31, 32, 0)),
        ("emit_log", consts(0, 160, 5)),
        ("emit_log", consts(0, 31, 1)),
        ("account_balance", consts(MEMORY_END - 19, 0)),
        ("account_balance", consts(0, MEMORY_END - 31)),
        ("account_codehash", consts(0, MEMORY_END - 31)),
        ("account_code", consts(0, 0, 1, MEMORY_END + 1)),
        ("account_code_size", consts(MEMORY_END - 19)),
        ("block_basefee", consts(MEMORY_END - 31)),
        ("block_coinbase", consts(MEMORY_END - 19)),
        ("msg_sender", consts(-1)),
        ("math_div", consts(MEMORY_END - 31, 0)),
        ("math_mul_mod", consts(0, 0, MEMORY_END - 31)),
        ("math_pow", consts(0, MEMORY_END - 31)),
        ("native_keccak256", consts(MEMORY_END - 9, 10, 0)),
        ("native_keccak256", consts(0, 10, MEMORY_END - 31)),
        ("call_contract", f"{consts(-4, 0, 0, 0)} (i64.const 0) {consts(0)}"),
        ("create1", consts(MEMORY_END, 1, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_leaves_memory_is_a_revert_without_data_that_keeps_gas(
    engine: str, name: str, arguments: str
) -> None:
    results = {entry.name: entry.func_type.results for entry in FUNCTIONS}
    call = f"(call ${name} {arguments})"
    call = f"(drop {call})" if results[name] else call
    before = f"(call $write_result {consts(0, 4)})"
    names = dict.fromkeys(("write_result", name))
    source = program(f"{before} {call} (i32.const 0)", *names)
    result, _ = run(source, 10**9, engine=engine, data=b"abcd")
    assert (result.status, result.output) == (REVERTED, b"")
    assert 10**9 - 10**6 < result.gas_left // 10_000 < 10**9


def test_a_zero_length_at_the_end_of_memory_is_inside() -> None:
    call = f"(call $write_result {consts(MEMORY_END, 0)})"
    result, _ = run(program(f"{call} (i32.const 0)", "write_result"), 10**6)
    assert result.status is SUCCESS


def loads(count: int) -> str:
    body = "(call $storage_load_bytes32 (i32.const 0) (i32.const 32))" * count
    return program(f"{body} (i32.const 0)", "storage_load_bytes32")


@pytest.mark.parametrize(
    ("count", "extra"),
    [(32, 0), (33, 2), (128, 2 * 96), (129, 2 * 96 + 10), (130, 2 * 96 + 20)],
)
def test_later_loads_of_a_frame_cost_more(count: int, extra: int) -> None:
    source = loads(count)
    ink = own_ink(source) + count * (H + 2 * P) + 2_100 + A + extra
    # What is left before the last load must be more than its margin.
    result, _ = run(source, ink + 100_000)
    assert result.gas_left == 100_000 * 10_000


@pytest.mark.parametrize(
    ("count", "extra"), [(8, 0), (9, 7), (64, 7 * 56), (65, 7 * 56 + 10)]
)
def test_later_writes_of_a_frame_cost_more(count: int, extra: int) -> None:
    body = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32))" * count
    source = program(f"{body} (i32.const 0)", "storage_cache_bytes32")
    ink = own_ink(source) + count * (H + 2 * P) + extra
    result, _ = run(source, ink + 100_000)
    assert result.gas_left == 100_000 * 10_000


@pytest.mark.parametrize(("arbos", "surcharge"), [(31, 59_673), (32, 59)])
def test_state_cost_gas_before_arbos_32(arbos: int, surcharge: int) -> None:
    parameters = replace(
        parameters_of(arbos), ink_price=1_000, min_init_gas=0, min_cached_init_gas=0
    )
    host = FakeHost(parameters=parameters)
    host.record = replace(host.record, version=parameters.version)
    source = loads(1)
    gas = 200_000
    result, _ = run(source, gas, host)
    ink = own_ink(source) + H + 2 * P + (2_100 + surcharge) * 1_000
    assert result.gas_left // 10_000 == (gas * 1_000 - ink) // 1_000


CODE_TWICE = program(
    """(drop (call $account_code_size (i32.const 0)))
    (drop (call $account_code (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (i32.const 0)""",
    "account_code_size",
    "account_code",
    around=data_at(0, OTHER),
)


@pytest.mark.parametrize(
    ("arbos", "code", "gas"),
    [
        (61, CODE, 3_300),
        (61, b"", 3_300 + 800),
        (40, b"", 3_300 + 800),
        (39, b"", 3_300),
    ],
)
def test_the_last_code_is_free_again_unless_it_is_empty(
    arbos: int, code: bytes, gas: int
) -> None:
    parameters = replace(PLAIN, arbos=arbos)
    host = FakeHost(parameters=parameters, codes={OTHER: code} if code else {})
    ink = own_ink(CODE_TWICE) + 2 * (H + A) + gas + w(len(code))
    result, _ = run(CODE_TWICE, ink + 10_000, host)
    assert result.gas_left == 10_000 * 10_000


def test_larger_code_limits_make_code_dearer() -> None:
    host = FakeHost(parameters=replace(PLAIN, max_code_bytes=98_304))
    source = program(
        "(drop (call $account_code_size (i32.const 0))) (i32.const 0)",
        "account_code_size",
    )
    ink = own_ink(source) + H + A + 4 * 700 + 2_600
    result, _ = run(source, ink, host)
    assert (result.status, result.gas_left) == (SUCCESS, 0)


def flush(*writes: tuple[int, int], clear: int = 0) -> str:
    """Cached writes of (key pointer, value pointer), then a flush."""
    body = "".join(
        f"(call $storage_cache_bytes32 {consts(*write)})" for write in writes
    )
    return program(
        f"{body} (call $storage_flush_cache (i32.const {clear})) (i32.const 0)",
        "storage_cache_bytes32",
        "storage_flush_cache",
        around=data_at(63, b"\1") + data_at(95, b"\2"),
    )


# Zeros at 0, one at 32, two at 64: original, current, new value; gas; refund.
TWO = bytes(31) + b"\2"
WORDS = {KEY: 0, ONE: 32, TWO: 64}


@pytest.mark.parametrize(
    ("original", "current", "new", "gas", "refund"),
    [
        (KEY, KEY, KEY, 100, 0),
        (KEY, KEY, ONE, 20_000, 0),
        (KEY, ONE, ONE, 100, 0),
        (KEY, ONE, TWO, 100, 0),
        (KEY, ONE, KEY, 100, 19_900),
        (ONE, ONE, TWO, 2_900, 0),
        (ONE, ONE, KEY, 2_900, 4_800),
        (ONE, TWO, KEY, 100, 4_800),
        (ONE, TWO, ONE, 100, 2_800),
        (ONE, KEY, TWO, 100, -4_800),
        (ONE, KEY, ONE, 100, -4_800 + 2_800),
        (ONE, KEY, KEY, 100, 0),
    ],
)
@pytest.mark.parametrize("is_cold", [True, False])
def test_a_flush_costs_and_refunds_by_three_values(
    original: bytes, current: bytes, new: bytes, gas: int, refund: int, is_cold: bool
) -> None:
    place = (PROGRAM, KEY)
    host = FakeHost(storage={place: current}, originals={place: original})
    if not is_cold:
        host.warm.add(place)
    source = flush((0, WORDS[new]))
    ink = own_ink(source) + H + 2 * P + H + A + gas + 2_100 * is_cold
    result, _ = run(source, ink + 5_000, host)
    assert (result.status, result.gas_left) == (SUCCESS, 5_000 * 10_000)
    assert (host.refund, host.storage[place]) == (refund, new)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("arbos", "status"), [(50, FAILURE), (49, REVERTED), (32, REVERTED), (31, SUCCESS)]
)
def test_a_flush_that_cannot_be_paid(engine: str, arbos: int, status: object) -> None:
    host = FakeHost(parameters=replace(PLAIN, arbos=arbos))
    source = flush((0, 32))
    before = own_ink(source) - 2_452 + H + 2 * P + H + A
    left = 22_099
    result, _ = run(source, before + left, host, engine=engine)
    assert result.status is status
    kept = {FAILURE: 0, REVERTED: left, SUCCESS: left - 2_452}[result.status]
    assert result.gas_left == kept * 10_000
    result, _ = run(source, before + 22_100 + 2_452, FakeHost(), engine=engine)
    assert (result.status, result.gas_left) == (SUCCESS, 0)


def test_a_flush_writes_each_slot_once_and_only_what_is_dirty() -> None:
    source = program(
        f"""(call $storage_load_bytes32 {consts(0, 128)})
        (call $storage_cache_bytes32 {consts(0, 128)})
        (call $storage_cache_bytes32 {consts(32, 32)})
        (call $storage_cache_bytes32 {consts(32, 64)})
        (call $storage_flush_cache (i32.const 0))
        (call $storage_flush_cache (i32.const 1))
        (call $storage_load_bytes32 {consts(32, 128)})
        (call $write_result {consts(128, 32)}) (i32.const 0)""",
        "storage_load_bytes32",
        "storage_cache_bytes32",
        "storage_flush_cache",
        "write_result",
        around=data_at(63, b"\1") + data_at(95, b"\2"),
    )
    host = FakeHost(storage={(PROGRAM, KEY): ONE})
    result, _ = run(source, 10**6, host)
    assert (result.status, result.output) == (SUCCESS, TWO)
    assert host.storage == {(PROGRAM, KEY): ONE, (PROGRAM, ONE): TWO}
    # Nothing flushes by itself.
    lost = program(
        f"(call $storage_cache_bytes32 {consts(0, 32)}) (i32.const 0)",
        "storage_cache_bytes32",
        around=data_at(63, b"\1"),
    )
    host = FakeHost()
    assert run(lost, 10**6, host)[0].status is SUCCESS
    assert host.storage == {}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("transient_store_bytes32", consts(0, 32)),
        ("emit_log", consts(0, 0, 0)),
        ("create1", consts(0, 0, 0, 0, 0)),
        ("create2", consts(0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_static_call_changes_nothing(name: str, arguments: str) -> None:
    host = FakeHost()
    source = program(f"(call ${name} {arguments}) (i32.const 0)", name)
    result, sent = run(source, 10**6, host, is_static=True)
    assert (result.status, sent, host.logs, host.transient) == (REVERTED, [], [], {})


def test_a_static_call_may_flush_nothing_but_not_a_dirty_slot() -> None:
    assert run(flush(), 10**6, is_static=True)[0].status is SUCCESS
    assert run(flush((0, 32)), 10**6, is_static=True)[0].status is REVERTED


def test_a_log_has_its_topics_first() -> None:
    host = FakeHost()
    source = program(
        f"(call $emit_log {consts(0, 66, 2)}) (i32.const 0)",
        "emit_log",
        around=data_at(31, b"\1") + data_at(63, b"\2") + data_at(64, b"xy"),
    )
    assert run(source, 10**9, host)[0].status is SUCCESS
    assert host.logs == [Log(PROGRAM, (ONE, TWO), b"xy")]
