"""Untrusted JSON: each refusal, and both sides of each limit."""

import pytest

from chain_sim.ethereum.primitives import strict_json
from chain_sim.ethereum.primitives.strict_json import (
    decode_text,
    parse_json,
    parse_object,
)
from contractvm.errors import ContractVmError


class Refused(ContractVmError):
    """An error that a caller would raise."""


def refusal(text: str, max_depth: int = 10) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        parse_json(text, Refused, max_depth)
    place, reason = caught.value.args
    return place, reason


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("NaN", "file", "not JSON: NaN"),
        ('{"a": -Infinity}', "file", "not JSON: -Infinity"),
        ('{"a": 1, "a": 1}', "a", "the key stands here twice"),
        ("9" * 5_000, "file", "a number is too long"),
        ("", "file", "not JSON: Expecting value in line 1"),
        (
            "\ufeff1",
            "file",
            "not JSON: Unexpected UTF-8 BOM",
        ),
        ('"\x00"', "file", "not JSON: Invalid control character at in line 1"),
        ("[" * 1_000_000, "file", "nested too deeply"),
        ('{"' + "k" * 500 + '":1,"' + "k" * 500 + '":1}', "k" * 80, "the key stands"),
    ],
)
def test_what_is_refused(text: str, place: str, reason: str) -> None:
    found = refusal(text)
    assert found[0] == place
    assert found[1].startswith(reason)


@pytest.mark.parametrize(("depth", "fits"), [(3, True), (4, False)])
def test_depth_at_the_limit(depth: int, fits: bool) -> None:
    text = "[" * depth + "]" * depth
    if fits:
        assert parse_json(text, Refused, 3) == [[[]]]
    else:
        assert refusal(text, 3) == ("file", "nested too deeply")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("[1,2,3]", True),
        ("[1,2,3,4]", False),
        ('{"a,[{":1,"b":",,,,"}', True),
        ('{"a":[],"b":[]}', False),
        ('{"a\\"[[[[":1}', True),
    ],
)
def test_values_at_the_limit(
    monkeypatch: pytest.MonkeyPatch, text: str, fits: bool
) -> None:
    monkeypatch.setattr(strict_json, "MAX_VALUES", 3)
    if fits:
        parse_json(text, Refused)
    else:
        assert refusal(text) == ("file", "more than 3 values")


def test_a_place_names_a_long_key_by_its_start() -> None:
    content = parse_object('{"' + "k" * 500 + '": 1}', Refused)
    with pytest.raises(Refused) as caught:
        content.refuse_other_keys()
    assert caught.value.args == ("k" * 80 + "...", "unknown key")


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(Refused) as caught:
        decode_text(b"ab\xed\xa0\x80", Refused)
    assert caught.value.args == ("file", "not UTF-8 text at byte 2")
