"""Limits of stores and queues: on both sides of each, and by default."""

from typing import Any

import pytest

from contractvm.errors import LimitExceeded
from contractvm.guests.capabilities.key_value import KeyValue
from contractvm.guests.capabilities.queue import Queue
from contractvm.guests.errors import GuestError


class Gas:
    """What a run is charged."""

    def __init__(self) -> None:
        self.charges: list[int] = []

    def charge(self, gas: int) -> None:
        self.charges.append(gas)


def functions(capability: Any) -> dict[str, Any]:
    return {spec.name: spec.call for spec in capability.functions()}


def reached(call: Any, *arguments: Any) -> tuple[str, int]:
    with pytest.raises(LimitExceeded) as caught:
        call(*arguments)
    return caught.value.which, caught.value.limit


def refused(call: Any, *arguments: Any) -> int:
    with pytest.raises(GuestError) as caught:
        call(*arguments)
    return caught.value.code


def test_keys_and_values_may_be_as_long_as_the_default_limits() -> None:
    put = functions(KeyValue({}))["set"]
    assert put(bytes(1_024), bytes(1 << 20)) == 0
    assert refused(put, bytes(1_025), b"") == 2
    assert refused(put, b"", bytes((1 << 20) + 1)) == 2


def test_a_run_may_write_sixteen_mebibytes_by_default() -> None:
    put = functions(KeyValue({}))["set"]
    for _ in range(16):
        put(b"", bytes(1 << 20))
    assert put(b"", b"") == 0
    assert reached(put, b"k", b"") == ("store_bytes", 16 << 20)


def test_a_deletion_counts_its_key() -> None:
    kv = KeyValue({b"abc": b"12345"}, max_bytes=5)
    delete = functions(kv)["delete"]
    assert delete(b"none") == 0
    assert delete(b"abc") == 1
    assert delete(b"abc") == 0
    put = functions(kv)["set"]
    assert reached(put, b"abc", b"") == ("store_bytes", 5)
    assert put(b"ab", b"") == 0


def test_a_listing_pays_for_each_key_that_it_looks_at() -> None:
    kv = KeyValue({b"pa": b"", b"pb": b"", b"pc": b"", b"q": b""}, b"p")
    call = functions(kv)
    call["delete"](b"a")
    gas = Gas()
    assert call["list"](gas, b"", 1) == b"\1\0\0\0b"
    assert gas.charges == [5, 5]
    gas = Gas()
    assert call["list"](gas, b"", 0) == b""
    assert gas.charges == []


def test_a_prefix_hides_all_other_keys() -> None:
    store = {b"a": b"1", b"p/a": b"2"}
    kv = KeyValue(store, b"p/")
    call = functions(kv)
    assert call["get"](b"a") == b"2"
    assert refused(call["get"], b"p/a") == 1
    call["delete"](b"a")
    call["set"](b"b", b"3")
    assert refused(call["get"], b"a") == 1
    kv.commit()
    assert store == {b"a": b"1", b"p/b": b"3"}


def test_a_counter_of_another_length_is_refused() -> None:
    increment = functions(KeyValue({b"n": bytes(9), b"e": b""}))["increment"]
    assert refused(increment, b"n", 1) == 3
    assert increment(b"e", -1) == -1
    assert increment(b"e", -(2**63) + 1) == -(2**63)
    assert increment(b"e", -1) == 2**63 - 1


def test_a_run_may_put_a_thousand_messages_by_default() -> None:
    queue = Queue()
    put = functions(queue)["put"]
    for _ in range(1_000):
        assert put(b"") == 0
    assert reached(put, b"") == ("messages", 1_000)
    queue.commit()
    assert queue.messages == [b""] * 1_000
    assert put(b"") == 0


def test_a_run_may_put_a_mebibyte_by_default() -> None:
    queue = Queue()
    put = functions(queue)["put"]
    assert put(bytes((1 << 20) - 1)) == 0
    assert put(b"x") == 0
    assert reached(put, b"x") == ("message_bytes", 1 << 20)
    queue.discard()
    assert queue.messages == []
    assert put(bytes(1 << 20)) == 0
