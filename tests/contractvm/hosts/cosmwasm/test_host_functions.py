"""Host functions for addresses, queries and cryptography: answers, gas, limits."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from contractvm.hosts.cosmwasm.backend import Order
from contractvm.hosts.cosmwasm.crypto import bls12_381, secp256k1, secp256r1
from contractvm.hosts.cosmwasm.errors import GasDepletion, RuntimeErr
from contractvm.hosts.cosmwasm.json_text import compact_json
from contractvm.hosts.cosmwasm.storage_functions import (
    db_next,
    db_next_key,
    db_next_value,
)
from contractvm.hosts.cosmwasm.testing.api import make_address
from contractvm.hosts.cosmwasm.testing.storage import MockStorage
from contractvm.runtime.engine_selection import ENGINES
from tests.contractvm.hosts.cosmwasm.test_crypto import (
    DIGEST,
    G1,
    G1_INFINITY,
    G2,
    K1_X,
    K1_Y,
    RFC_8032,
    TAG_G1,
    packed,
    point,
    signed,
)
from tests.helpers.cosmwasm_calls import HostCall, Room, Zeros

CALL = 18_000
VALIDATE = 700_000 + 560_000
ADDRESS = make_address("somebody")
KIB = 1024


def read(*lengths: int) -> int:
    return sum(200_000 + 115 * length for length in lengths)


def written(length: int) -> int:
    return 230_000 + 570 * length


def text(length: int) -> int:
    return 28_700 + 1_400 * length


def refused(call: HostCall) -> str:
    """Why the contract was stopped, "" if it was not."""
    try:
        call.run()
    except RuntimeErr as error:
        return error.detail.removeprefix("Wasmer runtime error: RuntimeError: ")
    return ""


@pytest.mark.parametrize("engine", ENGINES)
def test_an_address_is_validated(engine: str) -> None:
    call = HostCall("addr_validate", ADDRESS.encode(), engine=engine)
    size = len(ADDRESS)
    assert call.run() == 0
    assert call.gas == (CALL + read(size) + text(size) + VALIDATE, 0)


@pytest.mark.parametrize(
    ("given", "reason", "cost"),
    [
        (b"", "Input is empty", 0),
        (b"\xff", "Input is not valid UTF-8", text(1)),
        (ADDRESS.upper().encode(), "Address is not normalized", text(67) + VALIDATE),
        (b"cosmwasm1", "Error decoding bech32", text(9) + 700_000),
    ],
)
def test_what_is_no_address_is_told_with_its_reason(
    given: bytes, reason: str, cost: int
) -> None:
    call = HostCall("addr_validate", given)
    assert call.given() == reason.encode()
    assert call.gas == (CALL + read(len(given)) + cost + written(len(reason)), 0)


def test_an_address_has_bytes_and_they_an_address() -> None:
    canonicalize = HostCall("addr_canonicalize", ADDRESS.encode(), Room(32))
    canonical = canonicalize.filled()
    assert len(canonical) == 32
    size = len(ADDRESS)
    cost = CALL + read(size) + text(size) + 700_000 + written(32)
    assert canonicalize.gas == (cost, 0)
    humanize = HostCall("addr_humanize", canonical, Room(90))
    assert humanize.filled() == ADDRESS.encode()
    assert humanize.gas == (CALL + read(32) + 560_000 + written(size), 0)


@pytest.mark.parametrize(
    ("name", "given", "reason", "cost"),
    [
        ("addr_canonicalize", b"", "Input is empty", 0),
        ("addr_canonicalize", b"\xff", "Input is not valid UTF-8", text(1)),
        ("addr_canonicalize", b"no", "Error decoding bech32", text(2) + 700_000),
        ("addr_humanize", b"", "Invalid canonical address length", 560_000),
    ],
)
def test_what_has_no_other_form_is_told_with_its_reason(
    name: str, given: bytes, reason: str, cost: int
) -> None:
    call = HostCall(name, given, Room(90))
    assert call.given() == reason.encode()
    assert call.gas == (CALL + read(len(given)) + cost + written(len(reason)), 0)


@pytest.mark.parametrize(
    ("name", "place", "limit", "others"),
    [
        ("addr_validate", 0, 256, [0]),
        ("addr_canonicalize", 0, 256, [0, Room(0)]),
        ("addr_humanize", 0, 64, [0, Room(90)]),
        ("secp256k1_verify", 0, 32, [0, packed(1, 1), b"\2" + bytes(32)]),
        ("secp256k1_verify", 1, 64, [bytes(32), 0, b"\2" + bytes(32)]),
        ("secp256k1_verify", 2, 65, [bytes(32), packed(1, 1), 0]),
        ("secp256r1_verify", 0, 32, [0, packed(1, 1), b"\2" + bytes(32)]),
        ("secp256k1_recover_pubkey", 0, 32, [0, packed(1, 1), 0]),
        ("secp256k1_recover_pubkey", 1, 64, [bytes(32), 0, 0]),
        ("secp256r1_recover_pubkey", 0, 32, [0, packed(1, 1), 0]),
        ("secp256r1_recover_pubkey", 1, 64, [bytes(32), 0, 0]),
        ("ed25519_verify", 0, 128 * KIB, [0, bytes(64), bytes(32)]),
        ("ed25519_verify", 1, 64, [b"", 0, bytes(32)]),
        ("ed25519_verify", 2, 32, [b"", bytes(64), 0]),
        ("ed25519_batch_verify", 1, 68 * 256, [b"", 0, b""]),
        ("ed25519_batch_verify", 2, 36 * 256, [b"", b"", 0]),
        ("bls12_381_aggregate_g1", 0, 2 * KIB * KIB, [0, Room(48)]),
        ("bls12_381_aggregate_g2", 0, 2 * KIB * KIB, [0, Room(96)]),
        ("bls12_381_pairing_equality", 0, 2 * KIB * KIB, [0, G2, G1, G2]),
        ("bls12_381_pairing_equality", 1, 2 * KIB * KIB, [G1, 0, G1, G2]),
        ("bls12_381_pairing_equality", 2, 48, [G1, G2, 0, G2]),
        ("bls12_381_pairing_equality", 3, 96, [G1, G2, G1, 0]),
        ("bls12_381_hash_to_g1", 1, 5 * KIB * KIB, [1, 0, b"", Room(48)]),
        ("bls12_381_hash_to_g1", 2, 5 * KIB, [1, b"", 0, Room(48)]),
        ("bls12_381_hash_to_g2", 1, 5 * KIB * KIB, [1, 0, b"", Room(96)]),
        ("bls12_381_hash_to_g2", 2, 5 * KIB, [1, b"", 0, Room(96)]),
        ("abort", 0, 2 * KIB * KIB, [0]),
        ("debug", 0, 2 * KIB * KIB, [0]),
        ("query_chain", 0, 64 * KIB, [0]),
        ("db_read", 0, 64 * KIB, [0]),
        ("db_scan", 0, 64 * KIB, [0, 0, 1]),
        ("db_scan", 1, 64 * KIB, [0, 0, 1]),
    ],
)
def test_each_argument_has_a_greatest_length(
    name: str, place: int, limit: int, others: list[Any]
) -> None:
    def call(length: int) -> HostCall:
        arguments = [*others[:place], Zeros(length), *others[place + 1 :]]
        return HostCall(name, *arguments, gas_limit=10**15)

    message = f"Region length too big. Got {limit + 1}, limit {limit}"
    assert message in refused(call(limit + 1))
    assert "Region length too big" not in refused(call(limit))


VALID_K1 = signed(secp256k1.GROUP_ORDER, K1_X)
VALID_R1 = signed(secp256r1.GROUP_ORDER, secp256r1.GENERATOR[0])
KEY_K1 = point(K1_X, K1_Y)
KEY_R1 = point(*secp256r1.GENERATOR)
ED_KEY, ED_MESSAGE, ED_SIGNATURE = map(bytes.fromhex, RFC_8032[1])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "arguments", "cost", "wrong"),
    [
        ("secp256k1_verify", [DIGEST, packed(*VALID_K1), KEY_K1], 96_000_000, 1),
        ("secp256r1_verify", [DIGEST, packed(*VALID_R1), KEY_R1], 279_000_000, 1),
        ("ed25519_verify", [ED_MESSAGE, ED_SIGNATURE, ED_KEY], 35_000_000, 1),
    ],
)
def test_a_signature_is_verified(
    engine: str, name: str, arguments: list[bytes], cost: int, wrong: int
) -> None:
    call = HostCall(name, *arguments, engine=engine)
    assert call.run() == 0
    assert call.gas == (CALL + read(*map(len, arguments)) + cost, 0)
    changed = bytes([arguments[0][0] ^ 1]) + arguments[0][1:]
    assert HostCall(name, changed, *arguments[1:], engine=engine).run() == wrong


@pytest.mark.parametrize(
    ("name", "signature", "y", "key", "cost"),
    [
        ("secp256k1_recover_pubkey", VALID_K1, K1_Y, KEY_K1, 194_000_000),
        (
            "secp256r1_recover_pubkey",
            VALID_R1,
            secp256r1.GENERATOR[1],
            KEY_R1,
            592_000_000,
        ),
    ],
)
def test_a_key_is_recovered(
    name: str, signature: tuple[int, int], y: int, key: bytes, cost: int
) -> None:
    call = HostCall(name, DIGEST, packed(*signature), y % 2)
    assert call.given() == key
    reads = CALL + read(32, 64)
    assert call.gas == (reads + cost + written(65), 0)
    beyond = HostCall(name, DIGEST, packed(*signature), 256)
    assert beyond.run() == 6 << 32
    assert beyond.gas == (reads, 0)
    greatest = HostCall(name, DIGEST, packed(*signature), 255)
    assert greatest.run() == 6 << 32
    assert greatest.gas == (reads + cost, 0)
    empty = HostCall(name, b"", packed(*signature), 0)
    assert empty.run() == 3 << 32


def sections(*parts: bytes) -> bytes:
    return b"".join(part + len(part).to_bytes(4, "big") for part in parts)


@pytest.mark.parametrize(
    ("messages", "signatures", "keys", "cost"),
    [
        (2, 2, 2, 24_000_000 + 2 * 21_000_000),
        (1, 2, 2, 24_000_000 + 2 * 21_000_000),
        (2, 2, 1, 36_000_000 + 2 * 10_000_000),
        (0, 0, 0, 24_000_000),
    ],
)
def test_a_batch_is_verified(
    messages: int, signatures: int, keys: int, cost: int
) -> None:
    parts = (
        sections(*[ED_MESSAGE] * messages),
        sections(*[ED_SIGNATURE] * signatures),
        sections(*[ED_KEY] * keys),
    )
    call = HostCall("ed25519_batch_verify", *parts)
    assert call.run() == 0
    assert call.gas == (CALL + read(*map(len, parts)) + cost, 0)


def test_a_batch_of_unequal_counts_has_a_code() -> None:
    parts = sections(ED_MESSAGE), sections(*[ED_SIGNATURE] * 2), sections(ED_KEY)
    call = HostCall("ed25519_batch_verify", *parts)
    assert call.run() == 7
    assert call.gas[0] == CALL + read(*map(len, parts)) + 36_000_000 + 2 * 10_000_000
    three = sections(*[ED_KEY] * 3)
    assert HostCall("ed25519_batch_verify", parts[0], parts[1], three).run() == 7


NEGATIVE_G1 = bytes([G1[0] ^ 0x20]) + G1[1:]


@pytest.mark.parametrize(
    ("name", "points", "total", "cost"),
    [
        ("bls12_381_aggregate_g1", [G1], G1, 68_000_000 + 12_000_000),
        (
            "bls12_381_aggregate_g1",
            [G1, NEGATIVE_G1],
            G1_INFINITY,
            68_000_000 + 2 * 12_000_000,
        ),
        ("bls12_381_aggregate_g2", [G2], G2, 103_500_000 + 24_500_000),
    ],
)
def test_points_are_added(
    name: str, points: list[bytes], total: bytes, cost: int
) -> None:
    data = b"".join(points)
    call = HostCall(name, data, Room(len(total)))
    assert call.filled() == total
    assert call.gas == (CALL + read(len(data)) + cost + written(len(total)), 0)


@pytest.mark.parametrize("group", ["g1", "g2"])
def test_points_that_cannot_be_added_have_a_code_and_write_nothing(group: str) -> None:
    base = {"g1": 68_000_000, "g2": 103_500_000}[group]
    call = HostCall(f"bls12_381_aggregate_{group}", b"", Room(96))
    assert call.run() == 14
    assert call.region(call.pointers[1]) == b""
    assert call.gas == (CALL + read(0) + base, 0)


def test_a_pairing_is_compared() -> None:
    twice = bls12_381.aggregate_g1(G1 + G1)
    equal = HostCall("bls12_381_pairing_equality", G1 + G1, G2 + G2, twice, G2)
    assert equal.run() == 0
    reads = CALL + read(96, 192, 48, 96)
    assert equal.gas == (reads + 2_112_000_000 + 3 * 163_000_000, 0)
    assert HostCall("bls12_381_pairing_equality", G1, G2, twice, G2).run() == 1


@pytest.mark.parametrize(
    ("group", "size", "cost", "hashed"),
    [
        ("g1", 48, 563_000_000, bls12_381.hash_to_g1),
        ("g2", 96, 871_000_000, bls12_381.hash_to_g2),
    ],
)
def test_a_message_is_hashed_to_a_point(
    group: str, size: int, cost: int, hashed: Callable[[bytes, bytes], bytes]
) -> None:
    name = f"bls12_381_hash_to_{group}"
    call = HostCall(name, 0, b"message", TAG_G1, Room(size))
    assert call.filled() == hashed(b"message", TAG_G1)
    reads = CALL + read(7, len(TAG_G1))
    assert call.gas == (reads + cost + written(size), 0)
    unknown = HostCall(name, 1, b"message", TAG_G1, Room(size))
    assert unknown.run() == 9
    assert unknown.gas == (reads + cost, 0)


def test_a_contract_that_aborts_says_why() -> None:
    call = HostCall("abort", b"no \xff more")
    assert refused(call) == "Aborted: no � more"
    assert call.gas == (CALL + read(9) + text(9), 0)


def test_what_a_contract_prints_comes_with_the_gas_that_is_left() -> None:
    printed = []
    call = HostCall(
        "debug", b"at \xff", debug_handler=lambda *facts: printed.append(facts)
    )
    call.run()
    ((words, left),) = printed
    assert words == "at �"
    assert 0 < call.instance.gas.left < left < 10**12
    assert call.gas == (CALL + read(4), 0)


BALANCE = compact_json({"bank": {"balance": {"address": "a", "denom": "stake"}}})


@pytest.mark.parametrize("engine", ENGINES)
def test_a_question_to_the_chain_is_answered(engine: str) -> None:
    request = BALANCE.encode()
    call = HostCall("query_chain", request, engine=engine)
    answer = call.given()
    assert answer == (
        b'{"ok":{"ok":"eyJhbW91bnQiOnsiZGVub20iOiJzdGFrZSIsImFtb3VudCI6IjAifX0="}}'
    )
    external = 100_000 + 100 * len(answer)
    assert call.gas == (CALL + read(len(request)) + written(len(answer)), external)


def test_a_question_that_the_gas_does_not_last_for_ends_the_contract() -> None:
    request = BALANCE.encode()
    enough = HostCall("query_chain", request)
    enough.run()
    used = 10**12 - enough.instance.gas.left
    HostCall("query_chain", request, gas_limit=used).run()
    with pytest.raises(GasDepletion):
        HostCall("query_chain", request, gas_limit=used - 1).run()
    short = HostCall("query_chain", request, gas_limit=used - 550_000)
    assert refused(short) == "Ran out of gas during contract execution"
    assert short.gas == (CALL + read(len(request)), enough.gas[1])


@pytest.mark.parametrize(
    ("start", "end", "order", "keys"),
    [
        (0, 0, 1, [b"a", b"b", b"c"]),
        (0, 0, 2, [b"c", b"b", b"a"]),
        (b"b", 0, 1, [b"b", b"c"]),
        (0, b"c", 1, [b"a", b"b"]),
        (b"b", b"c", 2, [b"b"]),
        (b"c", b"b", 1, []),
    ],
)
def test_a_range_of_keys_is_iterated(
    start: bytes | int, end: bytes | int, order: int, keys: list[bytes]
) -> None:
    storage = MockStorage()
    storage.entries = {b"c": b"3", b"a": b"1", b"b": b"22"}
    scan = HostCall("db_scan", start, end, order, storage=storage)
    assert scan.run() == 1
    lengths = [len(bound) for bound in (start, end) if isinstance(bound, bytes)]
    assert scan.gas == (CALL + read(*lengths), 11)
    for key in keys:
        value = storage.entries[key]
        found = HostCall("db_next", 1, storage=storage)
        assert found.given() == sections(key, value)
        size = len(key) + len(value)
        assert found.gas == (CALL + size + written(8 + size), 0)
    last = HostCall("db_next", 1, storage=storage)
    assert last.given() == bytes(8)
    assert last.gas == (CALL + written(8), 37)


@pytest.mark.parametrize(
    ("name", "part", "size"), [("db_next_key", b"key", 3), ("db_next_value", b"its", 3)]
)
def test_a_key_or_value_alone_can_be_asked_for(
    name: str, part: bytes, size: int
) -> None:
    storage = MockStorage()
    storage.entries = {b"key": b"its"}
    HostCall("db_scan", 0, 0, 1, storage=storage).run()
    call = HostCall(name, 1, storage=storage)
    assert call.given() == part
    assert call.gas == (CALL + 6 + written(size), 0)
    last = HostCall(name, 1, storage=storage)
    assert last.run() == 0
    assert last.gas == (CALL, 37)


def test_a_value_is_read_and_a_key_removed() -> None:
    storage = MockStorage()
    storage.entries = {b"key": b"value"}
    found = HostCall("db_read", b"key", storage=storage)
    assert found.given() == b"value"
    assert found.gas == (CALL + read(3) + written(5), 3)
    missing = HostCall("db_read", b"other", storage=storage)
    assert missing.run() == 0
    assert missing.gas == (CALL + read(5), 5)
    denied = HostCall("db_remove", b"key", storage=storage)
    assert "Must not call a writing storage function" in refused(denied)
    assert storage.entries == {b"key": b"value"}
    removed = HostCall("db_remove", b"key", entry="execute", storage=storage)
    removed.run()
    assert storage.entries == {}
    assert removed.gas == (CALL + read(3), 3)


@pytest.mark.parametrize(
    ("function", "given"),
    [
        (db_next, b"key\0\0\0\3value\0\0\0\5"),
        (db_next_key, b"key"),
        (db_next_value, b"value"),
    ],
)
def test_a_step_of_an_iterator_is_paid_for_its_key(
    function: Callable[[Any, int], object], given: bytes
) -> None:
    storage = MockStorage()
    storage.entries = {b"key": b"value"}
    number, _ = storage.scan(None, None, Order.ASCENDING)
    paid: list[bytes] = []
    frame = SimpleNamespace(
        storage=storage, pay=lambda _, key: paid.append(key), give=lambda data: data
    )
    assert function(frame, number) == given
    function(frame, number)
    assert paid == [b"key", b""]
