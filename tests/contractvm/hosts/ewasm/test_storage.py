"""Storage and logs: effects, costs, and refusals."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.evm.interface import CallStatus, Log
from tests.helpers.ewasm import CONTRACT, DictHost, contract, run

KEY, VALUE, ZERO = b"k" * 32, b"v" * 32, bytes(32)
DATA = KEY + VALUE + ZERO
STORE_VALUE = "(call $storageStore (i32.const 0) (i32.const 32))"
STORE_ZERO = "(call $storageStore (i32.const 0) (i32.const 64))"
LOG = (
    "(call $log (i32.const {data}) (i32.const {length}) (i32.const {count})"
    " (i32.const {t1}) (i32.const {t2}) (i32.const {t3}) (i32.const {t4}))"
)


def stored(value: bytes) -> DictHost:
    return DictHost(storage={(CONTRACT, KEY): value})


@pytest.mark.parametrize(
    ("old", "body", "gas", "refund"),
    [
        (ZERO, STORE_VALUE, 20_000, 0),
        (ZERO, STORE_ZERO, 5_000, 0),
        (VALUE, STORE_VALUE, 5_000, 0),
        (VALUE, STORE_ZERO, 5_000, 15_000),
    ],
)
def test_store_costs_by_what_was_there_and_what_comes(
    old: bytes, body: str, gas: int, refund: int
) -> None:
    host = stored(old)
    result = run(contract(body, DATA), host, gas=gas)
    assert (result.error, result.gas_left, host.refund) == (None, 0, refund)
    assert host.storage[CONTRACT, KEY] == (VALUE if body == STORE_VALUE else ZERO)


def test_new_slot_one_gas_short_is_not_written() -> None:
    host = DictHost()
    result = run(contract(STORE_VALUE, DATA), host, gas=19_999)
    assert result.status is CallStatus.FAILURE
    assert host.storage == {}


def test_load_gives_what_is_stored_and_zeros_elsewhere() -> None:
    body = (
        "(call $storageLoad (i32.const 0) (i32.const 100))"
        "(call $storageLoad (i32.const 64) (i32.const 132))"
        "(call $finish (i32.const 100) (i32.const 64))"
    )
    assert run(contract(body, DATA), stored(VALUE)).output == VALUE + ZERO


@pytest.mark.parametrize("count", range(5))
def test_log_has_its_topics_in_order_and_reads_no_others(count: int) -> None:
    host = DictHost()
    pointers = [0, 32, 64, 1]
    unread = 0xFFFFFFF0
    given = pointers[:count] + [unread] * (4 - count)
    names = zip(("t1", "t2", "t3", "t4"), given, strict=True)
    body = LOG.format(data=30, length=5, count=count, **dict(names))
    assert run(contract(body, DATA), host).error is None
    topics = tuple(DATA[pointer : pointer + 32] for pointer in pointers[:count])
    assert host.logs == [Log(CONTRACT, topics, DATA[30:35])]


def test_a_log_of_no_bytes_is_a_log() -> None:
    host = DictHost()
    body = LOG.format(data=0, length=0, count=0, t1=0, t2=0, t3=0, t4=0)
    assert run(contract(body, DATA), host, gas=375).gas_left == 0
    assert host.logs == [Log(CONTRACT, (), b"")]


@pytest.mark.parametrize(
    ("data", "length", "count", "t1", "code"),
    [
        (0, 0, 5, 0, TrapCode.HOST_REFUSED),
        (0, 0, -1, 0, TrapCode.HOST_REFUSED),
        (65536, 1, 0, 0, TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS),
        (65537, 0, 0, 0, TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS),
        (0, 0, 1, 65505, TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS),
    ],
)
def test_a_log_with_a_bad_argument_traps_and_is_not_kept(
    data: int, length: int, count: int, t1: int, code: TrapCode
) -> None:
    host = DictHost()
    body = LOG.format(data=data, length=length, count=count, t1=t1, t2=0, t3=0, t4=0)
    result = run(contract(body, DATA), host)
    assert isinstance(result.error, Trap)
    assert result.error.code is code
    assert host.logs == []


def test_a_log_whose_price_exceeds_all_gas_runs_out_of_gas() -> None:
    """The length is 2^32 - 1: the price needs more than 32 bits."""
    body = LOG.format(data=0, length=-1, count=0, t1=0, t2=0, t3=0, t4=0)
    result = run(contract(body, DATA), gas=10**9)
    assert (
        str(result.error) == f"out of gas: {375 + 8 * (2**32 - 1) - 10**9} units short"
    )


@pytest.mark.parametrize(
    "body",
    [
        STORE_VALUE,
        STORE_ZERO,
        LOG.format(data=0, length=0, count=0, t1=0, t2=0, t3=0, t4=0),
        "(call $selfDestruct (i32.const 0))",
        "(drop (call $create (i32.const 64) (i32.const 0) (i32.const 0)"
        " (i32.const 0)))",
        "(drop (call $call (i64.const 0) (i32.const 0) (i32.const 32) (i32.const 0)"
        " (i32.const 0)))",
    ],
)
def test_a_static_call_may_not_change_state(body: str) -> None:
    host = DictHost(balances={CONTRACT: 2**127})
    result = run(contract(body, DATA), host, is_static=True)
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.HOST_REFUSED
    assert host == DictHost(balances={CONTRACT: 2**127})
