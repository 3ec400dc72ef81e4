"""Replaying tapes, on any engine and without host functions."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from contractvm.errors import Trap
from contractvm.guests.errors import InstanceEnded, NoSuchExport
from contractvm.guests.instance import Instance
from contractvm.guests.limits import Limits
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import RunOptions
from contractvm.guests.outcomes import Cancelled, DeadlineExceeded, RanOutOfGas
from contractvm.guests.recording import Player
from contractvm.guests.result import Result
from contractvm.guests.services import RecordedServices
from contractvm.guests.tape import ReplayDiverged, Tape, TapeEnd, TapeError, TapeStep
from contractvm.guests.taping import end_of
from contractvm.wasm.structure.types import FuncType

RETURNS: Mapping[str, type | None] = MappingProxyType(
    {"": None, "bytes": bytes, "str": str}
)


def replay(tape: Tape, guest: LoadedModule) -> Result:
    """Make the recorded calls again; the result of the last one.

    Raises TapeError if the tape is of another module, schedule or ABI, is damaged, or
    lacks answers that were secret; ReplayDiverged at the first difference.
    """
    _check_guest(tape, guest)
    player = Player(tape.calls)
    instance = Instance(guest, _options(tape, guest), RecordedServices(player))
    funcs = {
        (module, name): player.host_func(
            module, name, kind, guest.abi.passing_of(module)
        )
        for module, name, kind in guest.requirements.imports
        if isinstance(kind, FuncType)
    }
    imports = MappingProxyType({**funcs, **guest.own_functions})
    result = None
    for step in tape.steps:
        try:
            _prepare(instance, step)
            calling = instance.call(
                imports, step.call, step.arguments, RETURNS[step.returns]
            )
            result = _run(calling)
        except (InstanceEnded, NoSuchExport, KeyError, TypeError, ValueError) as error:
            raise TapeError(f"a damaged call of {step.call}: {error}") from error
        if _was_stopped(step) and isinstance(result.outcome, RanOutOfGas):
            result = result.replaced(outcome=step.end.outcome)
        _compare_ends(step.end, end_of(guest, instance, result))
    if result is None:
        raise TapeError("there is no call on the tape")
    player.check_end()
    return result


def _options(tape: Tape, guest: LoadedModule) -> RunOptions:
    inputs = tape.inputs
    try:
        return RunOptions(
            args=inputs.args,
            env=inputs.env,
            stdin=inputs.stdin,
            seed=inputs.seed,
            limits=_limits(inputs.limits),
            **guest.abi.unpack(inputs.state),
        )
    except (TypeError, ValueError) as error:
        raise TapeError(f"damaged inputs: {error}") from None


def _limits(recorded: dict[str, int | float | None]) -> Limits:
    """The same limits without the seconds, which differ between machines."""
    return Limits(**{**recorded, "seconds": None})  # type: ignore[arg-type]


def _was_stopped(step: TapeStep) -> bool:
    return isinstance(step.end.outcome, Cancelled | DeadlineExceeded)


def _prepare(instance: Instance, step: TapeStep) -> None:
    """Bring an instance to where the call began."""
    memory = vars(instance.frame).get("memory")
    for pointer, data in step.writes:
        if memory is None:
            raise TapeError("something is written where there is no memory")
        try:
            memory.write(pointer, data)
        except Trap as trap:
            raise TapeError(f"something is written: {trap}") from None
    if step.limits is not None:
        instance.refill(_limits(step.limits))
    if _was_stopped(step):
        # A call that was stopped goes on until it has used what it had used then.
        instance.allow(step.end.units_used)


def _run(steps: Any) -> Result:
    try:
        steps.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise TapeError("a recorded function waits")


def _check_guest(tape: Tape, guest: LoadedModule) -> None:
    if tape.secrets:
        listed = ", ".join(tape.secrets)
        raise TapeError(f"the answers of {listed} are secret and were not kept")
    for what, recorded, present in (
        ("module", tape.module, sha256(guest.wasm).digest()),
        ("schedule", tape.schedule, guest.code.pipeline.schedule.content_hash),
        ("metering", tape.metering, guest.code.pipeline.metering.identity),
        ("ABI", tape.abi, guest.abi.name),
    ):
        if recorded != present:
            raise TapeError(f"the tape is of another {what}")


def _compare_ends(expected: TapeEnd, found: TapeEnd) -> None:
    for field in TapeEnd.__struct_fields__:
        before, now = getattr(expected, field), getattr(found, field)
        if before != now:
            raise ReplayDiverged(None, field, before, now)
