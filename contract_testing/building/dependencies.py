"""The files that a contract is made of: what its source names, and what that names."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from contractvm.runtime.module_source import MAX_MODULE_BYTES
from gas_schedule.bounded_files import read_bounded

# Every language names another file by quoted text; Rust has modules besides.
QUOTED = re.compile(r"[\"'<]([^\"'<>\n]{1,200})[\"'>]")
RUST_MODULE = re.compile(r"\bmod\s+(\w+)\s*;")
MAX_DEPENDENCIES = 1_000


def dependencies(root: Path, source: Path) -> tuple[Path, ...]:
    """A source and the files of the project that it uses, relative to `root`, sorted.

    Quoted text that is the path of a file counts, whatever it stands for: a file too
    many only makes a build run again.
    """
    found: dict[Path, None] = {}
    waiting = [source]
    while waiting and len(found) < MAX_DEPENDENCIES:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = None
        content = read_bounded(root / path, MAX_MODULE_BYTES)
        if b"\0" not in content:
            text = content.decode(errors="replace")
            waiting.extend(named_files(root, path, text))
    return tuple(sorted(found))


def named_files(root: Path, path: Path, text: str) -> Iterator[Path]:
    """The files of the project that a file's text names."""
    names = QUOTED.findall(text)
    if path.suffix == ".rs":
        for module in RUST_MODULE.findall(text):
            names += [f"{module}.rs", f"{module}/mod.rs"]
    if path.suffix == ".ts":
        names += [f"{name}.ts" for name in names]
    base = root.resolve()
    for name in names:
        try:
            target = (root / path.parent / name).resolve()
            if target.is_file() and target.is_relative_to(base):
                yield target.relative_to(base)
        except (OSError, ValueError):
            continue  # no path at all


def hashes(root: Path, paths: tuple[Path, ...]) -> dict[str, str]:
    """The SHA-256 of files, by their path with slashes."""
    return {
        path.as_posix(): sha256(read_bounded(root / path, MAX_MODULE_BYTES)).hexdigest()
        for path in paths
    }
