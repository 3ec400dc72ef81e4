"""examples/counter on another host."""

import pytest

from tests.helpers.ewasm_shim import ShimContract
from tests.helpers.examples import example
from tests.helpers.solidity_abi import selector, word

INCREMENT = selector("increment()")
GET = selector("get()")
CODE = example("counter/counter.wat")


def counter_at(count: int) -> ShimContract:
    return ShimContract(CODE, {word(0): word(count)} if count else {})


def test_increment_returns_and_stores_the_new_count() -> None:
    contract = counter_at(0)
    outputs = [contract.call(INCREMENT).output for _ in range(3)]
    assert outputs == [word(1), word(2), word(3)]
    assert contract.storage == {word(0): word(3)}


def test_get_returns_the_count_and_changes_nothing() -> None:
    contract = counter_at(7)
    assert contract.call(GET).output == word(7)
    assert contract.storage == {word(0): word(7)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0, 1),
        (254, 255),
        (255, 256),
        (256, 257),
        (0xFFFF, 0x10000),
        (0xFE_FFFF, 0xFF_0000),
        (2**255 - 1, 2**255),
        (2**256 - 2, 2**256 - 1),
        (2**256 - 1, 0),
    ],
)
def test_increment_carries_through_every_byte(before: int, after: int) -> None:
    contract = counter_at(before)
    assert contract.call(INCREMENT).output == word(after)
    assert contract.call(GET).output == word(after)


@pytest.mark.parametrize(
    "data", [b"", b"\0", INCREMENT[:3], b"\0" * 4, INCREMENT[::-1]]
)
def test_unknown_call_data_reverts_without_data(data: bytes) -> None:
    contract = counter_at(5)
    result = contract.call(data)
    assert (result.is_reverted, result.output) == (True, b"")
    assert contract.storage == {word(0): word(5)}


def test_data_behind_the_selector_is_ignored() -> None:
    assert counter_at(5).call(GET + b"more").output == word(5)
