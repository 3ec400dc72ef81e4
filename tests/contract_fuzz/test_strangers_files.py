"""Untrusted ABI files and corpora: those that once caused another error."""

import json
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.primitives.text import InvalidText
from contract_fuzz.campaign.corpus_directory import STATE_NAME, CorpusDirectory
from contract_testing.properties.contract_abi import ContractAbi


def nested(levels: int) -> dict[str, Any]:
    """A parameter of nested tuples."""
    param: dict[str, Any] = {"name": "x", "type": "uint8"}
    for _ in range(levels):
        param = {"name": "x", "type": "tuple", "components": [param]}
    return param


def reason_of(**entry: Any) -> str:
    content = json.dumps([{"type": "function", "name": "f", **entry}])
    with pytest.raises(InvalidAbi) as caught:
        read_abi(content.encode())
    return caught.value.reason


@pytest.mark.parametrize("outputs", [5, True, {"type": "bool"}, "bool"])
def test_outputs_that_are_no_list(outputs: object) -> None:
    assert reason_of(outputs=outputs) == "entry 0 has no list of outputs"


@pytest.mark.parametrize("name", ["\ud800", "", "f(", "f g", "\uff46", "1f"])
def test_names_that_no_function_has(name: str) -> None:
    # A lone surrogate has no bytes, and no selector.
    assert reason_of(name=name) == "entry 0 has a name that no function has"


def test_tuples_in_each_other() -> None:
    content = json.dumps([{"name": "f", "inputs": [nested(16)]}]).encode()
    assert read_abi(content)[0].signature == f"f({'(' * 16}uint8{')' * 16})"
    assert reason_of(inputs=[nested(17)]).endswith("more than 16 nested tuples")
    assert reason_of(inputs=[nested(95)]).endswith("more than 16 nested tuples")
    assert reason_of(inputs=[nested(400)]) == "nested too deeply"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "a number is too long"),
        (b"\xff", "not UTF-8 text at byte 0"),
        (b'[{"name": "f", "name": "f"}]', "name: the key stands here twice"),
        (b"[NaN]", "not JSON: NaN"),
        (b"[null, 1]", "it has no functions"),
    ],
)
def test_files_that_are_refused(content: bytes, reason: str) -> None:
    for read in (read_abi, ContractAbi):
        with pytest.raises(InvalidAbi) as caught:
            read(content)
        assert caught.value.reason == reason


def test_a_signature_of_any_length_is_refused() -> None:
    with pytest.raises(InvalidText) as caught:
        parse_function("f" * 100_000)
    assert str(caught.value) == (
        f"not a signature: '{'f' * 80}... (100000 characters)':"
        " write name(types)(returned types)"
    )


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"nextCases":' + b"9" * 5_000 + b"}", b"\xff"]
)
def test_a_campaigns_state_that_is_garbage_counts_as_none(
    tmp_path: Path, content: bytes
) -> None:
    tmp_path.joinpath(STATE_NAME).write_bytes(content)
    assert CorpusDirectory(tmp_path).next_case(0) == 0
