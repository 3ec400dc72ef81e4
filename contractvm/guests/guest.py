"""A guest: a module that is checked and translated once, and run many times."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Unpack

from contractvm.errors import LinkError
from contractvm.guests.abi import PROFILE, Abi
from contractvm.guests.abis import find_abi
from contractvm.guests.compiling import in_background
from contractvm.guests.errors import NoSuchExport
from contractvm.guests.guest_code import (
    compile_code,
    find_code,
    preparation_key,
    prepare,
)
from contractvm.guests.host_functions import HostFunctionSpec
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import DEFAULT_OPTIONS, RunKeywords, RunOptions
from contractvm.guests.replaying import replay
from contractvm.guests.requirements import Requirements, requirements_of
from contractvm.guests.result import Result
from contractvm.guests.run import GuestInstance, Run
from contractvm.guests.tape import Tape
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm.runtime.module_source import ModuleSource, module_bytes
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.wasmtime.compile_process import CompileProcess
from contractvm.wasm.validation.profile import Profile, check_module_bytes
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

COMPILING = "wasmtime"
DEFAULT_SCHEDULE = "guests-1"


class Guest(LoadedModule):
    """A module ready to run, which any threads and tasks may share.

    It never changes, but for the engine of later runs once it has been compiled.
    `requirements` is what the module asks for, `abi` what it is written for.
    """

    @staticmethod
    def load(  # noqa: PLR0913 (its options, by name)
        wasm: ModuleSource,
        *,
        abi: str = "auto",
        host: Sequence[HostFunctionSpec] = (),
        schedule: str | GasSchedule = DEFAULT_SCHEDULE,
        engine: str = "auto",
        profile: Profile | None = None,
        traced: bool = False,
    ) -> "Guest":
        """Check, meter and translate a module; nothing runs.

        `wasm` is its bytes, the path of a .wasm or .wat file, or .wat text.

        `abi` is "auto" or the name of one; `host` are the functions that it may import
        besides. `engine` "auto" is wasmtime where compiled code is in the cache, and
        the interpreter until then. `profile` says which modules are accepted, by
        default those of the ABI. The runs of a guest that is `traced`, on the
        interpreter only, have a `Result.report()`; gas and results are the same.

        Raises MalformedModule, InvalidModule, RefusedModule, UnknownImports for an
        import that nothing provides, LinkError for one of another type, or that the
        schedule has no price for, and ValueError for a traced guest on wasmtime.
        """
        data = module_bytes(wasm, "wasm")
        if isinstance(schedule, str):
            schedule = load_schedule(schedule)
        key = preparation_key(data, schedule, abi, profile)
        may_be_kept = engine != "interpreter" and not traced
        kept = find_code(key) if may_be_kept else None
        requirements = Guest.inspect(data) if kept is None else kept.requirements
        found = find_abi(abi, requirements)
        found.check(requirements)
        _require_prices(found, requirements, schedule)
        profile = profile or found.profile
        code = None if kept is None else kept.restore(data, schedule, profile)
        if code is not None:
            pass
        elif engine == COMPILING and not traced:
            code = compile_code(key, data, requirements, schedule, profile)
        else:
            name = DEFAULT_ENGINE if engine == "auto" else engine
            code = prepare(name, data, schedule, profile, is_traced=traced)
        guest = Guest(data, code, found, host, requirements, key)
        guest.check_imports(guest.imports, all_given=False)
        return guest

    @staticmethod
    def inspect(
        wasm: ModuleSource,
    ) -> Requirements:
        """What a module asks for, without preparing it: quick for large modules too.

        Raises MalformedModule, or RefusedModule for more than 64 MiB; that the module
        is valid is not checked.
        """
        data = module_bytes(wasm, "wasm")
        check_module_bytes(data, PROFILE)
        return requirements_of(decode_module(data), len(data))

    def compile(self, *, background: bool = False) -> Future[bool] | None:
        """Compile to machine code, which later runs use, and which the cache keeps.

        A process with limits on memory and time compiles it. Without `background`,
        raises InternalError where it does not succeed. With it, returns at once: the
        future says whether it succeeded, and a failure is a warning. A traced guest
        is a ValueError.
        """
        if self.code.pipeline.is_traced:
            raise ValueError("a traced guest stays on the interpreter")
        if not background:
            self._compile(None)
            return None
        return in_background(self._compile)

    def _compile(self, process: CompileProcess | None) -> None:
        if self.code.pipeline.engine_name == COMPILING:
            return
        self.code = compile_code(
            self.key,
            self.wasm,
            self.requirements,
            self.code.pipeline.schedule,
            self.code.pipeline.profile,
            process,
        )

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
        *,
        inline: bool = False,
        **options: Unpack[RunKeywords],
    ) -> Result:
        """As `run`, in worker threads; host functions may be `async def`.

        With `inline` it takes turns on the loop's thread: see `GuestInstance.acall`.
        """
        return await self.new_run(call, with_args, **options).arun(inline=inline)

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


def _require_prices(
    abi: Abi, requirements: Requirements, schedule: GasSchedule
) -> None:
    """Refuse a module that imports a function of the ABI which has no price."""
    for module, name, _ in requirements.imports:
        is_own = (module, name) in abi.functions
        if is_own and schedule.host_cost(module, name) is None:
            reason = f"it has no cost in gas schedule {schedule.name}"
            raise LinkError(module, name, reason)
