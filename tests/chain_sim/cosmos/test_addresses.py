"""Addresses as text and bytes: each is converted once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from chain_sim.cosmos.addresses import AddressBook
from contractvm.hosts.cosmwasm import bech32


def test_an_address_is_converted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()

    def counted(name: str) -> Callable[..., Any]:
        convert = getattr(bech32, name)

        def call(*arguments: Any) -> Any:
            counts[name] += 1
            return convert(*arguments)

        return call

    for name in ("encode", "decode"):
        monkeypatch.setattr(bech32, name, counted(name))
    book = AddressBook("wasm")
    text = book.text(bytes(20))
    first = book.data(text)
    decoded = counts["decode"]
    assert [book.text(bytes(20)), book.data(text)] == [text, first]
    assert counts == {"encode": 1, "decode": decoded}
