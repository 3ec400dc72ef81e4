"""JSON as events: places, counts, and what is refused, on both sides of each limit."""

import gzip
import io
from typing import Any

import pytest

from chain_sim.ethereum.dumps import json_events
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.json_events import LONG_NUMBER_DIGITS, JsonEvents


def events(text: str | bytes) -> JsonEvents:
    return JsonEvents(io.BytesIO(text.encode() if isinstance(text, str) else text))


def value(text: str | bytes) -> Any:
    found = events(text)
    result = found.value()
    found.end()
    return result


def refused(text: str | bytes) -> str:
    with pytest.raises(MalformedDump) as caught:
        value(text)
    return str(caught.value)


def test_a_value_is_what_pythons_json_makes_of_it() -> None:
    text = '{"a": [1, -2, null, true, "é"], "b": {}, "c": []}'
    assert value(text) == {"a": [1, -2, None, True, "é"], "b": {}, "c": []}
    assert events(text).read_bytes == 0
    found = events(text)
    found.value()
    assert found.read_bytes == len(text.encode())


def test_members_and_items_say_where_they_are() -> None:
    found = events('{"a": [{"x": 1}, 2], "b": 3}')
    places = []
    for key in found.members():
        places.append((found.place, key))
        if key == "a":
            for index in found.items():
                places.append((found.place, index))
                found.value()
        else:
            found.value()
    found.end()
    assert places == [("a", "a"), ("a[0]", 0), ("a[1]", 1), ("b", "b")]
    assert found.place == json_events.TOP


@pytest.mark.parametrize(
    ("text", "count"), [("{}", 0), ('{"a": {"b": 1}, "c": 2}', 2), ("[1, [2], 3]", 3)]
)
def test_what_is_skipped_is_counted(text: str, count: int) -> None:
    found = events(text)
    assert found.skip() == count
    found.end()
    assert events("5").skip() == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1", "file: the file is cut short here"),
        ("", "file: the file is cut short here"),
        ("[1, x]", "file: not JSON from here on"),
        ("1 2", "file: not JSON from here on"),
        ("[1.5]", "[0]: not a whole number"),
        ('{"a": 1, "a": 2}', "a: the key stands here twice"),
        (b'["\xff"]', "file: not JSON from here on"),
    ],
)
def test_a_document_that_cannot_be_read_says_where(
    text: str | bytes, reason: str
) -> None:
    assert refused(text) == f"cannot be loaded: {reason}"


def test_one_kind_is_not_taken_for_the_other() -> None:
    with pytest.raises(MalformedDump, match="not an object"):
        list(events("[]").members())
    with pytest.raises(MalformedDump, match="not a list"):
        list(events("{}").items())


def test_a_number_has_fewer_than_a_thousand_digits() -> None:
    longest = "9" * (LONG_NUMBER_DIGITS - 1)
    assert value(longest) == int(longest)
    for text in (longest + "9", f"[{longest}9]", f"[-{longest}9]", f'{{"a":{longest}9'):
        assert "a number is too long" in refused(text)
    assert value(f'"{longest}99"') == longest + "99"


def test_a_number_is_too_long_across_chunks_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_events, "CHUNK_BYTES", 100)
    longest = "9" * (LONG_NUMBER_DIGITS - 1)
    assert value(f"[{longest}]") == [int(longest)]
    assert "a number is too long" in refused(f"[{longest}9]")


def test_depth_is_limited() -> None:
    most = json_events.MAX_DEPTH
    assert value("[" * most + "]" * most) is not None
    assert "nested too deeply" in refused("[" * (most + 1) + "]" * (most + 1))
    objects = '{"a":' * (most + 1) + "1" + "}" * (most + 1)
    assert "nested too deeply" in refused(objects)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('"abc"', 67),
        ("1", 64),
        ("[1, 2]", 192),
        ('{"abc": 1}', 131),
        ('{"a": {"b": ["xy"]}}', 260),
    ],
)
def test_a_value_has_a_greatest_size(
    monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    """Each takes 64 bytes, and as many as a text or key has characters."""
    # A key counts after its value began: the last value decides.
    monkeypatch.setattr(json_events, "MAX_VALUE_BYTES", size)
    assert value(text) is not None
    monkeypatch.setattr(json_events, "MAX_VALUE_BYTES", size - 1)
    assert f"has more than {size - 1} bytes" in refused(text)


def test_a_text_that_does_not_end_is_not_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_events, "MAX_VALUE_BYTES", 1_000)
    monkeypatch.setattr(json_events, "CHUNK_BYTES", 100)
    file = io.BytesIO(b'"' + b"x" * 10_000)
    with pytest.raises(MalformedDump, match="a value has more than 1000 bytes"):
        JsonEvents(file).value()
    assert file.tell() == 1_100


def test_the_same_key_is_found_among_the_first_thousand() -> None:
    keys = [f'"k{number}": 0' for number in range(999)]
    again = '"k0": 0'
    assert "stands here twice" in refused("{" + ", ".join([*keys, again]) + "}")
    found = events("{" + ", ".join([*keys, '"x": 0', '"y": 0', again]) + "}")
    assert len([found.skip() for _ in found.members()]) == 1_002


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no gzip", "cannot be unzipped: Not a gzipped file"),
        (gzip.compress(b"[1]", mtime=0)[:-4] + bytes(4), "cannot be unzipped"),
        (gzip.compress(b"[1]" * 100, mtime=0)[:-10], "the file is cut short here"),
    ],
    ids=["no archive", "another size", "cut short"],
)
def test_a_broken_archive_is_refused(data: bytes, reason: str) -> None:
    found = JsonEvents(gzip.GzipFile(fileobj=io.BytesIO(data)))
    with pytest.raises(MalformedDump, match=reason):
        found.value()
