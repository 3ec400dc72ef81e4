"""Logs and receipts: RLP, blooms, hashes, roots."""

import pytest
import trie
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.blocks.receipts import (
    Log,
    Receipt,
    decode_receipt,
    decode_receipts,
    encode_receipt,
    encode_receipts,
    logs_bloom,
    logs_hash,
    make_receipt,
    receipts_root,
)
from chain_sim.ethereum.primitives.bloom import EMPTY_BLOOM, bloom_may_hold
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import encode_item, uint_bytes
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32

CONTRACT = Address(b"\xaa" * 20)
TOPIC = Hash32(b"\x11" * 32)
LOG = Log(CONTRACT, (TOPIC,), b"data")

hashes = st.binary(min_size=32, max_size=32).map(Hash32)
addresses = st.binary(min_size=20, max_size=20).map(Address)
logs = st.builds(
    Log,
    address=addresses,
    topics=st.lists(hashes, max_size=4).map(tuple),
    data=st.binary(max_size=80),
)
receipts = st.builds(
    make_receipt,
    st.booleans(),
    st.integers(0, 2**64 - 1),
    st.lists(logs, max_size=4),
)


@given(receipts)
def test_decoding_gives_back_what_was_encoded(receipt: Receipt) -> None:
    assert decode_receipt(encode_receipt(receipt)) == receipt


@given(st.lists(receipts, max_size=4))
def test_list_of_receipts_is_read_back(many: list[Receipt]) -> None:
    assert decode_receipts(encode_receipts(many)) == tuple(many)


@given(st.lists(logs, max_size=5))
def test_bloom_holds_every_address_and_topic(many: list[Log]) -> None:
    bloom = logs_bloom(many)
    for log in many:
        assert bloom_may_hold(bloom, log.address)
        assert all(bloom_may_hold(bloom, topic) for topic in log.topics)


def test_bloom_does_not_look_at_data() -> None:
    assert logs_bloom([LOG]) == logs_bloom([Log(CONTRACT, (TOPIC,), b"other")])
    assert logs_bloom([Log(CONTRACT, (), b"data")]) == logs_bloom(
        [Log(CONTRACT, (), b"")]
    )


def test_hash_of_no_logs_is_that_of_the_empty_list() -> None:
    assert logs_hash([]).hex() == (
        "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    )


def test_hash_of_logs_depends_on_their_order() -> None:
    other = Log(CONTRACT, (), b"")
    assert logs_hash([LOG, other]) != logs_hash([other, LOG])


def test_receipt_of_a_plain_transfer_has_the_root_that_every_chain_shows() -> None:
    receipt = make_receipt(status=True, cumulative_gas_used=21_000, logs=[])
    assert receipt == Receipt(True, 21_000, EMPTY_BLOOM, ())
    assert receipts_root([receipt]).hex() == (
        "056b23fbba480696b65fe5a59b8f2148a1299103c4f57df839233af2cf4ca2d2"
    )


def test_no_receipts_have_the_root_of_the_empty_trie() -> None:
    assert receipts_root([]) == EMPTY_TRIE_ROOT


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 300])
def test_root_is_that_of_another_librarys_trie(count: int) -> None:
    many = [make_receipt(True, 21_000 * n, [LOG]) for n in range(count)]
    theirs = trie.HexaryTrie({})
    for index, receipt in enumerate(many):
        theirs[encode_item(uint_bytes(index))] = encode_receipt(receipt)
    assert receipts_root(many) == theirs.root_hash


def test_failure_is_encoded_as_the_empty_string_and_success_as_one() -> None:
    failed = encode_receipt(make_receipt(False, 0, []))
    succeeded = encode_receipt(make_receipt(True, 0, []))
    prefix = "f90106"
    rest = "80" + "b90100" + "00" * 256 + "c0"
    assert failed.hex() == "f90106" + "80" + rest
    assert succeeded.hex() == prefix + "01" + rest


def fields(**changes: object) -> bytes:
    content = {"status": b"\x01", "gas": b"\x05", "bloom": bytes(256), "logs": []}
    return encode_item(list((content | changes).values()))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encode_item([b"", b"", bytes(256)]), "receipt has 3 fields, not 4"),
        (fields(status=b"\x02"), "status is 2, not 0 or 1"),
        (fields(status=b"\x00"), "status has leading zeros"),
        (fields(gas=b"\x01" * 9), "cumulative_gas_used has 9 bytes, more than 8"),
        (fields(bloom=bytes(255)), "bloom has 255 bytes, not 256"),
        (fields(logs=b""), "logs is not a list"),
        (fields(logs=[[CONTRACT, []]]), "log has 2 fields, not 3"),
        (fields(logs=[[b"\x01", [], b""]]), "address has 1 bytes, not 20"),
        (fields(logs=[[CONTRACT, [b"\x01"], b""]]), "topic has 1 bytes, not 32"),
        (fields(logs=[[CONTRACT, [TOPIC] * 5, b""]]), "log has 5 topics, more than 4"),
        (fields(logs=[[CONTRACT, [], []]]), "data is a list"),
    ],
)
def test_malformed_receipt_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedRlp) as caught:
        decode_receipt(data)
    assert caught.value.reason == reason


def test_four_topics_are_taken() -> None:
    receipt = decode_receipt(fields(logs=[[CONTRACT, [TOPIC] * 4, b""]]))
    assert receipt.logs == (Log(CONTRACT, (TOPIC,) * 4, b""),)
