"""The commands of a script: what each does, and what it expects of the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contractvm.errors import (
    ContractVmError,
    InvalidModule,
    LinkError,
    MalformedModule,
    RefusedModule,
    Trap,
)
from contractvm.spec_scripts.accepted_differences import (
    ACCEPTED_DIFFERENCES,
    texts_agree,
)
from contractvm.spec_scripts.conversion import Command, assemble_text
from contractvm.spec_scripts.host_module import spectest_module
from contractvm.spec_scripts.proposals import imported_names, proposals_needed
from contractvm.spec_scripts.subjects import Subject
from contractvm.spec_scripts.values import (
    describe_expected,
    describe_results,
    parse_value,
    results_match,
)
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    Extern,
    GlobalCell,
    ModuleInstance,
)
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module

T = TypeVar("T")


class Unmet(ContractVmError):
    """The engine did not do what the command expects."""


class NotApplicable(ContractVmError):
    """The command needs something that this engine leaves out; the reason says what."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stands where a module or an instance would be, had it not been skipped."""

    reason: str


class ScriptRunner:
    """The state of one script: its modules and instances by name.

    The name None stands for the newest one.
    """

    def __init__(self, folder: Path, subject: Subject) -> None:
        self._folder = folder
        self._subject = subject
        self._externs: dict[tuple[str, str], Extern] = {
            ("spectest", name): extern for name, extern in spectest_module().items()
        }
        # What is registered under a name, and what is skipped under one.
        self._registered: dict[str, ModuleInstance] = {}
        self._skipped_names: dict[str, Skipped] = {}
        self._definitions: dict[str | None, CompiledModule | Skipped] = {}
        self._instances: dict[str | None, ModuleInstance | Skipped] = {}
        # Instances whose state a skipped module would have shared, hence changed.
        self._unsettled: list[tuple[ModuleInstance, Skipped]] = []

    def run(self, command: Command) -> None:
        """Run one command; raises Unmet, NotApplicable, or what the engine raised."""
        rule = RULES.get(command["type"])
        if rule is None:
            raise Unmet("a command that is not known")
        rule(self, command)

    # Modules

    def run_module(self, command: Command) -> None:
        """A module is defined and instantiated."""
        names = (None, command.get("name"))
        self._forget(self._instances, names)
        try:
            instance = self._instantiate(self._load(command))
        except NotApplicable as error:
            reason = Skipped(str(error))
            self._instances.update(dict.fromkeys(names, reason))
            self._unsettle(command, reason)
            raise
        self._instances.update(dict.fromkeys(names, instance))

    def run_module_definition(self, command: Command) -> None:
        """A module is defined, to be instantiated later, any number of times."""
        names = (None, command.get("name"))
        self._forget(self._definitions, names)
        try:
            compiled = self._load(command)
        except NotApplicable as error:
            self._definitions.update(dict.fromkeys(names, Skipped(str(error))))
            raise
        self._definitions.update(dict.fromkeys(names, compiled))

    def run_module_instance(self, command: Command) -> None:
        """A module that was defined before is instantiated."""
        names = (None, command.get("instance"))
        self._forget(self._instances, names)
        compiled = self._definitions.get(command.get("module"))
        if compiled is None:
            raise Unmet("no module of that name")
        if isinstance(compiled, Skipped):
            self._instances.update(dict.fromkeys(names, compiled))
            raise NotApplicable(compiled.reason)
        self._instances.update(dict.fromkeys(names, self._instantiate(compiled)))

    def run_register(self, command: Command) -> None:
        """An instance's exports become importable."""
        name = command["as"]
        instance = self._instances.get(command.get("name"))
        if instance is None:
            raise Unmet("no instance of that name")
        if isinstance(instance, Skipped):
            self._skipped_names[name] = instance
            raise NotApplicable(instance.reason)
        self._skipped_names.pop(name, None)
        self._registered[name] = instance
        for export, extern in instance.exports.items():
            self._externs[name, export] = extern

    @staticmethod
    def _forget(known: dict[str | None, T], names: tuple[str | None, ...]) -> None:
        """Unbind names: what follows must not act on an older module by mistake."""
        for name in names:
            known.pop(name, None)

    def _load(self, command: Command) -> CompiledModule:
        """Decode, validate and prepare; NotApplicable where our features exclude it."""
        data = self._read(command)
        try:
            module = decode_module(data)
            heights = validate_module(module).operand_heights
        except (MalformedModule, InvalidModule):
            _require_no_proposals(data)
            raise
        try:
            return self._subject.prepare(module, heights)
        except RefusedModule as error:
            raise NotApplicable(error.reason) from None

    def _read(self, command: Command) -> bytes:
        name = command.get("binary_filename") or command["filename"]
        return self._folder.joinpath(name).read_bytes()

    def _instantiate(self, compiled: CompiledModule) -> ModuleInstance:
        module: Module = compiled.module
        for entry in module.imports:
            skipped = self._skipped_names.get(entry.module)
            if skipped is not None:
                raise NotApplicable(skipped.reason)
        return self._subject.instantiate(compiled, self._externs)

    def _unsettle(self, command: Command, skipped: Skipped) -> None:
        """Mark what the skipped module would have shared: its state is unknown."""
        if not self._registered:
            return
        for name in sorted(imported_names(self._read(command))):
            if name in self._registered:
                self._unsettled.append((self._registered[name], skipped))

    # Actions

    def _act(self, command: Command) -> tuple[object, ...]:
        action = command["action"]
        instance = self._instances.get(action.get("module"))
        if instance is None:
            raise Unmet("no instance of that name")
        if isinstance(instance, Skipped):
            raise NotApplicable(instance.reason)
        for unsettled, skipped in self._unsettled:
            if unsettled is instance:
                raise NotApplicable(skipped.reason)
        extern = instance.exports.get(action["field"])
        if extern is None:
            raise Unmet(f"no export {action['field']!r}")
        if action["type"] == "get":
            if not isinstance(extern, GlobalCell):
                raise Unmet(f"the export {action['field']!r} is no global")
            return (extern.value,)
        if not isinstance(extern, HostFunc | ExportedFunc):
            raise Unmet(f"the export {action['field']!r} is no func")
        arguments = [parse_value(value) for value in action["args"]]
        return self._subject.invoke(instance, action["field"], arguments)

    def run_action(self, command: Command) -> None:
        """Something is done for its effects."""
        self._act(command)

    def run_assert_return(self, command: Command) -> None:
        """An action gives results."""
        results = self._act(command)
        if not results_match(results, command["expected"]):
            wanted = describe_expected(command["expected"])
            raise Unmet(f"{describe_results(results)} where {wanted} is expected")

    def run_assert_trap(self, command: Command) -> None:
        """An action traps, for a reason."""
        _require_trap(command["text"], lambda: self._act(command))

    def run_assert_exception(self, command: Command) -> None:
        """An action throws, which only a skipped module can."""
        self._act(command)
        raise Unmet("no exception")

    # Refusals

    def run_assert_uninstantiable(self, command: Command) -> None:
        """Instantiation traps; what it did before that stays done."""
        try:
            compiled = self._load(command)
            _require_trap(command["text"], lambda: self._instantiate(compiled))
        except NotApplicable as error:
            self._unsettle(command, Skipped(str(error)))
            raise

    def run_assert_unlinkable(self, command: Command) -> None:
        """An import is missing or has another type."""
        compiled = self._load(command)
        try:
            self._instantiate(compiled)
        except LinkError as error:
            _require_text(command["text"], error.reason)
            return
        raise Unmet(f"linked, where {command['text']!r} is expected")

    def run_assert_invalid(self, command: Command) -> None:
        """A module can be decoded, and breaks a rule of validation."""
        self._require_refusal(command, InvalidModule)

    def run_assert_malformed(self, command: Command) -> None:
        """A module is none.

        One in the text format is refused by the text parser, whose words are its own,
        or else our decoder refuses the bytes that the parser makes of it.
        """
        if command["module_type"] != "text":
            self._require_refusal(command, MalformedModule)
            return
        data = assemble_text(self._folder.joinpath(command["filename"]))
        if data is None:
            return
        try:
            decode_module(data)
        except MalformedModule:
            return
        raise Unmet(f"accepted, where {command['text']!r} is expected")

    def _require_refusal(self, command: Command, kind: type[ContractVmError]) -> None:
        data = self._read(command)
        text = command["text"]
        try:
            validate_module(decode_module(data))
        except (MalformedModule, InvalidModule) as error:
            if (text, error.reason) in ACCEPTED_DIFFERENCES:
                return
            if isinstance(error, kind) and texts_agree(text, error.reason):
                return
            _require_no_proposals(data, error)
            found = f"{type(error).__name__}: {error.reason}"
            raise Unmet(f"{found} where {text!r} is expected") from None
        raise Unmet(f"accepted, where {text!r} is expected")


RULES: dict[str, Callable[[ScriptRunner, Command], None]] = {
    "module": ScriptRunner.run_module,
    "module_definition": ScriptRunner.run_module_definition,
    "module_instance": ScriptRunner.run_module_instance,
    "register": ScriptRunner.run_register,
    "action": ScriptRunner.run_action,
    "assert_return": ScriptRunner.run_assert_return,
    "assert_trap": ScriptRunner.run_assert_trap,
    "assert_exhaustion": ScriptRunner.run_assert_trap,
    "assert_exception": ScriptRunner.run_assert_exception,
    "assert_uninstantiable": ScriptRunner.run_assert_uninstantiable,
    "assert_unlinkable": ScriptRunner.run_assert_unlinkable,
    "assert_invalid": ScriptRunner.run_assert_invalid,
    "assert_malformed": ScriptRunner.run_assert_malformed,
}


def _require_no_proposals(data: bytes, fault: ContractVmError | None = None) -> None:
    """Raise NotApplicable for a module that needs what this engine leaves out.

    `fault` is what our decoder says against one that is to be refused anyway.
    """
    needed = proposals_needed(data, fault)
    if needed:
        raise NotApplicable(f"needs {', '.join(needed)}")


def _require_trap(text: str, action: Callable[[], object]) -> None:
    try:
        action()
    except Trap as trap:
        _require_text(text, trap.code.value)
        return
    raise Unmet(f"no trap, where {text!r} is expected")


def _require_text(expected: str, found: str) -> None:
    if not texts_agree(expected, found):
        raise Unmet(f"{found!r} where {expected!r} is expected")
