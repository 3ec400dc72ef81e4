"""CosmWasm vectors that are run with traces, each instance and step explained."""

from typing import Any

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.gas_ledger import GasLedger
from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.vectors import chain_scenarios, wasmd_figures
from chain_sim.cosmos.vectors.results import VectorFolder
from chain_sim.cosmos.wasm import machine
from chain_sim.cosmos.wasm.machine import explained
from chain_sim.cosmos.wasm.module import WasmModule, make_wasm_module
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.hosts.cosmwasm.instance import ContractInstance
from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.instance_report import InstanceReport
from contractvm.ledger.module_counts import ModuleCounts
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

# An instance that is called tens of thousands of times is explained after its first
# calls, and then after one in so many: what it records is never less.
FIRST_CALLS, ONE_IN = 20, 500


class ExplainingInstances:
    """Explains every instance after its calls, and every meter's ledger."""

    def __init__(self, monkeypatch: Any) -> None:
        self.reports: list[InstanceReport] = []
        self.meters: list[SdkGasMeter] = []
        self._schedules: dict[int, GasSchedule] = {}
        self._calls: dict[int, int] = {}
        self._counts: dict[int, tuple[object, ModuleCounts]] = {}
        explaining = self

        def pipeline(folder: VectorFolder, schedule: str) -> Pipeline:
            return explaining._pipeline(folder, schedule)

        def module(folder: VectorFolder, rules: WasmdRules) -> WasmModule:
            return explaining._module(folder, rules)

        monkeypatch.setattr(VectorFolder, "pipeline", pipeline)
        monkeypatch.setattr(VectorFolder, "module", module)
        monkeypatch.setattr(chain_scenarios, "Context", self._context)
        monkeypatch.setattr(wasmd_figures, "Context", self._context)
        monkeypatch.setattr(machine, "explained", self._noted)
        self._pipelines: dict[str, Pipeline] = {}
        self._modules: dict[object, WasmModule] = {}
        call, make = ContractInstance.call, ContractInstance.__init__

        def made(
            instance: ContractInstance, pipeline: Pipeline, *rest: Any, **named: Any
        ) -> None:
            make(instance, pipeline, *rest, **named)
            self._schedules[id(instance)] = pipeline.schedule
            self._calls[id(instance)] = 0

        def called(instance: ContractInstance, *arguments: Any) -> bytes:
            try:
                return call(instance, *arguments)
            finally:
                self._explain(instance)

        monkeypatch.setattr(ContractInstance, "__init__", made)
        monkeypatch.setattr(ContractInstance, "call", called)

    def _pipeline(self, folder: VectorFolder, schedule: str) -> Pipeline:
        found = self._pipelines.get(schedule)
        if found is None:
            loaded = load_schedule(schedule)
            found = INTERFACE.pipeline(folder.engine, loaded, is_traced=True)
            self._pipelines[schedule] = found
        return found

    def _module(self, folder: VectorFolder, rules: WasmdRules) -> WasmModule:
        found = self._modules.get(rules.version)
        if found is None:
            found = make_wasm_module(folder.engine, rules, is_traced=True)
            self._modules[rules.version] = found
        return found

    def _context(self, *arguments: Any) -> Context:
        context = Context(*arguments)
        context.meter.ledger = GasLedger("step")
        self.meters.append(context.meter)
        return context

    def _noted(self, instance: ContractInstance, *facts: Any) -> InstanceReport:
        report = explained(instance, *facts)
        self.reports.append(report)
        return report

    def _explain(self, instance: ContractInstance) -> None:
        if instance.gas.record is None:
            return  # it began again with another limit
        calls = self._calls[id(instance)] = self._calls[id(instance)] + 1
        if calls > FIRST_CALLS and calls % ONE_IN:
            return
        prepared = instance.prepared
        key = id(prepared)
        if key not in self._counts:
            self._counts[key] = prepared, ModuleCounts(prepared)
        schedule = self._schedules[id(instance)]
        report = explained(instance, self._counts[key][1], DebugInfo({}), schedule)
        gas = instance.report()
        assert report.used_units == gas.limit - gas.remaining
        self.reports.append(report)
