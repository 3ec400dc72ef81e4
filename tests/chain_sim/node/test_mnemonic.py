"""Accounts from a mnemonic: the developer accounts, and other paths."""

import pytest
from eth_account import Account

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DEVELOPER_MNEMONIC
from chain_sim.node.mnemonic import InvalidDerivationPath, derive_accounts

PHRASE = "abandon " * 11 + "about"


def test_developer_accounts_are_those_of_the_phrase() -> None:
    assert derive_accounts(DEVELOPER_MNEMONIC, 10) == DEVELOPER_ACCOUNTS


@pytest.mark.parametrize("path", ["m/44'/60'/0'/0/", "m/44'/60'/3'/1", "m/7"])
def test_other_paths_are_those_of_eth_account(path: str) -> None:
    Account.enable_unaudited_hdwallet_features()
    accounts = derive_accounts(f"  {PHRASE}\n", 2, path)
    for index, account in enumerate(accounts):
        full = f"{path.rstrip('/')}/{index}"
        expected = Account.from_mnemonic(PHRASE, account_path=full)
        assert account.private_key == bytes(expected.key)
        assert account.address == bytes.fromhex(expected.address[2:])
        assert account.index == index


@pytest.mark.parametrize("path", ["", "44'/60'", "m/x", "m/2147483648", "m//1", "m/-1"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidDerivationPath):
        derive_accounts(PHRASE, 1, path)
