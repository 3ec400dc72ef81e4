"""The memory that preparation takes, measured where the system limits it.

A process prepares one module with what it has at its start, CONSTANT_BYTES more, and
this many bytes for each byte of the module.
"""

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contractvm.errors import RefusedModule
from contractvm.hosts.ewasm.host_interface import PROFILE as EWASM
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.covering_engine import CoveringInterpreter
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.profile import Profile
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.examples import example
from tests.helpers.hostile_shapes import (
    END,
    NO_LOCALS,
    SHAPES,
    contract,
    func_type,
    tall_calls,
    with_values,
)
from tests.helpers.schedules import distinct_schedule
from tests.helpers.source_tree import ROOT
from tests.helpers.vectors import vectors_folder

CONSTANT_BYTES = 32 << 20
# What compilers write, and the worst legal module.
COMPILED_FACTOR, WORST_FACTOR = 40, 200
ANYTHING = Profile("any", floats="canonical")
MODES = ("plain", "traced", "covered")
WORST = ("call_chain", "empty_funcs", "ifs_with_values", "nested_ifs", "plain_calls")


def engine_of(mode: str) -> Pipeline:
    if mode == "covered":
        engine: InterpreterEngine = CoveringInterpreter(EdgeCounts())
    else:
        engine = InterpreterEngine()
    return Pipeline(engine, distinct_schedule(), ANYTHING, is_traced=mode == "traced")


def prepare_within_limit(mode: str, factor: int) -> None:
    """The child's part: read a module, prepare it, report the result."""
    data = sys.stdin.buffer.read()
    engine = engine_of(mode)
    engine.prepare(b"\0asm\1\0\0\0")
    status = Path("/proc/self/status").read_text()
    used = int(status.split("VmData:")[1].split()[0]) << 10
    most = used + CONSTANT_BYTES + factor * len(data)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        if mode == "unlimited":
            module = decode_module(data)
            compile_module(module, validate_module(module).operand_heights)
        else:
            engine.prepare(data)
    except RefusedModule as refusal:
        sys.stdout.write(f"refused: {refusal.reason}")
    else:
        sys.stdout.write("prepared")


def outcome_of(data: bytes, mode: str, factor: int) -> str:
    program = (
        "from tests.contractvm.runtime import test_preparation_memory as tests"
        f"\ntests.prepare_within_limit({mode!r}, {factor})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        input=data,
        capture_output=True,
        cwd=ROOT,
    )
    return done.stdout.decode() or done.stderr.decode()[-500:]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_module_is_prepared_in_200_bytes_a_byte(shape: str) -> None:
    data = SHAPES[shape](1_000_000, 1_000)
    assert outcome_of(data, "plain", WORST_FACTOR) == "prepared"


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", WORST)
def test_each_way_to_prepare_a_large_hostile_module_is_bounded(
    shape: str, mode: str
) -> None:
    data = SHAPES[shape](3_900_000, 1_000)
    assert outcome_of(data, mode, WORST_FACTOR) == "prepared"


def test_the_limit_is_one() -> None:
    data = SHAPES["empty_funcs"](4_000_000, 0)
    assert "memory" in outcome_of(data, "plain", 20).lower()


@pytest.mark.parametrize("values", [1, 16, 1_000])
def test_more_operands_than_the_profile_allows_are_refused(values: int) -> None:
    """81 KB of calls with 1,000 results each once took 991 MB to translate."""
    height = 65_536 // values * values + values
    data = tall_calls(162_000, values)
    assert outcome_of(data, "plain", WORST_FACTOR) == (
        f"refused: {height} operands on the stack, 65536 allowed"
    )


def test_operands_without_a_limit_are_translated_in_200_bytes_a_byte() -> None:
    """The engine's own stages are bounded too, without any profile."""
    data = tall_calls(1_000_000, 1_000)
    assert outcome_of(data, "unlimited", WORST_FACTOR) == "prepared"


@pytest.mark.parametrize(("values", "is_accepted"), [(16, True), (17, False)])
def test_ewasm_contracts_have_few_results(values: int, is_accepted: bool) -> None:
    data = with_values(values, b"")
    schedule = load_schedule("ewasm-metered")
    engine = Pipeline(InterpreterEngine(), schedule, EWASM)
    if is_accepted:
        engine.prepare(data)
        return
    with pytest.raises(RefusedModule, match=f"{values} results, 16 allowed"):
        engine.prepare(data)


@pytest.mark.parametrize(("values", "is_accepted"), [(128, True), (129, False)])
def test_ewasm_contracts_have_few_params(values: int, is_accepted: bool) -> None:
    unused = (0, NO_LOCALS, END)
    data = contract([func_type(values, 0), func_type(0, 0)], unused, (1, *unused[1:]))
    schedule = load_schedule("ewasm-metered")
    engine = Pipeline(InterpreterEngine(), schedule, EWASM)
    if is_accepted:
        engine.prepare(data)
        return
    with pytest.raises(RefusedModule, match=f"{values} params, 128 allowed"):
        engine.prepare(data)


def replicated(data: bytes, least_bytes: int) -> bytes:
    """A module with its funcs repeated, of the requested size."""
    module = decode_module(data)
    times = least_bytes // len(data) + 1
    return encode_module(
        replace(module, funcs=module.funcs * times, custom_sections=())
    )


@pytest.mark.parametrize("mode", ["plain", "covered"])
@pytest.mark.parametrize("name", ["token/token.wasm", "keccak/keccak.wasm"])
def test_compiled_code_is_prepared_in_40_bytes_a_byte(name: str, mode: str) -> None:
    data = replicated(example(name), 4_000_000)
    assert outcome_of(data, mode, COMPILED_FACTOR) == "prepared"


@pytest.mark.parametrize("mode", ["plain", "covered"])
def test_published_contracts_are_prepared_in_40_bytes_a_byte(mode: str) -> None:
    folder = vectors_folder("cosmwasm").joinpath("contracts")
    paths = sorted(folder.glob("*.wasm"), key=lambda path: -path.stat().st_size)
    for path in paths[:3]:
        assert outcome_of(path.read_bytes(), mode, COMPILED_FACTOR) == "prepared"
