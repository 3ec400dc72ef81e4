"""Methods that say what the node is."""

from chain_sim.ethereum.primitives.text import format_data, format_quantity, keccak256
from chain_sim.node.node import Node
from chain_sim.node.parameters import method
from chain_sim.node.values import DATA, required
from contractvm.version import __version__


def client_version(node: Node) -> str:
    """The node's name, version and rules, or what it was told to say."""
    own = f"contractvm/{__version__}/{rules_name(node)}"
    return node.options.client_version or own


def rules_name(node: Node) -> str:
    """The chain's rules, which are no hard fork of Ethereum's main network."""
    genesis = node.chain.genesis
    market = "" if genesis.fees is None else f"+{genesis.fees.removeprefix('eip')}"
    return f"{genesis.profile}-{genesis.fork}{market}"


def sha3(_node: Node, data: bytes) -> str:
    """Keccak-256 of the data."""
    return format_data(keccak256(data))


def net_version(node: Node) -> str:
    """The chain id as decimal text."""
    return str(node.chain.genesis.chain_id)


def is_listening(_node: Node) -> bool:
    """True."""
    return True


def chain_id(node: Node) -> str:
    """The chain id."""
    return format_quantity(node.chain.genesis.chain_id)


def accounts(node: Node) -> list[str]:
    """The accounts that the node signs for, in order."""
    return [format_data(address) for address in node.keys]


def coinbase(node: Node) -> str:
    """The account that new blocks pay their fees to."""
    return format_data(node.chain.head.header.coinbase)


def is_syncing(_node: Node) -> bool:
    """False: a local chain is always up to date."""
    return False


def hashrate(_node: Node) -> str:
    """Zero: blocks need no work."""
    return "0x0"


def block_number(node: Node) -> str:
    """The number of the newest block."""
    return format_quantity(node.head_number)


METHODS = (
    method("web3_clientVersion", client_version, is_quick=True),
    method("web3_sha3", sha3, required("data", DATA)),
    method("net_version", net_version, is_quick=True),
    method("net_listening", is_listening, is_quick=True),
    method("eth_chainId", chain_id, is_quick=True),
    method("eth_accounts", accounts, is_quick=True),
    method("eth_requestAccounts", accounts, is_quick=True),
    method("eth_coinbase", coinbase),
    method("eth_syncing", is_syncing, is_quick=True),
    method("eth_hashrate", hashrate, is_quick=True),
    method("eth_blockNumber", block_number, is_quick=True),
)
