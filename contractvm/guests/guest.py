"""A guest: a module that is checked and translated once, and run many times."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Unpack

from contractvm.guests.abi import find_abi
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
from contractvm.wasm.validation.profile import Profile, SizeLimits, check_module_bytes
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

DEFAULT_SCHEDULE = "guests-1"
PROFILE = Profile(
    name="guests",
    floats="canonical",
    sizes=SizeLimits(max_module_bytes=64 << 20, max_params=128, max_results=16),
)


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
        profile: Profile = PROFILE,
    ) -> "Guest":
        """Check, meter and translate a module, from bytes or a file; nothing runs.

        `abi` is "auto" or the name of one; `host` are the functions that it may import
        besides. Raises MalformedModule, InvalidModule, RefusedModule, UnknownImports
        for an import that nothing provides, and LinkError for one of another type.
        """
        data = wasm if isinstance(wasm, bytes) else _read(wasm, profile)
        requirements = Guest.inspect(data, profile=profile)
        found = find_abi(abi, requirements)
        if isinstance(schedule, str):
            schedule = load_schedule(schedule)
        pipeline = Pipeline(
            make_engine(engine),
            schedule,
            profile,
            InstrumentationOptions(defer_start=True),
        )
        guest = Guest(data, pipeline, found, host, requirements)
        guest.check_imports(guest.imports, all_given=False)
        return guest

    @staticmethod
    def inspect(
        wasm: bytes | str | PathLike[str], *, profile: Profile = PROFILE
    ) -> Requirements:
        """What a module asks for, without preparing it: quick for large modules too.

        Raises MalformedModule, or RefusedModule for more bytes than `profile` takes;
        that the module is valid is not checked.
        """
        data = wasm if isinstance(wasm, bytes) else _read(wasm, profile)
        check_module_bytes(data, profile)
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


def _read(path: str | PathLike[str], profile: Profile) -> bytes:
    """A module's file, no more of it than the profile allows and a byte."""
    with Path(fspath(path)).open("rb") as file:
        return file.read(profile.sizes.max_module_bytes + 1)
