"""Names for accounts and transactions, as they are written on the command line."""

from collections.abc import Iterable

from chain_sim.ethereum.primitives.text import Address, InvalidText, parse_address
from contractvm_cli.address_book import (
    NAME,
    NAME_RULE,
    NUMBERED_NAME,
    BookEntry,
    book_path,
    find_entry,
    read_book,
)
from contractvm_cli.settings import current_project

DEVELOPER_MARK = "@"
LAST_CONTRACT = "$last"
LAST_TRANSACTION = "$tx"


class Name(str):
    """A name whose account or transaction is known when its chain is open."""

    __slots__ = ()


def named_account(text: str) -> Address | Name:
    """The account of `@3`, of an alias, of an address; or a name of the book.

    Raises InvalidText; for an alias of the project that is no address InvalidProject.
    """
    if text == LAST_CONTRACT:
        return Name(text)
    if text.startswith(DEVELOPER_MARK):
        return developer_address(text)
    if not NUMBERED_NAME.fullmatch(text):
        return parse_address(text)
    alias = alias_address(text)
    if alias is not None:
        return alias
    if not book_entries(text):
        reason = f"no such name in {book_path()}{nearest(text, known_names())}"
        raise InvalidText("an address", text, reason)
    return Name(text)


def named_sender(text: str) -> Address:
    """The account of a name that is the same on all chains; raises as above."""
    found = named_account(text)
    if not isinstance(found, Name):
        return found
    addresses = {entry.address for entry in book_entries(text)}
    if len(addresses) != 1:
        raise InvalidText("an account", text, "another on another chain")
    return parse_address(addresses.pop())


def developer_address(text: str) -> Address:
    """The address of `@3`; raises InvalidText."""
    from chain_sim.ethereum.blocks.accounts import (  # noqa: PLC0415 (a chain's)
        DEVELOPER_ACCOUNTS,
    )

    digits = text.removeprefix(DEVELOPER_MARK)
    for account in DEVELOPER_ACCOUNTS:
        if digits == str(account.index):
            return account.address
    last = DEVELOPER_ACCOUNTS[-1].index
    raise InvalidText("an account", text, f"there are @0 to @{last}")


def alias_address(name: str) -> Address | None:
    """The account of an alias of the project; None where there is none."""
    project = current_project()
    text = None if project is None else project.settings.aliases.get(name)
    if project is None or text is None:
        return None
    try:
        return parse_address(text)
    except InvalidText as error:
        raise project.invalid(("aliases", name), str(error)) from error


def book_entries(text: str) -> list[BookEntry]:
    """What a name stands for, on any chain."""
    chains = read_book(book_path()).chains.values()
    found = [find_entry(entries, text) for entries in chains]
    return [entry for entry in found if entry is not None]


def known_names() -> list[str]:
    """The names of the project and of the book, on any chain."""
    project = current_project()
    aliases = {} if project is None else project.settings.aliases
    chains = read_book(book_path()).chains.values()
    return sorted({*aliases, *(name for entries in chains for name in entries)})


def require_name(text: str) -> str:
    """The name; raises InvalidText for what may not be one."""
    if not NAME.fullmatch(text):
        raise InvalidText("a name", text, f"give {NAME_RULE}")
    return text


def nearest(text: str, known: Iterable[str]) -> str:
    """`: did you mean 'token'?`, or nothing."""
    from difflib import (  # noqa: PLC0415 (for failures only)
        get_close_matches,
    )

    near = get_close_matches(text, list(known), n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else ""
