"""Proofs of accounts and slots: true claims are proven, all others are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from trie import HexaryTrie

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.documents.proof_document import parse_proof, proof_document
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.account import (
    Account,
    encode_account,
    encode_storage_value,
)
from chain_sim.ethereum.state.account_proof import (
    AccountProof,
    SlotProof,
    prove_account,
    verify_account,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie import DatabaseNodes, SecureTrie
from chain_sim.ethereum.trie.proof_errors import (
    InvalidProof,
    MalformedProof,
    MalformedProofValue,
    ProofNodeMissing,
    RefutedClaim,
    WrongProofNode,
)

ALICE = Address(b"\xaa" * 20)
ABSENT = Address(b"\xbb" * 20)
SLOTS = [bytes(31) + bytes((index,)) for index in range(20)]
ABSENT_SLOT = b"\xff" * 32


def filled() -> tuple[DatabaseNodes, Hash32]:
    database = MemoryDatabase()
    state = WorldState(database)
    for index in range(50):
        state.set_balance(Address(keccak256(b"%d" % index)[:20]), index + 1)
    state.set_balance(ALICE, 10**18)
    state.set_nonce(ALICE, 7)
    state.set_code(ALICE, b"code")
    for index, slot in enumerate(SLOTS):
        state.set_storage(ALICE, slot, keccak256(b"value %d" % index))
    root, puts = state.commit()
    database.write_batch(puts)
    return DatabaseNodes(database), root


NODES, ROOT = filled()


def proof_of(address: Address = ALICE, *slots: bytes) -> AccountProof:
    return prove_account(NODES, ROOT, address, slots)


def test_an_account_and_its_slots_are_proven() -> None:
    proof = proof_of(ALICE, SLOTS[3], ABSENT_SLOT)
    assert (proof.account.nonce, proof.account.balance) == (7, 10**18)
    assert proof.account.code_hash == keccak256(b"code")
    assert proof.account.storage_root == keccak256(proof.slots[0].proof[0])
    assert proof.slots[0].value == keccak256(b"value 3")
    assert proof.slots[1].value == bytes(32)
    verify_account(ROOT, proof)


def test_an_absent_account_is_proven_with_its_slots() -> None:
    proof = proof_of(ABSENT, SLOTS[0])
    assert proof.account == Account(0, 0, EMPTY_TRIE_ROOT, EMPTY_CODE_HASH)
    assert proof.slots == (SlotProof(SLOTS[0], bytes(32), ()),)
    verify_account(ROOT, proof)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("nonce", 8, "nonce"),
        ("balance", 10**18 + 1, "balance"),
        ("storage_root", EMPTY_TRIE_ROOT, "storage root"),
        ("code_hash", EMPTY_CODE_HASH, "code hash"),
    ],
)
@pytest.mark.parametrize("address", [ALICE, ABSENT])
def test_each_field_that_is_claimed_otherwise_is_refuted(
    address: Address, field: str, value: Any, name: str
) -> None:
    proof = proof_of(address)
    if getattr(proof.account, field) == value:
        value = Hash32(b"\1" * 32)
    claim = structs.replace(
        proof, account=structs.replace(proof.account, **{field: value})
    )
    with pytest.raises(RefutedClaim) as caught:
        verify_account(ROOT, claim)
    assert caught.value.field == name
    assert caught.value.subject.startswith("account 0x")


def test_the_message_says_what_is_and_what_was_claimed() -> None:
    proof = proof_of(ABSENT)
    claim = structs.replace(proof, account=structs.replace(proof.account, balance=5))
    with pytest.raises(
        RefutedClaim, match=r"^account 0x[bB]{40}: balance is 0, not 5$"
    ):
        verify_account(ROOT, claim)


@pytest.mark.parametrize("slot", [SLOTS[3], ABSENT_SLOT])
def test_a_slot_s_other_value_is_refuted(slot: bytes) -> None:
    proof = proof_of(ALICE, slot)
    other = structs.replace(proof.slots[0], value=b"\1" * 32)
    with pytest.raises(RefutedClaim) as caught:
        verify_account(ROOT, structs.replace(proof, slots=(other,)))
    assert caught.value.field == "value"
    assert caught.value.subject == f"storage slot 0x{slot.hex()}"
    assert caught.value.claimed == "0x" + "01" * 32
    assert caught.value.proven == f"0x{proof.slots[0].value.hex()}"


def test_each_node_of_both_tries_is_needed() -> None:
    proof = proof_of(ALICE, SLOTS[3])
    for index in range(len(proof.proof)):
        shorter = proof.proof[:index] + proof.proof[index + 1 :]
        with pytest.raises((ProofNodeMissing, WrongProofNode)) as caught:
            verify_account(ROOT, structs.replace(proof, proof=shorter))
        assert caught.value.subject.startswith("account")
        assert caught.value.index == index
    slot = proof.slots[0]
    for index in range(len(slot.proof)):
        shorter = slot.proof[:index] + slot.proof[index + 1 :]
        with pytest.raises((ProofNodeMissing, WrongProofNode)) as caught:
            verify_account(
                ROOT,
                structs.replace(proof, slots=(structs.replace(slot, proof=shorter),)),
            )
        assert caught.value.subject.startswith("storage slot")
        assert caught.value.index == index


def test_a_state_whose_entry_is_no_account_proves_nothing() -> None:
    root, nodes = SecureTrie({}).updated({ALICE: b"no account" * 4})
    claim = AccountProof(ALICE, Account(), (nodes[root],), ())
    with pytest.raises(MalformedProofValue) as caught:
        verify_account(root, claim)
    assert caught.value.detail == "account is not RLP"


def test_the_trie_package_finds_the_same_in_both_tries() -> None:
    proof = proof_of(ALICE, SLOTS[3], ABSENT_SLOT)
    nodes = [rlp.decode(node) for node in proof.proof]
    found = HexaryTrie.get_from_proof(ROOT, keccak256(ALICE), nodes)
    assert found == encode_account(proof.account)
    for slot in proof.slots:
        nodes = [rlp.decode(node) for node in slot.proof]
        root = proof.account.storage_root
        found = HexaryTrie.get_from_proof(root, keccak256(slot.key), nodes)
        assert found == encode_storage_value(slot.value)
    nodes = [rlp.decode(node) for node in proof_of(ABSENT).proof]
    assert HexaryTrie.get_from_proof(ROOT, keccak256(ABSENT), nodes) == b""


# As eth_getProof has it


def test_the_document_has_the_fields_of_eth_get_proof() -> None:
    proof = proof_of(ALICE, SLOTS[3], ABSENT_SLOT)
    document = proof_document(proof)
    assert list(document) == [
        "address",
        "accountProof",
        "balance",
        "codeHash",
        "nonce",
        "storageHash",
        "storageProof",
    ]
    assert document["balance"] == hex(10**18)
    assert document["nonce"] == "0x7"
    assert document["accountProof"] == ["0x" + node.hex() for node in proof.proof]
    assert [list(slot) for slot in document["storageProof"]] == [
        ["key", "value", "proof"]
    ] * 2
    assert document["storageProof"][0]["key"] == "0x" + "00" * 31 + "03"
    value = int.from_bytes(keccak256(b"value 3"))
    assert document["storageProof"][0]["value"] == hex(value)
    assert document["storageProof"][1]["value"] == "0x0"


@pytest.mark.parametrize("address", [ALICE, ABSENT])
def test_a_document_is_read_as_it_was_written(address: Address) -> None:
    proof = proof_of(address, SLOTS[3], ABSENT_SLOT)
    assert parse_proof(proof_document(proof)) == proof


def test_a_key_may_be_a_quantity_and_other_fields_are_ignored() -> None:
    document = proof_document(proof_of(ALICE, SLOTS[3]))
    document["storageProof"][0]["key"] = "0x3"
    assert parse_proof(document | {"more": 1}) == proof_of(ALICE, SLOTS[3])


def without(key: str) -> Callable[[Any, Any], None]:
    return lambda document, slot: document.pop(key, slot.pop(key, None))


def putting(name: str, value: object) -> Callable[[Any, Any], None]:
    return lambda document, slot: document.__setitem__(name, value)


def putting_in(name: str, index: int, value: object) -> Callable[[Any, Any], None]:
    return lambda document, slot: document[name].__setitem__(index, value)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (without("balance"), "balance"),
        (putting("balance", 5), "balance"),
        (putting("nonce", hex(1 << 256)), "nonce"),
        (putting("codeHash", "0x00"), "codeHash"),
        (putting("accountProof", "0x"), "accountProof"),
        (putting_in("accountProof", 1, "0xabc"), "accountProof[1]"),
        (without("storageProof"), "storageProof"),
        (putting_in("storageProof", 0, "0x0"), "storageProof[0]"),
        (without("key"), "storageProof[0].key"),
        (
            lambda _, slot: slot["proof"].__setitem__(0, None),
            "storageProof[0].proof[0]",
        ),
        (lambda _, slot: slot.update(value="5"), "storageProof[0].value"),
    ],
)
def test_what_is_no_proof_is_refused_with_its_place(
    change: Callable[[Any, Any], None], place: str
) -> None:
    document = proof_document(proof_of(ALICE, SLOTS[3]))
    change(document, document["storageProof"][0])
    with pytest.raises(MalformedProof) as caught:
        parse_proof(document)
    assert caught.value.place == place
    assert str(caught.value).startswith(f"not a proof: {place}: ")


def test_a_list_is_no_proof() -> None:
    with pytest.raises(MalformedProof, match=r"^not a proof: file: not an object$"):
        parse_proof([])


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_document_with_one_change_is_valid(data: st.DataObject) -> None:
    document = proof_document(proof_of(ALICE, SLOTS[3]))
    owner: Any = data.draw(st.sampled_from([document, document["storageProof"][0]]))
    lists = [name for name in owner if isinstance(owner[name], list)]
    name = data.draw(st.sampled_from(sorted(owner)))
    if name in lists and name != "storageProof":
        owner, name = owner[name], data.draw(st.integers(0, len(owner[name]) - 1))
    elif name == "storageProof":
        return
    text = owner[name]
    position = data.draw(st.integers(2, len(text) - 1))
    digit = data.draw(st.sampled_from("0123456789abcdef"))
    owner[name] = text[:position] + digit + text[position + 1 :]
    if owner[name].lower() == text.lower():
        return
    with pytest.raises((InvalidProof, MalformedProof)):
        verify_account(ROOT, parse_proof(document))
