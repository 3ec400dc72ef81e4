"""Runs of a published test script on wasmtime, with modules unchanged or rewritten.

Two runs of one script are compared. Its assertions are not used: the script's modules
and calls are the input, and the unchanged modules are the oracle.
"""

import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime

from contractvm.errors import InvalidModule, MalformedModule
from contractvm.metering.names import GAS_EXPORT, START_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.metered_runs import ENGINE, PLENTY
from tests.helpers.scripts import convert

# What the scripts import from `spectest`.
SPECTEST = """(module
    (memory (export "memory") 1 2)
    (table (export "table") 10 20 funcref)
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64)))"""

Rewrite = Callable[[Module], Module]


class Script:
    """A script as commands, with its modules decoded; None if it does not apply."""

    def __init__(self, path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.commands = convert(path, Path(folder))
            self.modules = [read_module(Path(folder), at) for at in self.commands]


def read_module(folder: Path, command: dict[str, Any]) -> Module | None:
    """The module of a `module` command, if it is one that we accept."""
    if command["type"] != "module" or not command["filename"].endswith(".wasm"):
        return None
    try:
        module = decode_module(folder.joinpath(command["filename"]).read_bytes())
        validate_module(module)
    except (MalformedModule, InvalidModule):
        return None
    return module


class World:
    """The store and the named instances of one run of a script."""

    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite
        self.store = wasmtime.Store(ENGINE)
        self.linker = wasmtime.Linker(ENGINE)
        self.linker.allow_shadowing = True
        spectest = wasmtime.Module(ENGINE, SPECTEST)
        self.linker.define_instance(
            self.store, "spectest", wasmtime.Instance(self.store, spectest, [])
        )
        self.current: wasmtime.Instance | None = None
        self.named: dict[str, wasmtime.Instance] = {}

    def run(self, script: Script) -> list[str]:
        """The result of each command."""
        pairs = zip(script.commands, script.modules, strict=True)
        return [self.step(command, module) for command, module in pairs]

    def step(self, command: dict[str, Any], module: Module | None) -> str:
        kind = command["type"]
        try:
            if kind == "module":
                return self.instantiate(command, module)
            if kind == "register":
                return self.register(command)
            if "action" in command and kind != "assert_exhaustion":
                return self.invoke(command["action"])
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            code = getattr(error, "trap_code", None)
            return f"{kind}: {code or type(error).__name__}"
        return "skipped"

    def instantiate(self, command: dict[str, Any], module: Module | None) -> str:
        self.current = None
        if module is None:
            return "not for us"
        compiled = wasmtime.Module(ENGINE, encode_module(self.rewrite(module)))
        instance = self.linker.instantiate(self.store, compiled)
        self.current = instance
        if "name" in command:
            self.named[command["name"]] = instance
        exports = instance.exports(self.store)
        if GAS_EXPORT in exports:
            exports[GAS_EXPORT].set_value(self.store, PLENTY)
        if START_EXPORT in exports:
            exports[START_EXPORT](self.store)
        return "module"

    def register(self, command: dict[str, Any]) -> str:
        instance = self.named.get(command.get("name", ""), self.current)
        if instance is not None:
            self.linker.define_instance(self.store, command["as"], instance)
        return "registered"

    def invoke(self, action: dict[str, Any]) -> str:
        instance = self.named.get(action.get("module", ""), self.current)
        if instance is None:
            return "no instance"
        export = instance.exports(self.store)[action["field"]]
        if action["type"] == "get":
            return shown(export.value(self.store))
        arguments = [argument(entry) for entry in action["args"]]
        return shown(export(self.store, *arguments))


def shown(value: object) -> str:
    """A result as text; a func only as such."""
    return "func" if isinstance(value, wasmtime.Func) else repr(value)


def argument(entry: dict[str, Any]) -> wasmtime.Val | object | None:
    """A value of the script; floats are given as bits."""
    kind, value = entry["type"], entry["value"]
    if kind in ("funcref", "externref"):
        return None if value == "null" else f"external {value}"
    number = int(value) if value.lstrip("-").isdigit() else 0x7FC0_0000
    if kind in ("f32", "f64"):
        width = 4 if kind == "f32" else 8
        raw = number.to_bytes(width, "little")
        return float_from_bits(raw)
    return number


def float_from_bits(raw: bytes) -> float:
    return float(struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0])
