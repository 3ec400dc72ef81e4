"""examples/token on another host: each function, both sides of limits."""

import pytest
from eth_hash.auto import keccak

from tests.helpers.ewasm_shim import ShimContract, deploy
from tests.helpers.examples import example
from tests.helpers.solidity_abi import (
    call_data,
    encoded_string,
    revert_reason,
    selector,
    word,
)

SUPPLY = 10**24
CREATOR, ALICE, BOB = b"\xc0" * 20, b"\xa1" * 20, b"\xb0" * 20
TRANSFER_TOPIC = keccak(b"Transfer(address,address,uint256)")
APPROVAL_TOPIC = keccak(b"Approval(address,address,uint256)")
TRUE = word(1)


@pytest.fixture
def token() -> ShimContract:
    return deploy(example("token/token_init.wasm"), CREATOR)[0]


def balance_of(token: ShimContract, account: bytes) -> int:
    output = token.call(call_data("balanceOf(address)", account)).output
    return int.from_bytes(output, "big")


def allowance(token: ShimContract, owner: bytes, spender: bytes) -> int:
    data = call_data("allowance(address,address)", owner, spender)
    return int.from_bytes(token.call(data).output, "big")


def test_constructor_gives_the_supply_to_the_creator_and_logs_it() -> None:
    token, result = deploy(example("token/token_init.wasm"), CREATOR)
    assert token.code == example("token/token.wasm")
    assert token.storage == {
        word(0): word(SUPPLY),
        b"\1" + bytes(11) + CREATOR: word(SUPPLY),
    }
    assert result.logs == (((TRANSFER_TOPIC, word(0), word(CREATOR)), word(SUPPLY)),)


@pytest.mark.parametrize(
    ("signature", "output"),
    [
        ("name()", encoded_string("Example Token")),
        ("symbol()", encoded_string("EXT")),
        ("decimals()", word(18)),
        ("totalSupply()", word(SUPPLY)),
    ],
)
def test_token_describes_itself(
    token: ShimContract, signature: str, output: bytes
) -> None:
    assert token.call(selector(signature)).output == output


def test_transfer_moves_the_amount_and_logs_it(token: ShimContract) -> None:
    data = call_data("transfer(address,uint256)", ALICE, 5)
    result = token.call(data, caller=CREATOR)
    assert result.output == TRUE
    assert result.logs == (((TRANSFER_TOPIC, word(CREATOR), word(ALICE)), word(5)),)
    assert balance_of(token, CREATOR) == SUPPLY - 5
    assert balance_of(token, ALICE) == 5


def test_transfer_of_the_whole_balance_leaves_zero(token: ShimContract) -> None:
    data = call_data("transfer(address,uint256)", ALICE, SUPPLY)
    assert token.call(data, caller=CREATOR).output == TRUE
    assert balance_of(token, CREATOR) == 0
    assert balance_of(token, ALICE) == SUPPLY


@pytest.mark.parametrize("amount", [SUPPLY + 1, 2**255, 2**256 - 1])
def test_transfer_of_more_than_the_balance_reverts_with_the_reason(
    token: ShimContract, amount: int
) -> None:
    data = call_data("transfer(address,uint256)", ALICE, amount)
    result = token.call(data, caller=CREATOR)
    assert result.is_reverted
    assert result.output == revert_reason("balance too low")
    assert balance_of(token, CREATOR) == SUPPLY


def test_transfer_to_oneself_changes_nothing(token: ShimContract) -> None:
    data = call_data("transfer(address,uint256)", CREATOR, SUPPLY)
    assert token.call(data, caller=CREATOR).output == TRUE
    assert balance_of(token, CREATOR) == SUPPLY


@pytest.mark.parametrize(("amount", "is_reverted"), [(1, False), (2, True)])
def test_a_balance_never_passes_256_bits(amount: int, is_reverted: bool) -> None:
    storage = {
        b"\1" + bytes(11) + ALICE: word(10),
        b"\1" + bytes(11) + BOB: word(2**256 - 2),
    }
    token = ShimContract(example("token/token.wasm"), storage)
    data = call_data("transfer(address,uint256)", BOB, amount)
    result = token.call(data, caller=ALICE)
    assert result.is_reverted == is_reverted
    if is_reverted:
        assert result.output == revert_reason("balance overflows")


def test_approve_sets_the_allowance_and_logs_it(token: ShimContract) -> None:
    data = call_data("approve(address,uint256)", BOB, 2**256 - 1)
    result = token.call(data, caller=ALICE)
    assert result.output == TRUE
    assert result.logs == (
        ((APPROVAL_TOPIC, word(ALICE), word(BOB)), word(2**256 - 1)),
    )
    assert allowance(token, ALICE, BOB) == 2**256 - 1
    assert allowance(token, BOB, ALICE) == 0
    assert token.storage[keccak(b"\2" + ALICE + BOB)] == word(2**256 - 1)


def test_transfer_from_spends_the_allowance_to_the_last_unit(
    token: ShimContract,
) -> None:
    token.call(call_data("approve(address,uint256)", BOB, 7), caller=CREATOR)
    data = call_data("transferFrom(address,address,uint256)", CREATOR, ALICE, 7)
    result = token.call(data, caller=BOB)
    assert result.output == TRUE
    assert result.logs == (((TRANSFER_TOPIC, word(CREATOR), word(ALICE)), word(7)),)
    assert allowance(token, CREATOR, BOB) == 0
    assert balance_of(token, ALICE) == 7


def test_transfer_from_beyond_the_allowance_reverts_with_the_reason(
    token: ShimContract,
) -> None:
    token.call(call_data("approve(address,uint256)", BOB, 7), caller=CREATOR)
    data = call_data("transferFrom(address,address,uint256)", CREATOR, ALICE, 8)
    result = token.call(data, caller=BOB)
    assert result.output == revert_reason("allowance too low")
    assert allowance(token, CREATOR, BOB) == 7
    assert balance_of(token, CREATOR) == SUPPLY


def test_transfer_from_beyond_the_balance_leaves_the_allowance(
    token: ShimContract,
) -> None:
    token.call(call_data("approve(address,uint256)", BOB, 9), caller=ALICE)
    data = call_data("transferFrom(address,address,uint256)", ALICE, BOB, 1)
    assert token.call(data, caller=BOB).output == revert_reason("balance too low")
    assert allowance(token, ALICE, BOB) == 9


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x70\xa0\x82",
        b"\0" * 4,
        call_data("balanceOf(address)", ALICE)[:-1],
        call_data("transfer(address,uint256)", ALICE, 1)[:-1],
        call_data("balanceOf(address)", 1 << 160 | 5),
        call_data("allowance(address,address)", ALICE, 1 << 255),
    ],
    ids=lambda data: data.hex() or "empty",
)
def test_wrong_call_data_reverts_without_data(token: ShimContract, data: bytes) -> None:
    result = token.call(data, caller=CREATOR)
    assert (result.is_reverted, result.output) == (True, b"")


@pytest.mark.parametrize("value", [1, 1 << 127])
def test_ether_is_refused(token: ShimContract, value: int) -> None:
    result = token.call(selector("decimals()"), value=value)
    assert (result.is_reverted, result.output) == (True, b"")


def test_data_behind_the_arguments_is_ignored(token: ShimContract) -> None:
    data = call_data("balanceOf(address)", CREATOR) + b"more"
    assert token.call(data).output == word(SUPPLY)
