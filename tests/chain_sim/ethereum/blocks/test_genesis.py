"""The genesis file: one canonical form, strict reading; the header that follows."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DEVELOPER_BALANCE
from chain_sim.ethereum.blocks.block import decode_header, encode_header
from chain_sim.ethereum.blocks.genesis import (
    GenesisAccount,
    GenesisConfig,
    LoadedState,
    decode_genesis,
    developer_genesis,
    encode_genesis,
    genesis_header,
)
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.primitives.errors import InvalidGenesis
from chain_sim.ethereum.primitives.text import Address, Hash32, InvalidText

ADDRESS = Address(b"\xaa" * 20)
CONFIG = GenesisConfig(
    chain_id=5,
    timestamp=0,
    gas_limit=1_000,
    coinbase=Address(bytes(20)),
    schedule="ewasm-hera",
    schedule_hash=Hash32(b"\x01" * 32),
    profile="ewasm",
    instrumentation_version=1,
    accounts=(
        GenesisAccount(
            ADDRESS,
            balance=10**18,
            nonce=1,
            code=b"\x00asm",
            storage=((Hash32(b"\x01" * 32), Hash32(b"\x02" * 32)),),
        ),
    ),
)
FILE = """{
  "accounts": {
    "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa": {
      "balance": "0xde0b6b3a7640000",
      "code": "0x0061736d",
      "nonce": "0x1",
      "storage": {
        "0x0101010101010101010101010101010101010101010101010101010101010101": \
"0x0202020202020202020202020202020202020202020202020202020202020202"
      }
    }
  },
  "chainId": "0x5",
  "coinbase": "0x0000000000000000000000000000000000000000",
  "gasLimit": "0x3e8",
  "instrumentationVersion": "0x1",
  "profile": "ewasm",
  "schedule": "ewasm-hera",
  "scheduleHash": "0x0101010101010101010101010101010101010101010101010101010101010101",
  "timestamp": "0x0"
}
"""

hashes = st.binary(min_size=32, max_size=32).map(Hash32)
addresses = st.binary(min_size=20, max_size=20).map(Address)
names = st.text(min_size=1, max_size=12)
accounts = st.builds(
    GenesisAccount,
    address=addresses,
    balance=st.integers(0, 2**256 - 1),
    nonce=st.integers(0, 2**64 - 1),
    code=st.binary(max_size=20),
    storage=st.dictionaries(hashes, hashes.filter(any), max_size=3).map(
        lambda slots: tuple(sorted(slots.items()))
    ),
)
configs = st.builds(
    GenesisConfig,
    chain_id=st.integers(1, 2**64 - 1),
    timestamp=st.integers(0, 2**64 - 1),
    gas_limit=st.integers(1, 2**63 - 1),
    coinbase=addresses,
    schedule=names,
    schedule_hash=hashes,
    profile=names,
    instrumentation_version=st.integers(0, 100),
    accounts=st.lists(accounts, max_size=3, unique_by=lambda a: a.address).map(
        lambda many: tuple(sorted(many, key=lambda account: account.address))
    ),
)


def test_file_has_its_canonical_form() -> None:
    assert encode_genesis(CONFIG) == FILE
    assert decode_genesis(FILE) == CONFIG


@given(configs)
def test_config_is_read_back_from_its_file(config: GenesisConfig) -> None:
    text = encode_genesis(config)
    assert decode_genesis(text) == config
    assert text.isascii()


def test_order_and_white_space_of_the_file_do_not_matter() -> None:
    content = json.loads(FILE)
    reordered = json.dumps(dict(reversed(content.items())))
    assert decode_genesis(reordered) == CONFIG


def test_account_needs_only_its_balance() -> None:
    content = json.loads(FILE)
    content["accounts"] = {"0x" + "aa" * 20: {"balance": "0x0"}}
    assert decode_genesis(json.dumps(content)).accounts == (GenesisAccount(ADDRESS),)


def changed(change: Callable[[dict[str, object]], object]) -> str:
    content = json.loads(FILE)
    change(content)
    return json.dumps(content)


def account(**members: object) -> Callable[[dict[str, object]], object]:
    content = {"balance": "0x0"} | members
    return lambda file: file.update(accounts={"0x" + "aa" * 20: content})


SLOT = "0x" + "01" * 32
A = "0x" + "aa" * 20
REFUSED = [
    ("", "file", "not JSON: Expecting value in line 1"),
    ("[]", "file", "not an object"),
    ("[" * 100_000, "file", "nested too deeply"),
    ('{"chainId": "0x1", "chainId": "0x1"}', "chainId", "the key stands here twice"),
    (changed(lambda f: f.pop("profile")), "profile", "missing"),
    (changed(lambda f: f.update(extra="")), "extra", "unknown key"),
    (changed(lambda f: f.update(chainId=5)), "chainId", "not a string"),
    (changed(lambda f: f.update(chainId="5")), "chainId", "does not start with 0x"),
    (changed(lambda f: f.update(chainId="0x05")), "chainId", "leading zero"),
    (changed(lambda f: f.update(chainId="0x0")), "chainId", "not between 1 and"),
    (changed(lambda f: f.update(chainId=hex(2**64))), "chainId", "not between 1 and"),
    (changed(lambda f: f.update(gasLimit="0x0")), "gasLimit", "not between 1 and"),
    (changed(lambda f: f.update(gasLimit=hex(2**63))), "gasLimit", "not between 1"),
    (changed(lambda f: f.update(timestamp=hex(2**64))), "timestamp", "not between 0"),
    (changed(lambda f: f.update(profile="")), "profile", "empty"),
    (changed(lambda f: f.update(schedule=1.5)), "schedule", "not a string"),
    (
        changed(lambda f: f.update(scheduleHash="0x01")),
        "scheduleHash",
        "1 bytes, not 32",
    ),
    (changed(lambda f: f.update(coinbase="0x01")), "coinbase", "hexadecimal digits"),
    (changed(lambda f: f.update(accounts=[])), "accounts", "not an object"),
    (
        changed(lambda f: f.update(accounts={"0x01": {}})),
        "accounts.0x01",
        "hexadecimal digits",
    ),
    (
        changed(lambda f: f["accounts"].update({A: {"balance": "0x0"}})),
        f"accounts.{A}",
        "the address stands here twice",
    ),
    (
        changed(lambda f: f.update(accounts={A: {}})),
        f"accounts.{A}.balance",
        "missing",
    ),
    (
        changed(account(balance=hex(2**256))),
        f"accounts.{A}.balance",
        "not between 0 and",
    ),
    (
        changed(account(nonce=hex(2**64))),
        f"accounts.{A}.nonce",
        "not between 0 and",
    ),
    (changed(account(code="0x0")), f"accounts.{A}.code", "odd number of digits"),
    (changed(account(key="0x0")), f"accounts.{A}.key", "unknown key"),
    (
        changed(account(storage={"0x01": SLOT})),
        f"accounts.{A}.storage.0x01",
        "1 bytes, not 32",
    ),
    (
        changed(account(storage={SLOT: "0x01"})),
        f"accounts.{A}.storage.{SLOT}",
        "1 bytes, not 32",
    ),
    (
        changed(account(storage={SLOT: "0x" + "00" * 32})),
        f"accounts.{A}.storage.{SLOT}",
        "zero is what an absent slot holds",
    ),
    (
        changed(account(storage={"0x" + "0a" * 32: SLOT, "0x" + "0A" * 32: SLOT})),
        f"accounts.{A}.storage.0x{'0A' * 32}",
        "the slot stands here twice",
    ),
]


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED)
def test_refusal_names_the_place_and_the_reason(
    text: str, place: str, reason: str
) -> None:
    with pytest.raises(InvalidGenesis) as caught:
        decode_genesis(text)
    assert caught.value.place == place
    assert reason in caught.value.reason


def test_developer_chain_has_the_known_defaults() -> None:
    config = developer_genesis("ewasm-hera", Hash32(b"\x01" * 32), "ewasm", 1)
    assert (config.chain_id, config.gas_limit) == (31337, 30_000_000)
    assert config.timestamp == 1_700_000_000
    funded = {account.address: account.balance for account in config.accounts}
    assert funded == {
        account.address: DEVELOPER_BALANCE for account in DEVELOPER_ACCOUNTS
    }
    assert list(funded) == sorted(funded)
    assert decode_genesis(encode_genesis(config)) == config


def test_header_is_the_same_on_every_run() -> None:
    config = developer_genesis("ewasm-hera", Hash32(b"\x01" * 32), "ewasm", 1)
    header = genesis_header(config, Hash32(b"\x02" * 32))
    assert header.hash.hex() == (
        "6d536081c42cac446d393c8acd46ed869409962908f064bb7155c04e69d4290e"
    )
    assert decode_header(encode_header(header)) == header
    assert (header.number, header.gas_used, header.difficulty) == (0, 0, 0)
    assert header.extra_data == config.schedule_hash
    assert header.state_root == b"\x02" * 32
    assert header.timestamp == config.timestamp


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 6},
        {"timestamp": 1},
        {"gas_limit": 1_001},
        {"coinbase": ADDRESS},
        {"schedule": "ewasm-metered"},
        {"schedule_hash": Hash32(b"\x03" * 32)},
        {"profile": "other"},
        {"instrumentation_version": 2},
        {"accounts": ()},
    ],
)
def test_genesis_hash_commits_to_every_part(changes: dict[str, object]) -> None:
    root = Hash32(bytes(32))
    other = replace(CONFIG, **changes)
    assert genesis_header(other, root).hash != genesis_header(CONFIG, root).hash


def test_a_loaded_state_has_no_accounts_in_the_file() -> None:
    loaded = LoadedState(5, Hash32(b"\x11" * 32))
    config = replace(default_genesis(), loaded=loaded)
    with pytest.raises(InvalidGenesis) as caught:
        decode_genesis(encode_genesis(config))
    assert caught.value.place == "accounts"
    assert caught.value.reason == "not empty, and the state is a loaded one"
    empty = replace(config, accounts=())
    assert decode_genesis(encode_genesis(empty)) == empty


COINBASE = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")


@pytest.mark.parametrize(
    "given",
    [
        COINBASE,
        bytearray(COINBASE),
        "0x" + COINBASE.hex(),
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        GenesisAccount(Address(COINBASE)),
    ],
)
def test_a_coinbase_is_bytes_text_or_an_account(given: Any) -> None:
    config = replace(default_genesis(), coinbase=given)
    assert config.coinbase == COINBASE
    assert type(config.coinbase) is bytes
    assert config == replace(default_genesis(), coinbase=Address(COINBASE))


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("coinbase", bytes(19), "coinbase must be an address (20 bytes, 0x text, an"),
        ("coinbase", None, "coinbase must be an address (20 bytes, 0x text, an"),
        ("chain_id", "1", "chain_id must be an int, not str: '1'"),
        ("timestamp", 1.5, "timestamp must be an int, not float: 1.5"),
        ("gas_limit", True, "gas_limit must be an int, not bool: True"),
        ("instrumentation_version", None, "instrumentation_version must be an int"),
    ],
)
def test_a_wrong_kind_says_what_is_wanted(
    field: str, wrong: object, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        replace(default_genesis(), **{field: wrong})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("balance", "1", "balance must be an int, in wei, not str: '1'"),
        ("nonce", 1.5, "nonce must be an int, not float: 1.5"),
        ("code", "00", "code must be bytes, not str: '00'"),
    ],
)
def test_an_account_of_a_wrong_kind_says_what_is_wanted(
    field: str, wrong: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        GenesisAccount(Address(COINBASE), **{field: wrong})
    assert str(caught.value) == message


def test_a_coinbase_with_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(InvalidText):
        replace(
            default_genesis(), coinbase="0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266"
        )
