"""A chain that a node has, as contract objects use it."""

from typing import Any

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.program_activation import activation_fee
from chain_sim.ethereum.chain.remote.answers import hash32
from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import Transaction
from contract_testing.contracts.connection import ChainConnection
from contractvm.ledger.debug_info import DebugInfo


class NodeConnection(ChainConnection):
    """The chain of a node of ours, by the same methods.

    What the node does not serve raises NotServed: traces. Debug builds are not known
    there, so failures have no lines.
    """

    chain: Any

    def __init__(self, chain: NodeChain) -> None:
        super().__init__(chain)  # type: ignore[arg-type] # it has the same methods
        self._find_info = DebugInfo.of_code

    @property
    def chain_id(self) -> int:
        """See Connection."""
        return int(self.chain.chain_id)

    def is_constructor(self, address: bytes) -> bool:
        """See Connection."""
        called = self.chain.call(address)
        return called.succeeded and self.is_code(called.output)

    def _needs_activation(self, address: Address, sender: DeveloperAccount) -> bool:
        """Whether it can be activated: nodes do not tell what is activated."""
        if self.chain.fork.stylus is None:
            return False
        return activation_fee(self.chain, address, sender) > 0

    def _send_unsigned(self, tx: Transaction, sender: Address) -> TransactionReceipt:
        """Impersonate the sender for this transaction."""
        address, chain = format_data(sender), self.chain
        message = {
            "from": address,
            "to": None if tx.to is None else format_data(tx.to),
            "data": format_data(tx.data),
            "value": format_quantity(tx.value),
            "gas": format_quantity(tx.gas_limit),
            "gasPrice": format_quantity(tx.gas_price),
            "nonce": format_quantity(tx.nonce),
        }
        chain.ask("hardhat_impersonateAccount", address, read=bool)
        try:
            sent = chain.ask("eth_sendTransaction", message, read=hash32)
        finally:
            chain.ask("hardhat_stopImpersonatingAccount", address, read=bool)
        found: TransactionReceipt = chain.receipt_soon(sent)
        return found

    def _place(self) -> None:
        """The head with its edits; whether there are any is not known."""
