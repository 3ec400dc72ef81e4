"""Transactions: form, field sizes, signing, the sender, intrinsic gas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from chain_sim.ethereum.primitives.errors import (
    FieldTooLarge,
    GasCostTooLarge,
    IntrinsicGasTooLow,
    InvalidPrivateKey,
    InvalidSignature,
    MalformedTransaction,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    MAX_LOW_S,
    address_of_private_key,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    check_intrinsic_gas,
    decode_transaction,
    encode_transaction,
    intrinsic_gas,
    recover_sender,
    sign_transaction,
    signing_hash,
)
from contractvm.hosts.evm.costs import TransactionCosts
from gas_schedule.loader import load_schedule
from tests.helpers.quiet_import import import_quietly

Account = import_quietly("eth_account").Account

COSTS = load_schedule("ewasm-hera").section(TransactionCosts)
RECIPIENT = Address(b"\x35" * 20)
KEY = b"\x46" * 32
SENDER = address_of_private_key(KEY)

# The example in EIP-155.
EXAMPLE = Transaction(9, 20 * 10**9, 21_000, RECIPIENT, 10**18, b"")
EXAMPLE_R = 0x28EF61340BD939BC2195FE537567866003E1A15D3C71FF63E1590620AA636276
EXAMPLE_S = 0x67CBE9D8997F761AECB703304B3800CCF555C9F3DC64214B297FB1966A3B6D83
EXAMPLE_RAW = bytes.fromhex(
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764"
    "00008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cb"
    "e9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
)

addresses = st.binary(min_size=20, max_size=20).map(Address)
transactions = st.builds(
    Transaction,
    nonce=st.integers(0, 2**64 - 2),
    gas_price=st.integers(0, 2**192 - 1),
    gas_limit=st.integers(0, 2**64 - 1),
    to=st.none() | addresses,
    value=st.integers(0, 2**256 - 1),
    data=st.binary(max_size=100),
)
chain_ids = st.none() | st.integers(0, 2**64)


def test_example_of_eip_155_is_signed_as_published() -> None:
    assert signing_hash(EXAMPLE, 1).hex() == (
        "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    )
    signed = sign_transaction(EXAMPLE, KEY, 1)
    assert (signed.v, signed.r, signed.s) == (37, EXAMPLE_R, EXAMPLE_S)
    assert encode_transaction(signed) == EXAMPLE_RAW
    assert recover_sender(signed, 1) == SENDER


@given(transactions, chain_ids)
def test_decoding_gives_back_what_was_encoded(
    tx: Transaction, chain_id: int | None
) -> None:
    signed = sign_transaction(tx, KEY, chain_id)
    assert decode_transaction(encode_transaction(signed)) == signed
    assert signed.chain_id == chain_id
    assert recover_sender(signed, chain_id) == SENDER


@given(transactions, st.integers(1, 2**31))
def test_signed_bytes_are_what_another_library_makes(
    tx: Transaction, chain_id: int
) -> None:
    theirs = Account.sign_transaction(
        {
            "nonce": tx.nonce,
            "gasPrice": tx.gas_price,
            "gas": tx.gas_limit,
            "to": tx.to or b"",
            "value": tx.value,
            "data": tx.data,
            "chainId": chain_id,
        },
        KEY,
    )
    signed = sign_transaction(tx, KEY, chain_id)
    assert encode_transaction(signed) == theirs.raw_transaction
    assert signed.hash == theirs.hash


@given(st.binary(max_size=120))
def test_random_bytes_are_never_more_than_malformed(data: bytes) -> None:
    with pytest.raises((MalformedTransaction, UnsupportedTransactionType)):
        decode_transaction(data)


def test_a_changed_byte_changes_the_sender_or_is_refused() -> None:
    recovered = 0
    refusals = (
        MalformedTransaction,
        UnsupportedTransactionType,
        FieldTooLarge,
        InvalidSignature,
        WrongChainId,
    )

    @given(st.integers(0, len(EXAMPLE_RAW) - 1), st.integers(1, 255))
    def change_a_byte(at: int, flip: int) -> None:
        nonlocal recovered
        changed = bytearray(EXAMPLE_RAW)
        changed[at] ^= flip
        try:
            sender = recover_sender(decode_transaction(bytes(changed)), 1)
        except refusals:
            return
        assert sender != SENDER
        recovered += 1

    change_a_byte()
    assert recovered > 10


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "transaction ends too early"),
        (b"\x80", "transaction is not a list"),
        (b"\xc0", "transaction has 0 fields, not 9"),
        (EXAMPLE_RAW[:-1], "transaction ends too early"),
        (EXAMPLE_RAW + b"\x00", "transaction has 1 superfluous bytes"),
        (bytes.fromhex("c9808080") + b"\x01" + b"\x80" * 5, "to has 1 bytes, not 0 or"),
        (b"\xc9\x80\x80\x80\x80\x80\xc0\x80\x80\x80", "data is a list"),
        (b"\xc9\x00" + b"\x80" * 8, "nonce has leading zeros"),
    ],
)
def test_malformed_bytes_are_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedTransaction) as caught:
        decode_transaction(raw)
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize("type_byte", [0, 1, 2, 127])
def test_typed_transaction_is_refused_by_its_type(type_byte: int) -> None:
    with pytest.raises(UnsupportedTransactionType) as caught:
        decode_transaction(bytes([type_byte, 0xC0]))
    assert caught.value.type_byte == type_byte


@pytest.mark.parametrize(
    ("field", "maximum"),
    [
        ("nonce", 2**64 - 2),
        ("gas_limit", 2**64 - 1),
        ("gas_price", 2**256 - 1),
        ("value", 2**256 - 1),
    ],
)
def test_field_up_to_its_maximum_is_signed_and_above_refused(
    field: str, maximum: int
) -> None:
    base = Transaction(0, 0, 1, RECIPIENT, 0, b"")
    assert sign_transaction(structs.replace(base, **{field: maximum}), KEY, 1).v in (
        37,
        38,
    )
    with pytest.raises(FieldTooLarge) as caught:
        sign_transaction(structs.replace(base, **{field: maximum + 1}), KEY, 1)
    error = caught.value
    assert (error.field, error.maximum, error.actual) == (field, maximum, maximum + 1)


def test_nonce_above_the_maximum_is_refused_in_bytes_too() -> None:
    with pytest.raises(FieldTooLarge) as caught:
        decode_transaction(
            encode_transaction(structs.replace(EXAMPLE, nonce=2**64 - 1))
        )
    assert caught.value.field == "nonce"


def test_gas_cost_must_fit_in_256_bits() -> None:
    most = structs.replace(EXAMPLE, gas_limit=2, gas_price=2**255 - 1)
    assert decode_transaction(encode_transaction(most)) == most
    more = structs.replace(most, gas_price=most.gas_price + 1)
    with pytest.raises(GasCostTooLarge) as caught:
        decode_transaction(encode_transaction(more))
    assert caught.value.gas_limit == 2
    assert caught.value.gas_price == more.gas_price


def test_unprotected_signature_holds_on_every_chain() -> None:
    signed = sign_transaction(EXAMPLE, KEY, None)
    assert signed.v in (27, 28)
    assert signed.chain_id is None
    assert recover_sender(signed, 1) == recover_sender(signed, None) == SENDER


@pytest.mark.parametrize("chain_id", [0, 2, 31337, None])
def test_signature_for_another_chain_is_refused(chain_id: int | None) -> None:
    signed = sign_transaction(EXAMPLE, KEY, 1)
    with pytest.raises(WrongChainId) as caught:
        recover_sender(signed, chain_id)
    assert (caught.value.expected, caught.value.actual) == (chain_id, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 0}, "v is 0, not 27, 28 or at least 35"),
        ({"v": 26}, "v is 26, not 27, 28 or at least 35"),
        ({"v": 29}, "v is 29, not 27, 28 or at least 35"),
        ({"v": 34}, "v is 34, not 27, 28 or at least 35"),
        ({"r": 0}, "r is not between zero and the curve's order"),
        ({"r": CURVE_ORDER}, "r is not between zero and the curve's order"),
        ({"s": 0}, "s is not between zero and half the curve's order"),
        ({"s": MAX_LOW_S + 1}, "s is not between zero and half the curve's order"),
        ({"r": 5}, "no public key fits it"),
    ],
)
def test_signature_out_of_range_is_refused(
    changes: dict[str, int], reason: str
) -> None:
    signed = structs.replace(sign_transaction(EXAMPLE, KEY, 1), **changes)
    with pytest.raises(InvalidSignature) as caught:
        recover_sender(signed, 1)
    assert caught.value.reason == reason


def test_greatest_low_s_is_taken() -> None:
    signed = structs.replace(sign_transaction(EXAMPLE, KEY, 1), s=MAX_LOW_S)
    assert len(recover_sender(signed, 1)) == 20


def test_mirrored_signature_is_refused() -> None:
    # EIP-2: without it anybody could give a transaction a second hash.
    signed = sign_transaction(EXAMPLE, KEY, 1)
    mirrored = structs.replace(signed, v=37 + 38 - signed.v, s=CURVE_ORDER - signed.s)
    with pytest.raises(InvalidSignature):
        recover_sender(mirrored, 1)


def test_key_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidPrivateKey):
        sign_transaction(EXAMPLE, bytes(32), 1)


@pytest.mark.parametrize(
    ("to", "data", "gas"),
    [
        (RECIPIENT, b"", 21_000),
        (None, b"", 53_000),
        (RECIPIENT, b"\x00", 21_004),
        (RECIPIENT, b"\x01", 21_068),
        (RECIPIENT, b"\x00\x01\xff\x00\x00", 21_148),
        (None, b"\x00\x61\x73\x6d", 53_208),
    ],
)
def test_intrinsic_gas_is_exact(to: Address | None, data: bytes, gas: int) -> None:
    tx = structs.replace(EXAMPLE, to=to, data=data, gas_limit=gas)
    assert intrinsic_gas(tx, COSTS) == gas
    assert check_intrinsic_gas(tx, COSTS) == gas
    with pytest.raises(IntrinsicGasTooLow) as caught:
        check_intrinsic_gas(structs.replace(tx, gas_limit=gas - 1), COSTS)
    assert (caught.value.required, caught.value.available) == (gas, gas - 1)


@pytest.mark.parametrize(
    ("v", "chain_id"), [(28, None), (34, None), (35, 0), (36, 0), (37, 1), (38, 1)]
)
def test_chain_id_is_read_from_v(v: int, chain_id: int | None) -> None:
    assert structs.replace(EXAMPLE, v=v).chain_id == chain_id
