"""Modules by bytes, path or text, and artefacts that hold their code."""

import json
from pathlib import Path

import pytest

from contractvm.runtime.module_source import MalformedText, artefact_code, code_of_file


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_an_artefact_holds_the_code(prefix: str) -> None:
    content = json.dumps({"code": prefix + "0061"}).encode()
    assert artefact_code("a.json", content) == b"\0a"


@pytest.mark.parametrize(
    "document", [[], {}, {"code": None}, {"code": 7}, {"code": "0xg0"}, {"code": "0"}]
)
def test_an_artefact_without_code_is_malformed(document: object) -> None:
    with pytest.raises(MalformedText) as caught:
        artefact_code("a.json", json.dumps(document).encode())
    assert caught.value.place == "a.json"
    assert caught.value.reason == "no code in hexadecimal under `code`"
    assert str(caught.value) == "a.json: no code in hexadecimal under `code`"


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b"[" * 100_000])
def test_an_artefact_that_is_no_json_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedText) as caught:
        artefact_code("a.json", content)
    assert caught.value.place == "a.json"
    assert caught.value.reason == str(caught.value.__cause__)


def test_a_file_of_another_name_is_its_content() -> None:
    assert code_of_file(Path("a.wasm"), b"{") == b"{"
