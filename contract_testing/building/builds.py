"""Builds of contracts: from a source to a module, its debug build and its artefact."""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from os import cpu_count
from pathlib import Path
from threading import Event
from typing import Any

from chain_sim.ethereum.abi.abi_file import read_content
from chain_sim.ethereum.abi.errors import InvalidAbi
from contract_testing.artefact_index import add_builds, code_hash
from contract_testing.building.artefacts import (
    Recipe,
    artefact_text,
    is_made_by,
    read_artefact,
)
from contract_testing.building.c_header import header_of
from contract_testing.building.c_names import INCLUDE
from contract_testing.building.checking import check_build
from contract_testing.building.dependencies import dependencies, hashes
from contract_testing.building.errors import BuildFailed
from contract_testing.building.project import Project, Source, constructor_of
from contract_testing.building.tidy import tidied, with_folded_start
from contract_testing.building.toolchains import Request
from contract_testing.building.zig_header import entry_source, zig_declarations
from contract_testing.contracts.abi import MAX_ABI_BYTES
from contractvm.errors import MalformedModule
from contractvm.ledger.debug_info import code_section
from contractvm.ledger.source_map import with_map_lines
from contractvm.runtime.module_source import ARTEFACT_SUFFIX, MAX_MODULE_BYTES
from contractvm.version import __version__
from contractvm.wasm.binary.decoder import decode_module
from gas_schedule.bounded_files import read_bounded

# The ending of what is made from an ABI, by language.
HEADERS = {"C": ".h", "Zig": ".zig"}


@dataclass(frozen=True, slots=True)
class Built:
    """A contract that was built, or was up to date.

    `files` are its files by name. `deploy_gas` is None where a constructor needs
    arguments. `seconds` are those of the compiler; `before` is the size of the module
    that was there, None for none.
    """

    source: Source
    files: dict[str, bytes]
    module: bytes
    deploy_gas: int | None
    seconds: float
    before: int | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """A contract that cannot be built, and why."""

    source: Source
    error: BuildFailed


def build_all(
    project: Project, sources: Sequence[Source], *, forced: bool = False
) -> Iterator[Built | NotBuilt]:
    """Build contracts, several at once, in their order.

    What is up to date is left as it is, unless `forced`. No file is written.
    """

    stop = Event()

    def build(source: Source) -> Built | NotBuilt:
        try:
            return build_contract(project, source, forced=forced, stop=stop)
        except BuildFailed as error:
            return NotBuilt(source, error)

    with ThreadPoolExecutor(cpu_count()) as pool:
        try:
            yield from pool.map(build, sources)
        finally:
            stop.set()


def build_contract(
    project: Project,
    source: Source,
    *,
    forced: bool = False,
    stop: Event | None = None,
) -> Built:
    """Build a contract unless it is up to date; raises BuildFailed, OSError.

    `stop`, once set, ends the compiler.
    """
    path = project.output / f"{source.name}{ARTEFACT_SUFFIX}"
    recipe = recipe_of(project, source)
    earlier = read_artefact(path)
    module_path = project.output / f"{source.name}.wasm"
    before = module_path.stat().st_size if module_path.is_file() else None
    if earlier is not None and not forced and is_made_by(earlier, recipe):
        module = bytes.fromhex(earlier["code"].removeprefix("0x"))
        if is_complete(project, source, module):
            gas = earlier.get("deployGas")
            return Built(source, {}, module, gas, 0.0, before, is_new=False)
    try:
        return Maker(project, source, stop or Event()).make(recipe, before)
    except InvalidAbi as error:
        raise BuildFailed(f"{source.abi}: {error}") from error
    except MalformedModule as error:
        raise BuildFailed(f"the compiler's module is malformed: {error}") from error


def is_complete(project: Project, source: Source, module: bytes) -> bool:
    """Whether a build's files are there, and are of this module."""
    names = [f"{source.name}.debug.wasm"]
    if has_header(project, source):
        names.append(f"{source.name}_abi{HEADERS[source.language.name]}")
    if source.init is not None:
        names.append(f"{source.name}_init.wasm")
    path = project.output / f"{source.name}.wasm"
    is_same = path.is_file() and path.read_bytes() == module
    return is_same and all((project.output / name).is_file() for name in names)


def recipe_of(project: Project, source: Source) -> Recipe:
    """What the build of a contract depends on."""
    paths = dependencies(project.root, source.path)
    if source.init is not None:
        paths += dependencies(project.root, source.init)
    if source.abi is not None:
        paths += (source.abi,)
    return {
        "name": source.name,
        "host": source.host.name,
        "language": source.language.name,
        "compiler": source.language.version(project.root),
        "contractvm": __version__,
        "headers": headers_hash(),
        "mode": "debug" if source.is_debug else "release",
        "flags": [*source.language.flags, *optimisation(source), *source.flags],
        "memoryPages": source.memory_pages,
        "maxData": source.max_data,
        "keepsNames": source.keeps_names,
        "sources": hashes(project.root, tuple(sorted(set(paths)))),
    }


def optimisation(source: Source) -> tuple[str, ...]:
    """The flags that say how much the compiler optimises."""
    return source.language.debug if source.is_debug else source.language.release


@cache
def headers_hash() -> str:
    """The SHA-256 of the files that contracts in C include or are linked with."""
    found = sha256()
    for path in sorted(INCLUDE.iterdir()):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def has_header(project: Project, source: Source) -> bool:
    """Whether a header is made of the contract's ABI: for Zig if it is imported."""
    if source.abi is None or not source.host.has_abi:
        return False
    if source.language.name == "Zig":
        content = read_bounded(project.root / source.path, MAX_MODULE_BYTES)
        return f'@import("{source.path.stem}_abi")'.encode() in content
    return source.language.name == "C"


def interface_of(project: Project, source: Source) -> Any:
    """The ABI's entries, or a schema as it is; None for neither."""
    if source.abi is None:
        return None
    content = read_bounded(project.root / source.abi, MAX_ABI_BYTES)
    if source.host.has_abi:
        return read_content(content)[1]
    try:
        return json.loads(content)
    except ValueError as error:
        raise BuildFailed(f"{source.abi}: {error}") from error


@dataclass(frozen=True, slots=True)
class Maker:
    """Compiles a contract, makes its files, and checks them."""

    project: Project
    source: Source
    stop: Event

    def make(self, recipe: Recipe, before: int | None) -> Built:
        """The files of the contract; raises BuildFailed, InvalidAbi, OSError."""
        source, interface = self.source, interface_of(self.project, self.source)
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            files = (
                self._header(interface, work)
                if has_header(self.project, source)
                else {}
            )
            debug = self._compiled(source, work)
            source_map = work / f"{source.name}.wasm.map"
            if source_map.is_file():
                found = source_map.read_bytes()
                files[f"{source.name}.debug.wasm.map"] = found
                # Its offsets are those of what the compiler wrote.
                debug = with_map_lines(
                    debug, decode_module(debug), found, source_map.name
                )
            module = deployed = deployable(source, debug)
            if source.init is not None:
                # A constructor embeds the module that it returns.
                (work / f"{source.name}.wasm").write_bytes(module)
                constructor = constructor_of(source)
                deployed = deployable(constructor, self._compiled(constructor, work))
                files[f"{constructor.name}.wasm"] = deployed
            seconds = time.monotonic() - started
        gas = deploy_gas(source, interface, deployed)
        files[f"{source.name}.wasm"] = module
        files[f"{source.name}.debug.wasm"] = with_entry_folded(source, debug)
        text = artefact_text({**recipe, "deployGas": gas}, module, interface)
        files[f"{source.name}{ARTEFACT_SUFFIX}"] = text.encode()
        return Built(source, files, module, gas, seconds, before, is_new=True)

    def _header(self, interface: Any, work: Path) -> dict[str, bytes]:
        text = header_of(interface, self.source.name, self.source.host.name)
        # One source may be several contracts, for several hosts.
        stem = self.source.path.stem
        (work / f"{stem}_abi.h").write_text(text)
        if self.source.language.name == "Zig":
            text = zig_declarations(text, self.source.name)
            (work / f"{stem}_abi.zig").write_text(text)
            (work / f"{stem}_abi.c").write_text(entry_source(stem))
        ending = HEADERS[self.source.language.name]
        return {f"{self.source.name}_abi{ending}": text.encode()}

    def _compiled(self, source: Source, work: Path) -> bytes:
        return source.language.compiled(
            Request(
                self.project.root.resolve(),
                source.name,
                source.path,
                work,
                source.host.name,
                work / f"{source.name}.wasm",
                source.memory_pages,
                source.max_data,
                optimisation(source),
                source.flags,
                self.stop,
            )
        )


def with_entry_folded(source: Source, debug: bytes) -> bytes:
    """The debug build, without a start func where the host allows none."""
    entry = source.host.entry
    return debug if entry is None else with_folded_start(debug, entry)


def deployable(source: Source, debug: bytes) -> bytes:
    """The module to deploy; raises BuildFailed where the host would refuse it."""
    folded = with_entry_folded(source, debug)
    module = tidied(folded, source.host.is_kept, keeps_names=source.keeps_names)
    if code_section(module) != code_section(folded):
        raise BuildFailed("the two modules of the build differ in their code")
    check_build(module, folded, source.host.name, source.language)
    return module


def deploy_gas(source: Source, interface: Any, module: bytes) -> int | None:
    """The gas of putting a contract on a chain."""
    entries = interface if isinstance(interface, list) else []
    takes_arguments = any(
        entry.get("type") == "constructor" and entry.get("inputs") for entry in entries
    )
    if takes_arguments:
        return None
    return source.host.deploy_gas(module, source.init is not None)


def write_files(project: Project, built: Built) -> None:
    """Write a build's files; the artefact last, for it says that all is there.

    Where the debug build is goes into the project's index.
    """
    project.output.mkdir(exist_ok=True)
    for name, content in built.files.items():
        (project.output / name).write_bytes(content)
    debug = f"{project.output.name}/{built.source.name}.debug.wasm"
    add_builds(project.root, {code_hash(built.module): debug})


def stale_files(project: Project, built: Built) -> tuple[str, ...]:
    """The files of a build that are not there as it makes them.

    Debug builds may differ from folder to folder.
    """
    return tuple(
        name
        for name, content in built.files.items()
        if ".debug." not in name and not same_content(project.output / name, content)
    )


def same_content(path: Path, content: bytes) -> bool:
    """Whether a file has this content."""
    return path.is_file() and path.read_bytes() == content


def clean(project: Project) -> tuple[Path, ...]:
    """Remove the files of builds; what was removed.

    The folder itself goes if nothing else is in it.
    """
    removed = []
    for path in sorted(project.output.glob(f"*{ARTEFACT_SUFFIX}")):
        name = path.name.removesuffix(ARTEFACT_SUFFIX)
        endings = [".wasm", ".debug.wasm", ".debug.wasm.map", "_init.wasm"]
        endings += [f"_abi{ending}" for ending in HEADERS.values()]
        for each in [path, *(path.with_name(name + ending) for ending in endings)]:
            if each.is_file():
                each.unlink()
                removed.append(each)
    if project.output.is_dir() and not any(project.output.iterdir()):
        project.output.rmdir()
    return tuple(removed)
