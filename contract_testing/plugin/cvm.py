"""`cvm`: what a test has of contractvm, in one fixture."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coincurve import PrivateKey

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.arguments import as_data
from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, Address, keccak256
from contract_testing.contracts.abi import looks_like_content
from contract_testing.contracts.connection import ChainConnection, Options
from contract_testing.contracts.contract import Contract
from contract_testing.contracts.errors import UnfitValue
from contract_testing.contracts.failures import failure_of
from contract_testing.contracts.receipt import Receipt
from contract_testing.contracts.values import address_of, ether, wei
from contract_testing.plugin.gas_values import GasValues
from contract_testing.plugin.reverts import Expected, Reverts
from contract_testing.plugin.world import World
from contractvm.runtime.module_source import ARTEFACT_SUFFIX

if TYPE_CHECKING:
    from contract_testing.plugin.cosmos import SessionCosmosChain

FUNDS = ether(10_000)
DURATION = re.compile(r"([0-9]{1,12})(s|m|h|d|)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
MAX_NAME = 32


class Accounts:
    """The developer accounts by number, and others by name, which have keys too."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getitem__(self, which: int | str) -> DeveloperAccount:
        """`accounts[0]`, `accounts["alice"]`; IndexError, ValueError for no name."""
        if isinstance(which, int):
            return self._world.chain.accounts[which]
        book, known = self._world.book, self._world.book.names.get(which)
        if known is not None and known in book.accounts:
            return book.accounts[known]
        if known is not None or not 1 <= len(which) <= MAX_NAME:
            raise ValueError(f"{which!r} is no name of an account")
        account = named_account(which)
        book.names[which] = bytes(account.address)
        book.accounts[bytes(account.address)] = account
        self._world.chain.edits.set_balance(account.address, FUNDS)
        return account

    def __len__(self) -> int:
        return len(self._world.chain.accounts)

    def __iter__(self) -> Iterator[DeveloperAccount]:
        return iter(self._world.chain.accounts)


def named_account(name: str) -> DeveloperAccount:
    """The account of a name, the same in every test."""
    key = bytes(keccak256(f"contractvm:{name}".encode()))
    public = PrivateKey(key).public_key.format(compressed=False)[1:]
    return DeveloperAccount(-1, Address(keccak256(public)[-ADDRESS_BYTES:]), key)


class Cvm:
    """The session's chain with what tests do to it.

    `chain` is a Blockchain, `accounts` its accounts, `gas` measures.
    """

    def __init__(self, world: World, folders: Callable[[], tuple[Path, ...]]) -> None:
        self._world = world
        self._folders = folders
        self.chain = world.chain
        self.accounts = Accounts(world)
        self.gas = GasValues(world)

    @property
    def cosmos(self) -> "SessionCosmosChain":
        """A CosmosChain, made on first use."""
        return self._world.cosmos

    # Contracts

    def deploy(
        self, code: Any, *arguments: Any, abi: Any = None, **options: Any
    ) -> Any:
        """A new contract, as Contract.deploy makes it.

        Paths are relative to the file of the running test, or to the project. Without
        `abi`, that of an artefact is taken, or `NAME.json` beside `NAME.wasm`. With
        `schema`, it is one of CosmWasm on `cosmos`, as CosmosContract.deploy makes it.
        """
        if "schema" in options:
            return self._deploy_cosmos(code, **options)
        if isinstance(code, str | Path) and "\n" not in str(code):
            code = self._find(code)
            if abi is None:
                abi = abi_beside(code)
        found = None if abi is None else self._found(abi)
        return Contract.deploy(
            self.chain, code, *arguments, abi=found, **self._paths(options)
        )

    def _deploy_cosmos(self, code: Any, *, schema: Any, **options: Any) -> Any:
        from contract_testing.cosmwasm.contract import (  # noqa: PLC0415 (few use it)
            CosmosContract,
        )

        if isinstance(code, str | Path) and "\n" not in str(code):
            code = self._find(code)
        found = self._found(schema)
        return CosmosContract.deploy(self.cosmos, code, schema=found, **options)

    def load(self, address: Any, abi: Any, **options: Any) -> Any:
        """The contract at an address."""
        return Contract(address, self._found(abi), self.chain, **self._paths(options))

    def call(
        self, to: Any, data: bytes | str = b"", **options: Any
    ) -> TransactionResult:
        """The result of a call with this data, as Blockchain.call gives it."""
        if options.get("sender") is None and self._world.book.senders:
            options["sender"] = self.address(self._world.book.senders[-1])
        return self.chain.call(self.address(to), data, **options)

    def send(
        self, to: Any, data: bytes | str = b"", *, check: bool = True, **options: Any
    ) -> Receipt:
        """The receipt of a transaction with this data.

        Options are those of a contract's functions. Raises ContractFailure unless
        `check` is False.
        """
        connection, address = ChainConnection(self.chain), self.address(to)
        given = {**options, "value": wei(options.get("value", 0))}
        made = connection.send(address, as_data(data), Options(**given))
        receipt = Receipt(made, connection)
        if check and not made.succeeded:
            abi = self._world.book.abi_at(address)
            failure = failure_of(
                made.error,
                made.output,
                made.gas_used,
                () if abi is None else abi.errors,
                self._world.book.errors(),
            )
            name = f"transaction to {self._world.book.name_of(address)}"
            raise failure.in_call(name, made.output, receipt, lambda: receipt.where)
        return receipt

    def address(self, of: Any) -> Address:
        """The address of a contract, an account, or what has this name."""
        return Address(address_of(of, self._world.book.names.get, "address"))

    # Expectations

    def reverts(
        self, expected: Expected = None, *, panic: int | None = None, **wanted: Any
    ) -> Reverts:
        """A block whose one failing message reverts as expected; it ends there.

        A text is the exact reason, a pattern is searched in it; a class of failures may
        have some arguments, an instance has all. Anything else that fails is an
        AssertionError; a trap or a lack of gas never is any revert.
        """
        return Reverts(self._world, expected, panic, wanted)

    # Circumstances

    @contextmanager
    def prank(self, sender: Any) -> Iterator[None]:
        """Make this the sender where none is given; it needs no key."""
        with self._world.book.sending(self.address(sender)):
            yield

    def deal(self, account: Any, balance: int | str) -> None:
        """Set the ether of an account, in wei or as "1.5 ether"."""
        self.chain.edits.set_balance(self.address(account), wei(balance, "balance"))

    def set_code(self, account: Any, code: bytes | str) -> None:
        """Set the code of an account."""
        self.chain.edits.set_code(self.address(account), code)

    def set_storage(self, account: Any, slot: int | bytes, value: int | bytes) -> None:
        """Set a slot of a contract's storage to a number, or to 32 bytes."""
        content = value.to_bytes(32, "big") if isinstance(value, int) else value
        self.chain.edits.set_storage(self.address(account), slot, content)

    def warp(self, timestamp: int | None = None, *, by: int | str | None = None) -> int:
        """Give the next block a time, or make it later: `by="7d"`; returns it."""
        if (timestamp is None) == (by is None):
            raise TypeError("warp() takes a timestamp, or by=")
        if timestamp is not None:
            self.chain.clock.set(timestamp)
            return timestamp
        return self.chain.clock.advance(duration(by))

    def roll(self, block: int | None = None, *, by: int | None = None) -> int:
        """Make empty blocks, up to a number or so many. Returns the head's number."""
        if (block is None) == (by is None):
            raise TypeError("roll() takes a block's number, or by=")
        number = self.chain.head.header.number
        count = by if by is not None else (block or 0) - number
        if count < 0:
            raise UnfitValue("block", f"{block} is before the head, {number}")
        self.chain.mine_blocks(count)
        return self.chain.head.header.number

    @contextmanager
    def receipts(self) -> Iterator[list[TransactionReceipt]]:
        """The receipts of all transactions until the end of the block."""
        found: list[TransactionReceipt] = []
        with self._world.noting(lambda receipt, _: found.append(receipt)):
            yield found

    def snapshot(self) -> int:
        """Remember the state, for `revert`."""
        return self.chain.snapshot()

    def revert(self, snapshot: int) -> None:
        """Go back; raises SnapshotOutOfScope for a snapshot from before the test."""
        self.chain.revert(snapshot)

    # Paths

    def _find(self, path: str | Path) -> Path:
        for folder in self._folders():
            found = folder.joinpath(path)
            if found.exists():
                return found
        return Path(path)

    def _found(self, abi: Any) -> Any:
        is_path = isinstance(abi, str) and not looks_like_content(abi)
        if is_path or isinstance(abi, Path):
            return self._find(abi)
        return [] if abi is None else abi

    def _paths(self, options: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(options)
        if isinstance(found.get("debug_module"), str | Path):
            found["debug_module"] = self._find(found["debug_module"])
        return found


def abi_beside(path: Path) -> Path | None:
    """`NAME.json` beside `NAME.wasm`, if it is there."""
    if path.name.endswith(ARTEFACT_SUFFIX):
        return None
    beside = path.with_name(f"{path.name.partition('.')[0]}.json")
    return beside if beside.is_file() else None


def duration(given: int | str | None) -> int:
    """Seconds; text has a unit: 90s, 10m, 2h, 7d."""
    if isinstance(given, int):
        return given
    found = DURATION.fullmatch(given or "")
    if found is None:
        raise UnfitValue("by", f"{given!r} is no duration: write 90, 10m, 2h or 7d")
    return int(found[1]) * SECONDS[found[2]]
