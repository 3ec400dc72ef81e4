"""Public functions take bytes in every form that Python has, paths, and `.wat` text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from chain_sim import Blockchain, CosmosChain
from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.primitives.signatures import address_of_private_key
from contract_testing import Abi, Contract
from contract_testing.properties.transacting import contract_file, read_abi_file
from contractvm import Guest, Tape, check_module
from contractvm.analysis.options import CheckOptions
from contractvm.guests.abi import PROFILE as GUEST_PROFILE
from tests.helpers.examples import example

BYTES_FORMS = (bytes, bytearray, memoryview)
ADD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))"""
CONTRACT = """(module (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "main") (call $finish (i32.const 0) (i32.const 32))))"""
ABI = json.dumps(
    [{"type": "function", "name": "f", "inputs": [], "outputs": [{"type": "uint8"}]}]
)


def module_forms(text: str, folder: Path) -> list[Any]:
    """A module in all forms."""
    module = bytes(wasmtime.wat2wasm(text))
    binary, source = folder / "m.wasm", folder / "m.wat"
    binary.write_bytes(module)
    source.write_text(text)
    one_line = " ".join(text.split())
    forms = [form(module) for form in BYTES_FORMS]
    return [*forms, binary, str(binary), source, str(source), text, one_line]


def test_a_guest_is_loaded_from_every_form(tmp_path: Path) -> None:
    forms = module_forms(ADD, tmp_path)
    for form in forms:
        assert Guest.load(form).run("add", (1, 2)).value == 3
        assert [name for name, _ in Guest.inspect(form).exports] == ["add"]


def test_a_guest_is_not_loaded_from_anything_else() -> None:
    with pytest.raises(TypeError, match=r"wasm must be a module .*, not int: 5"):
        Guest.load(5)  # type: ignore[arg-type]


def test_modules_are_checked_in_every_form(tmp_path: Path) -> None:
    options = CheckOptions(GUEST_PROFILE, "permitted")
    forms = module_forms(ADD, tmp_path)
    reports = [check_module(form, options) for form in forms]
    assert reports == [reports[0]] * len(forms)


def test_contracts_are_deployed_in_every_form(tmp_path: Path) -> None:
    forms = module_forms(CONTRACT, tmp_path)
    with Blockchain.in_memory() as chain:
        codes = []
        for form in forms:
            codes.append(chain.code(chain.deploy(form).contract_address))
            assert Contract.deploy(chain, form, abi=ABI).f.call() == 0
    assert codes == [bytes(wasmtime.wat2wasm(CONTRACT))] * len(forms)


@pytest.mark.parametrize("form", BYTES_FORMS)
def test_abis_are_read_in_every_form_of_bytes(form: Callable[[bytes], Any]) -> None:
    content = form(ABI.encode())
    assert [function.signature for function in read_abi(content)] == ["f()"]
    assert list(Abi.read(content).functions) == list(Abi.read(ABI).functions)
    assert read_abi_file(content, Path()).functions


@pytest.mark.parametrize("form", BYTES_FORMS)
def test_tapes_messages_keys_and_addresses_in_every_form_of_bytes(
    form: Callable[[bytes], Any], tmp_path: Path
) -> None:
    result = Guest.load(ADD).run("add", (1, 2), record=True)
    result.tape.save(tmp_path / "tape")
    assert Tape.from_bytes(form((tmp_path / "tape").read_bytes())) == result.tape
    key = (1).to_bytes(32, "big")
    assert address_of_private_key(form(key)) == address_of_private_key(key)
    assert contract_file(form(b"code"), Path(), is_init_code=False).code == b"code"
    with Blockchain.in_memory() as chain:
        address = chain.accounts[1].address
        assert chain.balance(form(address)) == chain.balance(address) > 0
        assert chain.storage(form(address), form(bytes(32))) == bytes(32)
    cosmos = CosmosChain()
    code = cosmos.store(form(example("cosmwasm/counter.wasm")))
    contract = code.instantiate({"count": 5}, label="counter")
    assert contract.query(form(b'{"count":{}}')) == {"count": 5}
