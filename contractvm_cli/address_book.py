"""The address book of a project: names of accounts and contracts, chain by chain.

The file is rewritten as a whole, under a lock, so that shells at the same time lose
nothing; one that cannot be read is never written.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from chain_sim.ethereum.primitives.text import Address, InvalidText, parse_address
from contractvm.errors import ContractVmError
from contractvm.nesting import TooDeep, check_json_nesting
from contractvm_cli.failures import CommandFailed
from contractvm_cli.options import lock_wait
from contractvm_cli.settings import own_folder
from gas_schedule.bounded_files import read_bounded

NAME = re.compile(r"[A-Za-z_.][A-Za-z0-9_.-]{0,31}")
NAME_RULE = "1 to 32 letters, digits and _ . - that begin with a letter, _ or ."
NUMBERED_NAME = re.compile(rf"({NAME.pattern})(?:#([1-9][0-9]{{0,5}}))?")
BOOK_NAME = "book.json"
LOCK_NAME = "book.lock"
MAX_BOOK_BYTES = 1 << 22
MAX_ENTRIES = 10_000
MAX_LABEL = 200
MAX_NESTING = 8
SECONDS_BETWEEN_TRIES = 0.02


class InvalidBook(ContractVmError):
    """The address book is damaged, or was written by something else.

    `place` is a byte or a path in the document.
    """

    def __init__(self, path: Path, place: str, reason: str) -> None:
        super().__init__(
            f"{path}: {place}: {reason}; mend the file or move it away: it was left"
            " as it is"
        )
        self.path = path
        self.place = place
        self.reason = reason


class BookEntry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An account that has a name; `abi` is the path of a file."""

    address: str
    abi: str | None = None
    label: str = ""


Entries = dict[str, list[BookEntry]]
"""Entries by name, those of one name in the order in which they were added."""


class BookDocument(Struct, forbid_unknown_fields=True):
    """The file. A chain is named by its chain id and the hash of its genesis block."""

    format: Literal["contractvm-book"] = "contractvm-book"
    version: Literal[1] = 1
    chains: dict[str, Entries] = field(default_factory=dict)


def book_path() -> Path:
    """Where the book is."""
    return own_folder() / BOOK_NAME


def project_path(text: str) -> Path:
    """A file that the book names."""
    return book_path().parent.parent.joinpath(text)


def path_in_project(path: Path) -> str:
    """A file as the book names it: from the project's folder, where it is in there."""
    root = Path(os.path.abspath(book_path().parent.parent))
    absolute = Path(os.path.abspath(path))
    inside = absolute.is_relative_to(root)
    return str(absolute.relative_to(root) if inside else absolute)


def read_book(path: Path) -> BookDocument:
    """The book at `path`, empty if there is none; raises InvalidBook and OSError."""
    try:
        content = read_bounded(path, MAX_BOOK_BYTES)
    except FileNotFoundError:
        return BookDocument()
    try:
        check_json_nesting(content, MAX_NESTING)
        book = msgspec.json.decode(content, type=BookDocument)
    except TooDeep as error:
        raise InvalidBook(path, "the document", str(error)) from error
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise InvalidBook(path, place.strip("`") or "$", reason) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidBook(path, "the document", str(error)) from error
    require_valid(path, book)
    return book


def require_valid(path: Path, book: BookDocument) -> None:
    """Raise InvalidBook for what a name or an address may not be."""
    count = 0
    for chain, entries in book.chains.items():
        for name, found in entries.items():
            if not NAME.fullmatch(name):
                raise InvalidBook(path, f"$.chains[{chain!r}]", f"{name!r} is no name")
            count += len(found)
            for index, entry in enumerate(found):
                try:
                    parse_address(entry.address)
                except InvalidText as error:
                    place = f"$.chains[{chain!r}].{name}[{index}]"
                    raise InvalidBook(path, place, str(error)) from error
    if count > MAX_ENTRIES:
        raise InvalidBook(path, "$.chains", f"more than {MAX_ENTRIES} entries")


@contextmanager
def changed_book(path: Path, chain: str) -> Iterator[Entries]:
    """A chain's entries, to change; they are written at the end of the block.

    Raises InvalidBook and OSError, and CommandFailed where another process keeps the
    lock; then, and where the block raises, nothing is written.
    """
    from chain_sim.ethereum.documents.whole_files import (  # noqa: PLC0415 (tempfile)
        write_whole,
    )

    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(LOCK_NAME)):
        book = read_book(path)
        entries = book.chains.setdefault(chain, {})
        yield entries
        if not entries:
            del book.chains[chain]
        require_valid(path, book)
        content = msgspec.json.format(msgspec.json.encode(book, order="sorted"))
        write_whole(path, content.decode() + "\n")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """A lock that other processes respect, waited for as long as `--wait` says."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o666)
    deadline = time.monotonic() + lock_wait()
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise CommandFailed(
                        f"{path}: another process is writing the address book"
                    ) from error
            time.sleep(SECONDS_BETWEEN_TRIES)
        yield
    finally:
        os.close(descriptor)


def add_entry(entries: Entries, name: str, entry: BookEntry) -> None:
    """Make an account the newest of a name, and of no other place in it."""
    known = [one for one in entries.get(name, []) if one.address != entry.address]
    entries[name] = [*known, entry]


def find_entry(entries: Entries, text: str) -> BookEntry | None:
    """The entry of `NAME`, which is the newest, or of `NAME#2`; None without one."""
    parts = NUMBERED_NAME.fullmatch(text)
    found = [] if parts is None else entries.get(parts[1], [])
    index = len(found) if parts is None or parts[2] is None else int(parts[2])
    return found[index - 1] if 1 <= index <= len(found) else None


def entry_address(entry: BookEntry) -> Address:
    """The account's address."""
    return parse_address(entry.address)
