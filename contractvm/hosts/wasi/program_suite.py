"""Suites of WASI programs: a folder of modules, each with what it gets and must do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from contractvm.errors import ContractVmError, InvalidModule, LinkError, MalformedModule
from contractvm.hosts.wasi.command_run import run_command
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.bounded_files import read_bounded

MAX_MODULE_BYTES = 64 * 1024 * 1024
MAX_CASE_BYTES = 1024 * 1024
# 100 seconds of the machine that prices are measured on.
MAX_GAS = 1_000_000_000


class InvalidCase(ContractVmError):
    """The file beside a program does not say what the program gets."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program gets and must do, as in the file beside it.

    `root` is the folder that it finds as "/", `dirs` those that it finds by their
    names; both are beside the program, and may be written. None is for any output.
    """

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    root: str | None = None
    dirs: tuple[str, ...] = ()
    exit_code: int = 0
    stdout: str | None = None
    stderr: str | None = None


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """The result of one program; `error` is None if it did what it must.

    `exit_code` is None where the program did not exit; `units_used` are those of the
    schedule.
    """

    name: str
    exit_code: int | None = None
    units_used: int = 0
    host_calls: int = 0
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it did what it must."""
        return self.error is None


def find_programs(folder: Path) -> Sequence[Path]:
    """The modules in a folder and the folders in it, in the order of their names."""
    return sorted(path for path in folder.rglob("*.wasm") if path.is_file())


def run_program(pipeline: Pipeline, path: Path, name: str) -> ProgramResult:
    """Run one program of a suite.

    Raises InvalidCase, OSError for a file that cannot be read, FileTreeError for a
    folder that no program can be given.
    """
    case = _read_case(path.with_suffix(".json"))
    code = read_bounded(path, MAX_MODULE_BYTES)
    try:
        state = WasiState(
            args=[path.name, *case.args], env=case.env, mounts=_mounts(path, case)
        )
    except ValueError as error:
        raise InvalidCase(path.with_suffix(".json"), str(error)) from error
    units = pipeline.schedule.units_from_gas(MAX_GAS)
    try:
        ended = run_command(pipeline, code, state, units)
    except (MalformedModule, InvalidModule, LinkError) as refused:
        return ProgramResult(name, error=str(refused))
    if ended.stopped is not None:
        faults = [str(ended.stopped)]
    else:
        faults = _differences(case, ended.exit_code, state)
    return ProgramResult(
        name,
        ended.exit_code,
        ended.units_used,
        state.host_calls.total(),
        "; ".join(faults) or None,
    )


def _read_case(path: Path) -> Case:
    if not path.exists():
        return Case()
    try:
        return msgspec.json.decode(read_bounded(path, MAX_CASE_BYTES), type=Case)
    except msgspec.MsgspecError as error:
        raise InvalidCase(path, str(error)) from error


def _mounts(path: Path, case: Case) -> dict[str, FileTree]:
    folders = {} if case.root is None else {"/": case.root}
    folders.update({name: name for name in case.dirs})
    for name in folders.values():
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            reason = f"{name!r} is not a folder beside the program"
            raise InvalidCase(path.with_suffix(".json"), reason)
    return {
        mount: FileTree.read(path.parent.joinpath(name), writable=True)
        for mount, name in folders.items()
    }


def _differences(case: Case, exit_code: int | None, state: WasiState) -> list[str]:
    found = []
    if exit_code != case.exit_code:
        found.append(f"exit code {exit_code}, {case.exit_code} expected")
    for what, wanted, written in (
        ("stdout", case.stdout, state.stdout),
        ("stderr", case.stderr, state.stderr),
    ):
        if wanted is not None and wanted.encode() != written:
            found.append(f"{what} is {written[:100]!r}, {wanted[:100]!r} expected")
    return found
