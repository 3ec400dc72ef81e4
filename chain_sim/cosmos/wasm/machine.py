"""The virtual machine of the chain: one fresh instance for every call."""

from collections.abc import Callable

from chain_sim.cosmos.context import CallRecord, Context
from chain_sim.cosmos.errors import VM_ERROR, CosmosError, SdkOutOfGas, Stop
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.gas_ledger import GasNode, RanModule
from chain_sim.cosmos.wasm.backend import ChainApi, ContractStorage
from chain_sim.cosmos.wasm.records import CodeInfo
from contractvm.errors import InternalError, Trap
from contractvm.hosts.cosmwasm.backend import Backend, Querier
from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.gas import GREATEST_GAS, FunctionGas
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.hosts.cosmwasm.instance import ContractInstance
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from contractvm.hosts.cosmwasm.module_rules import Analysis, analyze
from contractvm.ledger.debug_info import DebugInfo, FindDebugInfo
from contractvm.ledger.instance_ledger import (
    HostCharges,
    InstanceCharges,
    explain_instance,
)
from contractvm.ledger.instance_report import InstanceReport
from contractvm.ledger.module_counts import ModuleCounts, SiteCounts
from contractvm.ledger.where import Where, describe_stop
from contractvm.runtime.original_stack import original_stack
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from gas_schedule.schedule import GasSchedule

# The bytes of codes, by checksum; they cost no reads.
CODE_BYTES = b"c"
MIGRATE = "migrate"
QuerierOf = Callable[[Context, bytes], Querier]


class Machine:
    """Runs entry points of contracts, and charges what they used."""

    def __init__(
        self,
        pipeline: Pipeline,
        querier_of: QuerierOf,
        find_info: FindDebugInfo = DebugInfo.of_code,
    ) -> None:
        self._pipeline = pipeline
        self._querier_of = querier_of
        self._find_info = find_info
        self._facts: dict[bytes, tuple[ModuleCounts, DebugInfo]] = {}
        self._analyses: dict[bytes, Analysis] = {}

    def analysis(self, context: Context, code: CodeInfo) -> Analysis:
        """What a stored code has and needs."""
        found = self._analyses.get(code.checksum)
        if found is None:
            module = decode_module(_module(context, code))
            found = self._analyses[code.checksum] = analyze(module)
        return found

    def call(
        self,
        context: Context,
        entry: str,
        code: CodeInfo,
        address: bytes,
        *arguments: bytes,
    ) -> dict[str, object]:
        """The contract's answer, as parsed JSON.

        Raises CosmosError where the machine fails, and SdkOutOfGas.
        """
        text = context.addresses.text(address)
        with context.meter.ledger.node("call", f"{entry} {text}") as node:
            return self._call(context, entry, code, address, arguments, node)

    def _call(
        self,
        context: Context,
        entry: str,
        code: CodeInfo,
        address: bytes,
        arguments: tuple[bytes, ...],
        node: GasNode,
    ) -> dict[str, object]:
        multiplier = context.rules.multiplier
        limit = gas_limit(context.meter, multiplier)
        record = CallRecord(entry, context.addresses.text(address))
        context.calls.append(record)
        instance = None
        fault: str | None = None
        stop: Stop | None = None
        try:
            instance = self._instance(context, code, address, limit)
            if entry == MIGRATE:
                record.output = instance.migrate(*arguments)
            else:
                record.output = instance.call(entry, *arguments)
        except VmError as error:
            record.error = fault = str(error)
            stopped_at = None if instance is None else instance.stopped_at
            kind, detail = reason_of(error)
            stop = Stop(_module(context, code), address, kind, detail, stopped_at)
        if instance is not None:
            report = instance.report()
            record.gas_internal = report.used_internally
            record.gas_external = report.used_externally
            record.functions = dict(report.functions)
            if instance.gas.record is not None:
                self._explain(node, code, _module(context, code), instance)
                node.where = None if stop is None else self.where(stop, self._find_info)
        if record.output is not None:
            reading = multiplier * len(record.output)
            if record.gas_internal + reading > limit:
                fault = (
                    "insufficient gas left to deserialize contract execution result"
                    f" ({len(record.output)} bytes)"
                )
            else:
                record.gas_internal += reading
                node.result_units = reading
        context.meter.consume(record.gas_internal // multiplier, "wasm contract")
        if context.meter.is_full:
            raise SdkOutOfGas("Wasm engine function execution", stop)
        if fault is not None:
            raise CosmosError(VM_ERROR, f"Error calling the VM: {fault}", stop=stop)
        return _parsed(record.output or b"")

    def _explain(
        self, node: GasNode, code: CodeInfo, module: bytes, instance: ContractInstance
    ) -> None:
        """Note where the gas of an instance went."""
        found = self._facts.get(code.checksum)
        if found is None:
            counts = ModuleCounts(instance.prepared)
            found = counts, self._find_info(module)
            self._facts[code.checksum] = found
        counts, info = found
        node.instance = explained(instance, counts, info, self._pipeline.schedule)
        node.ran = RanModule(module, counts, passed_sites(instance))

    def where(self, stop: Stop, find_info: FindDebugInfo) -> Where | None:
        """The place of a stop in the contract; None if no code ran."""
        if stop.stopped_at is None:
            return None
        located = original_stack(self._pipeline, stop.code, stop.stopped_at)
        reason = f"{stop.kind}: {stop.detail}" if stop.detail else stop.kind
        info = find_info(stop.code)
        return describe_stop(located, stop.code, info, reason, stop.address)

    def _instance(
        self, context: Context, code: CodeInfo, address: bytes, limit: int
    ) -> ContractInstance:
        backend = Backend(
            ContractStorage(context, address),
            ChainApi(context),
            self._querier_of(context, address),
        )
        return ContractInstance(self._pipeline, _module(context, code), backend, limit)


def explained(
    instance: ContractInstance,
    module: ModuleCounts,
    info: DebugInfo,
    schedule: GasSchedule,
) -> InstanceReport:
    """The report of an instance that recorded its charges."""
    gas = instance.gas
    record = gas.record
    if record is None:
        raise InternalError("an instance without a trace has no gas report")
    charges = InstanceCharges(
        gas.limit,
        gas.left,
        {place: charged(found) for place, found in record.functions.items()},
        {place: charged(found) for place, found in record.keys.items()},
    )
    trace = record.trace.snapshot()
    return explain_instance(module, trace, charges, INTERFACE, schedule, info)


def passed_sites(instance: ContractInstance) -> SiteCounts:
    """How often each site was passed, and the sum of the sizes there."""
    record = instance.gas.record
    if record is None:
        return {}
    trace = record.trace
    rows = zip(trace.counts, trace.sizes, strict=True)
    return {site: row for site, row in enumerate(rows) if row[0]}


def charged(found: FunctionGas) -> HostCharges:
    """The charges, as ledgers take them."""
    return HostCharges(found.calls, found.internal, found.external)


def reason_of(error: VmError) -> tuple[str, str]:
    """Why the machine failed: a trap's name, or the error's kind, and more."""
    cause = error.__cause__
    if isinstance(cause, Trap):
        return cause.code.value, cause.detail
    if isinstance(cause, VmError):
        return cause.kind, cause.detail
    return error.kind, error.detail


def _module(context: Context, code: CodeInfo) -> bytes:
    module = context.state.get(CODE_BYTES + code.checksum)
    if module is None:
        raise InternalError(f"no bytes of code {code.checksum.hex()}")
    return module


def gas_limit(meter: SdkGasMeter, multiplier: int) -> int:
    """CosmWasm gas for a call."""
    if meter.is_infinite:
        return GREATEST_GAS
    return min(meter.left * multiplier, GREATEST_GAS)


def _parsed(output: bytes) -> dict[str, object]:
    try:
        answer = parse_json(output)
    except MalformedJson as error:
        raise CosmosError(VM_ERROR, f"Error calling the VM: {error}") from error
    if not isinstance(answer, dict) or len(answer.keys() & {"ok", "error"}) != 1:
        reason = "Error calling the VM: the result is neither ok nor error"
        raise CosmosError(VM_ERROR, reason)
    return answer
