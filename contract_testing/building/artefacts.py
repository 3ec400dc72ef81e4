"""Artefacts: one file per contract with its code, its ABI, and what made them."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from contractvm.nesting import TooDeep, check_json_nesting
from gas_schedule.bounded_files import read_bounded

FORMAT, VERSION = "contractvm-artefact", 1
MAX_BYTES = 64 * 1024 * 1024
# What an artefact says of how it was made; the same again is up to date.
Recipe = Mapping[str, Any]


def artefact_text(recipe: Recipe, code: bytes, interface: Any) -> str:
    """The content of an artefact; `interface` is the ABI or the schema, or None."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        **recipe,
        "codeHash": sha256(code).hexdigest(),
        "code": f"0x{code.hex()}",
        "abi" if isinstance(interface, list) else "schema": interface,
    }
    return json.dumps(document, indent=1) + "\n"


def read_artefact(path: Path) -> dict[str, Any] | None:
    """A file that an earlier build wrote; None where there is none that can be used."""
    try:
        content = read_bounded(path, MAX_BYTES)
        check_json_nesting(content)
        document = json.loads(content)
    except (OSError, ValueError, TooDeep):
        return None
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    return document if is_ours and document.get("version") == VERSION else None


def is_made_by(artefact: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether this recipe made the artefact."""
    return all(artefact.get(key) == value for key, value in recipe.items())
