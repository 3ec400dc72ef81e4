"""The ABIs of guests: what a module imports besides the caller's host functions."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol

from contractvm.guests.frame import GuestFrame
from contractvm.guests.options import AbiKeywords, RunOptions
from contractvm.guests.outcomes import Outcome
from contractvm.guests.passing import BY_POINTER, Passing
from contractvm.guests.requirements import Requirements
from contractvm.guests.services import Services
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.structure.types import FuncType
from contractvm.wasm.validation.profile import Profile, SizeLimits
from gas_schedule.schedule import HostCost

NO_FUNCTIONS: Mapping[tuple[str, str], HostFunc] = MappingProxyType({})
PROFILE = Profile(
    name="guests",
    floats="canonical",
    sizes=SizeLimits(
        max_module_bytes=64 << 20,
        max_table_elements=100_000,
        max_tables=10,
        max_params=128,
        max_results=16,
    ),
)
Costs = Mapping[str, Mapping[str, HostCost]]
NO_OUTPUT: Mapping[str, Any] = MappingProxyType({})


class Abi(Protocol):
    """One ABI: its functions, and its frame, which has its state of a run.

    All methods with a frame get one that `frame` made.
    """

    @property
    def name(self) -> str:
        """The name that `Guest.load` takes."""

    @property
    def functions(self) -> Mapping[tuple[str, str], HostFunc]:
        """What modules may import, by module and name; they get the frame first."""

    @property
    def command(self) -> str | None:
        """The export that runs a whole program, None if there are none."""

    @property
    def initializer(self) -> str | None:
        """The export to call before any other but the command, where there is one."""

    @property
    def profile(self) -> Profile:
        """Which modules it accepts."""

    def matches(self, requirements: Requirements) -> bool:
        """Whether a module is written for this ABI."""

    def check(self, requirements: Requirements) -> None:
        """Raise RefusedModule for a module that is no guest of this ABI."""

    def passing_of(self, module: str) -> Passing:  # noqa: ARG002
        """How bytes pass to the caller's host functions of an import module."""
        return BY_POINTER

    def frame(
        self,
        options: RunOptions,
        costs: Costs,
        services: Services,  # noqa: ARG002
    ) -> GuestFrame:
        """The frame of one run, with the state that the ABI has of it.

        `costs` are the prices of its functions, `services` what they may call. Raises
        ValueError for options that it refuses.
        """
        return GuestFrame(options.limits, costs)

    def enter(
        self,
        frame: GuestFrame,  # noqa: ARG002
        func_type: FuncType,  # noqa: ARG002
        arguments: Sequence[Any],
    ) -> Sequence[Any]:
        """The arguments for an export, but for what the ABI gives it in another way.

        Raises TypeError and ValueError for what it cannot give.
        """
        return arguments

    def leave(self, frame: GuestFrame, func_type: FuncType, value: Any) -> Any:  # noqa: ARG002
        """What the caller gets for a call of an export that returned `value`."""
        return value

    def outputs(self, frame: GuestFrame) -> Mapping[str, Any]:
        """The fields of a Result that the state holds after a run."""

    def pack(self, options: RunOptions) -> bytes:
        """What a tape keeps of the options that only this ABI knows."""

    def unpack(self, data: bytes) -> AbiKeywords:
        """The options that `pack` kept; raises ValueError for damaged data."""

    def digest(self, frame: GuestFrame) -> bytes:
        """SHA-256 of the state after a run, but for what was written to stdout."""

    def outcome_of(self, error: Exception) -> Outcome | None:
        """The outcome for an exception of its own functions, None for any other."""


class NoAbi(Abi):
    """No functions but the caller's."""

    name = "none"
    functions = NO_FUNCTIONS
    command = None
    initializer = None
    profile = PROFILE

    def check(self, requirements: Requirements) -> None:
        """Any module may be one."""

    def matches(self, requirements: Requirements) -> bool:  # noqa: ARG002
        """Any module."""
        return True

    def outputs(self, frame: GuestFrame) -> Mapping[str, Any]:  # noqa: ARG002
        """There is none."""
        return NO_OUTPUT

    def pack(self, options: RunOptions) -> bytes:  # noqa: ARG002
        """There is nothing to keep."""
        return b""

    def unpack(self, data: bytes) -> AbiKeywords:
        """Nothing was kept."""
        if data:
            raise ValueError("options of an ABI where there is none")
        return {}

    def digest(self, frame: GuestFrame) -> bytes:  # noqa: ARG002
        """There is no state."""
        return sha256().digest()

    def outcome_of(self, error: Exception) -> Outcome | None:  # noqa: ARG002
        """It has no functions."""
        return None
