"""Sending and calling from a machine: by function name, with decoded answers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from chain_sim.ethereum.abi.functions import AbiFunction, revert_reason
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.arguments import AddressLike, as_address
from chain_sim.ethereum.primitives.text import Address, format_data
from contract_testing.properties.contract_abi import (
    ContractAbi,
    Event,
    decode_results,
    encode_arguments,
)
from contract_testing.properties.failures import (
    CallFailed,
    DeploymentFailed,
    UnexpectedFailure,
    UnexpectedRevert,
    UnexpectedSuccess,
)
from contract_testing.properties.gas_bounds import GasBound, check_bound
from contract_testing.properties.named_address import NamedAddress
from contract_testing.properties.script import (
    call_line,
    deploy_line,
    script_of,
    send_line,
    wait_line,
)
from contract_testing.properties.world import ContractFile, World
from contractvm.runtime.module_source import module_bytes
from gas_schedule.arguments import as_path, wrong_type

Expectation = Literal["success", "revert", "any"]
Who = int | AddressLike
"""An account by its place among the developer accounts, or by its address."""

WANTED_ACCOUNT = (
    "a developer account (its place from 0 to 9, its address in any form, or an object"
    " with one)"
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on the chain, with its ABI."""

    address: NamedAddress
    abi: ContractAbi


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of a transaction.

    `value` is the function's result, a tuple where there are several; `reason` the text
    that a revert gave. `error` is None for a success and for a revert.
    """

    function: AbiFunction
    arguments: tuple[Any, ...]
    sender: NamedAddress
    receipt: TransactionReceipt
    value: Any
    events: tuple[Event, ...]

    @property
    def call(self) -> str:
        """`transfer(accounts[1], 5)`."""
        return call_text(self.function, self.arguments)

    @property
    def succeeded(self) -> bool:
        """True if the contract neither failed nor reverted."""
        return self.receipt.succeeded

    @property
    def is_reverted(self) -> bool:
        """True if the contract reverted."""
        return not self.receipt.succeeded and self.receipt.error is None

    @property
    def error(self) -> str | None:
        """Why the contract was stopped."""
        return self.receipt.error

    @property
    def reason(self) -> str | None:
        """The text of a revert."""
        return None if self.succeeded else revert_reason(self.receipt.output)

    @property
    def gas_used(self) -> int:
        """The gas that the transaction paid for."""
        return self.receipt.gas_used


class Transacting:
    """The actions of a machine on its chain; keeps their script."""

    allow_reverts: ClassVar[bool] = True
    allow_failures: ClassVar[bool] = False
    gas_bounds: ClassVar[Mapping[str, GasBound]] = {}

    def __init__(
        self, world: World, abi: ContractAbi, sender_count: int, folder: Path
    ) -> None:
        world.begin()
        self.chain = world.chain
        self.contract_under_test = Deployed(world.contract, abi)
        self.address = world.contract
        self.accounts = world.accounts[:sender_count]
        self.gas_spent = 0
        self._world = world
        self._folder = folder
        self._set_up_end = world.chain.head.header.number
        self._steps: list[str] = []
        self._calls: list[str] = []
        self._others = 0

    # Public

    def send(
        self,
        function: str,
        *arguments: Any,
        sender: Who = 0,
        value: int = 0,
        to: Deployed | None = None,
        gas_limit: int | None = None,
        expect: Expectation | None = None,
    ) -> Sent:
        """Send a transaction, which makes a block; check how it ends.

        `expect` is "success", "revert" or "any"; left out, the class says: a revert is
        allowed, a trap fails. `sender` is a developer account; raises TypeError for
        another, and InvalidText for a text that is no address.
        """
        target = to or self.contract_under_test
        found = target.abi.function(function)
        data = encode_arguments(found, arguments)
        who = self._signer(sender)
        self._calls.clear()
        call = call_text(found, arguments)
        self._steps.append(send_line(target.address, data, who, value, call))
        receipt = self.chain.send(
            Address(target.address),
            data,
            sender=Address(who),
            value=value,
            gas_limit=gas_limit,
        )
        self.gas_spent += receipt.gas_used
        result = decode_results(found, receipt.output) if receipt.succeeded else None
        events = tuple(target.abi.event(log) for log in receipt.logs)
        sent = Sent(found, arguments, who, receipt, result, events)
        self.after_send(sent)
        self._judge(sent, expect)
        self._check_gas(sent)
        return sent

    def after_send(self, sent: Sent) -> None:
        """Look at a transaction, whatever sent it; nothing by default."""

    def call(
        self,
        function: str,
        *arguments: Any,
        sender: Who = 0,
        value: int = 0,
        to: Deployed | None = None,
    ) -> Any:
        """The function's result now, a tuple of several; the chain does not change.

        Raises CallFailed if it reverts, fails, or returns something else.
        """
        found, result = self._ask(function, arguments, sender, value, to)
        answer = decode_results(found, result.output)
        if answer is None and found.results:
            types = ",".join(found.result_texts)
            reason = f"output {format_data(result.output)} is no ({types})"
            raise CallFailed(call_text(found, arguments), reason)
        return answer

    def gas_of(
        self,
        function: str,
        *arguments: Any,
        sender: Who = 0,
        value: int = 0,
        to: Deployed | None = None,
    ) -> int:
        """The gas of the transaction if it were sent now; the chain does not change.

        Raises CallFailed if it reverts or fails.
        """
        return self._ask(function, arguments, sender, value, to)[1].gas_used

    @contextmanager
    def gas_at_most(self, bound: int) -> Iterator[None]:
        """Raise GasBoundExceeded if the transactions inside use more in total."""
        before = self.gas_spent
        yield
        check_bound("what was sent", self.gas_spent - before, bound, {})

    def deploy(
        self,
        code: bytes | Path | str,
        abi: bytes | Path | str,
        *,
        sender: Who = 0,
        is_init_code: bool = False,
    ) -> Deployed:
        """Create another contract: bytes, or the path of a .wasm or .wat file.

        Paths are relative to the file of the class.
        """
        file = contract_file(code, self._folder, is_init_code=is_init_code)
        who = self._signer(sender)
        self._steps.append(deploy_line(file, who))
        receipt = self.chain.deploy(
            file.code, sender=Address(who), is_init_code=is_init_code
        )
        self.gas_spent += receipt.gas_used
        if receipt.contract_address is None:
            raise DeploymentFailed(file.name, receipt.error or "it reverted")
        self._others += 1
        address = NamedAddress(receipt.contract_address, f"other{self._others}")
        return Deployed(address, read_abi_file(abi, self._folder))

    def wait_for(self, seconds: int) -> None:
        """Let time pass: an empty block comes `seconds` after the last."""
        self._steps.append(wait_line(seconds))
        self.chain.mine_blocks(1, interval=seconds)

    def balance(self, address: AddressLike) -> int:
        """An account's ether, in wei."""
        return self.chain.balance(address)

    def script(self) -> str:
        """Python that repeats everything, with the calls since the last change."""
        steps = [*self._steps, *self._calls]
        return script_of(self._world, self._set_up_end, steps)

    # Inside

    def _signer(self, sender: Who) -> NamedAddress:
        """A developer account."""
        found = self._account(sender)
        if found.account_index is None:
            raise wrong_type("sender", WANTED_ACCOUNT, sender)
        return found

    def _account(self, sender: Who) -> NamedAddress:
        """A developer account, or any other address."""
        accounts = self._world.accounts
        if isinstance(sender, NamedAddress):
            return sender
        if not isinstance(sender, int):
            address = as_address(sender, "sender")
            named = (account for account in accounts if bytes(account) == address)
            return next(named, NamedAddress(address))
        if isinstance(sender, bool) or not 0 <= sender < len(accounts):
            raise wrong_type("sender", WANTED_ACCOUNT, sender)
        return accounts[sender]

    def _ask(
        self,
        function: str,
        arguments: Sequence[Any],
        sender: Who,
        value: int,
        to: Deployed | None,
    ) -> tuple[AbiFunction, TransactionResult]:
        target = to or self.contract_under_test
        found = target.abi.function(function)
        data = encode_arguments(found, arguments)
        who = self._account(sender)
        call = call_text(found, arguments)
        self._calls.append(call_line(target.address, data, who, call))
        result = self.chain.call(
            Address(target.address), data, sender=Address(who), value=value
        )
        if not result.succeeded:
            reason = result.error or revert_reason(result.output)
            raise CallFailed(call, reason or "it reverts without a reason")
        return found, result

    def _judge(self, sent: Sent, expect: Expectation | None) -> None:
        if expect == "any":
            return
        if sent.succeeded:
            if expect == "revert":
                raise UnexpectedSuccess(sent.call)
        elif sent.error is not None:
            if not self.allow_failures or expect is not None:
                raise UnexpectedFailure(sent.call, sent.error)
        elif expect == "success" or (expect is None and not self.allow_reverts):
            raise UnexpectedRevert(sent.call, sent.reason)

    def _check_gas(self, sent: Sent) -> None:
        function = sent.function
        bound = self.gas_bounds.get(function.signature)
        if bound is None:
            bound = self.gas_bounds.get(function.name)
        if bound is not None:
            names = parameter_names(function)
            given = dict(zip(names, sent.arguments, strict=True))
            check_bound(function.name, sent.gas_used, bound, given)


def parameter_names(function: AbiFunction) -> list[str]:
    """The parameters' names; `arg1` for the second where it has none."""
    return [param.name or f"arg{place}" for place, param in enumerate(function.params)]


def call_text(function: AbiFunction, arguments: Sequence[Any]) -> str:
    """`transfer(accounts[1], 5)`."""
    return f"{function.name}({', '.join(map(repr, arguments))})"


def contract_file(
    code: bytes | Path | str, folder: Path, *, is_init_code: bool
) -> ContractFile:
    """A contract that was given as bytes, or by its path from a folder."""
    if isinstance(code, bytes | bytearray | memoryview):
        return ContractFile(bytes(code), None, is_init_code)
    path = folder.joinpath(as_path(code, "contract", "a module's bytes or path"))
    return ContractFile(module_bytes(path), path, is_init_code)


def read_abi_file(abi: bytes | Path | str, folder: Path) -> ContractAbi:
    """An ABI that was given as the file's content, or by its path from a folder."""
    if not isinstance(abi, bytes | bytearray | memoryview):
        abi = folder.joinpath(
            as_path(abi, "abi", "an ABI's bytes or path")
        ).read_bytes()
    return ContractAbi(bytes(abi))
