"""What a node says of itself at its start."""

from dataclasses import replace

import pytest

from chain_sim import Blockchain
from contractvm_cli.serving.banner import (
    Address,
    banner_lines,
    clock_text,
    config_document,
)
from contractvm_cli.serving.options import AccountOptions, MiningOptions

WALLET = AccountOptions(2, 100, "test test", "m/44'/60'/0'/0/", False)
MINING = MiningOptions(None, False, False, "fees", None, False)
LINE = "=================="


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("127.0.0.1", 8545), "127.0.0.1:8545"),
        (Address("::1", 1), "[::1]:1"),
    ],
)
def test_an_address_of_ipv6_has_brackets(address: Address, text: str) -> None:
    assert address.text == text


def test_what_the_times_of_blocks_depend_on() -> None:
    assert clock_text(MINING, 1) == "logical, 1 s a block"
    assert clock_text(replace(MINING, block_time=0), 7) == (
        "logical, 7 s a block; when blocks are made depends on the machine"
    )
    assert clock_text(replace(MINING, wall_clock=True, block_time=2), 7) == (
        "the machine's: the same requests give other hashes each time"
    )


@pytest.mark.parametrize("fees", [None, "eip1559"])
def test_the_banner_has_the_parts_of_anvil_and_the_schedule(fees: str | None) -> None:
    chain = Blockchain.in_memory(fees=fees)
    genesis, accounts = chain.genesis, chain.accounts[:2]
    parts = {
        "Available Accounts": [
            "(0) 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 (100 ETH)",
            "(1) 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 (100 ETH)",
        ],
        "Private Keys": [
            f"({index}) 0x{account.private_key.hex()}"
            for index, account in enumerate(accounts)
        ],
        "Wallet": [
            "Mnemonic:          test test",
            "Derivation path:   m/44'/60'/0'/0/",
        ],
        "Chain ID": ["31337"],
        "Base Fee": ["1000000000"],
        "Gas Limit": [str(genesis.gas_limit)],
        "Genesis Timestamp": [str(genesis.timestamp)],
        "Gas Schedule": [genesis.schedule],
        "Clock": ["logical, 1 s a block"],
    }
    if fees is None:
        del parts["Base Fee"]
    lines = [
        line
        for title, content in parts.items()
        for line in ("", title, LINE, "", *content)
    ]
    assert [*banner_lines(chain, accounts, WALLET, MINING)] == lines


@pytest.mark.parametrize(
    ("fees", "base_fee", "gas_price"),
    [(None, "0", "1000000000"), ("eip1559", "1000000000", "2000000000")],
)
def test_the_same_is_a_document_for_programs(
    fees: str | None, base_fee: str, gas_price: str
) -> None:
    chain = Blockchain.in_memory(fees=fees)
    accounts = chain.accounts[:1]
    assert config_document(chain, accounts, WALLET, Address("::1", 8545)) == {
        "host": "::1",
        "port": 8545,
        "endpoint": "http://[::1]:8545",
        "available_accounts": ["0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
        "private_keys": ["0x" + accounts[0].private_key.hex()],
        "wallet": {"mnemonic": "test test", "derivation_path": "m/44'/60'/0'/0/"},
        "chain_id": 31337,
        "base_fee": base_fee,
        "gas_price": gas_price,
        "gas_limit": str(chain.genesis.gas_limit),
        "genesis_timestamp": str(chain.genesis.timestamp),
        "schedule": chain.genesis.schedule,
    }
