"""What a test did on the chain: the gas of its transactions, and of what."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.transactions import Transaction
from contract_testing.contracts.descriptions import SELECTOR_BYTES
from contract_testing.plugin.gas_values import vm_gas
from contract_testing.plugin.world import World
from contractvm.ledger.report import GasReport
from contractvm.version import __version__

# A test with more transactions is not explained: its entry has no parts.
MAX_EXPLAINED = 50
META_MODE = "tx"


class Recorder:
    """Notes the transactions of a session, those of a test's own body apart."""

    def __init__(self, world: World, *, explains: bool) -> None:
        self._world = world
        self._explains = explains
        self._calls: list[dict[str, Any]] = []
        self._deployments: list[TransactionReceipt] = []
        self._body: list[TransactionReceipt] = []
        self._examples: list[int] = []
        self._is_in_body = False
        self._is_example = False
        self._cosmos: list[tuple[int, int]] = []
        world.chain.notes.append(self._note)
        world.cosmos_notes.append(self._note_cosmos)

    def _note(self, receipt: TransactionReceipt, transaction: Transaction) -> None:
        if receipt.to is None:
            # Its contract object is made later.
            self._deployments.append(receipt)
        else:
            self._calls.append(self._call(receipt, transaction.data[:SELECTOR_BYTES]))
        if self._is_in_body:
            self._body.append(receipt)

    def _note_cosmos(self, outcome: Any) -> None:
        if self._is_in_body:
            self._cosmos.append((outcome.gas_used, vm_gas(outcome.calls)))

    @contextmanager
    def body(self) -> Iterator[None]:
        """The test itself runs, and not its fixtures."""
        self._body.clear()
        self._cosmos.clear()
        self._examples.clear()
        self._is_in_body = True
        try:
            yield
        finally:
            self._is_in_body = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A fixture is made, perhaps in the middle of a test."""
        before, self._is_in_body = self._is_in_body, False
        try:
            yield
        finally:
            self._is_in_body = before

    @contextmanager
    def example(self) -> Iterator[None]:
        """An example of a property runs."""
        start, self._is_example = len(self._body), True
        try:
            yield
        finally:
            self._is_example = False
            self._examples.append(
                sum(receipt.gas_used for receipt in self._body[start:])
            )

    def take(self, named: Sequence[tuple[str, str, str, int]]) -> str:
        """What was noted since the last time, as JSON, before the test is undone.

        `named` are the values of `cvm.gas`.
        """
        document: dict[str, Any] = {
            "world": self._facts(),
            "named": [list(entry) for entry in named],
            "calls": [*self._calls, *map(self._deployment, self._deployments)],
        }
        if any(self._examples):
            document["examples"] = list(self._examples)
        elif self._body and not self._examples:
            document["gas"] = sum(receipt.gas_used for receipt in self._body)
            document["parts"] = self._parts()
        if self._cosmos:
            document["cosmos"] = {
                "release": self._world.cosmos.config.release,
                "sdk": sum(sdk for sdk, _ in self._cosmos),
                "vm": sum(vm for _, vm in self._cosmos),
            }
        document["modules"] = self._modules()
        self._calls.clear()
        self._deployments.clear()
        return json.dumps(document)

    def _call(self, receipt: TransactionReceipt, selector: bytes) -> dict[str, Any]:
        entry = self._world.book.contracts.get(bytes(receipt.to or b""))
        function = f"0x{selector.hex()}"
        for known in () if entry is None else entry.abi.functions:
            if known.abi.selector == selector:
                function = known.signature
        return {
            "contract": "" if entry is None else entry.full_name,
            "gas": receipt.gas_used,
            "ok": receipt.succeeded,
            "fuzz": self._is_example,
            "function": function,
        }

    def _deployment(self, receipt: TransactionReceipt) -> dict[str, Any]:
        address = bytes(receipt.contract_address or b"")
        entry = self._world.book.contracts.get(address)
        return {
            "contract": "" if entry is None else entry.full_name,
            "gas": receipt.gas_used,
            "size": len(self._world.chain.code(address)) if address else 0,
        }

    def _parts(self) -> dict[str, int]:
        """Units by the ledger's groups; empty where it would take long."""
        parts: dict[str, int] = {}
        if not self._explains or len(self._body) > MAX_EXPLAINED:
            return parts
        for receipt in self._body:
            report = self._world.chain.gas.explain_transaction(receipt.transaction_hash)
            for group, units in group_units(report):
                parts[group] = parts.get(group, 0) + units
        return {group: units for group, units in parts.items() if units}

    def _modules(self) -> dict[str, dict[str, Any]]:
        """The contracts that the test sent transactions to, with their code's hash."""
        book, chain = self._world.book, self._world.chain
        found = {}
        for receipt in self._body:
            address = receipt.contract_address or receipt.to
            entry = None if address is None else book.contracts.get(bytes(address))
            if entry is not None and address is not None:
                code = chain.code(address)
                found[entry.source or entry.label] = {
                    "hash": f"0x{sha256(code).hexdigest()}",
                    "bytes": len(code),
                }
        return found

    def _facts(self) -> dict[str, Any]:
        """What gas depends on besides the contract."""
        chain = self._world.chain
        schedule = chain.engine.schedule
        return {
            "mode": META_MODE,
            "engine": f"contractvm {__version__}",
            "schedule": {
                "name": schedule.name,
                "hash": f"0x{schedule.content_hash.hex()}",
            },
            "unitsPerGas": schedule.units_per_gas,
            "fork": chain.fork.name,
            "host": chain.genesis.profile,
            "seed": 0,
        }


def group_units(report: GasReport) -> Iterator[tuple[str, int]]:
    """The units of each part of a transaction and of all calls in it, by group."""
    for part in report.parts:
        yield part.group, part.units
    waiting = [report.call]
    while waiting:
        call = waiting.pop()
        waiting.extend(call.calls)
        for part in call.parts:
            yield part.group, part.units
        for inner in call.calls:
            yield "value", -inner.stipend_units
