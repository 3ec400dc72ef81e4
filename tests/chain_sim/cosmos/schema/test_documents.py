"""Folders of schemas: how many files they have, and how answers are named."""

from pathlib import Path

import pytest

from chain_sim import CosmosSchema, InvalidSchema
from chain_sim.cosmos.schema import documents
from tests.helpers.cosmwasm_schemas import (
    HACKATOM,
    STRING,
    struct,
    variant,
    write_json,
)


@pytest.mark.parametrize("name", ["response_to_who", "who_response"])
def test_an_answer_is_found_by_the_name_of_its_file(name: str, tmp_path: Path) -> None:
    write_json(tmp_path / "query_msg.json", {"anyOf": [variant("who", struct())]})
    write_json(tmp_path / f"{name}.json", struct("Other", owner=STRING))
    schema = CosmosSchema.read(tmp_path)
    assert schema.decode_answer({"who": {}}, {"owner": "x"}).owner == "x"


def test_a_folder_has_so_many_files_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_FILES", 2)
    write_json(tmp_path / "execute_msg.json", HACKATOM["execute"])
    write_json(tmp_path / "other.json", {})
    (tmp_path / "notes.txt").write_text("no schema")
    assert list(CosmosSchema.read(tmp_path).messages) == ["execute"]
    write_json(tmp_path / "another.json", {})
    with pytest.raises(InvalidSchema) as caught:
        CosmosSchema.read(tmp_path)
    assert caught.value.reason == f"{tmp_path}: 3 files, at most 2"


@pytest.mark.parametrize(
    "entry", ["instantiate", "execute", "query", "migrate", "sudo"]
)
def test_a_file_with_a_message_is_a_schema(tmp_path: Path, entry: str) -> None:
    write_json(tmp_path / "a.json", {"name": "x", entry: {}})
    assert documents.is_schema(tmp_path / "a.json")


def test_a_folder_is_a_schema_and_other_files_are_none(tmp_path: Path) -> None:
    assert documents.is_schema(tmp_path)
    for content in ('{"abi": []}', "{}", "[]", "no JSON", ""):
        (tmp_path / "a.json").write_text(content)
        assert documents.is_schema(tmp_path / "a.json") is False, content
    with pytest.raises(FileNotFoundError):
        documents.is_schema(tmp_path / "missing")
