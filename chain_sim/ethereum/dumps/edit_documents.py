"""Edits of the state in a dump, written and read."""

from typing import Any

from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.primitives.strict_json import JsonObject, as_object
from chain_sim.ethereum.primitives.text import (
    Address,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.primitives.transactions import MAX_NONCE, MAX_UINT_256
from chain_sim.ethereum.state.account import WORD_BYTES
from chain_sim.ethereum.state.edits import AccountEdit, Edits, merged


def edit_documents(edits: Edits) -> list[dict[str, Any]]:
    """The edits, one of each account; what an edit leaves as it is is left out."""
    return [_document(edit) for edit in edits]


def read_edits(documents: object, place: str) -> Edits:
    """What `edit_documents` wrote; raises MalformedDump."""
    content = as_object({"edits": documents}, MalformedDump, place)
    edits = tuple(_read(item) for item in content.objects("edits"))
    if edit_documents(edits) != documents:
        raise MalformedDump(place, "has something that no edit has")
    if merged((), edits) != edits:
        raise MalformedDump(place, "not one edit of each account, in order")
    return edits


def _document(edit: AccountEdit) -> dict[str, Any]:
    document: dict[str, Any] = {"address": format_data(edit.address)}
    if edit.balance is not None:
        document["balance"] = format_quantity(edit.balance)
    if edit.nonce is not None:
        document["nonce"] = format_quantity(edit.nonce)
    if edit.code is not None:
        document["code"] = format_data(edit.code)
    if edit.clears_storage:
        document["clearsStorage"] = format_quantity(1)
    if edit.slots:
        document["storage"] = {
            format_data(key): format_data(value) for key, value in edit.slots
        }
    return document


def _read(content: JsonObject) -> AccountEdit:
    return AccountEdit(
        Address(content.data("address", 20)),
        content.quantity("balance", 0, MAX_UINT_256) if "balance" in content else None,
        content.quantity("nonce", 0, MAX_NONCE) if "nonce" in content else None,
        content.data("code") if "code" in content else None,
        "clearsStorage" in content and content.quantity("clearsStorage", 1, 1) == 1,
        _read_slots(content.member_object("storage")) if "storage" in content else (),
    )


def _read_slots(content: JsonObject) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (content.key_data(key, WORD_BYTES), content.data(key, WORD_BYTES))
        for key in content
    )
