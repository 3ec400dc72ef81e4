"""Properties of the example token, tried on any sequence of transactions.

    pytest examples/token/token_machine.py

Each rule sends a transaction with random arguments; after each, the invariants must
hold. What breaks one is made as short as can be, and printed as a script.
"""

from hypothesis import settings

from contract_testing.properties import (
    ContractMachine,
    Sent,
    gas_at_most,
    initialize,
    invariant,
    rule,
    strategy_for,
)


class TokenMachine(ContractMachine):
    """`transfer`, `approve` and `transferFrom` have their rules from the ABI."""

    contract = "token_init.wasm"
    is_init_code = True
    abi = "token.json"
    schedule = "ewasm-metered"
    gas_bounds = {"transfer": 68_000, "approve": 63_000, "transferFrom": 90_000}

    @initialize()
    def begin(self) -> None:
        """Remember the supply, and who may hold some of it."""
        self.supply = self.call("totalSupply")
        self.holders = {bytes(account) for account in self.accounts}

    def after_send(self, sent: Sent) -> None:
        """Whoever gets tokens is a holder."""
        for event in sent.events:
            if event.name == "Transfer":
                self.holders.add(bytes(event.values["to"]))

    @rule(to=strategy_for("address"), amount=strategy_for("uint128"))
    @gas_at_most(136_000)
    def pay_in_halves(self, to: bytes, amount: int) -> None:
        """Two transfers give what they say."""
        before = self.call("balanceOf", to)
        sent = [self.send("transfer", to, amount, sender=1) for _ in range(2)]
        paid = sum(amount for one in sent if one.succeeded)
        assert self.call("balanceOf", to) == before + paid

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        """All balances add up to the supply, which never changes."""
        total = sum(self.call("balanceOf", holder) for holder in sorted(self.holders))
        assert total == self.supply == self.call("totalSupply")


TestToken = TokenMachine.TestCase
TestToken.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
