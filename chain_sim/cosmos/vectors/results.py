"""Rows of a vector file, and what became of them."""

from dataclasses import asdict, dataclass
from pathlib import Path

from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.vectors.errors import MissingContract
from chain_sim.cosmos.wasm.module import WasmModule, make_wasm_module
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.hosts.cosmwasm.releases import Version
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Engine
from gas_schedule.arguments import as_path
from gas_schedule.bounded_files import read_bounded
from gas_schedule.loader import load_schedule

MAX_CONTRACT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class VectorResult:
    """What one row gave; `error` says why there is no value.

    `unreproduced` is what the file says of a figure that follows from no known rule,
    where the row has another value or none.
    """

    file: str
    row: int | str
    release: str
    step: str
    passed: bool
    value: object
    expected: object
    error: str | None = None
    unreproduced: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the row has another value than a known rule gives."""
        return not self.passed and self.unreproduced is None

    def document(self) -> dict[str, object]:
        """The row for `--json`."""
        fields = asdict(self)
        fields["pass"] = fields.pop("passed")
        return fields


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """A row of `golden.csv`; `number` is its line in the file.

    `reproduced` says whether the rules as published give the figure.
    """

    number: int
    layer: str
    release: str
    contract: str
    parameters: str
    environment: str
    step: str
    value: str
    reproduced: str = "yes"


class VectorFolder:
    """A folder of vectors, with one pipeline for each schedule."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine
        self._pipelines: dict[str, Pipeline] = {}
        self._modules: dict[Version, WasmModule] = {}

    def module(self, rules: WasmdRules) -> WasmModule:
        """The wasm module of a release of wasmd."""
        found = self._modules.get(rules.version)
        if found is None:
            found = make_wasm_module(self.engine, rules)
            self._modules[rules.version] = found
        return found

    def pipeline(self, schedule: str) -> Pipeline:
        """The pipeline of a released schedule."""
        found = self._pipelines.get(schedule)
        if found is None:
            found = INTERFACE.pipeline(self.engine, load_schedule(schedule))
            self._pipelines[schedule] = found
        return found

    def contract(self, name: str) -> bytes:
        """The bytes of a contract's file; raises MissingContract."""
        for place in (name, f"contracts/{name}", f"c-example/{name}"):
            path = self.folder.joinpath(as_path(place, "contract"))
            if path.is_file():
                return read_bounded(path, MAX_CONTRACT_BYTES)
        raise MissingContract(name)
