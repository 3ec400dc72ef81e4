"""ABIs kept beside a chain."""

import json
from pathlib import Path

import pytest

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents import abi_registry
from chain_sim.ethereum.documents.abi_registry import (
    MAX_ABI_BYTES,
    AbiNotWritten,
    AbiRegistry,
    AbiTooLarge,
    TooManyAbis,
    registry_in,
    registry_of,
)
from chain_sim.ethereum.primitives.text import Address, Hash32

PUT = b'[{"type": "function", "name": "put", "inputs": []}]'
GET = b'{"abi": [{"type": "function", "name": "get", "inputs": []}], "ast": 1}'
HOLDER = Address(b"\xa1" * 20)
CODE = Hash32(b"\xc0" * 32)


@pytest.fixture(params=["memory", "folder"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AbiRegistry:
    return AbiRegistry({}) if request.param == "memory" else registry_in(tmp_path)


def test_abis_are_added_replaced_and_removed(registry: AbiRegistry) -> None:
    assert registry.targets() == []
    assert registry.add(HOLDER, PUT).functions[0].name == "put"
    registry.add(CODE, PUT)
    registry.add(HOLDER, GET)
    assert registry.targets() == ["0x" + "a1" * 20, "0x" + "c0" * 32]
    found = registry.get(HOLDER)
    assert found is not None
    assert [function.name for function in found.functions] == ["get"]
    assert registry.remove(HOLDER) is True
    assert registry.remove(HOLDER) is False
    assert registry.get(HOLDER) is None
    assert registry.targets() == ["0x" + "c0" * 32]


def test_an_address_goes_before_its_code(registry: AbiRegistry) -> None:
    assert registry.find(HOLDER, CODE) is None
    registry.add(CODE, PUT)
    assert registry.find(HOLDER, CODE) == registry.get(CODE)
    registry.add(HOLDER, GET)
    assert registry.find(HOLDER, CODE) == registry.get(HOLDER)


def test_what_is_refused_changes_nothing(
    registry: AbiRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.add(HOLDER, PUT)
    with pytest.raises(InvalidAbi):
        registry.add(HOLDER, b"[]")
    monkeypatch.setattr(abi_registry, "MAX_ABIS", 1)
    with pytest.raises(TooManyAbis):
        registry.add(CODE, PUT)
    registry.add(HOLDER, GET)
    assert registry.targets() == ["0x" + "a1" * 20]
    found = registry.get(HOLDER)
    assert found is not None
    assert found.functions[0].name == "get"


def test_an_abi_may_have_one_mebibyte(registry: AbiRegistry) -> None:
    def padded(size: int) -> bytes:
        entry = {"type": "function", "name": "put", "inputs": [], "notice": ""}
        empty = len(json.dumps([entry], separators=(",", ":")))
        return json.dumps([{**entry, "notice": "x" * (size - empty)}]).encode()

    registry.add(HOLDER, padded(MAX_ABI_BYTES))
    with pytest.raises(AbiTooLarge) as caught:
        registry.add(CODE, padded(MAX_ABI_BYTES + 1))
    assert caught.value.size == MAX_ABI_BYTES + 1
    assert registry.targets() == ["0x" + "a1" * 20]


def test_what_could_not_be_read_again_is_refused(registry: AbiRegistry) -> None:
    endless = b'[{"type": "function", "name": "put", "inputs": [], "x": 1e999}]'
    with pytest.raises(InvalidAbi):
        registry.add(HOLDER, endless)
    assert registry.targets() == []


def test_only_the_array_is_kept(tmp_path: Path) -> None:
    registry_in(tmp_path).add(HOLDER, GET)
    (file,) = tmp_path.joinpath("abis").iterdir()
    assert file.name == "0x" + "a1" * 20 + ".json"
    assert file.read_bytes() == b'[{"type":"function","name":"get","inputs":[]}]'


def test_files_that_are_none_of_ours_are_passed_over(tmp_path: Path) -> None:
    registry = registry_in(tmp_path)
    registry.add(HOLDER, PUT)
    folder = tmp_path.joinpath("abis")
    for name in ("notes.txt", "0xA1.json", "0x" + "A1" * 20 + ".json", ".x.json"):
        folder.joinpath(name).write_bytes(PUT)
    broken = "0x" + "b2" * 20
    folder.joinpath(f"{broken}.json").write_bytes(b"no JSON")
    large = "0x" + "b3" * 20
    folder.joinpath(f"{large}.json").write_bytes(b" " * (MAX_ABI_BYTES + 1))
    assert registry.targets() == ["0x" + "a1" * 20, broken, large]
    assert registry.get(broken) is registry.get(large) is None
    registry.add(Address(b"\xb2" * 20), PUT)
    assert registry.get(broken) == registry.get(HOLDER)
    assert registry.remove(Address(b"\xb3" * 20)) is True
    assert registry.targets() == ["0x" + "a1" * 20, broken]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("abis").write_bytes(b"a file")
    with pytest.raises(AbiNotWritten) as caught:
        registry_in(tmp_path).add(HOLDER, PUT)
    assert caught.value.path == tmp_path.joinpath("abis", "0x" + "a1" * 20 + ".json")


def test_a_chain_in_a_directory_keeps_them_for_every_process(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    with Blockchain.open(path) as chain:
        head = chain.head.hash
        registry_in(path).add(HOLDER, PUT)
        assert registry_of(chain.database).targets() == ["0x" + "a1" * 20]
    with Blockchain.open(path, read_only=True) as chain:
        assert registry_of(chain.database).targets() == ["0x" + "a1" * 20]
        assert chain.head.hash == head
    with Blockchain.in_memory() as chain:
        assert registry_of(chain.database).targets() == []
