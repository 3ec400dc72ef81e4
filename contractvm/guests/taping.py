"""Recording an instance: its calls, and what the caller wrote to its memory."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import msgspec

from contractvm.errors import InternalError
from contractvm.guests.instance import Instance
from contractvm.guests.limits import Limits
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import RunOptions
from contractvm.guests.result import Result
from contractvm.guests.tape import Tape, TapeEnd, TapeInputs, TapeStep
from contractvm.hosts.guest_memory import GuestMemory, LinearMemory


class Taping:
    """What goes on the tape of an instance that is recorded."""

    def __init__(
        self, guest: LoadedModule, options: RunOptions, instance: Instance
    ) -> None:
        self._guest = guest
        self._options = options
        self._instance = instance
        self._steps: list[TapeStep] = []
        self._writes: list[tuple[int, bytes]] = []

    def memory(self, memory: LinearMemory) -> GuestMemory:
        """The guest's memory; what is written to it goes on the tape."""
        return TapedMemory(memory, self._writes)

    def ended(
        self,
        name: str,
        arguments: Sequence[Any],
        returns: type | None,
        limits: Limits | None,
        result: Result,
    ) -> None:
        """A call has ended with this result."""
        self._steps.append(
            TapeStep(
                call=name,
                arguments=tuple(arguments),
                returns="" if returns is None else returns.__name__,
                limits=None if limits is None else asdict(limits),
                writes=tuple(self._writes),
                end=end_of(self._guest, self._instance, result),
            )
        )
        self._writes.clear()

    @property
    def tape(self) -> Tape:
        """The tape of all calls so far."""
        recorder = self._instance.frame.recorder
        if recorder is None:
            raise InternalError("an instance that is taped has no recorder")
        guest, options = self._guest, self._options
        inputs = TapeInputs(
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
            steps=tuple(self._steps),
            calls=tuple(recorder.calls),
            secrets=tuple(sorted(recorder.secrets)),
        )


class TapedMemory(GuestMemory):
    """A guest's memory that notes what is written to it between calls."""

    def __init__(self, memory: LinearMemory, writes: list[tuple[int, bytes]]) -> None:
        super().__init__(memory)

        def write(address: int, data: bytes) -> None:
            memory.write(address, data)
            writes.append((address, bytes(data)))

        self.write = write


def end_of(guest: LoadedModule, instance: Instance, result: Result) -> TapeEnd:
    """What a tape says of how a call ended."""
    return TapeEnd(
        outcome=result.outcome,
        value=msgspec.msgpack.encode(result.value),
        units_used=result.units_used,
        stdout=sha256(result.stdout).digest(),
        stderr=sha256(result.stderr).digest(),
        state=guest.abi.digest(instance.frame),
    )
