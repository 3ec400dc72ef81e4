"""Host interfaces as values: what code may import, and how one message runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn

from msgspec import Struct

from contractvm.errors import ContractVmError
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.rules import STANDARD_METERING, Metering
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule

# The kind of chain that has messages, replies and a bank: see HostInterface.chain.
COSMOS = "cosmos"
LETTERS = {"i": ValType.I32, "I": ValType.I64, "f": ValType.F32, "F": ValType.F64}
NO_AMOUNTS: Mapping[str, str] = MappingProxyType({})


def func_type(params: str, results: str = "") -> FuncType:
    """A type in letters: `i` is i32, `I` is i64, `f` is f32, `F` is f64."""
    return FuncType(
        tuple(LETTERS[letter] for letter in params),
        tuple(LETTERS[letter] for letter in results),
    )


class HostFunction(Struct, frozen=True):
    """One function that code may import: a row of its interface's table.

    `run` takes the frame of the call first, if it `takes_frame`, then the arguments as
    plain unsigned ints. `amounts` are the charges that are due under a condition, by
    their name in a schedule, each with its group in a gas report. `group` and `label`
    are where a report shows the other charges; `effects` are what a call may turn out
    to do, each with its own line; those in `refunded` earn the refund for cleared
    storage. A function that `sees_gas` lets the code behave differently under other
    prices.
    """

    module: str
    name: str
    func_type: FuncType
    run: Callable[..., Any]
    takes_frame: bool = True
    amounts: Mapping[str, str] = NO_AMOUNTS
    group: str = "host"
    label: str = ""
    effects: tuple[str, ...] = ()
    refunded: tuple[str, ...] = ()
    sees_gas: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The module and name that imports and schedules use."""
        return self.module, self.name


class CodeForm(Struct, frozen=True):
    """How code of an interface is recognised: by its first bytes."""

    prefix: bytes
    min_bytes: int = 0

    def matches(self, code: bytes) -> bool:
        """Whether `code` has this form."""
        return len(code) >= self.min_bytes and code.startswith(self.prefix)


WASM = CodeForm(b"\0asm", 8)


class TimedCalls(Struct, frozen=True):
    """Calls of functions that only compute, timed by calibration.

    `arguments` are those of a call in the text format, by function; memory at 0 is free
    to use. `endings` end the call with a pointer and a length of output. `copy` copies
    (to, from, length) of the call data; its cost per word holds for all `copies`.
    """

    arguments: Mapping[str, str]
    endings: tuple[str, ...]
    copy: str
    copies: tuple[str, ...]


# Reads the code of another account, by its address.
CodeAt = Callable[[bytes], bytes]


def unpacked(code: bytes, _: CodeAt | None = None) -> bytes:
    """The `unpack` of interfaces whose modules are stored as they are."""
    return code


class UnreadableCode(ContractVmError):
    """Code of an account that holds no module, for a `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WithoutChain(ContractVmError):
    """Code of the host interface `interface` takes no messages: no chain can run it."""

    def __init__(self, interface: str) -> None:
        super().__init__(f"{interface} code runs without a chain")
        self.interface = interface


def refuse_message(interface: "HostInterface", *_: object) -> NoReturn:
    """The `start_call` of an interface whose code takes no messages."""
    raise WithoutChain(interface.name)


@dataclass(frozen=True)
class HostInterface:
    """One kind of code: its modules, what they import, and how a message runs.

    `profile` says which modules are accepted, `metering` how they are metered, unless
    `metering_of` finds that in the schedule.
    `sections` are the dataclasses of the tables that a schedule of this interface must
    have, next to the costs of instructions and of `functions`. `start_call(interface,
    engine, host, message, code, observer)` makes the call object that runs a message;
    the type of each is the interface's own (`hosts/evm` for chains of accounts). Where
    it is left out, code runs without a chain. `options` are those of instrumentation.
    `init_code(runtime)` is the code that puts a runtime module on a chain, None where
    modules are stored as they are. `pack(module)` is the code of an account with that
    module, `unpack(code, code_at)` the module in such code, which raises
    UnreadableCode. `fork` names the fork whose rules such code
    needs, None if any will do. A chain `checks_new_code` before it stores it where
    nothing else checks it later. `memory_export` is the name of the memory that host
    functions read.
    `check_module(wasm)` refuses what the profile lets pass, where something else than
    the pipeline checks modules. `bounding_schedules` are released schedules whose
    prices bound what a run takes; a stranger's schedule is compared with them.
    `timed_calls` are for calibration. An interface that `charges_amounts` tells
    observers units, not quantities: a run is explained, but no other schedule can price
    it. `chain` names the kind of chain that runs the code where it is none of accounts.
    """

    name: str
    profile: Profile
    functions: tuple[HostFunction, ...]
    sections: tuple[type, ...]
    start_call: Callable[..., Any] = refuse_message
    metering: Metering = STANDARD_METERING
    metering_of: Callable[[GasSchedule], Metering] | None = None
    options: InstrumentationOptions = field(default_factory=InstrumentationOptions)
    code_forms: tuple[CodeForm, ...] = (WASM,)
    init_code: Callable[[bytes], bytes] | None = None
    pack: Callable[[bytes], bytes] = bytes
    unpack: Callable[[bytes, CodeAt | None], bytes] = unpacked
    memory_export: str = "memory"
    checks_new_code: bool = True
    fork: str | None = None
    check_module: Callable[[bytes], object] | None = None
    bounding_schedules: tuple[str, ...] = ()
    timed_calls: TimedCalls | None = None
    charges_amounts: bool = False
    chain: str | None = None

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str], HostFunction]:
        """The functions by module and name."""
        return MappingProxyType({entry.key: entry for entry in self.functions})

    @cached_property
    def imports(self) -> Mapping[tuple[str, str], HostFunc]:
        """The functions in the engines' form; one of each serves all calls."""
        return MappingProxyType(
            {
                entry.key: HostFunc(
                    entry.func_type, entry.run, takes_context=entry.takes_frame
                )
                for entry in self.functions
            }
        )

    def is_code(self, code: bytes) -> bool:
        """Whether this looks like code of the interface; it may still be malformed."""
        return any(form.matches(code) for form in self.code_forms)

    def pipeline(
        self, engine: Engine, schedule: GasSchedule, *, is_traced: bool = False
    ) -> Pipeline:
        """The pipeline for this interface's modules; raises as `check_schedule`."""
        self.check_schedule(schedule)
        return Pipeline(
            engine,
            schedule,
            self.profile,
            self.options,
            metering=self.metering_under(schedule),
            is_traced=is_traced,
        )

    def metering_under(self, schedule: GasSchedule) -> Metering:
        """How modules are metered where `schedule` prices them."""
        if self.metering_of is None:
            return self.metering
        return self.metering_of(schedule)

    @property
    def takes_messages(self) -> bool:
        """Whether a chain of accounts can run the interface's code."""
        return self.start_call is not refuse_message

    @property
    def has_contracts(self) -> bool:
        """Whether the interface's code is contracts, of any kind of chain."""
        return self.takes_messages or self.chain is not None

    def require_chain(self) -> None:
        """Raise WithoutChain where no chain can run the interface's code."""
        if not self.takes_messages:
            raise WithoutChain(self.name)

    def check_schedule(self, schedule: GasSchedule) -> None:
        """Raise ScheduleError unless the schedule is this interface's, and complete.

        It must have exactly the declared sections. A function may lack a cost; it
        cannot be called then.
        """
        root = schedule.file.root({})
        if schedule.interface != self.name:
            reason = f"is for {schedule.interface}, not for {self.name}"
            raise root.error(reason, "interface")
        for kind in self.sections:
            schedule.section(kind)
        known = {kind.SECTION for kind in self.sections}  # type: ignore[attr-defined]
        for name in schedule.sections:
            if name not in known:
                raise root.error("unknown key", name)
        for module, costs in schedule.host_costs.items():
            for name, cost in costs.items():
                entry = self.by_key.get((module, name))
                allowed = () if entry is None else entry.amounts
                for amount in cost.amounts:
                    if amount not in allowed:
                        raise schedule.host_place(module, name).error(
                            "unknown key", amount
                        )
