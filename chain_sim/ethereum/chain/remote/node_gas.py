"""Gas reports of calls and transactions, as a node of ours gives them."""

from dataclasses import replace
from typing import Any

import msgspec

from chain_sim.ethereum.blocks.chain_point import Where
from chain_sim.ethereum.chain.remote import answers
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import NodeRefused, NotServed
from chain_sim.ethereum.chain.remote.node_history import NodeBranches
from chain_sim.ethereum.chain.remote.node_part import NodePart
from chain_sim.ethereum.chain.remote.node_reads import block_parameter, call_message
from chain_sim.ethereum.gas_report.chain_reports import PLAIN_REPORT, ReportOptions
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_hash,
)
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import format_data
from contractvm.hosts.evm.interface import CallStatus
from contractvm.hosts.registry import find_host
from contractvm.ledger.report import (
    CallReport,
    Figures,
    FunctionCost,
    GasReport,
    LineCost,
    Part,
    Stack,
)

FAILED_CODES = (3, -32003)


class NodeGas(NodePart):
    """Gas reports: see GasReports. Other schedules and debug modules are NotServed."""

    part = "gas"

    def __init__(self, endpoint: Endpoint, branches: NodeBranches, host: str) -> None:
        super().__init__(endpoint)
        self._branches = branches
        functions = find_host(host).functions
        self._names = frozenset(function.name for function in functions)

    def explain_transaction(
        self, tx_hash: HashLike, options: ReportOptions = PLAIN_REPORT
    ) -> GasReport:
        """The gas that a transaction of the chain used, by its parts."""
        self._require_served(options, may_search=False)
        wanted = as_hash(tx_hash)
        name, method = format_data(wanted), "contractvm_getGasReport"
        try:
            return self._ask_own("explain_transaction", method, name, read=self._report)
        except NodeRefused as error:
            if self._ask("eth_getTransactionReceipt", name, read=bool):
                raise
            raise UnknownTransaction(wanted) from error

    def explain_call(  # noqa: PLR0913 (those of a call)
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: Where = None,
        options: ReportOptions = PLAIN_REPORT,
    ) -> GasReport:
        """The gas that a call would use, by its parts."""
        self._require_served(options, may_search=True)
        message = call_message(to, data, sender, value, gas_limit)
        place = self._branches.place(at)
        block = block_parameter(self._endpoint.url, place)
        name = block["blockHash"] if isinstance(block, dict) else block
        method = "contractvm_getCallGasReport"
        try:
            report = self._ask_own(
                "explain_call", method, message, name, read=self._report
            )
        except NodeRefused:
            self._branches.find_block(place.block)  # raises UnknownBlock
            raise
        if not options.find_required:
            return report
        required = self._least(message, block)
        return replace(report, figures=replace(report.figures, required=required))

    def _least(self, message: answers.Document, block: object) -> int | None:
        try:
            return self._ask("eth_estimateGas", message, block, read=answers.quantity)
        except NodeRefused as error:
            if error.code not in FAILED_CODES:
                raise
            return None

    def _require_served(self, options: ReportOptions, *, may_search: bool) -> None:
        is_searched = may_search and options.find_required
        if options != replace(PLAIN_REPORT, find_required=is_searched):
            what = "gas of another schedule, of a debug module, or the least gas"
            raise NotServed(self._endpoint.url, what)

    def _report(self, given: object) -> GasReport:
        found = answers.document(given)
        return GasReport(
            title=answers.text(found["title"]),
            schedule=answers.text(found["schedule"]),
            schedule_hash=answers.data(found["scheduleHash"]),
            units_per_gas=number(found["unitsPerGas"]),
            gas_limit=number(found["gasLimit"]),
            gas_used=number(found["gasUsed"]),
            figures=msgspec.convert(found["modes"], Figures),
            parts=msgspec.convert(found["transactionParts"], tuple[Part, ...]),
            call=call_tree(answers.list_of(answers.document)(found["calls"])),
            notes=msgspec.convert(found["notes"], tuple[str, ...]),
            host_functions=self._names,
        )


def number(given: object) -> int:
    """An integer of JSON."""
    return msgspec.convert(given, int)


def call_tree(documents: tuple[answers.Document, ...]) -> CallReport:
    """The first call with all that were made in it; each is after its caller."""
    below: list[list[tuple[CallReport, tuple[str, ...]]]] = [[] for _ in documents]
    for index in range(len(documents) - 1, 0, -1):
        found = documents[index]
        parent = number(found["parent"])
        if not 0 <= parent < index:
            raise ValueError(f"call {index} of {parent}")
        at = msgspec.convert(found["calledAt"], tuple[str, ...])
        below[parent].append((call_report(found, below[index]), at))
    return call_report(documents[0], below[0])


def call_report(
    found: answers.Document, below: list[tuple[CallReport, tuple[str, ...]]]
) -> CallReport:
    """One call, with those that it made, the last first, and where."""

    def address(name: str) -> bytes:
        return b"" if found[name] is None else answers.address(found[name])

    def each(name: str, kind: Any) -> Any:
        return msgspec.convert(found[name], tuple[kind, ...])

    return CallReport(
        kind=answers.text(found["kind"]),
        sender=address("from"),
        recipient=address("to"),
        code_address=address("codeAddress"),
        status=CallStatus[answers.text(found["status"]).upper()],
        error=answers.optional(answers.text)(found["error"]),
        given_units=number(found["givenUnits"]),
        stipend_units=number(found["stipendUnits"]),
        used_units=number(found["usedUnits"]),
        parts=each("parts", Part),
        functions=tuple(map(function_cost, found["functions"])),
        lines=each("lines", LineCost),
        stacks=each("stacks", Stack),
        calls=tuple(call for call, _ in reversed(below)),
        calls_at=tuple(at for _, at in reversed(below)),
        notes=each("notes", str),
        value=number(found["value"]),
        has_lines=answers.boolean(found["hasLines"]),
        debug_fault=answers.optional(answers.text)(found["debugFault"]),
    )


def function_cost(given: object) -> FunctionCost:
    """A func of the contract."""
    found = answers.document(given)
    return FunctionCost(
        func_index=number(found["funcIndex"]),
        name=answers.text(found["name"]),
        calls=number(found["calls"]),
        own_units=number(found["ownUnits"]),
        inclusive_units=number(found["inclusiveUnits"]),
    )
