"""The example token's machine finds no fault, and its checks would detect one."""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from contract_testing.properties import GasBoundExceeded
from examples.token.token_machine import TokenMachine

QUICK = settings(
    derandomize=True,
    database=None,
    max_examples=8,
    stateful_step_count=10,
    deadline=None,
)


def test_the_token_keeps_its_properties() -> None:
    checked: list[int] = []

    class Counted(TokenMachine):
        @invariant()
        def is_counted(self) -> None:
            checked.append(self.supply)

    run_state_machine_as_test(Counted, settings=QUICK)
    assert len(checked) > QUICK.max_examples * 5


def test_tokens_out_of_nowhere_would_be_seen() -> None:
    state = TokenMachine()
    TokenMachine.begin(state)
    TokenMachine.nothing_is_made_or_lost(state)
    state.supply += 1
    with pytest.raises(AssertionError):
        TokenMachine.nothing_is_made_or_lost(state)


def test_the_bounds_on_gas_are_near_what_it_takes() -> None:
    """The most expensive transfer: no zero bytes in its data, and both slots set."""
    amount = int.from_bytes(b"\xd3" + b"\1" * 8, "big")
    state = TokenMachine()
    TokenMachine.begin(state)
    gas = state.send("transfer", b"\1" * 20, amount).gas_used
    assert 64_000 < gas <= 68_000
    tight = type("Tight", (TokenMachine,), {"gas_bounds": {"transfer": gas - 1}})()
    TokenMachine.begin(tight)
    with pytest.raises(GasBoundExceeded):
        tight.send("transfer", b"\1" * 20, amount)
