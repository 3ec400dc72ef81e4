"""Proofs over random tries, compared with the `trie` package in both directions."""

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT
from chain_sim.ethereum.trie import Trie
from chain_sim.ethereum.trie.proof_errors import InvalidProof
from chain_sim.ethereum.trie.proofs import prove, verify

Entries = dict[bytes, bytes]

# Few different bytes: keys share prefixes, and are prefixes of each other.
KEYS = st.lists(st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xFF)), max_size=5).map(bytes)
VALUES = st.one_of(
    st.binary(min_size=1, max_size=4), st.binary(min_size=28, max_size=40)
)
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=30)

# Its lookup fails with another error if a key ends in an extension inside its parent;
# keys of one length, as in Ethereum, never do.
EVEN_KEYS = st.tuples(*[st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xFF))] * 3).map(bytes)
EVEN_CONTENTS = st.dictionaries(EVEN_KEYS, VALUES, max_size=30)


@settings(deadline=None)
@given(CONTENTS, KEYS)
def test_what_is_proven_is_what_the_trie_holds(entries: Entries, key: bytes) -> None:
    root, nodes = Trie({}).updated(entries)
    for wanted in (key, *entries):
        proof = prove(nodes, root, wanted)
        assert verify(root, wanted, proof) == entries.get(wanted, b"")


@settings(deadline=None)
@given(EVEN_CONTENTS, EVEN_KEYS)
def test_the_trie_package_finds_the_same_value_in_our_proofs(
    entries: Entries, key: bytes
) -> None:
    root, nodes = Trie({}).updated(entries)
    for wanted in (key, *entries):
        proof = [rlp.decode(node) for node in prove(nodes, root, wanted)]
        found = HexaryTrie.get_from_proof(root, wanted, proof)
        assert found == entries.get(wanted, b"")


@settings(deadline=None)
@given(CONTENTS, KEYS)
def test_the_trie_package_s_proofs_are_ours(entries: Entries, key: bytes) -> None:
    theirs = HexaryTrie({})
    for entry in entries.items():
        theirs[entry[0]] = entry[1]
    root, nodes = Trie({}).updated(entries)
    assert theirs.root_hash == root
    if root == EMPTY_TRIE_ROOT:
        return
    for wanted in (key, *entries):
        encoded = [rlp.encode(node) for node in theirs.get_proof(wanted)]
        # It repeats nodes that are inside their parent, which have less than 32 bytes.
        proof = tuple(encoded[:1] + [node for node in encoded[1:] if len(node) >= 32])
        assert proof == prove(nodes, root, wanted)
        assert verify(root, wanted, proof) == entries.get(wanted, b"")


@settings(deadline=None)
@given(CONTENTS, KEYS, st.data())
def test_no_altered_proof_is_valid(
    entries: Entries, key: bytes, data: st.DataObject
) -> None:
    root, nodes = Trie({}).updated(entries)
    proof = list(prove(nodes, root, key))
    index = data.draw(st.integers(0, len(proof)))
    change = data.draw(st.sampled_from(("insert", "remove", "replace")))
    if change == "insert" or index == len(proof):
        proof.insert(index, data.draw(st.binary(max_size=40)))
    elif change == "remove":
        del proof[index]
    else:
        other = data.draw(st.binary(max_size=40).filter(lambda b: b != proof[index]))
        proof[index] = other
    with pytest.raises(InvalidProof):
        verify(root, key, proof)
