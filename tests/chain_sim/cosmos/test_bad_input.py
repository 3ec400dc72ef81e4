"""What contracts and people send that no chain takes: exact errors, and no changes."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from chain_sim import CosmosChain, CosmosError, TransactionFailed
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.wasm.records import ANY_OF, EVERYBODY
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmwasm import (
    BASE,
    ECHO,
    EMPTY_RESPONSE,
    constant,
    echo_chain,
    response,
    submessage,
    told,
)
from tests.helpers.wat import wat_to_wasm

GREATEST = 2**64 - 1
RESULT = 64 << 20
VM = "Error calling the VM: "
GUEST = VM + "Error in guest/host communication: "
VM_END = ": wasmvm error (codespace wasm code 29)"
COINS_END = ": invalid coins (codespace sdk code 10)"
CREATE_END = ": create wasm contract failed (codespace wasm code 2)"
LIMIT_END = ": exceeds limit (codespace wasm code 13)"


def lying(offset: int, capacity: int, length: int) -> bytes:
    """A contract whose `execute` answers with this region."""
    numbers = (offset, capacity, length)
    header = b"".join(number.to_bytes(4, "little") for number in numbers)
    text = "".join(f"\\{byte:02x}" for byte in header)
    return wat_to_wasm(f"""(module {BASE} {constant(64, EMPTY_RESPONSE)}
      (data (i32.const 16) "{text}")
      (func (export "instantiate") (param i32 i32 i32) (result i32) i32.const 64)
      (func (export "execute") (param i32 i32 i32) (result i32) i32.const 16))""")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("region", "error"),
    [
        (
            (4096, RESULT, RESULT),
            GUEST + "Could not access region of 67108864 bytes at 4096",
        ),
        (
            (4096, RESULT + 1, RESULT + 1),
            GUEST + "Region length too big. Got 67108865, limit 67108864",
        ),
        (
            (4096, 2**32 - 4096, 1),
            GUEST + "Got an invalid region: Offset 4096 and capacity 4294963200"
            " exceed the address space",
        ),
        ((0, 8, 8), GUEST + "Got an invalid region: Zero offset"),
        ((9, 8, 9), GUEST + "Got an invalid region: Length 9 exceeds capacity 8"),
        ((131_072, 1, 1), GUEST + "Could not access region of 1 bytes at 131072"),
        ((131_071, 1, 1), VM + "Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_results_that_lie_change_nothing(
    region: tuple[int, int, int], error: str, engine: str
) -> None:
    chain = CosmosChain(engine=engine)
    contract = chain.store(lying(*region)).instantiate("{}")
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        contract.execute("{}", gas_limit=GREATEST)
    assert str(caught.value) == error + VM_END
    assert chain.head == before


def test_large_result_needs_gas_to_be_read() -> None:
    chain = CosmosChain()
    contract = chain.store(lying(4096, 120_000, 120_000)).instantiate("{}")
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        contract.execute("{}", gas_limit=180_000)
    assert str(caught.value) == (
        f"{VM}insufficient gas left to deserialize contract execution result"
        f" (120000 bytes){VM_END}"
    )
    assert chain.head == before


def coin(amount: object, denom: str = "stake") -> dict[str, object]:
    return {"denom": denom, "amount": amount}


BAD_COINS = [
    ([coin("1"), coin("2")], "duplicate denomination stake" + COINS_END),
    ([coin("-1")], "amount '-1'" + COINS_END),
    ([coin("1.5")], "amount '1.5'" + COINS_END),
    ([coin(1)], "amount 1" + COINS_END),
    ([coin("1", "s")], "invalid denom: s" + COINS_END),
    ([{"amount": "1"}], "{'amount': '1'}" + COINS_END),
    ("x", "coins are not a list" + COINS_END),
    ([coin(str(2**256))], f"amount {2**256}" + COINS_END),
    (
        [coin(str(2**128))],
        f"spendable balance 1000stake is smaller than {2**128}stake: insufficient"
        " funds (codespace sdk code 5)",
    ),
]
KINDS: dict[str, Callable[[str, object], dict[str, Any]]] = {
    "send": lambda to, coins: {"bank": {"send": {"to_address": to, "amount": coins}}},
    "burn": lambda _, coins: {"bank": {"burn": {"amount": coins}}},
    "execute": lambda to, coins: {
        "wasm": {"execute": {"contract_addr": to, "msg": "e30=", "funds": coins}}
    },
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("coins", "error"), BAD_COINS)
def test_coins_that_nobody_has_change_nothing(
    kind: str, coins: object, error: str
) -> None:
    chain, contract = echo_chain()
    before = chain.head
    content = KINDS[kind](contract.address, coins)
    with pytest.raises(TransactionFailed) as caught:
        contract.execute(response(submessage(content)))
    assert str(caught.value) == error
    assert chain.head == before
    assert chain.balances(contract.address) == {"stake": 1_000}


def test_coins_of_zero_are_no_payment() -> None:
    chain, contract = echo_chain()
    zero = [coin("0")]
    sent = contract.execute(response(submessage(KINDS["send"](chain_bob(), zero))))
    assert [event.kind for event in sent.events] == ["execute"]
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        contract.execute(response(submessage(KINDS["burn"]("", zero))))
    assert str(caught.value) == "amount: empty (codespace wasm code 12)"
    assert chain.head == before


def chain_bob() -> str:
    return CosmosChain().account("bob")


BOMB = gzip.compress(bytes(32 << 20), mtime=0)
NOT_WASM = (
    "Error during static Wasm validation: Wasm bytecode could not be deserialized."
    ' Deserialize error: "magic header not detected at byte 0"' + CREATE_END
)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (BOMB, "code of 819201 bytes, 819200 at most" + LIMIT_END),
        (BOMB[:-20], "code of 819201 bytes, 819200 at most" + LIMIT_END),
        (gzip.compress(bytes(819_200), mtime=0), NOT_WASM),
        (
            gzip.compress(bytes(819_201), mtime=0),
            "code of 819201 bytes, 819200 at most" + LIMIT_END,
        ),
        (bytes(819_200), NOT_WASM),
        (bytes(819_201), "code of 819201 bytes, 819200 at most" + LIMIT_END),
        (b"\x1f\x8b\x08", "gzip: unexpected EOF" + CREATE_END),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), NOT_WASM),
        (b"", "wasm code: empty (codespace wasm code 12)"),
    ],
)
def test_code_that_expands_or_is_none_changes_nothing(code: bytes, error: str) -> None:
    chain = CosmosChain()
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        chain.store(code, gas_limit=GREATEST)
    assert str(caught.value) == error
    assert chain.head == before


SENT: dict[str, Callable[[CosmosChain, Contract, int], object]] = {
    "execute": lambda _, contract, gas: contract.execute(response(), gas_limit=gas),
    "sudo": lambda _, contract, gas: contract.sudo(response(), gas_limit=gas),
    "query": lambda _, contract, gas: contract.query({"ok": "e30="}, gas_limit=gas),
    "migrate": lambda chain, contract, gas: contract.migrate(
        chain.code(1), response(), gas_limit=gas, sender=chain.account("alice")
    ),
    "instantiate": lambda chain, _, gas: chain.code(1).instantiate(
        response(), gas_limit=gas
    ),
}


@pytest.mark.parametrize("entry", SENT)
def test_no_gas_is_too_little_and_all_gas_is_enough(entry: str) -> None:
    chain, contract = echo_chain()
    chain.account("alice")
    before = chain.blocks.state.entries()
    with pytest.raises((TransactionFailed, CosmosError)) as caught:
        SENT[entry](chain, contract, 0)
    assert str(caught.value) == (
        "out of gas in location: ReadFlat (codespace sdk code 11)"
    )
    assert chain.blocks.state.entries() == before
    SENT[entry](chain, contract, GREATEST)


def people(count: int) -> list[str]:
    chain = CosmosChain()
    return [chain.addresses.text(bytes([number] * 20)) for number in range(count)]


@pytest.mark.parametrize(
    ("permission", "allowed", "error"),
    [
        (ANY_OF, [], "addresses: empty (codespace wasm code 12)"),
        (ANY_OF, people(51), "51 addresses, 50 at most" + LIMIT_END),
        (ANY_OF, people(1) * 2, "addresses: duplicate (codespace wasm code 15)"),
        (2, [], "permission 2: invalid (codespace wasm code 14)"),
        (
            EVERYBODY,
            people(1),
            "addresses not allowed for this permission: invalid (codespace wasm code"
            " 14)",
        ),
    ],
)
def test_access_lists_have_rules(
    permission: int, allowed: list[str], error: str
) -> None:
    chain = CosmosChain()
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        chain.store(wat_to_wasm(ECHO), permission=permission, allowed=allowed)
    assert str(caught.value) == error
    assert chain.head == before


def test_access_list_of_fifty_is_taken() -> None:
    chain = CosmosChain()
    code = chain.store(wat_to_wasm(ECHO), permission=ANY_OF, allowed=people(50))
    assert code.code_id == 1


def test_access_list_of_nonsense_changes_nothing() -> None:
    chain = CosmosChain()
    before = chain.head
    with pytest.raises(TransactionFailed, match="codespace sdk code 7"):
        chain.store(wat_to_wasm(ECHO), permission=ANY_OF, allowed=["x"])
    assert chain.head == before


@pytest.mark.parametrize(
    ("release", "is_told"), [("wasmd-0.70.3", True), ("wasmd-0.50.0", False)]
)
def test_typed_responses_are_told_since_the_second_line(
    release: str, is_told: bool
) -> None:
    _, contract = echo_chain(release=release)
    content = KINDS["send"](contract.address, [coin("1")])
    contract.execute(response(submessage(content, "success")))
    assert ("msg_responses" in told(contract)["result"]["ok"]) is is_told
