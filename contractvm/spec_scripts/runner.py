"""The runner of scripts, which counts the outcome of each command."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from contractvm.errors import ContractVmError
from contractvm.spec_scripts.commands import NotApplicable, ScriptRunner, Unmet
from contractvm.spec_scripts.conversion import UnreadableScript, convert_script
from contractvm.spec_scripts.subjects import Subject


@dataclass(slots=True)
class ScriptResult:
    """The outcomes of a script's commands; `failures` have line and reason."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def run_script(path: Path, subject: Subject) -> ScriptResult:
    """Run every command of a `.wast` file.

    A file that cannot be converted is one failure. Raises ConverterMissing.
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
