"""Scripts in the test suite's language, written next to the test that runs them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.spec_scripts.conversion import (
    Command,
    ConverterMissing,
    convert_script,
    find_converter,
)
from contractvm.spec_scripts.runner import ScriptResult, run_script
from contractvm.spec_scripts.subjects import (
    InstrumentedSubject,
    PlainSubject,
    Subject,
    permissive_schedule,
)


def instrumented_subject() -> InstrumentedSubject:
    return InstrumentedSubject(permissive_schedule())


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "plain": PlainSubject,
    "instrumented": instrumented_subject,
}


def require_converter() -> None:
    """Skip the test where wasm-tools is not installed."""
    try:
        find_converter()
    except ConverterMissing as error:
        pytest.skip(str(error))


def convert(path: Path, folder: Path) -> list[Command]:
    """The commands of a script; their modules are written to `folder`."""
    require_converter()
    return convert_script(path, folder)


def run_text(text: str, folder: Path, mode: str = "plain") -> ScriptResult:
    """Run a script given as text, in a mode of SUBJECTS."""
    require_converter()
    path = folder / "script.wast"
    path.write_text(text)
    return run_script(path, SUBJECTS[mode]())
