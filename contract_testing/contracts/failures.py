"""Failures of contracts as exceptions: reverts, traps, out of gas."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar, Self

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.contracts.descriptions import SELECTOR_BYTES, ErrorShape
from contractvm.errors import ContractVmError, TrapCode
from contractvm.ledger.where import Where

PANIC_SELECTOR = bytes(keccak256(b"Panic(uint256)")[:SELECTOR_BYTES])
PANICS = {
    0x00: "generic panic",
    0x01: "assertion failed",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "bad enum value",
    0x22: "bad storage bytes",
    0x31: "pop of an empty array",
    0x32: "array index out of bounds",
    0x41: "too much memory",
    0x51: "call of an uninitialised function",
}
UNKNOWN_PANIC = "unknown panic code"
SHORTFALL = re.compile(r"out of gas: ([0-9,]+) gas short")
TRAPS = frozenset(code.value for code in TrapCode)

FindWhere = Callable[[], Where | None]


class ContractFailure(Exception):
    """A contract failed. `data` is what it gave back, `receipt` None for a call.

    `call` is what was called: `Vault.withdraw(9)`.
    """

    def __init__(self, what: str = "failed") -> None:
        super().__init__(what)
        self.what = what
        self.call = ""
        self.data = b""
        self.receipt: Any = None
        self._find_where: FindWhere | None = None
        self._where: Where | None = None

    def in_call(
        self, call: str, data: bytes, receipt: Any, find_where: FindWhere | None
    ) -> Self:
        """The same failure with its circumstances."""
        self.call, self.data, self.receipt = call, data, receipt
        self._find_where = find_where
        return self

    @property
    def where(self) -> Where | None:
        """Where in the contract it failed; None where that cannot be found any more."""
        if self._find_where is not None:
            find, self._find_where = self._find_where, None
            # The block may be gone by now: that is no failure of the contract.
            with suppress(ContractVmError):
                self._where = find()
        return self._where

    def trace(self) -> Any:
        """What the transaction did, step by step; None for a call."""
        return None if self.receipt is None else self.receipt.trace()

    def __str__(self) -> str:
        text = f"{self.call}: {self.what}" if self.call else self.what
        summary = "" if self.where is None else self.where.summary
        return f"{text} at {summary}" if summary else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the receipt's chain: workers of xdist send failures as text."""
        state = {**self.__dict__, "receipt": None, "_find_where": None}
        state["_where"] = self.where
        return restore, (self._picklable_class(), state)

    def _picklable_class(self) -> type["ContractFailure"]:
        return type(self)


def restore(kind: type[ContractFailure], state: dict[str, Any]) -> ContractFailure:
    """A failure from another process."""
    failure = kind.__new__(kind)
    Exception.__init__(failure, state.get("what", ""))
    failure.__dict__.update(state)
    return failure


class Reverted(ContractFailure):
    """The contract undid its changes; `data` says why, if anything does."""

    def __init__(self, what: str = "reverted without a reason") -> None:
        super().__init__(what)


class RevertedWithReason(Reverted):
    """It reverted with a text, Solidity's Error(string)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"reverted: {reason}")
        self.reason = reason


class Panicked(Reverted):
    """A check of the compiler failed, Solidity's Panic(uint256)."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.meaning = PANICS.get(code, UNKNOWN_PANIC)
        super().__init__(f"Panicked: {self.meaning} ({code:#04x})")


class CustomError(Reverted):
    """It reverted with an error of its ABI; the arguments are attributes too.

    Each error of an ABI has a subclass: `vault.errors.TooLittle`. An instance made of
    arguments equals a failure with them.
    """

    shape: ClassVar[ErrorShape | None] = None

    def __init__(self, *values: Any, **named: Any) -> None:
        """Raises TypeError unless there is one value for each parameter."""
        if self.shape is None:
            raise TypeError("an error of an ABI: contract.errors.NAME(...)")
        names = error_names(self.shape)
        if len(values) > len(names):
            raise TypeError(f"{self.shape.signature} takes {len(names)} arguments")
        given = {**dict(zip(names, values, strict=False)), **named}
        if set(given) != set(names) or len(values) + len(named) != len(names):
            raise TypeError(
                f"{self.shape.signature} takes {', '.join(names) or 'none'}"
            )
        self.signature = self.shape.signature
        self.name = self.shape.name
        self.arguments = {name: given[name] for name in names}
        shown = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        super().__init__(f"{self.name}({shown})")

    def __getattr__(self, name: str) -> Any:
        arguments = self.__dict__.get("arguments", {})
        if name in arguments:
            return arguments[name]
        raise AttributeError(f"{type(self).__name__} has no {name!r}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CustomError)
            and self.signature == other.signature
            and self.arguments == other.arguments
        )

    def __hash__(self) -> int:
        return hash(self.signature)

    def _picklable_class(self) -> type[ContractFailure]:
        return CustomError


class Trapped(ContractFailure):
    """The contract broke a rule of WebAssembly or of the host: all its gas is gone.

    `kind` is the specification's text, `detail` what the host says of it.
    """

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail


class OutOfGas(ContractFailure):
    """The gas did not suffice: `limit` was given, and `short_by` more was due next.

    `short_by` is None where the chain does not tell.
    """

    def __init__(self, limit: int, short_by: int | None = None) -> None:
        short = "" if short_by is None else f": {short_by:,} gas short of {limit:,}"
        super().__init__(f"out of gas{short or f' with a limit of {limit:,}'}")
        self.limit = limit
        self.short_by = short_by


def error_names(shape: ErrorShape) -> list[str]:
    """Names of an error's parameters; `arg0` where one has none."""
    return [item.name or f"arg{place}" for place, item in enumerate(shape.inputs)]


@lru_cache(maxsize=4096)
def error_class(shape: ErrorShape) -> type[CustomError]:
    """The class of an ABI's error."""
    doc = f"The error {shape.signature}."
    return type(shape.name, (CustomError,), {"shape": shape, "__doc__": doc})


def failure_of(
    error: str | None,
    data: bytes,
    gas_limit: int,
    own: Sequence[ErrorShape],
    others: Iterable[ErrorShape],
) -> ContractFailure:
    """The failure that a result stands for.

    `error` is None for a revert. Its data is looked up in the `own` errors of the ABI,
    then among `others` known on the chain.
    """
    if error is None:
        return reverted(data, own, others)
    if found := SHORTFALL.fullmatch(error):
        return OutOfGas(gas_limit, int(found[1].replace(",", "")))
    kind, _, detail = error.partition(": ")
    return Trapped(kind, detail) if kind in TRAPS else ContractFailure(error)


def reverted(
    data: bytes, own: Sequence[ErrorShape], others: Iterable[ErrorShape]
) -> Reverted:
    """The kind of revert that data stands for."""
    reason = revert_reason(data)
    if reason is not None:
        return RevertedWithReason(reason)
    return panicked(data) or custom_error(data, own, others) or unknown_revert(data)


def panicked(data: bytes) -> Panicked | None:
    """The panic that data stands for, if any."""
    if data[:SELECTOR_BYTES] == PANIC_SELECTOR:
        with suppress(MalformedAbiData):
            (code,) = decode_values(["uint256"], data[SELECTOR_BYTES:])
            return Panicked(code)
    return None


def custom_error(
    data: bytes, own: Sequence[ErrorShape], others: Iterable[ErrorShape]
) -> Reverted | None:
    """An error of these ABIs; where two disagree, a revert that names both."""
    for shapes in (own, others):
        found = {}
        for shape in shapes:
            values = shape.read(data)
            if values is not None:
                found[shape.signature] = error_class(shape)(*values)
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            return Reverted(" or ".join(each.what for each in found.values()))
    return None


def unknown_revert(data: bytes) -> Reverted:
    """A revert that nothing explains."""
    if not data:
        return Reverted()
    if len(data) < SELECTOR_BYTES:
        return Reverted(f"reverted with 0x{data.hex()}")
    rest = len(data) - SELECTOR_BYTES
    shown = data[:SELECTOR_BYTES].hex()
    return Reverted(f"unknown error 0x{shown} with {rest} bytes")
