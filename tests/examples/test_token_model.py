"""Random histories of the token agree with a model of ERC-20 in ten lines."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.helpers.ewasm_shim import ShimResult, deploy
from tests.helpers.examples import example
from tests.helpers.solidity_abi import call_data, revert_reason, word

SUPPLY = 10**24
ACCOUNTS = tuple(bytes([byte]) * 20 for byte in (0, 1, 0x7F, 0xFF))
INIT_CODE = example("token/token_init.wasm")

accounts = st.sampled_from(ACCOUNTS)
amounts = st.one_of(
    st.integers(0, 3),
    st.sampled_from([SUPPLY - 1, SUPPLY, SUPPLY + 1, 2**256 - 1]),
    st.integers(0, SUPPLY),
    st.integers(0, 2**256 - 1),
)


class TokenHistory(RuleBasedStateMachine):
    """The contract and the model go through the same calls."""

    @initialize(creator=accounts)
    def create(self, creator: bytes) -> None:
        self.token, _ = deploy(INIT_CODE, creator)
        self.balances = dict.fromkeys(ACCOUNTS, 0) | {creator: SUPPLY}
        self.allowances = {
            (owner, spender): 0 for owner in ACCOUNTS for spender in ACCOUNTS
        }

    def moved(self, source: bytes, recipient: bytes, amount: int) -> bytes | None:
        """The reason of the refusal; None if the amount has moved."""
        if self.balances[source] < amount:
            return revert_reason("balance too low")
        self.balances[source] -= amount
        self.balances[recipient] += amount
        return None

    def check(self, result: ShimResult, refusal: bytes | None) -> None:
        assert result.is_reverted == (refusal is not None)
        assert result.output == (refusal or word(1))

    @rule(caller=accounts, recipient=accounts, amount=amounts)
    def transfer(self, caller: bytes, recipient: bytes, amount: int) -> None:
        data = call_data("transfer(address,uint256)", recipient, amount)
        result = self.token.call(data, caller=caller)
        self.check(result, self.moved(caller, recipient, amount))

    @rule(caller=accounts, spender=accounts, amount=amounts)
    def approve(self, caller: bytes, spender: bytes, amount: int) -> None:
        data = call_data("approve(address,uint256)", spender, amount)
        self.check(self.token.call(data, caller=caller), None)
        self.allowances[caller, spender] = amount

    @rule(caller=accounts, source=accounts, recipient=accounts, amount=amounts)
    def transfer_from(
        self, caller: bytes, source: bytes, recipient: bytes, amount: int
    ) -> None:
        signature = "transferFrom(address,address,uint256)"
        result = self.token.call(
            call_data(signature, source, recipient, amount), caller=caller
        )
        if self.allowances[source, caller] < amount:
            self.check(result, revert_reason("allowance too low"))
            return
        refusal = self.moved(source, recipient, amount)
        self.check(result, refusal)
        if refusal is None:
            self.allowances[source, caller] -= amount

    @invariant()
    def balances_and_allowances_agree(self) -> None:
        for account, balance in self.balances.items():
            data = call_data("balanceOf(address)", account)
            assert self.token.call(data).output == word(balance)
        for (owner, spender), amount in self.allowances.items():
            data = call_data("allowance(address,address)", owner, spender)
            assert self.token.call(data).output == word(amount)


TokenHistory.TestCase.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None
)
test_any_history_agrees_with_the_model = TokenHistory.TestCase
