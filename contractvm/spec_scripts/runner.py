"""Runs the commands of one script, and counts what became of each."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contractvm.binary.decoder import decode_module
from contractvm.errors import (
    ContractVmError,
    InvalidModule,
    LinkError,
    MalformedModule,
    RefusedModule,
    Trap,
)
from contractvm.execution.compiled_module import CompiledModule
from contractvm.execution.instance import Extern, GlobalCell, ModuleInstance
from contractvm.spec_scripts.accepted_differences import (
    ACCEPTED_DIFFERENCES,
    texts_agree,
)
from contractvm.spec_scripts.conversion import (
    Command,
    UnreadableScript,
    convert_script,
    text_is_refused,
)
from contractvm.spec_scripts.host_module import spectest_module
from contractvm.spec_scripts.proposals import imported_names, proposals_needed
from contractvm.spec_scripts.subjects import Subject
from contractvm.spec_scripts.values import (
    describe_expected,
    describe_results,
    parse_value,
    results_match,
)
from contractvm.structure.module import Module
from contractvm.validation.validator import validate_module


class Unmet(ContractVmError):
    """The engine did not do what the command expects."""


class NotApplicable(ContractVmError):
    """The command needs something that this engine leaves out; the reason says what."""


@dataclass(slots=True)
class ScriptResult:
    """What became of a script's commands; `failures` say line and reason."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stands where a module or an instance would be, had it not been skipped."""

    reason: str


def run_script(path: Path, subject: Subject) -> ScriptResult:
    """Run every command of a `.wast` file.

    A file that cannot be converted is one failure. Raises ConverterMissing, OSError.
    """
    result = ScriptResult()
    with tempfile.TemporaryDirectory(prefix="contractvm-spectest-") as folder:
        try:
            commands = convert_script(path, Path(folder))
        except UnreadableScript as error:
            result.failures.append(str(error))
            return result
        runner = ScriptRunner(Path(folder), subject)
        for command in commands:
            try:
                runner.run(command)
            except NotApplicable as reason:
                result.skipped[str(reason)] += 1
            except ContractVmError as error:
                kind = "" if isinstance(error, Unmet) else f"{type(error).__name__}: "
                place = f"{path}:{command['line']}: {command['type']}"
                result.failures.append(f"{place}: {kind}{error}")
            else:
                result.passed += 1
    return result


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
        self._instances.update(dict.fromkeys(names, Skipped("follows a failure")))
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
        self._definitions.update(dict.fromkeys(names, Skipped("follows a failure")))
        try:
            compiled = self._load(command)
        except NotApplicable as error:
            self._definitions.update(dict.fromkeys(names, Skipped(str(error))))
            raise
        self._definitions.update(dict.fromkeys(names, compiled))

    def run_module_instance(self, command: Command) -> None:
        """A module that was defined before is instantiated."""
        names = (None, command.get("instance"))
        self._instances.update(dict.fromkeys(names, Skipped("follows a failure")))
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
        self._require_refusal(command, (InvalidModule,))

    def run_assert_malformed(self, command: Command) -> None:
        """A module is none: in the text format, this is the text parser's to say."""
        if command["module_type"] != "text":
            self._require_refusal(command, (MalformedModule,))
        elif not text_is_refused(self._folder.joinpath(command["filename"])):
            raise Unmet(f"parsed, where {command['text']!r} is expected")

    def _require_refusal(
        self, command: Command, kinds: tuple[type[ContractVmError], ...]
    ) -> None:
        data = self._read(command)
        text = command["text"]
        try:
            validate_module(decode_module(data))
        except (MalformedModule, InvalidModule) as error:
            if (text, error.reason) in ACCEPTED_DIFFERENCES:
                return
            if isinstance(error, kinds) and texts_agree(text, error.reason):
                return
            _require_no_proposals(data)
            kind = type(error).__name__
            raise Unmet(f"{kind}: {error.reason} where {text!r} is expected") from None
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


def _require_no_proposals(data: bytes) -> None:
    """Raise NotApplicable for a module that needs what this engine leaves out."""
    needed = proposals_needed(data)
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
