"""The published activations: figures, gas and fees of whole modules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chain_sim.ethereum.arbitrum.addresses import ARB_WASM
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.stylus_tests.own_chain import OwnChain
from chain_sim.ethereum.stylus_tests.vector_files import (
    VectorRow,
    read_module,
    read_rows,
)
from contractvm.hosts.stylus.activation import (
    ProgramCosts,
    cached_gas,
    init_gas,
    module_gas,
    program_costs,
)
from contractvm.hosts.stylus.costs import ActivationCosts
from contractvm.hosts.stylus.deployment import build_init_code
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import ProgramFigures, check_program
from contractvm.hosts.stylus.parameters import StylusParameters, parameters_of
from contractvm.hosts.stylus.program_code import pack_program
from contractvm.runtime.pipeline import Pipeline

FILE = "golden-own-activation.csv"
LATEST, BEFORE_SETTING, WITH_SETTING = 61, 51, 59
PROGRAM = Address(b"\x11" * 20)
ACTIVATE = bytes.fromhex("58c780c2") + bytes(12) + PROGRAM
GAS_LIMIT = 30_000_000
WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class ActivationRow:
    """A row of the file, and what was found in each of its columns."""

    module: str
    expected: VectorRow
    found: Mapping[str, str]

    @property
    def difference(self) -> str | None:
        """The first column that differs; None where all agree."""
        for name, value in self.found.items():
            if self.expected[name] != value:
                return f"{name}: {value}, expected {self.expected[name]}"
        return None


def run_own_activations(folder: Path, engine: Pipeline) -> Iterator[ActivationRow]:
    """Measure, deploy and activate each module of the file."""
    for row in read_rows(folder.joinpath(FILE)):
        name = row["module"]
        inside = folder if name.startswith("contracts/") else folder.joinpath("own")
        wasm = read_module(inside.joinpath(name))
        found = _measured(wasm, row, engine) | _transactions(wasm, row, engine)
        yield ActivationRow(name, row, found)


def _measured(wasm: bytes, row: VectorRow, engine: Pipeline) -> dict[str, str]:
    parameters = parameters_of(LATEST)
    costs = engine.schedule.section(ActivationCosts)
    figures = check_program(wasm, TYPES, parameters)
    estimate = program_costs(figures, parameters, costs)
    frames = " ".join(map(str, figures.frames))
    if row["frames"].startswith("max"):
        frames = f"max {max(figures.frames)}"
    return {
        "code_bytes_brotli11": str(len(pack_program(wasm))),
        **_figures(figures),
        "frames": frames,
        **_prices(figures, estimate, parameters, costs),
    }


def _figures(figures: ProgramFigures) -> dict[str, str]:
    return {
        "wasm_bytes": str(figures.wasm_bytes),
        "funcs": str(figures.funcs),
        "types": str(figures.types),
        "globals_plus_4": str(figures.global_count),
        "segment_bytes": str(figures.segment_bytes),
        "data_payload_bytes": str(figures.payload_bytes),
        "element_bytes": str(figures.element_bytes),
        "pages": str(figures.pages),
        "instrumented_ops": str(figures.operators),
    }


def _prices(
    figures: ProgramFigures,
    estimate: ProgramCosts,
    parameters: StylusParameters,
    costs: ActivationCosts,
) -> dict[str, str]:
    return {
        "asm_estimate": str(estimate.asm_bytes),
        "init_cost": str(estimate.init),
        "cached_cost": str(estimate.cached),
        "init_gas": str(init_gas(estimate.init, parameters, costs)),
        "cached_gas": str(cached_gas(estimate.cached, parameters, costs)),
        "module_gas": str(module_gas(figures, parameters, costs)),
    }


def _transactions(wasm: bytes, row: VectorRow, engine: Pipeline) -> dict[str, str]:
    """Deploy and activate the module on chains of their own."""
    paid = row.number("fee_plus_20_percent")
    code = pack_program(wasm)
    chain = OwnChain(engine, parameters_of(BEFORE_SETTING))
    deployed = chain.run(None, build_init_code(code), GAS_LIMIT)
    columns = {"deploy_gas_used_43_byte_prefix": str(deployed.gas_used)}
    for arbos, column in (
        (BEFORE_SETTING, "activate_gas_used_arbos32_to_58"),
        (WITH_SETTING, "activate_gas_used_arbos59"),
    ):
        chain = OwnChain(engine, parameters_of(arbos))
        chain.state.set_code(PROGRAM, code)
        activated = chain.run(ARB_WASM, ACTIVATE, GAS_LIMIT, paid)
        columns[column] = str(activated.gas_used)
        fee = int.from_bytes(activated.output[WORD_BYTES:], "big")
        columns["first_data_fee_wei"] = str(fee)
        columns["fee_plus_20_percent"] = str(fee * 120 // 100)
    return columns
