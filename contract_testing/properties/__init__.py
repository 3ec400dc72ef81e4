"""Properties of contracts as Hypothesis state machines, generated from an ABI.

from contract_testing.properties import ContractMachine, invariant

class TokenMachine(ContractMachine):
    contract = "token_init.wasm"
    is_init_code = True
    abi = "token.json"

    @invariant()
    def nothing_is_lost(self):
        balances = (self.call("balanceOf", one) for one in self.accounts)
        assert sum(balances) == self.call("totalSupply")

TestToken = TokenMachine.TestCase
"""

from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from contract_testing.properties.failures import (
    CallFailed,
    GasBoundExceeded,
    PropertyFailed,
    UnexpectedFailure,
    UnexpectedRevert,
    UnexpectedSuccess,
)
from contract_testing.properties.gas_bounds import gas_at_most
from contract_testing.properties.machine import ContractMachine
from contract_testing.properties.strategies import strategy_for
from contract_testing.properties.transacting import Deployed, Sent

__all__ = [
    "Bundle",
    "CallFailed",
    "ContractMachine",
    "Deployed",
    "GasBoundExceeded",
    "PropertyFailed",
    "Sent",
    "UnexpectedFailure",
    "UnexpectedRevert",
    "UnexpectedSuccess",
    "consumes",
    "gas_at_most",
    "initialize",
    "invariant",
    "multiple",
    "precondition",
    "rule",
    "strategy_for",
]
