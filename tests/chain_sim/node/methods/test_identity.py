"""Methods that say what the node is, and those that the event loop may answer."""

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.node.methods.table import METHODS
from contractvm.version import __version__
from tests.helpers.nodes import local_client

QUICK = {
    "contractvm_genesis",
    "contractvm_instance",
    "eth_accounts",
    "eth_blockNumber",
    "eth_chainId",
    "eth_hashrate",
    "eth_requestAccounts",
    "eth_syncing",
    "net_listening",
    "net_version",
    "ots_getApiLevel",
    "web3_clientVersion",
}


def test_the_node_says_what_it_is() -> None:
    client = local_client()
    accounts = [f"0x{account.address.hex()}" for account in DEVELOPER_ACCOUNTS]
    head = client.node.chain.head.header
    assert {
        name: client.call(name)
        for name in (
            *("web3_clientVersion", "net_version", "net_listening", "eth_chainId"),
            *("eth_accounts", "eth_requestAccounts", "eth_coinbase", "eth_syncing"),
            *("eth_hashrate", "eth_blockNumber"),
        )
    } == {
        "web3_clientVersion": f"contractvm/{__version__}/ewasm-byzantium+1559",
        "net_version": "31337",
        "net_listening": True,
        "eth_chainId": "0x7a69",
        "eth_accounts": accounts,
        "eth_requestAccounts": accounts,
        "eth_coinbase": f"0x{head.coinbase.hex()}",
        "eth_syncing": False,
        "eth_hashrate": "0x0",
        "eth_blockNumber": "0x0",
    }
    client.call("evm_mine")
    assert client.call("eth_blockNumber") == "0x1"
    empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert client.call("web3_sha3", "0x") == empty


def test_a_long_run_delays_none_of_the_methods_that_read_only_what_stays() -> None:
    assert {name for name, method in METHODS.items() if method.is_quick} == QUICK
