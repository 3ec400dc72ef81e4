"""The gas of a contract's instance: its own counter, and what the chain used for it."""

from dataclasses import dataclass, field
from typing import Any

from contractvm.hosts.cosmwasm.errors import GasDepletion
from contractvm.metering.names import GAS_STATUS_EXPORT
from contractvm.runtime.metered_run import MeteredRun
from contractvm.wasm.interpreter.instance import ModuleInstance
from contractvm.wasm.interpreter.trace import Trace

GREATEST_GAS = 2**64 - 1


@dataclass(slots=True)
class FunctionGas:
    """What calls of one host function used."""

    calls: int = 0
    internal: int = 0
    external: int = 0
    name: str = field(default="", compare=False, repr=False)

    def add(self, internal: int, external: int) -> None:
        """Add a charge."""
        self.internal += internal
        self.external += external


class GasRecord:
    """The charges of host functions, by where the contract was and by key.

    `functions` are by node of the trace and name of the function, `keys` by key of the
    contract's store and name.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.functions: dict[tuple[int, str], FunctionGas] = {}
        self.keys: dict[tuple[bytes, str], FunctionGas] = {}

    def begun(self, name: str) -> None:
        """A function is called."""
        self._place(name).calls += 1

    def charged(self, name: str, internal: int, external: int, key: bytes) -> None:
        """It took gas; with a `key`, for that."""
        self._place(name).add(internal, external)
        if key:
            found = self.keys.setdefault((key, name), FunctionGas())
            found.calls += 1
            found.add(internal, external)

    def _place(self, name: str) -> FunctionGas:
        node = self.trace.current_node
        return self.functions.setdefault((node, name), FunctionGas())


@dataclass(frozen=True, slots=True)
class GasReport:
    """An instance's gas; what is neither left nor used externally is the contract's."""

    limit: int
    remaining: int
    used_externally: int
    used_internally: int
    functions: dict[str, FunctionGas]


@dataclass(slots=True)
class VmGas:
    """Charges of host functions, on the counter of the running code.

    `external` is what the chain used. Where a charge does not fit, nothing is left.
    """

    limit: int
    counter: Any
    status: Any
    external: int = 0
    functions: dict[str, FunctionGas] = field(default_factory=dict)
    current: FunctionGas = field(default_factory=FunctionGas)
    record: GasRecord | None = None

    @classmethod
    def of(cls, run: MeteredRun, limit: int) -> "VmGas":
        """The gas of a run; charges of one with a trace are recorded."""
        instance = run.instance
        trace = instance.trace if isinstance(instance, ModuleInstance) else None
        return cls(
            limit,
            run.counter,
            instance.export(GAS_STATUS_EXPORT),
            record=None if trace is None else GasRecord(trace),
        )

    @property
    def is_exhausted(self) -> bool:
        """Whether the code itself ran out of gas."""
        return bool(self.status.value)

    @property
    def left(self) -> int:
        """What the contract can still use."""
        return 0 if self.status.value else int(self.counter.value)

    def set_limit(self, limit: int) -> None:
        """Start again with `limit`; nothing is recorded from now on."""
        self.record = None
        self.limit = limit
        self.counter.value = limit
        self.status.value = 0
        self.external = 0

    def begin(self, name: str) -> None:
        """Charges from now on are those of host function `name`."""
        found = self.functions.get(name)
        if found is None:
            found = self.functions[name] = FunctionGas(name=name)
        found.calls += 1
        self.current = found
        if self.record is not None:
            self.record.begun(name)

    def charge(self, cost: int, external: int = 0, key: bytes = b"") -> None:
        """Take gas of the contract, and what the chain used; raises GasDepletion.

        `key` of the contract's store is what it is for, if any.
        """
        # Written out: this is what a call of a contract does most often.
        left = 0 if self.status.value else self.counter.value
        current = self.current
        current.internal += cost
        if external:
            current.external += external
            self.external = min(self.external + external, GREATEST_GAS)
        if self.record is not None:
            self.record.charged(current.name, cost, external, key)
        rest = left - cost - external
        self.counter.value = rest if rest > 0 else 0
        self.status.value = 0
        if rest < 0:
            raise GasDepletion

    def report(self) -> GasReport:
        """The gas used so far."""
        left = self.left
        return GasReport(
            limit=self.limit,
            remaining=left,
            used_externally=self.external,
            used_internally=max(self.limit - self.external - left, 0),
            functions=dict(self.functions),
        )
