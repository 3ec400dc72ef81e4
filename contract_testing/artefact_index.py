"""The index of a project's builds: debug builds by the code that they explain."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_sim.ethereum.documents.whole_files import whole_file
from contractvm.errors import MalformedModule
from contractvm.ledger.debug_info import DebugBuild, DebugInfo, code_section
from contractvm.nesting import TooDeep, check_json_nesting
from contractvm.runtime.module_source import MAX_MODULE_BYTES
from gas_schedule.bounded_files import read_bounded

INDEX = Path(".contractvm", "artifacts", "index.json")
FORMAT, VERSION = "contractvm-artifacts", 1
MAX_INDEX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 10_000


def code_hash(module: bytes) -> str:
    """The SHA-256 of a module's code section, in hexadecimal."""
    return sha256(code_section(module)).hexdigest()


def read_index(root: Path) -> dict[str, str]:
    """Paths of debug builds below `root`, by the hash of their code.

    A file that is none of ours is as no file: the next build writes it again.
    """
    try:
        content = read_bounded(root / INDEX, MAX_INDEX_BYTES)
        check_json_nesting(content)
        document: Any = json.loads(content)
    except (OSError, ValueError, TooDeep):
        return {}
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    builds = document.get("builds") if is_ours else None
    if not isinstance(builds, dict) or document.get("version") != VERSION:
        return {}
    return {key: path for key, path in builds.items() if isinstance(path, str)}


def add_builds(root: Path, builds: Mapping[str, str]) -> None:
    """Add paths of debug builds by the hash of their code; raises OSError.

    What is in the index stays while its file is there and is no other build.
    """
    known, written = read_index(root), set(builds.values())
    kept = {
        key: path
        for key, path in known.items()
        if path not in written and (root / path).is_file()
    }
    found = dict(list({**kept, **builds}.items())[-MAX_ENTRIES:])
    if found == known:
        return
    path = root / INDEX
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"format": FORMAT, "version": VERSION, "builds": found}
    with whole_file(path, is_synced=False) as file:
        file.write(json.dumps(document, indent=1, sort_keys=True).encode() + b"\n")


def indexed_info(root: Path, code: bytes) -> DebugInfo:
    """What is known of a contract's code: by its debug build if the index has one."""
    build = indexed_build(root, code)
    return DebugInfo.of_code(code) if build is None else build.find(code)


def indexed_build(root: Path, code: bytes) -> DebugBuild | None:
    """The debug build of a contract's code; None if the index has none.

    A build that was changed since, or is outside of `root`, is not used.
    """
    try:
        path = read_index(root).get(code_hash(code))
        target = None if path is None else (root / path).resolve()
        if target is None or not target.is_relative_to(root.resolve()):
            return None
        build = DebugBuild(read_bounded(target, MAX_MODULE_BYTES))
    except (OSError, ValueError, MalformedModule, IndexError):
        return None  # a file that is no help
    return build if build.section == code_section(code) else None
