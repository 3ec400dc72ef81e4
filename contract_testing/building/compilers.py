"""The languages of contracts: their files, their compilers, and the flags for each."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path

from platformdirs import user_cache_path

from contract_testing.building.c_names import INCLUDE
from contract_testing.building.errors import BuildFailed, MissingTool
from contract_testing.building.toolchains import (
    Command,
    Request,
    joined_flags,
    run_compiler,
)
from contractvm.ledger.wat_lines import with_text_lines
from contractvm.runtime.module_source import MAX_TEXT_BYTES, MalformedText, assemble
from contractvm.wasm.structure.types import PAGE_BYTES
from gas_schedule.bounded_files import read_bounded

STACK_BYTES = 8_192
NO_ZIG = "{} needs the ziglang package: pip install 'contractvm-wasm[{}]'"
NO_RUST = (
    "Rust needs rustc with wasm32: apt install rustc libstd-rust-dev-wasm32 lld, or"
    " rustup target add wasm32v1-none"
)
NO_ASSEMBLYSCRIPT = "AssemblyScript needs node and npm install assemblyscript@0.28"
# Newer compilers write what is no part of the first version of WebAssembly.
RUST_PLAIN_TARGET = (1, 82)
RUST_TARGETS = ("wasm32v1-none", "wasm32-unknown-unknown")
# 64 KiB of C's stack would make each call pay for a second page of memory.
C_FLAGS = (
    *("-std=c23", "-ffreestanding", "-target", "wasm32-freestanding", "-mcpu=mvp"),
    *("-g", "-Wall", "-Wextra", "-Werror", "-Wl,--no-entry"),
    f"-Wl,-z,stack-size={STACK_BYTES}",
)
ZIG_FLAGS = (
    *("-target", "wasm32-freestanding", "-mcpu=mvp"),
    *("-fno-strip", "-fno-entry", "--stack", str(STACK_BYTES)),
)
RUST_FLAGS = (
    *("--edition", "2021", "--crate-type", "cdylib"),
    *("-C", "panic=abort", "-C", "lto=yes", "-C", "debuginfo=2"),
    *("-C", "target-cpu=mvp", "-C", f"link-arg=-zstack-size={STACK_BYTES}"),
)
ASSEMBLYSCRIPT_FLAGS = (
    *("--runtime", "stub", "--noAssert", "--sourceMap", "--debug"),
    *("--disable", "bulk-memory", "--disable", "sign-extension"),
    *("--disable", "nontrapping-f2i", "--use", "abort="),
)


@dataclass(frozen=True, slots=True)
class Language:
    """A language by the ending of its files; `compiled` makes a module with debug
    information, `version` names its compiler, or raises MissingTool. `release` and
    `debug` are the flags for what is deployed, and for code as the source has it.
    """

    name: str
    suffix: str
    version: Callable[[Path], str]
    flags: tuple[str, ...]
    compiled: Callable[[Request], bytes]
    release: tuple[str, ...] = ()
    debug: tuple[str, ...] = ()


@cache
def zig_version(language: str) -> str:
    """`ziglang 0.17.1`; MissingTool."""
    if util.find_spec("ziglang") is None:
        raise MissingTool(NO_ZIG.format(language, language.lower()))
    return f"ziglang {metadata.version('ziglang')}"


def zig_folder() -> Path:
    """Where the package of the compiler is."""
    return Path(str(metadata.distribution("ziglang").locate_file("ziglang")))


def zig_program(*verb: str) -> tuple[str, ...]:
    """Zig's program, as the package of PyPI starts it."""
    return (sys.executable, "-m", "ziglang", *verb)


def zig_variables() -> dict[str, str]:
    """Where Zig keeps its files: one place, since its own library takes seconds."""
    names = ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")
    return dict.fromkeys(names, str(user_cache_path("contractvm") / "zig"))


def memory_flags(request: Request) -> tuple[str, ...]:
    """Memory of so many pages, which cannot grow, but for CosmWasm's."""
    size = request.memory_pages * PAGE_BYTES
    flags = (f"-Wl,--initial-memory={size}",)
    return flags if request.host == "cosmwasm" else (*flags, f"-Wl,--max-memory={size}")


def compile_c(request: Request) -> bytes:
    """C, with the headers of this package and the contract's own."""
    command = Command(
        zig_version("C"),
        zig_program("cc"),
        joined_flags(
            C_FLAGS,
            request.optimisation,
            memory_flags(request),
            (f"-DABI_MAX_DATA={request.max_data}",),
            request.flags,
        ),
        (
            f"-I{request.include}",
            f"-isystem{INCLUDE}",
            f"--embed-dir={request.include}",
            f"-ffile-prefix-map={INCLUDE}=contractvm",
            f"-ffile-prefix-map={request.include}=build",
            f"-ffile-prefix-map={zig_folder()}=ziglang",
            f"-ffile-prefix-map={request.root}=.",
            str(request.source),
            str(INCLUDE / "memory.c"),
            "-o",
            str(request.output),
        ),
        zig_variables(),
    )
    return run_compiler(command, request)


def compile_zig(request: Request) -> bytes:
    """Zig, with the package's compiler."""
    size = str(request.memory_pages * PAGE_BYTES)
    abi = f"{request.source.stem}_abi"
    # With an entry in C its export is the contract's, and memory cannot grow.
    linked: tuple[str, ...] = ("-rdynamic", str(request.source))
    if (request.include / f"{abi}.c").is_file():
        linked = (
            *("-cflags", "-std=c23", "-ffreestanding", "-isystem", str(INCLUDE)),
            *(f"-I{request.include}", f"-DABI_MAX_DATA={request.max_data}", "--"),
            *(str(request.include / f"{abi}.c"), f"--max-memory={size}", "--dep", abi),
            *(f"-Mroot={request.source}", f"-M{abi}={request.include / abi}.zig"),
        )
    command = Command(
        zig_version("Zig"),
        zig_program("build-exe"),
        joined_flags(
            ZIG_FLAGS,
            request.optimisation,
            ("--initial-memory=" + size,),
            request.flags,
        ),
        (
            f"-femit-bin={request.output}",
            *linked,
        ),
        zig_variables(),
    )
    return run_compiler(command, request)


@cache
def rust_compiler() -> tuple[str, str, str]:
    """A compiler of Rust that has a library for wasm32, its target, its version."""
    for rustc in filter(None, map(shutil.which, ("rustc", "/usr/bin/rustc"))):
        for target in RUST_TARGETS:
            asked = (rustc, "--print", "target-libdir", "--target", target)
            found = subprocess.run(asked, capture_output=True, text=True, check=False)
            if found.returncode == 0 and Path(found.stdout.strip()).is_dir():
                told = subprocess.run(
                    (rustc, "--version"), capture_output=True, text=True, check=False
                )
                return rustc, target, " ".join(told.stdout.split()[:2])
    raise MissingTool(NO_RUST)


def compile_rust(request: Request) -> bytes:
    """One file of Rust, without cargo."""
    rustc, target, version = rust_compiler()
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    features: tuple[str, ...] = ()
    if target != RUST_TARGETS[0] and number >= RUST_PLAIN_TARGET:
        off = "-reference-types,-multivalue,-sign-ext,-bulk-memory"
        features = ("-C", f"target-feature={off}")
    size = request.memory_pages * PAGE_BYTES
    command = Command(
        version,
        (rustc,),
        joined_flags(
            RUST_FLAGS,
            request.optimisation,
            ("--target", target, "-C", f"link-arg=--initial-memory={size}"),
            features,
            request.flags,
        ),
        (
            "--remap-path-prefix",
            f"{request.root}=.",
            "--crate-name",
            re.sub(r"\W", "_", request.name),
            str(request.source),
            "-o",
            str(request.output),
        ),
    )
    return run_compiler(command, request)


def assemblyscript_compiler(root: Path) -> Path:
    """`asc`, of the project or of the machine; MissingTool."""
    places = (root, Path(sys.prefix) / "assemblyscript")
    for folder in places:
        found = folder / "node_modules" / ".bin" / "asc"
        if found.exists():
            return found.resolve()
    on_path = shutil.which("asc")
    if on_path is None or shutil.which("node") is None:
        raise MissingTool(NO_ASSEMBLYSCRIPT)
    return Path(on_path).resolve()


def assemblyscript_version(root: Path) -> str:
    """`assemblyscript 0.28.20`; starting it only to ask would take a second."""
    for folder in assemblyscript_compiler(root).parents:
        described = folder / "package.json"
        if described.exists():
            version = json.loads(described.read_bytes()).get("version", "")
            return f"assemblyscript {version}"
    return "assemblyscript"


def compile_assemblyscript(request: Request) -> bytes:
    """AssemblyScript: no debug information but a source map beside the module."""
    pages = str(request.memory_pages)
    command = Command(
        assemblyscript_version(request.root),
        (str(assemblyscript_compiler(request.root)),),
        joined_flags(
            ASSEMBLYSCRIPT_FLAGS,
            request.optimisation,
            ("--initialMemory", pages),
            request.flags,
        ),
        (str(request.source), "-o", str(request.output)),
    )
    return run_compiler(command, request)


def compile_wat(request: Request) -> bytes:
    """The text format, which wasmtime assembles; its lines are those of the text."""
    try:
        path = request.root / request.source
        text = read_bounded(path, MAX_TEXT_BYTES)
        return with_text_lines(assemble(str(path), text), text, str(request.source))
    except MalformedText as error:
        shown = str(error).replace(f"{request.root}/", "")
        raise BuildFailed(f"{request.source} does not compile", shown) from error


LANGUAGES = {
    language.suffix: language
    for language in (
        Language(
            "C",
            ".c",
            lambda _: zig_version("C"),
            C_FLAGS,
            compile_c,
            release=("-Os",),
            debug=("-O0", "-fno-sanitize=undefined"),
        ),
        Language(
            "Zig",
            ".zig",
            lambda _: zig_version("Zig"),
            ZIG_FLAGS,
            compile_zig,
            release=("-O", "ReleaseSmall"),
            debug=("-O", "Debug"),
        ),
        Language(
            "Rust",
            ".rs",
            lambda _: rust_compiler()[2],
            RUST_FLAGS,
            compile_rust,
            release=("-C", "opt-level=s"),
            debug=("-C", "opt-level=1"),
        ),
        Language(
            "AssemblyScript",
            ".ts",
            assemblyscript_version,
            ASSEMBLYSCRIPT_FLAGS,
            compile_assemblyscript,
            release=("-O2",),
        ),
        Language(
            "WAT",
            ".wat",
            lambda _: f"wasmtime {metadata.version('wasmtime')}",
            (),
            compile_wat,
        ),
    )
}
