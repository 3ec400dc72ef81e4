"""Functions of a contract object: overloads, arguments, calls and transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short_repr
from typing import Any

from chain_sim.ethereum.primitives.text import format_data
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.connection import Connection, Options
from contract_testing.contracts.descriptions import SELECTOR_BYTES, Function
from contract_testing.contracts.errors import (
    AmbiguousCall,
    ArgumentsMismatch,
    NotPayable,
    UndecodableOutput,
    UnfitValue,
)
from contract_testing.contracts.failures import failure_of
from contract_testing.contracts.receipt import Receipt
from contract_testing.contracts.shapes import decode, results_of
from contract_testing.contracts.values import fitted, wei
from contractvm.ledger.report import GasReport

OPTIONS = ("sender", "value", "gas_limit", "gas_price", "nonce", "at")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the functions of a contract object share; `contract` is the object."""

    contract: Any
    address: bytes
    abi: AbiContent
    label: str
    connection: Connection
    defaults: Mapping[str, Any]


class BoundFunction:
    """A function of a contract, with all its overloads.

    Calling it makes a call if it is a view, and a transaction if not. Its options are
    keywords: sender, value, gas_limit, gas_price, nonce, `at` for calls, and for
    transactions `check=False`, which returns the receipt of a failure too. Other
    keywords are parameters; one with such a name is given by position or in `args`.
    """

    def __init__(self, origin: Origin, overloads: Sequence[Function]) -> None:
        self._origin = origin
        self._overloads = tuple(overloads)

    def __getitem__(self, types: str) -> "BoundFunction":
        """The overload with these parameter types: `vault.f["uint8"]`."""
        text = types.replace(" ", "")
        wanted = f"{self._overloads[0].name}({text})"
        found = [each for each in self._overloads if each.signature == wanted]
        if not found:
            known = ", ".join(each.signature for each in self._overloads)
            raise KeyError(f"no {wanted}: there are {known}")
        return BoundFunction(self._origin, found)

    @property
    def signature(self) -> str:
        """`withdraw(uint64)`; AmbiguousCall for one of several."""
        return self._only().signature

    @property
    def selector(self) -> bytes:
        """The first four bytes of its call data."""
        return self._only().abi.selector

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call a view, or send a transaction."""
        function, values, rest = self._choose(args, options)
        if function.is_view:
            return self._run_call(function, values, rest)
        return self._run_transaction(function, values, rest)

    def call(self, *args: Any, **options: Any) -> Any:
        """The decoded result, without any change; raises ContractFailure."""
        return self._run_call(*self._choose(args, options))

    def transact(self, *args: Any, **options: Any) -> Receipt:
        """The receipt of a transaction; raises ContractFailure unless `check=False`."""
        return self._run_transaction(*self._choose(args, options))

    def encode(self, *args: Any, **options: Any) -> bytes:
        """The call data."""
        function, values, _ = self._choose(args, options)
        return function.abi.encode(values)

    def decode(self, data: bytes) -> tuple[Any, ...] | None:
        """The arguments in call data; None if it is of another function."""
        for function in self._overloads:
            if data[:SELECTOR_BYTES] == function.abi.selector:
                return decode(function.inputs, data[SELECTOR_BYTES:])
        return None

    def estimate(self, *args: Any, **options: Any) -> int:
        """The smallest gas limit with which it succeeds; raises ContractFailure."""
        function, values, rest = self._choose(args, options)
        data, sent = self._message(function, values, rest)
        self._require_success(function, values, data, sent)
        found = self._origin.connection.estimate(self._address, data, sent)
        return 0 if found is None else found

    def explain(self, *args: Any, **options: Any) -> GasReport:
        """Where the gas of a call goes."""
        function, values, rest = self._choose(args, options)
        data, sent = self._message(function, values, rest)
        return self._origin.connection.explain(self._address, data, sent)

    def __repr__(self) -> str:
        label = self._origin.label
        lines = [
            f"{label}.{each.shown}, selector {format_data(each.abi.selector)}"
            for each in self._overloads
        ]
        return f"<{'; '.join(lines)}>"

    @property
    def _address(self) -> bytes:
        return bytes(self._origin.address)

    def _only(self) -> Function:
        if len(self._overloads) > 1:
            signatures = [each.signature for each in self._overloads]
            raise AmbiguousCall(self._overloads[0].name, "", signatures)
        return self._overloads[0]

    # Choosing an overload

    def _choose(
        self, args: Sequence[Any], options: Mapping[str, Any]
    ) -> tuple[Function, list[Any], dict[str, Any]]:
        """The one overload that fits, the values for its encoder, the options."""
        named = dict(options.get("args", {}))
        rest = {}
        for name, value in options.items():
            if name in OPTIONS or name == "check":
                rest[name] = value
            elif name != "args":
                named[name] = value
        reasons, found = [], []
        for function in self._overloads:
            try:
                found.append((function, self._fit(function, args, named)))
            except UnfitValue as error:
                reasons.append(str(error))
        name = self._overloads[0].name
        if not found:
            shown = f"{self._origin.label}.{name}{arguments_text(args, named)}"
            raise ArgumentsMismatch(shown, reasons)
        if len(found) > 1:
            raise AmbiguousCall(
                name,
                arguments_text(args, named),
                [function.signature for function, _ in found],
            )
        function, values = found[0]
        return function, values, rest

    def _fit(
        self, function: Function, args: Sequence[Any], named: Mapping[str, Any]
    ) -> list[Any]:
        given = list(args)
        names = [shape.name for shape in function.inputs]
        if len(args) + len(named) != len(names):
            reason = f"{len(names)} arguments needed, {len(args) + len(named)} given"
            raise UnfitValue(function.signature, reason)
        for name in names[len(args) :]:
            if name not in named:
                reason = f"argument {name or 'without a name'} is missing"
                raise UnfitValue(function.signature, reason)
            given.append(named[name])
        resolve = self._origin.connection.book.names.get
        return [
            fitted(shape, value, resolve, argument_text(shape.name, place, function))
            for place, (shape, value) in enumerate(
                zip(function.inputs, given, strict=True)
            )
        ]

    # Running

    def _message(
        self, function: Function, values: Sequence[Any], rest: Mapping[str, Any]
    ) -> tuple[bytes, Options]:
        given = {**self._origin.defaults, **rest}
        given.pop("check", None)
        given["value"] = wei(given.get("value", 0))
        if given["value"] and function.mutability != "payable":
            raise NotPayable(function.signature, given["value"])
        return function.abi.encode(values), Options(**given)

    def _run_call(
        self, function: Function, values: Sequence[Any], rest: Mapping[str, Any]
    ) -> Any:
        data, sent = self._message(function, values, rest)
        output = self._require_success(function, values, data, sent)
        is_decoded, value = results_of(function.outputs, output)
        if not is_decoded:
            raise UndecodableOutput(function.signature, output)
        return value

    def _require_success(
        self,
        function: Function,
        values: Sequence[Any],
        data: bytes,
        sent: Options,
    ) -> bytes:
        """The output of a call."""
        connection = self._origin.connection
        outcome = connection.call(self._address, data, sent)
        if outcome.succeeded:
            return outcome.output
        raise failure_of(
            outcome.error,
            outcome.output,
            outcome.gas_limit,
            self._origin.abi.errors,
            connection.book.errors(),
        ).in_call(
            self._text(function, values), outcome.output, None, outcome.find_where
        )

    def _run_transaction(
        self, function: Function, values: Sequence[Any], rest: Mapping[str, Any]
    ) -> Receipt:
        if rest.get("at") is not None:
            raise TypeError("a transaction is sent now: `at` is for calls")
        data, sent = self._message(function, values, rest)
        connection = self._origin.connection
        made = connection.send(self._address, data, sent)
        receipt = Receipt(made, connection, self._origin.contract, function)
        if made.succeeded or rest.get("check") is False:
            return receipt
        raise failure_of(
            made.error,
            made.output,
            made.gas_used,
            self._origin.abi.errors,
            connection.book.errors(),
        ).in_call(
            self._text(function, values), made.output, receipt, lambda: receipt.where
        )

    def _text(self, function: Function, values: Sequence[Any]) -> str:
        return f"{self._origin.label}.{function.name}{arguments_text(values, {})}"


def arguments_text(args: Sequence[Any], named: Mapping[str, Any]) -> str:
    """`(5, to=0x00...)`, short."""
    parts = [shown_value(value) for value in args]
    parts += [f"{key}={shown_value(value)}" for key, value in named.items()]
    return f"({', '.join(parts)})"


def shown_value(value: Any) -> str:
    """A value in one line; bytes in hex."""
    if type(value) is bytes:
        text = value.hex()
        return f"0x{text}" if len(text) <= 64 else f"0x{text[:60]}..."
    return short_repr(value)


def argument_text(name: str, place: int, function: Function) -> str:
    """`argument amount of withdraw(uint64)`."""
    shown = name if name.isidentifier() else place + 1
    return f"argument {shown} of {function.signature}"
