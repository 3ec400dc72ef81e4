"""Files of anvil and geth: their state is loaded, and what cannot be is reported."""

import gzip
import io
import json
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis import LoadedState
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.load import LoadOptions, LoadReport, load_into
from chain_sim.ethereum.primitives.text import Address, keccak256
from contractvm.hosts.evm.interface import CallStatus
from tests.helpers.chains import numbered
from tests.helpers.state_model import Model, ModelAccount, root_of

EVM_CODE = (
    "7fffffffffe03601600081602082378035828234f580"
    "15156039578182fd5b8082525050506014600cf3"
)
ALICE = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
FACTORY = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed"
SLOT = "0x0000000000000000000000000000000000000000000000000000000000000007"
# The form of anvil 1.3 and later.
ANVIL: dict[str, Any] = {
    "block": {
        "number": 2,
        "beneficiary": "0x00000000000000000000000000000000000000cb",
        "timestamp": 1724763179,
        "gas_limit": 30000000,
        "basefee": 875175000,
        "difficulty": "0x0",
        "prevrandao": "0x" + "db" * 32,
        "blob_excess_gas_and_price": {"excess_blob_gas": 0, "blob_gasprice": 1},
    },
    "accounts": {
        ALICE: {
            "nonce": 1,
            "balance": "0x21e19e0b90393da9b38",
            "code": "0x",
            "storage": {},
        },
        FACTORY: {
            "nonce": 0,
            "balance": "0x0",
            "code": "0x" + EVM_CODE,
            "storage": {SLOT: "0x1", "0x2": "0x0"},
        },
        "0x" + "00" * 20: {"nonce": 0, "balance": "0x0", "code": "0x", "storage": {}},
    },
    "best_block_number": 2,
    "blocks": [{"header": {}, "transactions": [{"transaction": {"EIP1559": {}}}]}] * 3,
    "transactions": [{"info": {"traces": [{"steps": []}]}, "block_number": 1}] * 2,
    "historical_states": None,
}
# Before 1.3: the same numbers as text, and other names.
LEGACY = ANVIL | {
    "block": {
        "number": "0x2",
        "coinbase": "0x00000000000000000000000000000000000000cb",
        "timestamp": hex(1724763179),
        "gas_limit": "0x1c9c380",
        "basefee": "0x342a1c58",
        "difficulty": "0x0",
    },
    "best_block_number": "0x2",
}
MODEL: Model = {
    Address(bytes.fromhex(ALICE[2:])): ModelAccount(1, 0x21E19E0B90393DA9B38),
    Address(bytes.fromhex(FACTORY[2:])): ModelAccount(
        code=bytes.fromhex(EVM_CODE),
        storage={bytes.fromhex(SLOT[2:]): bytes(31) + b"\1"},
    ),
    Address(bytes(20)): ModelAccount(),
}


METERED = LoadOptions("ewasm-metered")


def load(
    document: Any, options: LoadOptions = METERED
) -> tuple[Blockchain, LoadReport]:
    database = MemoryDatabase()
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    report = load_into(database, io.BytesIO(text), options)
    return Blockchain(database), report


@pytest.mark.parametrize("document", [ANVIL, LEGACY])
def test_anvils_state_has_the_root_that_its_accounts_have(
    document: dict[str, Any],
) -> None:
    chain, report = load(document)
    header = chain.head.header
    assert header.state_root == root_of(MODEL)
    assert chain.genesis.loaded == LoadedState(2, header.state_root)
    assert (header.number, header.timestamp, header.gas_limit) == (
        2,
        1724763179,
        30_000_000,
    )
    assert header.coinbase == bytes(19) + b"\xcb"
    assert (report.source, report.accounts, report.slots, report.codes) == (
        "anvil",
        3,
        1,
        1,
    )
    assert (report.skipped_blocks, report.skipped_transactions) == (3, 2)
    assert report.warnings == (
        "1 of the contracts are no WebAssembly: they can be looked at, a call of one"
        " fails",
    )


def test_the_zipped_form_is_the_same() -> None:
    zipped = gzip.compress(json.dumps(ANVIL).encode())
    for form in (
        zipped,
        b"0x" + zipped.hex().encode(),
        b'"0x' + zipped.hex().encode() + b'"',
    ):
        chain, _ = load(form)
        assert chain.head.header.state_root == root_of(MODEL)


def test_a_loaded_chain_goes_on_from_the_block_that_it_has() -> None:
    chain, _ = load(ANVIL)
    alice = chain.accounts[1]
    assert alice.address == bytes.fromhex(ALICE[2:])
    receipt = chain.send(numbered(1), value=1, sender=alice)
    assert receipt.block_number == 3
    assert chain.head.header.timestamp == 1724763180
    assert chain.head.header.parent_hash == chain.block(2).hash


def test_evm_code_can_be_read_and_not_called() -> None:
    chain, _ = load(ANVIL)
    factory = Address(bytes.fromhex(FACTORY[2:]))
    assert chain.code(factory).hex() == EVM_CODE
    result = chain.call(factory, sender=Address(bytes.fromhex(ALICE[2:])))
    assert result.status is CallStatus.FAILURE
    assert "not a Wasm module" in (result.error or "") or "magic" in (
        result.error or ""
    )


GETH: dict[str, Any] = {
    "config": {"chainId": 1337, "homesteadBlock": 0},
    "nonce": "0x42",
    "timestamp": "0x5",
    "extraData": "0x00",
    "gasLimit": "0x47e7c4",
    "difficulty": "0x20000",
    "coinbase": "0x" + "00" * 20,
    "alloc": {
        ALICE[2:]: {"balance": "1000000000000000000000"},
        "0x" + "11" * 20: {"balance": "0xde0b6b3a7640000", "nonce": "0x5"},
        "22" * 20: {
            "balance": 3,
            "code": "0x" + EVM_CODE,
            "storage": {"0x07": "0x01", "08": "00"},
        },
    },
}


def test_geths_genesis_is_the_first_block() -> None:
    chain, report = load(GETH)
    model: Model = {
        Address(bytes.fromhex(ALICE[2:])): ModelAccount(balance=10**21),
        Address(b"\x11" * 20): ModelAccount(5, 10**18),
        Address(b"\x22" * 20): ModelAccount(
            balance=3,
            code=bytes.fromhex(EVM_CODE),
            storage={bytes.fromhex(SLOT[2:]): bytes(31) + b"\1"},
        ),
    }
    header = chain.head.header
    assert header.state_root == root_of(model)
    assert (header.number, header.timestamp, header.gas_limit) == (0, 5, 0x47E7C4)
    assert chain.genesis.chain_id == 1337
    assert report.source == "geth"
    assert report.warnings[:3] == (
        "nonce is not kept",
        "extraData is not kept",
        "difficulty is not kept",
    )


def test_the_users_chain_id_and_schedule_count_before_the_files() -> None:
    chain, _ = load(GETH, LoadOptions("ewasm-hera", 99))
    assert (chain.genesis.chain_id, chain.genesis.schedule) == (99, "ewasm-hera")


def test_unknown_keys_are_passed_over_with_a_word() -> None:
    account = {"balance": "0x1", "builtin": {"name": "sha256"}}
    document = {"alloc": {ALICE: account}, "stranger": [1, {"a": [2]}]}
    chain, report = load(document)
    assert chain.balance(Address(bytes.fromhex(ALICE[2:]))) == 1
    assert report.warnings == (
        "unknown key 'builtin' of accounts is passed over",
        "unknown key 'stranger' is passed over",
    )


def test_the_roots_are_those_of_another_library() -> None:
    """The model above uses it too; here the trie is spelled out once."""
    chain, _ = load({"accounts": {ALICE: {"balance": "0x7"}}})
    trie = HexaryTrie({})
    empty = keccak256(b"\x80")
    fields = [0, 7, empty, keccak256(b"")]
    trie[keccak256(bytes.fromhex(ALICE[2:]))] = rlp.encode(fields)
    assert chain.head.header.state_root == trie.root_hash


ONE = {"balance": "0x1"}
LONG_SLOT = {"0x" + "1" * 65: "1"}
TWICE = f'{{"alloc": {{"{ALICE}": {{"balance": 1}}, "{ALICE[2:]}": {{"balance": 2}}}}}}'
SLOTS = '{"1": "1", "0x01": "2"}'
SLOT_TWICE = f'{{"alloc": {{"{ALICE}": {{"balance": 1, "storage": {SLOTS}}}}}}}'
REFUSED = [
    (b"", "file", "the file is cut short here"),
    (b"[]", "file", "not an object"),
    (b"null", "file", "not an object"),
    (b"{}", "file", "has neither accounts nor alloc"),
    (b'{"alloc": {', "alloc", "the file is cut short here"),
    (b'{"alloc": {}} {', "file", "not JSON from here on"),
    (b'{"alloc": x}', "alloc", "not JSON from here on"),
    (b'{"alloc": {}, "accounts": {}}', "accounts", "either accounts or alloc"),
    (b'{"alloc": {}, "alloc": {}}', "alloc", "the key stands here twice"),
    (b'{"alloc": ' + b"[" * 100, "alloc", "not an object"),
    (b'{"x": ' + b"[" * 100, "x", "nested too deeply"),
    (b'{"alloc": {}, "timestamp": ' + b"9" * 5000 + b"}", "file", "too long"),
    (b'{"alloc": {}, "timestamp": 1e' + b"9" * 99 + b"}", "timestamp", "not a"),
    (b'{"alloc": {}, "timestamp": ' + b"9" * 999 + b"}", "timestamp", "not between"),
    (b'{"alloc": {}, "timestamp": 1.5}', "timestamp", "not a whole number"),
    (b'{"alloc": {}, "timestamp": -1}', "timestamp", "not between 0"),
    (b'{"alloc": {}, "timestamp": true}', "timestamp", "not a number: True"),
    (b'{"alloc": {}, "timestamp": "0x1ffffffffffffffff"}', "timestamp", "not between"),
    (b'{"alloc": {"0x12": {"balance": 1}}}', "alloc.0x12", "1 bytes, not 20"),
    (b'{"alloc": {"0xzz": {"balance": 1}}}', "alloc.0xzz", "not bytes in hex digits"),
    (json.dumps({"alloc": {ALICE: {}}}).encode(), f"alloc.{ALICE}", "has no balance"),
    (
        json.dumps({"alloc": {ALICE: {"balance": "1 ether"}}}).encode(),
        f"alloc.{ALICE}.balance",
        "not a number: '1 ether'",
    ),
    (
        json.dumps({"alloc": {ALICE: {"balance": hex(2**256)}}}).encode(),
        f"alloc.{ALICE}.balance",
        "not a number",
    ),
    (
        json.dumps(
            {"alloc": {ALICE: ONE | {"storage": {"0x" + "1" * 65: "1"}}}}
        ).encode(),
        f"alloc.{ALICE}.storage.0x1",
        "not 32 bytes in hex digits",
    ),
    (TWICE.encode(), f"alloc.{ALICE[2:]}", "stands here twice"),
    (SLOT_TWICE.encode(), f"alloc.{ALICE}.storage.0x00", "stands here twice"),
    (b"\x1f\x8b rubbish", "file", "cannot be unzipped"),
    (gzip.compress(b'{"alloc": {}}', mtime=0)[:-9], "", "the file is cut short here"),
    (b"0x1f8", "file", "odd number"),
    (b"0x1f8bzz", "file", "something else among its digits"),
    (b"0x1f8b 08 ", "file", "among its digits"),
    (b"0x1f8b  0800", "file", "white space among its digits"),
    (b'{"alloc": {}, "block": []}', "block", "not an object"),
    (b'{"alloc": {}, "config": 7}', "config", "not an object"),
    (
        json.dumps({"alloc": {ALICE: ONE | {"nonce": 2**64}}}).encode(),
        f"alloc.{ALICE}.nonce",
        f"not between 0 and {2**64 - 1}",
    ),
    (b'{"alloc": {}, "number": 9223372036854775808}', "number", "not between"),
    (b'{"alloc": {}, "coinbase": "0x12"}', "coinbase", "1 bytes, not 20"),
    (
        b'{"alloc": {}, "config": {"chainId": 18446744073709551616}}',
        "config.chainId",
        "not between",
    ),
    (b'{"alloc": {}}\xff', "file", ""),
    (b'{"alloc": {"\xff": 1}}', "", ""),
]


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED)
def test_every_refusal_names_the_place(text: bytes, place: str, reason: str) -> None:
    with pytest.raises(MalformedDump) as caught:
        load(text)
    assert caught.value.place.startswith(place)
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("document", [ANVIL, LEGACY])
def test_a_fee_market_starts_with_anvils_base_fee(document: dict[str, Any]) -> None:
    chain, report = load(document, LoadOptions(fees="eip1559"))
    assert chain.genesis.base_fee_per_gas == 875_175_000
    assert chain.head.header.base_fee_per_gas == 875_175_000
    assert chain.genesis.schedule == "contractvm-3"
    assert report.warnings == load(document)[1].warnings
    assert load(document)[0].head.header.base_fee_per_gas is None


def test_geths_base_fee_is_kept_with_a_fee_market_alone() -> None:
    document = {"alloc": {}, "baseFeePerGas": "0x7", "timestamp": "0x5"}
    chain, report = load(document, LoadOptions(fees="eip1559"))
    assert (chain.head.header.base_fee_per_gas, report.warnings) == (7, ())
    assert "baseFeePerGas is not kept" in load(document)[1].warnings
    del document["baseFeePerGas"]
    chain, _ = load(document, LoadOptions(fees="eip1559"))
    assert chain.head.header.base_fee_per_gas == 10**9
    document["baseFeePerGas"] = hex(2**256)
    with pytest.raises(MalformedDump):
        load(document, LoadOptions(fees="eip1559"))
