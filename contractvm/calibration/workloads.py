"""The programs that a calibration times: compiled workloads, and generated ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from contractvm.calibration.counting import count_all
from contractvm.calibration.generator import Generator
from contractvm.calibration.running import Program
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.structure.module import ExternKind
from gas_schedule.schedule import GasSchedule

FOLDER = Path(__file__).parent / "workloads"
# Short enough to find a quiet moment of the machine, long compared with a clock's tick.
INSTRUCTIONS = 1_000_000
GENERATED = 160


def compiled_workloads(engine: Engine, base: GasSchedule) -> Iterator[Program]:
    """One program for each func that the modules of the folder export."""
    for path in sorted(FOLDER.glob("*.wasm")):
        wasm = path.read_bytes()
        for export in decode_module(wasm).exports:
            if export.kind is ExternKind.FUNC:
                program = Program(export.name, wasm, 0, export.name)
                yield lengthened(engine, base, program)


def generated_programs(
    engine: Engine, base: GasSchedule, seed: int, count: int = GENERATED
) -> Iterator[Program]:
    """Random programs; the same for the same seed."""
    for number in range(count):
        name = f"{seed}-{number}"
        wasm = assembled(Generator(name).text())
        yield lengthened(engine, base, Program(f"generated {name}", wasm, 0))


def assembled(text: str) -> bytes:
    """A module from its text format."""
    import wasmtime  # noqa: PLC0415 (takes 50 ms, and only this needs it)

    return bytes(wasmtime.wat2wasm(text))


def lengthened(engine: Engine, base: GasSchedule, program: Program) -> Program:
    """The program with the number of turns that executes about INSTRUCTIONS.

    By counts and not by time, so that it is the same program on every machine. The
    count is repeated if the first one was far off.
    """
    turns = 16
    for _ in range(4):
        executed = count_all(engine, base, replace(program, argument=turns))
        if executed * 2 > INSTRUCTIONS:
            break
        turns = max(turns + 1, turns * INSTRUCTIONS // executed)
    return replace(program, argument=turns)
