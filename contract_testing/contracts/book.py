"""What is known of a chain besides its blocks: ABIs, names, debug builds, senders."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.primitives.text import Address, format_address
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.descriptions import ErrorShape
from contractvm.errors import ContractVmError
from contractvm.ledger.debug_files import read_debug_build
from contractvm.ledger.debug_info import DebugBuild, DebugInfo, code_section
from contractvm.runtime.module_source import ARTEFACT_SUFFIX


@dataclass(slots=True)
class Entry:
    """A contract that is known on a chain."""

    abi: AbiContent
    label: str
    source: str = ""

    @property
    def full_name(self) -> str:
        """`vault.wasm:Vault`."""
        return f"{self.source}:{self.label}" if self.source else self.label


@dataclass(slots=True)
class Book:
    """The contracts, names and accounts that objects of one chain share."""

    contracts: dict[bytes, Entry] = field(default_factory=dict)
    names: dict[str, bytes] = field(default_factory=dict)
    accounts: dict[bytes, DeveloperAccount] = field(default_factory=dict)
    senders: list[Any] = field(default_factory=list)
    builds: dict[bytes, DebugBuild] = field(default_factory=dict)
    beside: dict[bytes, Path] = field(default_factory=dict)
    sources: list[Path] = field(default_factory=list)

    def copy(self) -> "Book":
        """As it is now, for a later `restore`."""
        return Book(
            dict(self.contracts),
            dict(self.names),
            dict(self.accounts),
            list(self.senders),
            dict(self.builds),
            dict(self.beside),
            list(self.sources),
        )

    def restore(self, other: "Book") -> None:
        """Be as `other` was, which may be used again."""
        copied = other.copy()
        for name in self.__slots__:
            setattr(self, name, getattr(copied, name))

    def register(self, address: bytes, abi: AbiContent, label: str) -> None:
        """Learn a contract; what is known of where its code is from stays."""
        known = self.contracts.get(bytes(address))
        source = "" if known is None else known.source
        self.contracts[bytes(address)] = Entry(abi, label, source)
        if label:
            self.names.setdefault(label, bytes(address))

    def abi_at(self, address: bytes) -> AbiContent | None:
        """The ABI of a contract; None where none is known."""
        entry = self.contracts.get(bytes(address))
        return None if entry is None else entry.abi

    def errors(self) -> Iterator[ErrorShape]:
        """The errors of all known contracts."""
        for entry in self.contracts.values():
            yield from entry.abi.errors

    def name_of(self, address: bytes) -> str:
        """An account's or a contract's name; else the address."""
        account = self.accounts.get(bytes(address))
        if account is not None and account.index >= 0:
            return f"accounts[{account.index}]"
        for name, known in self.names.items():
            if known == address:
                return name
        return format_address(Address(bytes(address)))

    @contextmanager
    def sending(self, sender: Any) -> Iterator[None]:
        """Make this the sender where none is given."""
        self.senders.append(sender)
        try:
            yield
        finally:
            if sender in self.senders:
                self.senders.reverse()
                self.senders.remove(sender)
                self.senders.reverse()

    def learn_build(self, path: Path) -> None:
        """Use a debug build for the code that has the same code section.

        Raises OSError, MalformedModule for no module, MalformedText, and
        MalformedSourceMap for the map of a module.
        """
        content = read_debug_build(path)
        build = DebugBuild(content)
        self.builds[code_section(content)] = build
        self.sources.append(path.parent)

    def learn_build_beside(self, path: Path, code: bytes) -> None:
        """Use `NAME.debug.wasm` beside `NAME.wasm`, if it is a build of `code`.

        Else the file itself: text has lines, and a module may have a source map. It is
        read when somebody asks; a file that cannot be used is no help.
        """
        with suppress(IndexError):  # what is no module
            self.beside[code_section(code)] = path

    def _build(self, code: bytes) -> DebugBuild | None:
        section = code_section(code)
        path = self.beside.pop(section, None)
        if path is not None and section not in self.builds:
            with suppress(OSError, ContractVmError, IndexError):
                self._read_beside(path, section)
        return self.builds.get(section)

    def _read_beside(self, path: Path, section: bytes) -> None:
        beside = path.with_name(f"{path.name.partition('.')[0]}.debug.wasm")
        if beside.is_file() and code_section(beside.read_bytes()) == section:
            self.learn_build(beside)
        elif not path.name.endswith(ARTEFACT_SUFFIX):
            self.learn_build(path)

    def build_of(self, code: bytes) -> bytes:
        """The debug build of a contract's code, or the code itself."""
        build = self._build(code)
        return code if build is None else build.content

    def debug_info(self, code: bytes) -> DebugInfo:
        """What is known of a contract's code."""
        build = self._build(code)
        return DebugInfo.of_code(code) if build is None else build.find(code)


books: WeakKeyDictionary[Any, Book] = WeakKeyDictionary()


def book_of(chain: Any) -> Book:
    """The book of a chain, made on first use."""
    book = books.get(chain)
    if book is None:
        book = books[chain] = Book()
        book.accounts = {bytes(account.address): account for account in chain.accounts}
    return book
