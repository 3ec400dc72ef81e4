"""Values as people write them: items are split at the outermost level only."""

import pytest

from chain_sim.ethereum.abi.text_values import parse_value, split_items
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.primitives.text import InvalidText


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[]", []),
        ("[ ]", []),
        ("[a]", ["a"]),
        (" [a, b] ", ["a", "b"]),
        ("[[[1],2],3]", ["[[1],2]", "3"]),
        ("[[1,[2,3]],[4],5]", ["[1,[2,3]]", "[4]", "5"]),
        ('["a,b",c]', ['"a,b"', "c"]),
        ('["[",")"]', ['"["', '")"']),
        (r'["a\"b,",c]', [r'"a\"b,"', "c"]),
        ("[(1,2),(3,4)]", ["(1,2)", "(3,4)"]),
        ("[,]", ["", ""]),
    ],
)
def test_items(text: str, items: list[str]) -> None:
    assert split_items(text, "[]", "x") == items


@pytest.mark.parametrize(
    "text", ["", "[", "]", "a", "(1)", "[[1]", "[1]]", '["a]', "[1"]
)
def test_what_does_not_match_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        split_items(text, "[]", "x")


def test_text_in_quotes_is_a_json_string() -> None:
    kind = parse_type("string")
    assert parse_value(kind, r'"a\nb"') == "a\nb"
    assert parse_value(kind, '"') == '"'
    # Half of a surrogate pair is no text, either.
    for text in (r'"\x"', r'"\ud800"', '"a\tb"', '"a"b"'):
        with pytest.raises(InvalidText) as caught:
            parse_value(kind, text)
        wanted = InvalidText("string", text, "not a JSON string")
        assert str(caught.value) == str(wanted)
