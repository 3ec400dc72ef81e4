"""WASI programs on wasm3, with our functions of WASI: pywasm3 brings none."""

from collections.abc import Callable

import wasm3

from benchmarks.with_wasm3 import Wasm3Memory
from contractvm.hosts.interface import HostFunction
from contractvm.hosts.wasi.command_run import ProgramFrame
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.gas_meter import GREATEST_GAS, GasMeter
from contractvm.wasm.structure.types import ValType
from gas_schedule.loader import load_schedule

STACK_BYTES = 8 << 20
LETTERS = {ValType.I32: "i", ValType.I64: "I"}
MASKS = {ValType.I32: 2**32 - 1, ValType.I64: 2**64 - 1}


class Counter:
    """A gas counter that only host functions count down."""

    def __init__(self) -> None:
        self.value = GREATEST_GAS


def run_with_wasm3(wasm: bytes, state: WasiState) -> int:
    """The exit code of a program; wasm3 parses it for each run."""
    environment = wasm3.Environment()
    runtime = environment.new_runtime(STACK_BYTES)
    module = environment.parse_module(wasm)
    runtime.load(module)
    schedule = load_schedule("guests-1")
    frame = ProgramFrame(state, schedule)
    frame.memory = Wasm3Memory(runtime)
    frame.meter = GasMeter(Counter(), schedule.units_per_gas)
    state.units_granted = GREATEST_GAS
    for row in FUNCTIONS:
        params, results = row.func_type.params, row.func_type.results
        letters = "".join(LETTERS[one] for one in params)
        signature = f"{'i' if results else 'v'}({letters})"
        module.link_function(row.module, row.name, signature, called(row, frame))
    try:
        runtime.find_function("_start")()
    except ProcessExit as end:
        return end.code
    return 0


def called(row: HostFunction, frame: ProgramFrame) -> Callable[..., object]:
    """The function on unsigned ints; wasm3's are signed."""
    masks = [MASKS[one] for one in row.func_type.params]

    def call(*values: int) -> object:
        given = [value & mask for value, mask in zip(values, masks, strict=True)]
        return row.run(frame, *given)

    return call
