"""Headers of contracts in C: names, functions without a selector, what C has no type
for.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from chain_sim import Blockchain
from chain_sim.ethereum.execution.state_transition import TransactionResult
from contract_testing import Contract
from contract_testing.building.c_header import header_of
from contract_testing.building.c_names import Names, reserved_names
from contract_testing.building.errors import BuildFailed
from tests.helpers.building import build, require_zig, write_contract
from tests.helpers.solidity_abi import selector, word


@pytest.fixture
def chain() -> Iterator[Blockchain]:
    with Blockchain.in_memory(cross_check=True) as chain:
        yield chain


def function(name: str, *inputs: str, **more: Any) -> dict[str, Any]:
    """A function of an ABI; `outputs` are types, `state` its mutability."""
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": text} for text in inputs],
        "outputs": [{"name": "", "type": text} for text in more.get("outputs", ())],
        "stateMutability": more.get("state", "nonpayable"),
    }


def deployed(
    chain: Blockchain, folder: Path, source: str, entries: list[dict[str, Any]]
) -> Contract:
    require_zig()
    write_contract(folder, f'#include "c_abi.h"\n{source}', json.dumps(entries))
    return Contract.deploy(chain, build(folder).module, abi=json.dumps(entries))


def call(
    contract: Contract, data: bytes, value: int = 0
) -> tuple[bool, bytes, str | None]:
    result: TransactionResult = contract.chain.call(contract.address, data, value=value)
    return result.succeeded, result.output, result.error


DONE, REVERTED = (True, b"", None), (False, b"", None)


def test_names_that_c_or_the_headers_have_get_an_underscore() -> None:
    names = Names()
    for taken in ("int", "main", "require", "memcpy", "Word", "ABI_MAX_DATA", "EEI"):
        assert taken in reserved_names()
        assert names.add(taken) == f"{taken}_"
    assert names.add("int") == "int__"
    assert names.add("transfer") == "transfer"
    assert names.add("transfer") == "transfer_"
    assert names.add("9 é") == "_9__"
    for free in ("name", "size", "number", "value", "data", "key"):
        assert free not in reserved_names()


def test_functions_of_every_name_can_be_written(
    chain: Blockchain, tmp_path: Path
) -> None:
    names = {
        "int": "int_",
        "main": "main_",
        "exp": "exp",
        "memcpy": "memcpy_",
        "size": "size",
        "printf": "printf",
        "abs": "abs",
        "result": "result",
        "require": "require_",
        "malloc": "malloc",
        "exit": "exit",
    }
    entries = [function(name, "uint64", outputs=("uint64",)) for name in names]
    source = "\n".join(
        f"uint64_t {own}(uint64_t x) {{ return x + {place}; }}"
        for place, own in enumerate(names.values())
    )
    contract = deployed(chain, tmp_path, source, entries)
    for place, name in enumerate(names):
        assert contract[name].call(5) == 5 + place


def test_overloads_are_told_by_their_types(chain: Blockchain, tmp_path: Path) -> None:
    entries = [
        function("f", outputs=("uint8",)),
        function("f", "uint8", outputs=("uint8",)),
        function("f", "uint8[2]", "address", outputs=("uint8",)),
    ]
    source = """
    uint64_t f(void) { return 0; }
    uint64_t f_uint8(uint64_t x) { return x; }
    uint64_t f_uint8_2__address(Words x, Address y) { return x.count + y.bytes[19]; }
    """
    contract = deployed(chain, tmp_path, source, entries)
    assert contract["f()"].call() == 0
    assert contract["f(uint8)"].call(7) == 7
    assert contract["f(uint8[2],address)"].call([1, 2], bytes(19) + b"\5") == 7


def test_a_function_that_is_not_written_is_named(tmp_path: Path) -> None:
    require_zig()
    entries = json.dumps([function("missing_one")])
    write_contract(tmp_path, '#include "c_abi.h"\n', entries)
    with pytest.raises(BuildFailed) as failed:
        build(tmp_path)
    assert "missing_one" in failed.value.output


def test_without_receive_and_fallback_other_data_reverts(
    chain: Blockchain, tmp_path: Path
) -> None:
    contract = deployed(chain, tmp_path, "void f(void) {}", [function("f")])
    assert call(contract, selector("f()")) == DONE
    assert call(contract, selector("f()"), 1) == REVERTED
    for data in (b"", b"\0", selector("f()")[:3], bytes(4), selector("g()")):
        assert call(contract, data) == REVERTED


def test_receive_and_fallback_take_what_has_no_function(
    chain: Blockchain, tmp_path: Path
) -> None:
    entries = [
        function("f"),
        {"type": "receive", "stateMutability": "payable"},
        {"type": "fallback", "stateMutability": "nonpayable"},
    ]
    source = """
    void f(void) {}
    void receive_ether(void) { storage_store((Word){{1}}, word_of_uint64(1)); }
    void fallback(void) { storage_store((Word){{1}}, word_of_uint64(2)); }
    """
    contract = deployed(chain, tmp_path, source, entries)
    slot = b"\1" + bytes(31)
    for data, value, stored in (
        (b"", 1, 1),
        (b"", 0, 1),
        (b"\0", 0, 2),
        (bytes(4), 0, 2),
        (selector("g()"), 0, 2),
    ):
        assert contract.chain.send(contract.address, data, value=value).succeeded
        assert contract.storage_at(slot) == word(stored)
    assert call(contract, b"\0", 1) == REVERTED
    assert call(contract, selector("g()"), 1) == REVERTED
    assert call(contract, selector("f()"), 1) == REVERTED


def test_only_payable_functions_take_ether(chain: Blockchain, tmp_path: Path) -> None:
    entries = [function("pay", outputs=("uint256",), state="payable"), function("f")]
    source = "Word pay(void) { return msg_value(); }\nvoid f(void) {}"
    contract = deployed(chain, tmp_path, source, entries)
    assert call(contract, selector("pay()"), 7) == (True, word(7), None)
    assert call(contract, selector("f()"), 7) == REVERTED
    assert call(contract, selector("f()")) == DONE


def test_call_data_has_a_limit(chain: Blockchain, tmp_path: Path) -> None:
    contract = deployed(chain, tmp_path, "void f(void) {}", [function("f")])
    assert call(contract, selector("f()") + bytes(1_020)) == DONE
    assert call(contract, selector("f()") + bytes(1_021)) == REVERTED


def test_what_c_has_no_type_for_is_noted_and_left_to_the_contract(
    chain: Blockchain, tmp_path: Path
) -> None:
    entries = [
        function("f", "string[]", "uint8", outputs=("uint8",)),
        function("g", outputs=("string[]",)),
        {
            "type": "event",
            "name": "E",
            "inputs": [{"name": "", "type": "string[]", "indexed": False}],
        },
    ]
    text = header_of(entries, "c", "ewasm")
    assert "C has no type for string[]; its head is abi_word(0)." in text
    assert "C has no type for its results (string[])" in text
    assert "event E(string[]): C has no type for string[]; left out." in text
    source = """
    uint64_t f(uint64_t arg1) { return arg1 + abi_word(0)[31]; }
    Bytes g(void) { return bytes_of_text("whole"); }
    """
    contract = deployed(chain, tmp_path, source, entries)
    data = selector("f(string[],uint8)") + word(64) + word(5) + word(0)
    assert call(contract, data) == (True, word(69), None)
    assert call(contract, selector("g()")) == (True, b"whole", None)


def test_events_and_errors_are_as_eth_abi_reads_them(
    chain: Blockchain, tmp_path: Path
) -> None:
    def parameter(name: str, text: str, *, indexed: bool = False) -> dict[str, Any]:
        return {"name": name, "type": text, "indexed": indexed}

    everything = [
        parameter("a", "uint8", indexed=True),
        parameter("b", "string", indexed=True),
        parameter("c", "int64"),
        parameter("d", "bytes"),
        parameter("e", "uint64[]", indexed=True),
        parameter("f", "uint16[2]"),
    ]
    entries = [
        function("go", "uint8", "string", "int64", "bytes", "uint64[]", "uint16[2]"),
        {"type": "event", "name": "Every", "inputs": everything},
        {"type": "event", "name": "None", "inputs": [], "anonymous": True},
        {"type": "error", "name": "Every", "inputs": everything},
    ]
    source = """
    void go(uint64_t a, Bytes b, int64_t c, Bytes d, Words e, Words f) {
        emit_Every(a, b, c, d, e, f);
        emit_None();
        if (a == 0)
            revert_Every(a, b, c, d, e, f);
    }
    """
    contract = deployed(chain, tmp_path, source, entries)
    values = (7, "é", -(2**63), b"x" * 33, [1, 2**64 - 1], [3, 65_535])
    first, second = contract.go(*values).events
    every = contract.events.Every
    assert first == every.match(a=7, c=-(2**63), d=b"x" * 33, f=(3, 65_535))
    assert first.b == "é"
    assert first.e == word(1) + word(2**64 - 1)
    assert str(second) == "None()"
    with pytest.raises(contract.errors.Every) as failed:
        contract.go(0, *values[1:])
    assert (failed.value.b, failed.value.d, failed.value.e) == (
        "é",
        b"x" * 33,
        (1, 2**64 - 1),
    )


def test_output_above_its_limit_reverts(chain: Blockchain, tmp_path: Path) -> None:
    entries = [function("f", "uint64", outputs=("bytes",))]
    source = """
    static uint8_t zeros[2000];
    Bytes f(uint64_t size) { return (Bytes){zeros, (uint32_t)size}; }
    """
    contract = deployed(chain, tmp_path, source, entries)
    assert contract.f.call(960) == bytes(960)
    assert call(contract, contract.f.encode(961)) == REVERTED
    assert call(contract, contract.f.encode(2**32 - 1)) == REVERTED


def test_calls_of_other_contracts_and_hashes(chain: Blockchain, tmp_path: Path) -> None:
    entries = [
        function("ask", "address", "bytes", outputs=("bytes",)),
        function("hash", "bytes", outputs=("bytes32",)),
        function("slot", "uint256", "uint256", outputs=("bytes32",)),
    ]
    source = """
    static uint8_t got[64];
    Bytes ask(Address to, Bytes data) {
        bool is_done = call_contract(to, (Word){0}, data);
        uint32_t size = returned_size();
        require(is_done, "the callee failed");
        read_returned(got, 0, size);
        return (Bytes){got, size};
    }
    Word hash(Bytes data) { return keccak256(data.data, data.size); }
    Word slot(Word key, Word mapping) { return mapping_slot(key, mapping); }
    """
    contract = deployed(chain, tmp_path, source, entries)
    assert contract.hash.call(b"abc") == keccak(b"abc")
    assert contract.hash.call(b"") == keccak(b"")
    assert contract.slot.call(3, 5) == keccak(word(3) + word(5))
    question = contract.slot.encode(3, 5)
    assert contract.ask.call(contract.address, question) == keccak(word(3) + word(5))
    with pytest.raises(Exception, match="the callee failed"):
        contract.ask.call(contract.address, b"\0\0\0\0")
