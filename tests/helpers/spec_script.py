"""Runs one script of the official test suite (a `.wast` file) on our engine.

`wasm-tools json-from-wast` turns a script into commands and binaries. A module that
needs a proposal which this engine leaves out is skipped, with the commands on it:
`wasm-tools validate` with our set of features says which those are.
"""

import json
import struct
import subprocess
import sysconfig
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from contractvm.binary.decoder import decode_module
from contractvm.errors import (
    InvalidModule,
    LinkError,
    MalformedModule,
    Trap,
)
from contractvm.execution.compiled_module import compile_module
from contractvm.execution.instance import (
    Extern,
    GlobalCell,
    HostFunc,
    Memory,
    ModuleInstance,
    Table,
    instantiate_module,
)
from contractvm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)
from contractvm.validation.validator import validate_module

WASM_TOOLS = Path(sysconfig.get_path("scripts")) / "wasm-tools"
FEATURES = (
    "mvp,mutable-global,saturating-float-to-int,sign-extension,multi-value,"
    "bulk-memory,reference-types,floats,extended-const"
)
OUTSIDE = "needs a proposal outside this engine's features"
CANONICAL_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8_0000_0000_0000}
SIGN = {"f32": 0x80000000, "f64": 0x8000_0000_0000_0000}


class NotRun(Exception):
    """The command depends on something that was skipped; carries why."""


@dataclass
class ScriptResult:
    """What became of a script's commands; failures say line and reason."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


@lru_cache(maxsize=1024)
def extern_value(number: str) -> tuple[str, str]:
    """The object that stands for `(ref.extern number)`; kept for good."""
    return ("extern", number)


def spectest_module() -> dict[str, Extern]:
    """The host module that the scripts import from."""
    i32, i64, f32, f64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
    prints = {
        "print": (),
        "print_i32": (i32,),
        "print_i64": (i64,),
        "print_f32": (f32,),
        "print_f64": (f64,),
        "print_i32_f32": (i32, f32),
        "print_f64_f64": (f64, f64),
    }
    f32_bits = int.from_bytes(struct.pack("<f", 666.6), "little")
    f64_bits = int.from_bytes(struct.pack("<d", 666.6), "little")
    return {
        **{
            name: HostFunc(FuncType(params, ()), lambda *_: None)
            for name, params in prints.items()
        },
        "global_i32": GlobalCell(GlobalType(i32, False), 666),
        "global_i64": GlobalCell(GlobalType(i64, False), 666),
        "global_f32": GlobalCell(GlobalType(f32, False), f32_bits),
        "global_f64": GlobalCell(GlobalType(f64, False), f64_bits),
        "table": Table(TableType(ValType.FUNCREF, Limits(10, 20))),
        "memory": Memory(1, 2),
    }


class ScriptRunner:
    """The state of one script: modules by name, registered exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry: dict[tuple[str, str], Extern] = {
            ("spectest", name): extern for name, extern in spectest_module().items()
        }
        self.definitions: dict[str | None, Any] = {}
        self.instances: dict[str | None, ModuleInstance | None] = {}
        self.missing: set[str] = set()  # registered names of skipped modules

    def load(self, filename: str) -> Any:
        """Decode, validate and translate; NotRun where our features exclude it."""
        path = self.folder / filename
        try:
            module = decode_module(path.read_bytes())
            return compile_module(module, validate_module(module).operand_heights)
        except (MalformedModule, InvalidModule):
            verdict = subprocess.run(
                [WASM_TOOLS, "validate", f"--features=-all,{FEATURES}", path],
                capture_output=True,
                check=False,
            )
            if verdict.returncode:
                raise NotRun(OUTSIDE) from None
            raise

    def instantiate(self, compiled: Any) -> ModuleInstance:
        if any(entry.module in self.missing for entry in compiled.module.imports):
            raise NotRun("imports from a skipped module")
        return instantiate_module(compiled, self.registry)

    def instance(self, name: str | None) -> ModuleInstance:
        instance = self.instances.get(name)
        if instance is None:
            raise NotRun("acts on a skipped module")
        return instance

    def act(self, action: dict[str, Any]) -> tuple[Any, ...]:
        instance = self.instance(action.get("module"))
        if action["type"] == "get":
            return (instance.exports[action["field"]].value,)
        arguments = [parse_value(value) for value in action["args"]]
        return instance.invoke(action["field"], *arguments)

    # One method per type of command: raises AssertionError where it fails.

    def run_module(self, command: dict[str, Any]) -> None:
        name = command.get("name")
        self.instances[None] = None
        if name is not None:
            self.instances[name] = None
        instance = self.instantiate(self.load(command["filename"]))
        self.instances[None] = instance
        if name is not None:
            self.instances[name] = instance

    def run_module_definition(self, command: dict[str, Any]) -> None:
        self.definitions[None] = self.definitions[command.get("name")] = None
        compiled = self.load(command["filename"])
        self.definitions[None] = self.definitions[command.get("name")] = compiled

    def run_module_instance(self, command: dict[str, Any]) -> None:
        name = command.get("instance")
        self.instances[None] = self.instances[name] = None
        compiled = self.definitions.get(command.get("module"))
        if compiled is None:
            raise NotRun("instantiates a skipped module")
        self.instances[None] = self.instances[name] = self.instantiate(compiled)

    def run_register(self, command: dict[str, Any]) -> None:
        instance = self.instances.get(command.get("name"))
        if instance is None:
            self.missing.add(command["as"])
            raise NotRun("registers a skipped module")
        self.missing.discard(command["as"])
        for name, extern in instance.exports.items():
            self.registry[command["as"], name] = extern

    def run_action(self, command: dict[str, Any]) -> None:
        self.act(command["action"])

    def run_assert_return(self, command: dict[str, Any]) -> None:
        results = self.act(command["action"])
        expected = command["expected"]
        same = len(results) == len(expected) and all(
            is_expected(value, want)
            for value, want in zip(results, expected, strict=True)
        )
        if not same:
            raise AssertionError(f"{results} where {expected} is expected")

    def run_assert_trap(self, command: dict[str, Any]) -> None:
        try:
            self.act(command["action"])
        except Trap as trap:
            if command["text"].startswith(trap.code.value):
                return
            message = f"trap {trap.code.value!r} for {command['text']!r}"
            raise AssertionError(message) from trap
        raise AssertionError(f"no trap for {command['text']!r}")

    run_assert_exhaustion = run_assert_trap

    def run_assert_uninstantiable(self, command: dict[str, Any]) -> None:
        compiled = self.load(command["filename"])
        try:
            self.instantiate(compiled)
        except Trap as trap:
            if command["text"].startswith(trap.code.value):
                return
            message = f"trap {trap.code.value!r} for {command['text']!r}"
            raise AssertionError(message) from trap
        raise AssertionError(f"no trap for {command['text']!r}")

    def run_assert_unlinkable(self, command: dict[str, Any]) -> None:
        compiled = self.load(command["filename"])
        try:
            self.instantiate(compiled)
        except LinkError:
            return
        raise AssertionError(f"linked: {command['text']}")

    def run_assert_invalid(self, command: dict[str, Any]) -> None:
        path = self.folder / command["filename"]
        try:
            validate_module(decode_module(path.read_bytes()))
        except (MalformedModule, InvalidModule):
            return
        raise AssertionError(f"accepted: {command['text']}")

    run_assert_malformed = run_assert_invalid


def parse_value(value: dict[str, str]) -> Any:
    """An argument as our engine takes it."""
    kind, text = value["type"], value["value"]
    if text == "null":
        return None
    if kind == "externref":
        return extern_value(text)
    if kind not in ("i32", "i64", "f32", "f64"):
        raise NotRun(f"a value of type {kind}")
    return int(text) & (0xFFFF_FFFF_FFFF_FFFF if "64" in kind else 0xFFFF_FFFF)


def is_expected(value: Any, expected: dict[str, Any]) -> bool:
    """True if a result is what the script wants."""
    kind, text = expected["type"], expected.get("value")
    if kind == "either":
        return any(is_expected(value, one) for one in expected["values"])
    if kind.startswith("ref") or kind.endswith("ref"):
        return is_expected_reference(value, kind, text)
    if text in ("nan:canonical", "nan:arithmetic"):
        least = CANONICAL_NAN[kind]
        if text == "nan:canonical":
            return value & ~SIGN[kind] == least
        return value & least == least
    return value == parse_value(expected)


def is_expected_reference(value: Any, kind: str, text: str | None) -> bool:
    """True if a reference is null where it must be, and the right one where named."""
    if kind == "refnull" or text == "null":
        return value is None
    return value is not None if text is None else value == extern_value(text)


def run_script(path: Path, work_folder: Path) -> ScriptResult:
    """Run every command of a `.wast` file; `work_folder` takes its binaries."""
    result = ScriptResult()
    description = work_folder / f"{path.stem}.json"
    conversion = subprocess.run(
        [
            *(WASM_TOOLS, "json-from-wast", path),
            *("-o", description, "--wasm-dir", work_folder),
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    if conversion.returncode:
        result.skipped["wasm-tools cannot read it"] += 1
        return result
    runner = ScriptRunner(work_folder)
    for command in json.loads(description.read_text())["commands"]:
        kind = command["type"]
        method = getattr(runner, f"run_{kind}", None)
        if method is None:
            result.skipped[f"command {kind}"] += 1
            continue
        if command.get("module_type") == "text":
            if kind == "module":
                runner.instances[None] = None
            result.skipped["tests the text format"] += 1
            continue
        try:
            method(command)
        except NotRun as reason:
            result.skipped[str(reason)] += 1
        except Exception as error:  # noqa: BLE001 a failure, whatever it is
            failure = f"{path.name}:{command['line']}: {kind}: "
            result.failures.append(failure + f"{type(error).__name__}: {error}")
        else:
            result.passed += 1
    return result
