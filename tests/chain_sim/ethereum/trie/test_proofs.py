"""Proofs of single keys: every fault is refused, with its own class of error."""

import pytest
import rlp

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie import Trie
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.proof_errors import (
    MalformedProofNode,
    ProofNodeMissing,
    SuperfluousProofNodes,
    WrongProofNode,
)
from chain_sim.ethereum.trie.proofs import prove, verify

ENTRIES = {keccak256(b"%d" % index): b"value %d" % index * 5 for index in range(300)}
ROOT, NODES = Trie({}).updated(ENTRIES)
PRESENT = keccak256(b"7")
ABSENT = keccak256(b"absent")


@pytest.mark.parametrize("key", [PRESENT, ABSENT])
def test_a_proof_shows_the_value_or_that_there_is_none(key: bytes) -> None:
    proof = prove(NODES, ROOT, key)
    assert keccak256(proof[0]) == ROOT
    assert verify(ROOT, key, proof) == ENTRIES.get(key, b"")


def test_the_empty_trie_needs_no_node() -> None:
    assert prove({}, EMPTY_TRIE_ROOT, b"key") == ()
    assert verify(EMPTY_TRIE_ROOT, b"key", ()) == b""
    with pytest.raises(SuperfluousProofNodes) as caught:
        verify(EMPTY_TRIE_ROOT, b"key", (b"\x80",))
    assert (caught.value.needed, caught.value.given) == (0, 1)


def test_nodes_inside_their_parent_are_not_repeated() -> None:
    root, nodes = Trie({}).updated({b"\x1a": b"x", b"\x2b": b"y"})
    proof = prove(nodes, root, b"\x1a")
    assert proof == (nodes[root],)
    assert verify(root, b"\x1a", proof) == b"x"
    assert verify(root, b"\x1b", proof) == b""
    assert verify(root, b"", proof) == b""


def test_values_at_prefixes_are_proven() -> None:
    entries = {b"": b"0", b"\x10": b"1", b"\x10\x00": b"2" * 40}
    root, nodes = Trie({}).updated(entries)
    for key in (*entries, b"\x10\x01", b"\x10\x00\x00"):
        assert verify(root, key, prove(nodes, root, key)) == entries.get(key, b"")


@pytest.mark.parametrize("key", [PRESENT, ABSENT])
def test_each_node_that_is_left_out_is_missed(key: bytes) -> None:
    proof = prove(NODES, ROOT, key)
    assert len(proof) >= 2
    for index, node in enumerate(proof):
        shorter = proof[:index] + proof[index + 1 :]
        if index == len(proof) - 1:
            with pytest.raises(ProofNodeMissing) as missing:
                verify(ROOT, key, shorter)
            assert missing.value.index == index
            assert missing.value.expected == keccak256(node)
        else:
            with pytest.raises(WrongProofNode) as wrong:
                verify(ROOT, key, shorter)
            assert wrong.value.index == index
            assert wrong.value.expected == keccak256(node)
            assert wrong.value.actual == keccak256(proof[index + 1])


@pytest.mark.parametrize("key", [PRESENT, ABSENT])
def test_each_bit_that_is_changed_is_noticed_in_its_node(key: bytes) -> None:
    proof = prove(NODES, ROOT, key)
    for index, node in enumerate(proof):
        for position in range(len(node)):
            altered = bytearray(node)
            altered[position] ^= 1 << position % 8
            changed = (*proof[:index], bytes(altered), *proof[index + 1 :])
            with pytest.raises(WrongProofNode) as caught:
                verify(ROOT, key, changed)
            assert caught.value.index == index
            assert caught.value.actual == keccak256(bytes(altered))


def test_the_proof_of_one_key_does_not_show_another() -> None:
    with pytest.raises((WrongProofNode, ProofNodeMissing, SuperfluousProofNodes)):
        verify(ROOT, ABSENT, prove(NODES, ROOT, PRESENT))


def test_a_proof_is_of_one_root() -> None:
    proof = prove(NODES, ROOT, PRESENT)
    with pytest.raises(WrongProofNode) as caught:
        verify(Hash32(b"r" * 32), PRESENT, proof)
    assert caught.value.index == 0


def test_nodes_behind_the_end_are_refused() -> None:
    proof = prove(NODES, ROOT, PRESENT)
    with pytest.raises(SuperfluousProofNodes) as caught:
        verify(ROOT, PRESENT, (*proof, proof[0]))
    assert (caught.value.needed, caught.value.given) == (len(proof), len(proof) + 1)


def test_a_root_that_is_no_trie_s_is_refused() -> None:
    encoded = rlp.encode([b"\x20", b"v", b"v"])
    with pytest.raises(MalformedProofNode) as caught:
        verify(keccak256(encoded), b"key", (encoded,))
    assert (caught.value.index, caught.value.detail) == (0, "trie node has 3 items")


def test_messages_name_the_subject_the_node_and_both_hashes() -> None:
    proof = prove(NODES, ROOT, PRESENT)
    with pytest.raises(ProofNodeMissing) as missing:
        verify(ROOT, PRESENT, (), "account 0x12")
    assert str(missing.value) == (
        f"account 0x12: node 0 is missing, with hash 0x{ROOT.hex()}"
    )
    with pytest.raises(WrongProofNode) as wrong:
        verify(ROOT, PRESENT, proof[1:])
    assert str(wrong.value) == (
        f"proof: node 0 has hash 0x{keccak256(proof[1]).hex()}, but the root is"
        f" 0x{ROOT.hex()}: a node was altered or left out"
    )
    with pytest.raises(SuperfluousProofNodes, match=r"^proof: has 1 nodes, of which 0"):
        verify(EMPTY_TRIE_ROOT, b"", (b"",))


def test_a_trie_that_lost_a_node_gives_no_proof() -> None:
    last = keccak256(prove(NODES, ROOT, PRESENT)[-1])
    with pytest.raises(MissingNode) as caught:
        prove({key: node for key, node in NODES.items() if key != last}, ROOT, PRESENT)
    assert caught.value.node_hash == last
