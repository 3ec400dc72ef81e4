"""A guest: a module that is checked and translated once, and run many times."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Unpack

from contractvm.guests.abi import PROFILE
from contractvm.guests.abis import find_abi
from contractvm.guests.errors import NoSuchExport
from contractvm.guests.host_functions import (
    HostFunctionSpec,
)
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import DEFAULT_OPTIONS, RunKeywords, RunOptions
from contractvm.guests.replaying import replay
from contractvm.guests.requirements import Requirements, requirements_of
from contractvm.guests.result import Result
from contractvm.guests.run import GuestInstance, Run
from contractvm.guests.tape import Tape
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.profile import Profile, check_module_bytes
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

DEFAULT_SCHEDULE = "guests-1"


class Guest(LoadedModule):
    """A module ready to run; it never changes, and any threads and tasks may share it.

    `requirements` is what the module asks for, `abi` what it is written for.
    """

    @staticmethod
    def load(
        wasm: bytes | str | PathLike[str],
        *,
        abi: str = "auto",
        host: Sequence[HostFunctionSpec] = (),
        schedule: str | GasSchedule = DEFAULT_SCHEDULE,
        engine: str = "interpreter",
        profile: Profile | None = None,
    ) -> "Guest":
        """Check, meter and translate a module, from bytes or a file; nothing runs.

        `abi` is "auto" or the name of one; `host` are the functions that it may import
        besides. `profile` says which modules are accepted, by default those of the
        ABI. Raises MalformedModule, InvalidModule, RefusedModule, UnknownImports
        for an import that nothing provides, and LinkError for one of another type, or
        that the schedule has no price for.
        """
        data = wasm if isinstance(wasm, bytes) else _read(wasm)
        requirements = Guest.inspect(data)
        found = find_abi(abi, requirements)
        found.check(requirements)
        if isinstance(schedule, str):
            schedule = load_schedule(schedule)
        pipeline = Pipeline(
            make_engine(engine),
            schedule,
            profile or found.profile,
            InstrumentationOptions(defer_start=True),
        )
        guest = Guest(data, pipeline, found, host, requirements)
        guest.check_imports(guest.imports, all_given=False)
        guest.check_prices()
        return guest

    @staticmethod
    def inspect(
        wasm: bytes | str | PathLike[str],
    ) -> Requirements:
        """What a module asks for, without preparing it: quick for large modules too.

        Raises MalformedModule, or RefusedModule for more than 64 MiB; that the module
        is valid is not checked.
        """
        data = wasm if isinstance(wasm, bytes) else _read(wasm)
        check_module_bytes(data, PROFILE)
        return requirements_of(decode_module(data), len(data))

    def new_run(
        self,
        call: str | None = None,
        with_args: Sequence[Any] = (),
        **options: Unpack[RunKeywords],
    ) -> Run:
        """A run that has not begun, so that another thread can cancel it.

        `call` is the export to call with the arguments `with_args`; by default it is
        the whole program. The other options are those of RunOptions. Raises ValueError
        for inputs beyond the limits, NoSuchExport, and UnknownImports where a
        capability is missing.
        """
        name = call or self.abi.command or "_start"
        if name not in self.requirements.exported_funcs:
            raise NoSuchExport(name, tuple(self.requirements.exported_funcs))
        return Run(self.instance(**options), name, tuple(with_args))

    def run(
        self,
        call: str | None = None,
        with_args: Sequence[Any] = (),
        **options: Unpack[RunKeywords],
    ) -> Result:
        """Run the guest once, in a fresh instance; see `new_run` for the options."""
        return self.new_run(call, with_args, **options).run()

    def call(self, name: str, *arguments: Any, **options: Unpack[RunKeywords]) -> Any:
        """What an export returns, called in a fresh instance: bytes from a plugin.

        Raises GuestFailed unless the call succeeds, and as `new_run`.
        """
        return self.run(name, arguments, **options).raise_for_outcome().value

    async def arun(
        self,
        call: str | None = None,
        with_args: Sequence[Any] = (),
        **options: Unpack[RunKeywords],
    ) -> Result:
        """As `run`, in worker threads; host functions may be `async def`."""
        return await self.new_run(call, with_args, **options).arun()

    def replay(self, tape: Tape) -> Result:
        """The result of a recorded run, run again without its host functions.

        Raises TapeError if the tape is of another module, schedule or ABI, or cannot
        be replayed; ReplayDiverged at the first difference.
        """
        return replay(tape, self)

    def instance(self, **options: Unpack[RunKeywords]) -> GuestInstance:
        """An instance for many calls, to be used in a `with` statement."""
        return GuestInstance(
            self, RunOptions(**options) if options else DEFAULT_OPTIONS
        )


def _read(path: str | PathLike[str]) -> bytes:
    """A module's file, no more of it than is allowed and a byte."""
    with Path(fspath(path)).open("rb") as file:
        return file.read(PROFILE.sizes.max_module_bytes + 1)
