"""ContractMachine: a Hypothesis state machine with rules generated from an ABI."""

import keyword
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, StopTest
from hypothesis.stateful import RuleBasedStateMachine, rule

from chain_sim.ethereum.abi.functions import AbiFunction
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.text import Address
from contract_testing.properties.contract_abi import ContractAbi
from contract_testing.properties.failures import NoContract
from contract_testing.properties.named_address import (
    ZERO_ADDRESS,
    NamedAddress,
    of_account,
)
from contract_testing.properties.strategies import Strategy, numbers, strategy_for
from contract_testing.properties.transacting import (
    Transacting,
    contract_file,
    parameter_names,
    read_abi_file,
)
from contract_testing.properties.world import World

ONE_ETHER = 10**18
# Parameters of a generated rule in addition to the function's own.
TAKEN_NAMES = ("self", "sender", "value")


class ContractMachine(Transacting, RuleBasedStateMachine):
    """A state machine about one contract; see docs/properties.md.

    A subclass sets `contract` (a .wasm or .wat file, or bytes) and `abi` (Solidity's
    JSON); paths are relative to the file of the class. It gets a rule for each function
    that may change state, and adds rules, preconditions and invariants of its own. Each
    example begins on the same chain: the contract deployed, and `set_up` done.

    * `is_init_code`: the module runs once and returns the contract.
    * `left_out`: names of functions that get no rule.
    * `strategies`: by function and parameter, strategies in place of the type's.
    * `gas_bounds`: by function, the most gas that a transaction may take: a number, or
      a function of those arguments that it names.
    * `allow_reverts`, `allow_failures`: whether a transaction may end so.
    * `max_seconds`: above 0, a rule `wait` lets so much time pass at most.
    * `sender_count`: how many of the ten developer accounts send.
    * `schedule`, `engine`: as the local chain's.
    """

    contract: ClassVar[bytes | Path | str | None] = None
    abi: ClassVar[bytes | Path | str | None] = None
    is_init_code: ClassVar[bool] = False
    left_out: ClassVar[Sequence[str]] = ()
    strategies: ClassVar[Mapping[str, Mapping[str, Strategy]]] = {}
    max_seconds: ClassVar[int] = 0
    sender_count: ClassVar[int] = 4
    schedule: ClassVar[str | None] = None
    engine: ClassVar[str] = "interpreter"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.abi is None:
            return
        rules = _rules_of(cls, contract_abi(cls))
        inherited = [name for name in dir(cls) if _is_made(getattr(cls, name))]
        for name in inherited:
            setattr(cls, name, None)
        for name, made in rules.items():
            # What a class defines itself, it keeps.
            if name in inherited or not hasattr(cls, name):
                setattr(cls, name, made)

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        machine = type(self)
        world = world_of(machine)
        abi = contract_abi(machine)
        Transacting.__init__(self, world, abi, self.sender_count, folder_of(machine))

    @classmethod
    def set_up(cls, chain: Blockchain, contract: Address) -> None:
        """Prepare the chain, once, for every example; nothing by default."""

    def teardown(self) -> None:
        """Add the script of the example to a failure's notes.

        An override must call this.
        """
        error = sys.exception()
        if error is not None and not isinstance(error, HypothesisException | StopTest):
            error.add_note(f"The same again, in Python:\n\n{self.script()}")


def _is_made(found: Any) -> bool:
    return getattr(found, "is_made_of_abi", False) is True


@lru_cache(maxsize=64)
def world_of(machine: type[ContractMachine]) -> World:
    """The machine's chain, made at its first example."""
    if machine.contract is None:
        raise NoContract(machine.__name__)
    file = contract_file(
        machine.contract,
        folder_of(machine, "contract"),
        is_init_code=machine.is_init_code,
    )
    return World(file, machine.set_up, schedule=machine.schedule, engine=machine.engine)


@lru_cache(maxsize=64)
def contract_abi(machine: type[ContractMachine]) -> ContractAbi:
    """The machine's ABI."""
    if machine.abi is None:
        raise NoContract(machine.__name__)
    return read_abi_file(machine.abi, folder_of(machine, "abi"))


def folder_of(machine: type[ContractMachine], attribute: str | None = None) -> Path:
    """The folder that paths are relative to: that of the class's file.

    For an attribute, of the class that sets it.
    """
    owners = [kind for kind in machine.__mro__ if attribute in vars(kind)]
    module = sys.modules.get((owners[0] if owners else machine).__module__)
    file = getattr(module, "__file__", None)
    return Path.cwd() if file is None else Path(file).resolve().parent


def _rules_of(
    machine: type[ContractMachine], abi: ContractAbi
) -> dict[str, Callable[..., None]]:
    """By name, a rule for each function that may change state, and one to wait."""
    known = known_addresses(machine)
    senders = st.sampled_from(known[: machine.sender_count])
    changing = [
        function
        for function in abi.functions
        if not function.is_read_only
        and function.name not in machine.left_out
        and function.signature not in machine.left_out
    ]
    names = [function.name for function in changing]
    rules = {}
    for function in changing:
        name = function.name
        if names.count(name) > 1:
            name = "_".join([name, *map(_as_word, function.type_texts)])
        if hasattr(ContractMachine, name) or keyword.iskeyword(name):
            name += "_"
        rules[name] = _rule_of(machine, name, function, senders, known)
    if machine.max_seconds > 0:
        rules["wait"] = _waiting_rule(machine.max_seconds)
    return rules


def _as_word(type_text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in type_text)


def _rule_of(
    machine: type[ContractMachine],
    name: str,
    function: AbiFunction,
    senders: Strategy,
    known: Sequence[NamedAddress],
) -> Callable[..., None]:
    given = {
        **machine.strategies.get(function.name, {}),
        **machine.strategies.get(function.signature, {}),
    }
    arguments: dict[str, Strategy] = {"sender": senders}
    words = {}
    for param, title in zip(function.params, parameter_names(function), strict=True):
        word = title + "_" * (title in TAKEN_NAMES or keyword.iskeyword(title))
        words[word] = title
        arguments[word] = (
            given[title] if title in given else strategy_for(param.type, known)
        )
    if function.is_payable:
        arguments["value"] = numbers(0, 10 * ONE_ETHER)

    def transact(self: ContractMachine, **drawn: Any) -> None:
        sender, value = drawn["sender"], drawn.get("value", 0)
        values = [drawn[word] for word in words]
        self.send(function.signature, *values, sender=sender, value=value)

    return _made(name, f"Send `{function.signature}`.", arguments, transact)


def _waiting_rule(most: int) -> Callable[..., None]:
    def transact(self: ContractMachine, seconds: int) -> None:
        self.wait_for(seconds)

    return _made("wait", "Let time pass.", {"seconds": numbers(1, most)}, transact)


def _made(
    name: str,
    about: str,
    arguments: Mapping[str, Strategy],
    transact: Callable[..., None],
) -> Callable[..., None]:
    transact.__name__ = transact.__qualname__ = name
    transact.__doc__ = about
    decorate: Callable[..., Callable[..., None]] = rule(**dict[str, Any](arguments))
    made = decorate(transact)
    made.is_made_of_abi = True  # type: ignore[attr-defined]
    return made


def known_addresses(machine: type[ContractMachine]) -> tuple[NamedAddress, ...]:
    """The senders first, then the contract's address, and zero."""
    first = DEVELOPER_ACCOUNTS[0].address
    return (
        *(
            of_account(account.index, account.address)
            for account in DEVELOPER_ACCOUNTS[: machine.sender_count]
        ),
        NamedAddress(contract_address(first, 0), "contract"),
        ZERO_ADDRESS,
    )
