"""The developer accounts are those that the mnemonic derives."""

from chain_sim.ethereum.blocks.accounts import (
    DERIVATION_PATH,
    DEVELOPER_ACCOUNTS,
    DEVELOPER_BALANCE,
    DEVELOPER_MNEMONIC,
)
from chain_sim.ethereum.primitives.text import format_address
from tests.helpers.quiet_import import import_quietly

Account = import_quietly("eth_account").Account


def test_table_holds_what_the_mnemonic_derives() -> None:
    Account.enable_unaudited_hdwallet_features()
    for account in DEVELOPER_ACCOUNTS:
        path = DERIVATION_PATH.format(index=account.index)
        derived = Account.from_mnemonic(DEVELOPER_MNEMONIC, account_path=path)
        assert account.private_key == derived.key
        assert format_address(account.address) == derived.address


def test_there_are_ten_in_order_and_the_first_and_last_are_well_known() -> None:
    assert [account.index for account in DEVELOPER_ACCOUNTS] == list(range(10))
    first, last = DEVELOPER_ACCOUNTS[0], DEVELOPER_ACCOUNTS[9]
    assert format_address(first.address) == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert format_address(last.address) == "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"


def test_each_gets_ten_thousand_ether() -> None:
    assert DEVELOPER_BALANCE == 10_000_000_000_000_000_000_000
