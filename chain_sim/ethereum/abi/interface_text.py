"""Interfaces in Solidity's text: what `cargo stylus export-abi` prints."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chain_sim.ethereum.abi.errors import InvalidAbi

MAX_TEXT_BYTES = 256 * 1024
# Of a token in a message.
SHOWN_CHARACTERS = 80
MAX_STRUCT_DEPTH = 16
# Structs within structs multiply.
MAX_MEMBERS = 20_000
TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<word>[A-Za-z_$][A-Za-z0-9_$.]*)"
    r"|(?P<number>[0-9]+)"
    r"|(?P<mark>[(){}\[\],;=^<>*.|~-]|\"[^\"\n]*\")",
    re.DOTALL,
)
PLACES = ("memory", "calldata", "storage", "payable")
VISIBLE = ("external", "public", "virtual", "override")
MUTABLE = ("view", "pure", "payable")
ELEMENTARY = re.compile(
    r"(u?int[0-9]*|bytes[0-9]*|address|bool|string|byte|function|u?fixed[0-9x]*)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark, and where it is; the text is empty at the end."""

    text: str
    offset: int


@dataclass(slots=True)
class Member:
    """A parameter, or a struct's field, before its type is known."""

    type_name: str
    suffix: str
    name: str
    token: Token
    is_indexed: bool = False


@dataclass(slots=True)
class Interface:
    """One interface: what it inherits from, and its entries by kind."""

    name: str
    parents: list[Token]
    entries: list[tuple[dict[str, Any], list[Member], list[Member]]] = field(
        default_factory=list
    )


def read_interface(content: bytes) -> tuple[str, list[dict[str, Any]]]:
    """The name of the last interface, and the entries of it and all it inherits.

    Raises InvalidAbi with line and column.
    """
    if len(content) > MAX_TEXT_BYTES:
        raise InvalidAbi(f"{len(content)} bytes of text, at most {MAX_TEXT_BYTES}")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidAbi(f"not UTF-8 text at byte {error.start}") from error
    return Reader(text).read()


class Reader:
    """Reads the text of a file, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._at = 0
        self._interfaces: dict[str, Interface] = {}
        self._structs: dict[str, list[Member]] = {}
        self._enums: set[str] = set()
        self._left = MAX_MEMBERS

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        """The name and the entries of the last interface."""
        last = ""
        while self._peek().text:
            word = self._take()
            if word.text in ("pragma", "import"):
                self._skip_past(";")
            elif word.text in ("interface", "abstract", "contract"):
                if word.text == "abstract":
                    self._expect("contract")
                last = self._interface()
            elif word.text == "struct":
                self._struct()
            elif word.text == "enum":
                self._enum()
            else:
                raise self._fault(word, "an interface was expected")
        if not last:
            raise InvalidAbi("no interface in the text")
        return last, self._entries_of(last)

    # Tokens

    def _split(self) -> list[Token]:
        tokens, position = [], 0
        while position < len(self._text):
            found = TOKEN.match(self._text, position)
            if found is None:
                raise self._fault(Token("", position), "this letter has no place here")
            if found.lastgroup != "space":
                tokens.append(Token(found[0], position))
            position = found.end()
        tokens.append(Token("", len(self._text)))
        return tokens

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _expect(self, text: str) -> Token:
        token = self._take()
        if token.text != text:
            raise self._fault(token, f"{text!r} was expected")
        return token

    def _name(self) -> Token:
        token = self._take()
        if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$.]*", token.text):
            raise self._fault(token, "a name was expected")
        return token

    def _accept(self, text: str) -> bool:
        if self._peek().text != text:
            return False
        self._take()
        return True

    def _skip_past(self, text: str) -> None:
        while self._peek().text not in (text, ""):
            self._take()
        self._expect(text)

    def _fault(self, token: Token, reason: str) -> InvalidAbi:
        before = self._text[: token.offset]
        line = before.count("\n") + 1
        column = token.offset - before.rfind("\n")
        found = f", not {token.text[:SHOWN_CHARACTERS]!r}" if token.text else ""
        return InvalidAbi(f"line {line}, column {column}: {reason}{found}")

    # Declarations

    def _interface(self) -> str:
        name = self._name()
        parents = []
        if self._accept("is"):
            parents.append(self._name())
            while self._accept(","):
                parents.append(self._name())
        self._expect("{")
        found = self._interfaces[name.text] = Interface(name.text, parents)
        while not self._accept("}"):
            self._declaration(found)
        return name.text

    def _declaration(self, interface: Interface) -> None:
        word = self._take()
        match word.text:
            case "function" | "constructor":
                interface.entries.append(self._function(word))
            case "event" | "error":
                interface.entries.append(self._event(word))
            case "struct":
                self._struct()
            case "enum":
                self._enum()
            case _:
                raise self._fault(word, "a declaration was expected")

    def _function(
        self, word: Token
    ) -> tuple[dict[str, Any], list[Member], list[Member]]:
        name = self._name().text if word.text == "function" else "constructor"
        inputs = self._members()
        outputs: list[Member] = []
        mutability = "nonpayable"
        while not self._accept(";"):
            token = self._take()
            if token.text in MUTABLE:
                mutability = token.text
            elif token.text == "returns":
                outputs = self._members()
            elif token.text == "override" and self._peek().text == "(":
                self._skip_past(")")
            elif token.text not in VISIBLE:
                raise self._fault(token, "';' was expected: interfaces have no bodies")
        entry = {"type": word.text, "name": name, "stateMutability": mutability}
        return entry, inputs, outputs

    def _event(self, word: Token) -> tuple[dict[str, Any], list[Member], list[Member]]:
        name = self._name().text
        members = self._members()
        entry: dict[str, Any] = {"type": word.text, "name": name}
        if word.text == "event":
            entry["anonymous"] = self._accept("anonymous")
        self._expect(";")
        return entry, members, []

    def _struct(self) -> None:
        name = self._name()
        self._expect("{")
        fields = []
        while not self._accept("}"):
            fields.append(self._member())
            self._expect(";")
        if not fields:
            raise self._fault(name, "a struct has fields")
        self._structs[name.text.rpartition(".")[2]] = fields

    def _enum(self) -> None:
        self._enums.add(self._name().text)
        self._expect("{")
        self._skip_past("}")

    def _members(self) -> list[Member]:
        self._expect("(")
        members: list[Member] = []
        if self._accept(")"):
            return members
        members.append(self._member())
        while self._accept(","):
            members.append(self._member())
        self._expect(")")
        return members

    def _member(self) -> Member:
        token = self._name()
        suffix = ""
        while self._accept("["):
            length = "" if self._peek().text == "]" else self._take().text
            if length and not length.isdigit():
                raise self._fault(token, "the length of an array is a number")
            suffix += f"[{length}]"
            self._expect("]")
        is_indexed = False
        while self._peek().text in (*PLACES, "indexed"):
            is_indexed = self._take().text == "indexed" or is_indexed
        named = re.fullmatch(r"[A-Za-z_$].*", self._peek().text)
        name = self._take().text if named else ""
        return Member(token.text, suffix, name, token, is_indexed)

    # Types, once all names are known

    def _entries_of(self, name: str) -> list[dict[str, Any]]:
        entries: dict[str, dict[str, Any]] = {}
        for interface in self._lineage(name):
            for entry, inputs, outputs in interface.entries:
                whole = {**entry, "inputs": self._typed(inputs, ())}
                if entry["type"] == "function":
                    whole["outputs"] = self._typed(outputs, ())
                types = [item["type"] for item in whole["inputs"]]
                entries[f"{entry['type']} {entry['name']} {types}"] = whole
        return list(entries.values())

    def _lineage(self, name: str) -> list[Interface]:
        """An interface after all that it inherits from, each once."""
        lineage: dict[str, Interface] = {}
        path = [name]
        while path:
            interface = self._interfaces[path[-1]]
            waiting = [each for each in interface.parents if each.text not in lineage]
            if not waiting:
                lineage[path.pop()] = interface
                continue
            parent = waiting[0]
            if parent.text not in self._interfaces:
                raise self._fault(parent, "no such interface")
            if parent.text in path:
                raise self._fault(parent, "an interface inherits from itself")
            path.append(parent.text)
        return list(lineage.values())

    def _typed(
        self, members: Sequence[Member], open_structs: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        return [self._type(member, open_structs) for member in members]

    def _type(self, member: Member, open_structs: tuple[str, ...]) -> dict[str, Any]:
        self._left -= 1
        if not self._left:
            raise self._fault(member.token, f"more than {MAX_MEMBERS} values in all")
        found: dict[str, Any] = {"name": member.name}
        if member.is_indexed:
            found["indexed"] = True
        short = member.type_name.rpartition(".")[2]
        if short in self._structs:
            if short in open_structs or len(open_structs) == MAX_STRUCT_DEPTH:
                raise self._fault(member.token, "a struct within itself, or too deep")
            found["type"] = f"tuple{member.suffix}"
            found["internalType"] = f"struct {member.type_name}{member.suffix}"
            inner = self._typed(self._structs[short], (*open_structs, short))
            found["components"] = inner
        elif short in self._enums:
            found["type"] = f"uint8{member.suffix}"
        elif short in self._interfaces:
            found["type"] = f"address{member.suffix}"
        elif ELEMENTARY.fullmatch(member.type_name):
            found["type"] = f"{member.type_name}{member.suffix}"
        else:
            raise self._fault(member.token, "no such type")
        return found
