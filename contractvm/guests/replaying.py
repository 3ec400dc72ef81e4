"""Tapes of runs: made after a recorded run, and replayed on any engine."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import msgspec

from contractvm.guests.instance import Instance
from contractvm.guests.limits import Limits
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import RunOptions
from contractvm.guests.outcomes import Cancelled, DeadlineExceeded, RanOutOfGas
from contractvm.guests.recording import Player
from contractvm.guests.result import Result
from contractvm.guests.services import RecordedServices
from contractvm.guests.tape import (
    ReplayDiverged,
    Tape,
    TapeEnd,
    TapeError,
    TapeInputs,
)
from contractvm.wasm.structure.types import FuncType


def make_tape(
    guest: LoadedModule,
    options: RunOptions,
    call: str,
    arguments: Sequence[Any],
    instance: Instance,
    result: Result,
) -> Tape:
    """The tape of a run that was recorded."""
    recorder = instance.frame.recorder
    if recorder is None:
        raise ValueError("the run was not recorded")
    inputs = TapeInputs(
        call=call,
        arguments=tuple(arguments),
        args=tuple(options.args),
        env=dict(options.env),
        stdin=options.stdin,
        seed=options.seed,
        limits=asdict(options.limits),
        state=guest.abi.pack(options),
    )
    return Tape(
        module=sha256(guest.wasm).digest(),
        schedule=guest.code.pipeline.schedule.content_hash,
        metering=guest.code.pipeline.metering.identity,
        abi=guest.abi.name,
        inputs=inputs,
        calls=tuple(recorder.calls),
        end=end_of(guest, instance, result),
        secrets=tuple(sorted(recorder.secrets)),
    )


def end_of(guest: LoadedModule, instance: Instance, result: Result) -> TapeEnd:
    """What a tape says of how a run ended."""
    return TapeEnd(
        outcome=result.outcome,
        value=msgspec.msgpack.encode(result.value),
        units_used=result.units_used,
        stdout=sha256(result.stdout).digest(),
        stderr=sha256(result.stderr).digest(),
        state=guest.abi.digest(instance.frame),
    )


def replay(tape: Tape, guest: LoadedModule) -> Result:
    """Run a guest again as recorded, without its host functions.

    Raises TapeError if the tape is of another module, schedule or ABI, or lacks
    answers that were secret; ReplayDiverged at the first difference.
    """
    _check_guest(tape, guest)
    inputs = tape.inputs
    try:
        options = RunOptions(
            args=inputs.args,
            env=inputs.env,
            stdin=inputs.stdin,
            seed=inputs.seed,
            limits=Limits(**{**inputs.limits, "seconds": None}),  # type: ignore[arg-type]
            **guest.abi.unpack(inputs.state),
        )
    except (TypeError, ValueError) as error:
        raise TapeError(f"damaged inputs: {error}") from None
    stopped = tape.end.outcome
    was_stopped = isinstance(stopped, Cancelled | DeadlineExceeded)
    player = Player(tape.calls)
    instance = Instance(
        guest,
        options,
        RecordedServices(player),
        # A run that was stopped goes on until it has used what it had used then.
        units=tape.end.units_used if was_stopped else None,
    )
    funcs = {
        (module, name): player.host_func(
            module, name, kind, guest.abi.passing_of(module)
        )
        for module, name, kind in guest.requirements.imports
        if isinstance(kind, FuncType)
    }
    imports = MappingProxyType({**funcs, **guest.own_functions})
    result = _run(instance.call(imports, inputs.call, tuple(inputs.arguments)))
    if was_stopped and isinstance(result.outcome, RanOutOfGas):
        result = result.replaced(outcome=stopped)
    _compare_ends(tape.end, end_of(guest, instance, result))
    player.check_end()
    return result


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
