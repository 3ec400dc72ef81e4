"""Contract objects: failures as exceptions, and deployments."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import (
    Abi,
    Contract,
    ContractFailure,
    CustomError,
    DeployedWrongCode,
    NoConstructor,
    NoContract,
    OutOfGas,
    Panicked,
    Reverted,
    RevertedWithReason,
    Trapped,
    UndecodableOutput,
)
from tests.helpers.scripted_contract import Return, Revert, scripted
from tests.helpers.vault_contract import CODE, TEXT, word
from tests.helpers.wat import wat_to_wasm


def test_an_error_of_the_abi_is_a_class_with_its_arguments(vault: Any) -> None:
    with pytest.raises(vault.errors.TooLittle) as raised:
        vault.withdraw(9)
    failure = raised.value
    assert (failure.have, failure.want) == (5, 9)
    assert failure == vault.errors.TooLittle(5, 9)
    assert failure != vault.errors.TooLittle(have=5, want=8)
    assert failure.receipt.succeeded is False
    assert failure.where.frames[0].func_name == "main"
    place = failure.where.summary
    assert str(failure) == f"Vault.withdraw(9): TooLittle(have=5, want=9) at {place}"
    with pytest.raises(TypeError, match="takes have, want"):
        vault.errors.TooLittle(have=3)


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        (
            "panic",
            Panicked,
            "Panicked: arithmetic underflow or overflow (0x11)",
        ),
        ("reason", RevertedWithReason, "reverted: too little"),
        ("foreign", Reverted, "unknown error 0x618bc7c9 with 64 bytes"),
        ("nothing", Reverted, "reverted without a reason"),
        ("crash", Trapped, "unreachable"),
    ],
)
def test_each_kind_of_failure(
    vault: Any, name: str, kind: type[ContractFailure], text: str
) -> None:
    function = getattr(vault, name)
    for run in (function, function.call):
        with pytest.raises(ContractFailure) as raised:
            run()
        failure = raised.value
        assert type(failure) is kind
        assert str(failure).startswith(f"Vault.{name}(): {text} at code 0x")
        copied = pickle.loads(pickle.dumps(failure))
        assert type(copied) is kind
        assert str(copied) == str(failure)
        assert copied.where == failure.where
    assert not issubclass(kind, AssertionError)


def test_a_custom_error_crosses_processes(vault: Any) -> None:
    with pytest.raises(CustomError) as raised:
        vault.withdraw(9)
    copied = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(copied, CustomError)
    assert copied.arguments == {"have": 5, "want": 9}
    assert str(copied) == str(raised.value)


def test_gas_that_does_not_suffice(vault: Any) -> None:
    with pytest.raises(OutOfGas) as raised:
        vault.both.call(gas_limit=21_500)
    assert raised.value.limit == 21_500
    assert raised.value.short_by == 1_773


def test_a_failed_receipt_is_returned_where_it_is_wanted(vault: Any) -> None:
    receipt = vault.withdraw(9, check=False)
    assert not receipt.succeeded
    assert receipt.return_value is None
    assert receipt.where.reason == "reverted"


def test_an_error_of_another_contract_is_found_on_the_chain(
    chain: Blockchain, vault: Any
) -> None:
    data = parse_function("Elsewhere(uint8)").encode([3])
    first = scripted({"go()": [Revert(data)]})
    caller = Contract.deploy(chain, first, abi=["go()"])
    with pytest.raises(Reverted, match="unknown error 0x"):
        caller.go()
    other = "interface Other { error Elsewhere(uint8 x); function f() external; }"
    Contract(vault.address, other, chain)
    with pytest.raises(CustomError, match=r"Elsewhere\(x=3\)"):
        caller.go()


def test_output_that_does_not_decode_is_said(vault: Any) -> None:
    with pytest.raises(UndecodableOutput) as raised:
        vault.bad()
    assert str(raised.value) == "bad() returned 2 bytes that do not decode: 0x7879"
    receipt = vault.bad.transact()
    assert "returned what does not decode" in repr(receipt)
    with pytest.raises(UndecodableOutput):
        _ = receipt.return_value


# Making one


def test_an_address_without_code_is_refused(chain: Blockchain) -> None:
    with pytest.raises(NoContract, match="no contract at 0x1111"):
        Contract(b"\x11" * 20, TEXT, chain)
    unchecked = Contract(b"\x11" * 20, TEXT, chain, check=False)
    assert unchecked.address == b"\x11" * 20


def test_an_abi_makes_contracts(chain: Blockchain, tmp_path: Path) -> None:
    path = tmp_path / "scripted.wasm"
    path.write_bytes(CODE)
    vault = Abi.read(TEXT).deploy(chain, path, label="mine")
    assert vault.label == "mine"
    assert Abi.read(TEXT).at(vault.address, chain) == vault
    assert Contract("mine", TEXT, chain) == vault


CONSTRUCTOR = """
interface Made {
  constructor(uint64 start);
  function start() external view returns (uint64);
}
"""
# Stores the last 32 bytes of its own code, and returns the contract in its data.
INIT = """(module
  (import "ethereum" "getCodeSize" (func $size (result i32)))
  (import "ethereum" "codeCopy" (func $copy (param i32 i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "{code}")
  (func (export "main")
    (call $copy (i32.const 32)
      (i32.sub (call $size) (i32.const 32)) (i32.const 32))
    (call $store (i32.const 0) (i32.const 32))
    (call $finish (i32.const 64) (i32.const {length}))))"""


def init_code(contract: bytes) -> bytes:
    content = "".join(f"\\{byte:02x}" for byte in contract)
    return wat_to_wasm(INIT.format(code=content, length=len(contract)))


def test_constructor_arguments_are_the_last_bytes_of_the_init_code(
    chain: Blockchain,
) -> None:
    runtime = scripted({"start()": [Return(word(1))]})
    made = Contract.deploy(chain, init_code(runtime), 7, abi=CONSTRUCTOR)
    assert made.storage_at(0) == word(7)
    assert chain.code(made.address) == runtime


def test_wrong_code_is_told_with_the_way_out(chain: Blockchain) -> None:
    runtime = scripted({"start()": [Return(word(1))]})
    constructor = init_code(runtime)
    with pytest.raises(DeployedWrongCode, match="try is_init_code=True"):
        Contract.deploy(chain, constructor, abi=["start()"])
    with pytest.raises(DeployedWrongCode, match="try is_init_code=False"):
        Contract.deploy(
            chain,
            wat_to_wasm('(module (memory (export "memory") 1) (func (export "main")))'),
            abi=["start()"],
            is_init_code=True,
        )
    with pytest.raises(NoConstructor):
        Contract.deploy(chain, runtime, 7, abi=["start()"])


def test_a_constructor_that_fails_is_a_failure(chain: Blockchain) -> None:
    with pytest.raises(Trapped, match="Contract constructor: unreachable"):
        Contract.deploy(
            chain,
            wat_to_wasm(
                '(module (memory (export "memory") 1)'
                ' (func (export "main") unreachable))'
            ),
            abi=["start()"],
            is_init_code=True,
        )


@pytest.mark.parametrize("chain", ["process"], indirect=True)
def test_a_debug_build_beside_the_module_gives_names(
    chain: Blockchain, tmp_path: Path
) -> None:
    source = '(module (memory (export "memory") 1) (func $deep unreachable)'
    named = wat_to_wasm(source + ' (func (export "main") (call $deep)))')
    plain = wat_to_wasm(
        source.replace("$deep", "") + ' (func (export "main") (call 0)))'
    )
    (tmp_path / "c.wasm").write_bytes(plain)
    (tmp_path / "c.debug.wasm").write_bytes(named)
    contract: Any = Contract.deploy(chain, tmp_path / "c.wasm", abi=["go()"])
    with pytest.raises(Trapped) as raised:
        contract.go()
    where = raised.value.where
    assert where is not None
    assert [frame.func_name for frame in where.frames] == ["deep", "main"]
