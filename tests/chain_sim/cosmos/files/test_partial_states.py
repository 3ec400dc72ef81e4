"""Ranges of states that are read, or known; files that are read up to a size."""

from pathlib import Path

import pytest

from chain_sim.cosmos.files.documents import read_document
from chain_sim.cosmos.files.errors import MalformedChainFile, StateIncomplete
from chain_sim.cosmos.files.partial_states import PartialState, RecordingState


def test_a_range_that_is_read_is_noted_whole() -> None:
    state = RecordingState({b"a": b"1", b"c": b"3"})
    assert list(state.range(b"b", b"d")) == [(b"c", b"3")]
    assert state.ranges() == [(b"b", b"d")]
    assert list(state.range(b"x", b"x")) == []
    assert list(state.range(b"z", b"y")) == []
    assert state.ranges() == [(b"b", b"d")]


def test_an_empty_range_is_known_everywhere() -> None:
    state = PartialState({b"c": b"3"}, [(b"b", b"d")])
    assert list(state.range(b"a", b"a")) == []
    assert list(state.range(b"z", b"a")) == []
    assert state.following(b"e", b"e") is None
    assert state.knows(b"c")
    assert not state.knows(b"d")
    with pytest.raises(StateIncomplete) as caught:
        state.range(b"a", b"a\0")
    assert caught.value.key == b"a"


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("[1, 2]")
    assert read_document(path, list[int], 6) == [1, 2]
    with pytest.raises(MalformedChainFile) as caught:
        read_document(path, list[int], 5)
    assert str(caught.value) == "the file: larger than 5 bytes"
