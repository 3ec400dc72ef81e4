"""Contracts with known faults: the machine finds each, in its shortest form."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address, keccak256
from contract_testing.properties import (
    ContractMachine,
    Deployed,
    GasBoundExceeded,
    Sent,
    UnexpectedFailure,
    UnexpectedRevert,
    initialize,
    invariant,
    rule,
)
from tests.helpers.examples import EXAMPLES

CONTRACTS = Path(__file__).parent / "contracts"
FIXED = settings(
    derandomize=True,
    database=None,
    max_examples=100,
    stateful_step_count=8,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
)


class FaultyTokenMachine(ContractMachine):
    contract = "contracts/overflowing_token.wat"
    abi = "contracts/overflowing_token.json"
    schedule = "ewasm-metered"
    left_out = ("mint",)

    @classmethod
    def set_up(cls, chain: Blockchain, contract: Address) -> None:
        chain.mine_blocks(1, interval=1_000)
        chain.send(contract, keccak256(b"mint()")[:4])

    @initialize()
    def begin(self) -> None:
        self.holders = {bytes(account) for account in self.accounts}

    def after_send(self, sent: Sent) -> None:
        self.holders.add(bytes(sent.arguments[0]))

    @invariant()
    def balances_add_up(self) -> None:
        total = sum(self.call("balanceOf", holder) for holder in sorted(self.holders))
        assert total == self.call("totalSupply")


def failure_of(machine: type[ContractMachine], options: settings = FIXED) -> Exception:
    """The machine's finding after shrinking."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each test looks at it)
        run_state_machine_as_test(machine, settings=options)
    return caught.value


def notes_of(error: Exception) -> str:
    return "\n".join(getattr(error, "__notes__", []))


def steps_of(error: Exception) -> list[str]:
    """The steps that Hypothesis prints, without invariants."""
    lines = re.findall(r"^state\.(\w+)\((.*)\)$", notes_of(error), re.MULTILINE)
    return [f"{name}({arguments})" for name, arguments in lines]


def script_in(error: Exception) -> str:
    _, _, rest = notes_of(error).partition("The same again, in Python:\n\n")
    return rest.partition("\nFalsifying example")[0].partition("\nFailing test")[0]


def run_script(script: str) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "script", "exec"), {})
    return printed.getvalue().splitlines()


def test_an_overflow_in_a_token_is_found_and_made_short() -> None:
    error = failure_of(FaultyTokenMachine)
    assert isinstance(error, AssertionError)
    transfers = [step for step in steps_of(error) if step.startswith("transfer(")]
    # One transfer of 1 by an account with nothing, or of more than the supply.
    assert len(transfers) == 1
    assert "amount=1" in transfers[0]


def test_the_script_of_a_failure_does_it_again() -> None:
    error = failure_of(FaultyTokenMachine)
    script = script_in(error)
    assert "# transfer(" in script
    assert "chain.mine_blocks(1, interval=1000)" in script
    printed = run_script(script)
    assert printed[0].startswith("success, ")
    # The last call of the invariant is there with its answer: the supply, 1000.
    assert int(printed[-1], 16) == 1000
    balances = [int(line, 16) for line in printed[1:-1]]
    assert sum(balances) != 1000


class VaultMachine(ContractMachine):
    contract = CONTRACTS / "vault.wat"
    abi = CONTRACTS / "vault.json"
    schedule = "ewasm-metered"
    sender_count = 2
    strategies = {"deposit": {}}

    @initialize()
    def deploy_attacker(self) -> None:
        self.attacker: Deployed = self.deploy(
            "contracts/attacker.wat", CONTRACTS / "attacker.json", sender=9
        )

    @rule(value=st.integers(1, 1_000))
    def attack(self, value: int) -> None:
        self.send("attack", self.address, value=value, to=self.attacker)

    @invariant()
    def deposits_are_there(self) -> None:
        holders = [*self.accounts, self.attacker.address]
        deposits = [self.call("depositOf", holder) for holder in holders]
        total = sum(int.from_bytes(word[:8], "little") for word in deposits)
        assert self.balance(self.address) >= total


def test_a_reentrancy_is_found_and_made_short() -> None:
    error = failure_of(VaultMachine)
    assert isinstance(error, AssertionError)
    steps = [step for step in steps_of(error) if "deposits_are_there" not in step]
    assert [step.partition("(")[0] for step in steps] == [
        "deploy_attacker",
        "deposit",
        "attack",
        "teardown",
    ]
    printed = run_script(script_in(error))
    assert [line.partition(",")[0] for line in printed[:3]] == ["success"] * 3


class CountedMachine(ContractMachine):
    """The counter has no fault, but its owner may expect the wrong thing."""

    contract = EXAMPLES / "counter" / "counter.wasm"
    schedule = "ewasm-metered"


COUNTER_ABI = b"""[
  {"type": "function", "name": "increment", "inputs": [], "outputs": []},
  {"type": "function", "name": "get", "stateMutability": "view", "inputs": [],
   "outputs": [{"type": "uint256", "name": ""}]},
  {"type": "function", "name": "missing", "inputs": [], "outputs": []}]"""


def test_a_bound_on_gas_is_exact() -> None:
    """The first increment makes a slot, the others change it."""

    class Exact(CountedMachine):
        abi = COUNTER_ABI
        left_out = ("missing",)
        gas_bounds = {"increment": 55_817}

    class OneLess(Exact):
        gas_bounds = {"increment": 55_816}

    run_state_machine_as_test(Exact, settings=settings(FIXED, max_examples=3))
    error = failure_of(OneLess)
    assert isinstance(error, GasBoundExceeded)
    assert (error.gas_used, error.bound) == (55_817, 55_816)


def test_reverts_are_allowed_unless_the_class_says_no() -> None:
    class Strict(CountedMachine):
        abi = COUNTER_ABI
        allow_reverts = False

    class Lenient(CountedMachine):
        abi = COUNTER_ABI

    error = failure_of(Strict)
    assert isinstance(error, UnexpectedRevert)
    assert (error.call, error.reason) == ("missing()", None)
    run_state_machine_as_test(Lenient, settings=settings(FIXED, max_examples=3))


TRAPPING = """(module (import "ethereum" "getCallDataSize" (func (result i32)))
  (memory (export "memory") 1) (func (export "main") unreachable))"""


def test_traps_fail_unless_the_class_allows_them(tmp_path: Path) -> None:
    path = tmp_path / "trap.wat"
    path.write_text(TRAPPING)

    class Trapping(ContractMachine):
        contract = path
        abi = COUNTER_ABI
        schedule = "ewasm-metered"

    class Allowed(Trapping):
        allow_failures = True

    error = failure_of(Trapping)
    assert isinstance(error, UnexpectedFailure)
    assert error.error == "unreachable"
    run_state_machine_as_test(Allowed, settings=settings(FIXED, max_examples=3))
