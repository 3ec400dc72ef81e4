"""The ledger of a transaction: a tree of what it did, with the gas of each part.

Gas is the SDK's. A contract's call also has the report of its instance, in CosmWasm
gas. All parts of all nodes add up to the gas of the transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from msgspec import to_builtins

from contractvm.ledger.instance_report import InstanceReport
from contractvm.ledger.module_counts import ModuleCounts, SiteCounts
from contractvm.ledger.where import Where

# Descriptors of the ledger's own: what a meter counted, and its caller did not pay.
BEYOND_LIMIT = "beyond the limit"
OUT_OF_GAS = "out of gas"


@dataclass(frozen=True, slots=True)
class RanModule:
    """A contract's module, and how often a call passed each site of its trace."""

    module: bytes
    counts: ModuleCounts
    sites: SiteCounts


def kind_of(content: object) -> str:
    """`bank.send`: what a message or a query is called; shorter if it has no kind."""
    if not isinstance(content, dict) or len(content) != 1:
        return ""
    ((module, body),) = content.items()
    kind = next(iter(body), "") if isinstance(body, dict) and len(body) == 1 else ""
    return f"{module}.{kind}" if kind else str(module)


@dataclass(slots=True)
class GasNode:
    """A transaction, message, submessage, reply, query, or call of a contract.

    `gas` is its own by descriptor, without that of its `parts`. `error` says why it
    failed. What `is_undone` changed nothing in the end, but is paid; so are its parts.
    A call's `wasm contract` is what its `instance` used, without the chain's own gas,
    and `result_units` for reading its result, both in CosmWasm gas, rounded down. `ran`
    is what it executed, `where` the place at which it stopped, if it did.
    """

    kind: str
    name: str
    gas: dict[str, int] = field(default_factory=dict)
    parts: list["GasNode"] = field(default_factory=list)
    error: str | None = None
    is_undone: bool = False
    instance: InstanceReport | None = None
    result_units: int = 0
    where: Where | None = None
    ran: RanModule | None = None

    @property
    def own_gas(self) -> int:
        """Its gas without that of its parts."""
        return sum(self.gas.values())

    @property
    def total_gas(self) -> int:
        """Its gas with that of its parts."""
        return sum(node.own_gas for node, _ in self.each())

    def each(self) -> Iterator[tuple["GasNode", int]]:
        """Yield this node and all below, in the order of their starts, with depths."""
        waiting = [(self, 0)]
        while waiting:
            node, depth = waiting.pop()
            yield node, depth
            waiting.extend((part, depth + 1) for part in reversed(node.parts))

    def document(self) -> dict[str, Any]:
        """The node and those below for `--json`, flat: each names its parent."""
        nodes = []
        # The numbers of the nodes from the first to the one at hand, by depth.
        opened: list[int] = []
        for number, (node, depth) in enumerate(self.each()):
            del opened[depth:]
            nodes.append(node.own_document(opened[-1] if opened else None))
            opened.append(number)
        return {
            "format": "contractvm-cosmos-ledger",
            "version": 1,
            "gasUsed": self.total_gas,
            "nodes": nodes,
        }

    def own_document(self, parent: int | None) -> dict[str, Any]:
        """The node alone for `--json`, with the number of the one it is part of."""
        return {
            "parent": parent,
            "kind": self.kind,
            "name": self.name,
            "gas": dict(sorted(self.gas.items())),
            "ownGas": self.own_gas,
            "totalGas": self.total_gas,
            "error": self.error,
            "isUndone": self.is_undone,
            "resultUnits": self.result_units,
            "where": None if self.where is None else where_document(self.where),
            "instance": _instance_document(self.instance),
        }


def where_document(where: Where) -> dict[str, Any]:
    """The place of a stop for `--json`."""
    return {
        "reason": where.reason,
        "moduleHash": where.module_hash.hex(),
        "frames": [
            {
                "func": frame.func_index,
                "name": frame.func_name,
                "offset": frame.offset,
                "file": frame.file,
                "line": frame.line,
                "inlined": frame.is_inlined,
            }
            for frame in where.frames
        ],
        "omitted": None if where.omission is None else str(where.omission),
    }


def _instance_document(report: InstanceReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    document: dict[str, Any] = to_builtins(report)
    for row, cost in zip(document["keys"], report.keys, strict=True):
        row["key"] = cost.key.hex()
    return document


class GasLedger:
    """Records what meters count, under the newest node that has not ended."""

    def __init__(self, kind: str, name: str = "") -> None:
        self.root = GasNode(kind, name)
        self._open = [self.root]

    def consumed(self, gas: int, descriptor: str) -> None:
        """A meter counted gas."""
        found = self._open[-1].gas
        found[descriptor] = found.get(descriptor, 0) + gas

    @contextmanager
    def node(self, kind: str, name: str) -> Iterator[GasNode]:
        """A part of what runs: its error is noted, and goes on."""
        node = GasNode(kind, name)
        self._open[-1].parts.append(node)
        self._open.append(node)
        try:
            yield node
        except Exception as error:
            node.error = str(error)
            raise
        finally:
            self._open.pop()


class NoLedger(GasLedger):
    """The ledger of what nobody asks about: it keeps nothing."""

    def consumed(self, gas: int, descriptor: str) -> None:
        """See GasLedger."""

    @contextmanager
    def node(self, kind: str, name: str) -> Iterator[GasNode]:
        """See GasLedger."""
        yield GasNode(kind, name)


NO_LEDGER = NoLedger("none")
