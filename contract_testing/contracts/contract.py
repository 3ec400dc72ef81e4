"""Contract objects: the functions of a contract as methods."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.text import Address as Bytes20
from chain_sim.ethereum.primitives.text import format_address
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.address import Address
from contract_testing.contracts.connecting import connection_of
from contract_testing.contracts.connection import Connection, Options
from contract_testing.contracts.constructors import constructor_data, with_arguments
from contract_testing.contracts.descriptions import ErrorShape, EventShape, Function
from contract_testing.contracts.errors import (
    DeployedWrongCode,
    NoContract,
    UnsupportedConstructor,
)
from contract_testing.contracts.events import EventKind, read_log
from contract_testing.contracts.failures import (
    ContractFailure,
    CustomError,
    error_class,
    failure_of,
)
from contract_testing.contracts.functions import (
    OPTIONS,
    BoundFunction,
    Origin,
)
from contract_testing.contracts.html import contract_table
from contract_testing.contracts.receipt import Receipt
from contract_testing.contracts.values import address_of, wei
from contractvm.runtime.module_source import (
    ARTEFACT_SUFFIX,
    TEXT_STARTS,
    module_bytes,
)

MAX_LOGS = 10_000


class Abi(AbiContent):
    """A contract's ABI: `Abi.read("vault.json")`; makes contract objects."""

    def at(self, address: Any, chain: Any, **options: Any) -> "Contract":
        """The contract at an address of a chain; see Contract."""
        return Contract(address, self, chain, **options)

    def deploy(
        self, chain: Any, code: Any, *arguments: Any, **options: Any
    ) -> "Contract":
        """A new contract; see Contract.deploy."""
        return Contract.deploy(chain, code, *arguments, abi=self, **options)


class Members:
    """The functions, events or errors of a contract by name."""

    def __init__(self, label: str, members: Mapping[str, Any]) -> None:
        self._label = label
        self._members = dict(members)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        found = self.__dict__.get("_members", {}).get(name)
        if found is None:
            raise AttributeError(unknown_text(self._label, name, self._members))
        return found

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __dir__(self) -> list[str]:
        return list(self._members)

    def __repr__(self) -> str:
        return f"<{self._label}: {', '.join(self._members) or 'none'}>"


@dataclass(frozen=True, slots=True)
class Inside:
    """What a contract object is made of, under one name that no ABI can have."""

    connection: Connection
    functions: Mapping[str, BoundFunction]
    defaults: Mapping[str, Any]


if TYPE_CHECKING:
    class_only = classmethod
else:

    class class_only(classmethod):  # noqa: N801 (a decorator)
        """A class method that objects do not have: an ABI's function has the name."""

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is not None:
                raise AttributeError("a method of the class")
            return super().__get__(instance, owner)


class Contract:
    """A contract on a chain; `vault.deposit(value="1 ether")` sends a transaction.

    Its own attributes are `address`, `abi`, `chain`, `label`, `functions`, `events`,
    `errors`, `using`, `logs` and `storage_at`; every other name is a function of the
    ABI, which `functions` has under these names too. `bound_abi` is for classes of
    `contractvm bind`.
    """

    bound_abi: ClassVar[Abi | None] = None

    def __init__(  # noqa: PLR0913 (its options, by name)
        self,
        address: Any,
        abi: Any,
        chain: Any,
        *,
        label: str | None = None,
        check: bool = True,
        debug_module: Any = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises NoContract for an address without code, unless `check` is False."""
        connection = connection_of(chain)
        book = connection.book
        self.address = Address(address_of(address, book.names.get, "address"))
        self.abi = Abi.read(abi)
        self.chain = chain
        self.label = label or self.abi.name or "Contract"
        if check and not connection.code(self.address):
            raise NoContract(str(self.address))
        if debug_module is not None:
            book.learn_build(Path(debug_module))
        book.register(self.address, self.abi, self.label)
        functions: dict[str, list[Function]] = {}
        for function in self.abi.functions:
            functions.setdefault(function.name, []).append(function)
        given = dict(defaults or {})
        origin = Origin(self, self.address, self.abi, self.label, connection, given)
        bound = {
            name: BoundFunction(origin, overloads)
            for name, overloads in functions.items()
        }
        self._cvm = Inside(connection, bound, given)
        self.functions = Members(f"functions of {self.label}", bound)
        self.events = Members(f"events of {self.label}", self._events())
        self.errors = Members(f"errors of {self.label}", self._errors())

    def _events(self) -> dict[str, EventKind]:
        return {
            key: EventKind(self.address, shape)
            for key, shape in by_name(self.abi.events).items()
        }

    def _errors(self) -> dict[str, type[CustomError]]:
        return {
            key: error_class(shape) for key, shape in by_name(self.abi.errors).items()
        }

    @class_only
    def at(
        cls,  # noqa: N805 (a class method)
        address: Any,
        chain: Any,
        **options: Any,
    ) -> Self:
        """The contract at an address, for a class that has an ABI."""
        return cls(address, cls.bound_abi, chain, **options)

    @class_only
    def deploy(  # noqa: PLR0913 (its options, by name)
        cls,  # noqa: N805 (a class method)
        chain: Any,
        code: Any,
        *arguments: Any,
        abi: Any = None,
        sender: Any = None,
        value: int | str = 0,
        gas_limit: int | None = None,
        constructor: str | None = None,
        is_init_code: bool | None = None,
        debug_module: Any = None,
        label: str | None = None,
    ) -> Self:
        """A new contract: `code` is its module, or the artefact of a build.

        That is bytes, the path of a .wasm or .wat file, or .wat text. `arguments` are
        the constructor's, and then `code` is init code; `is_init_code` says so without
        any. `constructor`, such as "constructor(uint256)", is for an ABI that does not
        tell. A Stylus program is packed, and activated for its data fee, up to a fifth
        of which would come back. Raises ContractFailure if the constructor fails,
        DeployedWrongCode if what it returns is no contract, and UnsupportedConstructor
        or NotActivated for a Stylus program.
        """
        connection = connection_of(chain)
        module, found_abi, name = read_code(code)
        given = cls.bound_abi if abi is None else abi
        read = Abi.read(found_abi if given is None else given)
        if constructor is not None:
            read = read.with_constructor(constructor)
        if not connection.runs_constructors:
            if read.constructor is not None and (arguments or is_init_code is None):
                raise UnsupportedConstructor(read.constructor.signature)
            read, is_init_code = replace(read, constructor=None), bool(is_init_code)
        if is_init_code is None:
            is_init_code = read.constructor is not None and bool(
                read.constructor.inputs
            )
        data = constructor_data(read, arguments, connection)
        options = Options(sender=sender, value=wei(value), gas_limit=gas_limit)
        with_data = with_arguments(module, data) if data else module
        if name:
            connection.book.learn_build_beside(Path(code), module)
        receipt = connection.deploy(with_data, options, is_init_code)
        shown = label or read.name or name or "Contract"
        if receipt.contract_address is None:
            raise constructor_failure(receipt, connection, shown, read)
        address = receipt.contract_address
        require_contract(connection, address, is_init_code)
        made = cls(address, read, chain, label=shown, debug_module=debug_module)
        if name:
            connection.book.contracts[bytes(address)].source = Path(code).name
        return made

    def using(self, **options: Any) -> "Contract":
        """The same contract, with other defaults: `vault.using(sender=alice)`."""
        unknown = set(options) - set(OPTIONS)
        if unknown:
            raise TypeError(f"no option {', '.join(sorted(unknown))}")
        return Contract(
            self.address,
            self.abi,
            self.chain,
            label=self.label,
            check=False,
            defaults={**self._cvm.defaults, **options},
        )

    def logs(
        self,
        event: EventKind | None = None,
        *,
        from_block: int = 0,
        to_block: int | None = None,
        limit: int = MAX_LOGS,
        **filters: Any,
    ) -> Iterator[Any]:
        """The contract's events, oldest first, at most `limit`.

        `filters` are arguments that they must have.
        """
        pattern = None if event is None else event.match(**filters)
        found = 0
        for index, log in self._cvm.connection.logs(from_block, to_block):
            if log.address != bytes(self.address) or found >= limit:
                continue
            read = read_log(log, index, self.abi, self._cvm.connection.book.name_of)
            if pattern is None or pattern == read:
                found += 1
                yield read

    def storage_at(self, slot: Any) -> bytes:
        """The 32 bytes of a storage slot, by its number or key."""
        return self._cvm.connection.storage(self.address, slot)

    def __getitem__(self, signature: str) -> BoundFunction:
        """A function by name or signature: `vault["f(uint8)"]`."""
        name, bracket, types = signature.replace(" ", "").partition("(")
        found = self._cvm.functions.get(name)
        if found is None:
            raise KeyError(unknown_text(self.label, name, self._cvm.functions))
        return found[types.removesuffix(")")] if bracket else found

    def __getattr__(self, name: str) -> Any:
        inside = self.__dict__.get("_cvm")
        found = None
        if inside is not None and not name.startswith("_"):
            found = inside.functions.get(name)
        if found is None:
            known = {} if inside is None else inside.functions
            raise AttributeError(unknown_text(self.__dict__.get("label"), name, known))
        return found

    def __dir__(self) -> list[str]:
        public = [name for name in self._cvm.functions if not name.startswith("_")]
        return sorted({*object.__dir__(self), *public})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Contract)
            and self.address == other.address
            and self.chain is other.chain
        )

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
            for found, word in (
                (self.abi.functions, "function"),
                (self.abi.events, "event"),
                (self.abi.errors, "error"),
            )
        )
        chain_id = self._cvm.connection.chain_id
        return f"<{self.label} {self.address} on chain {chain_id}: {counts}>"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return contract_table(repr(self), self.abi)


def by_name(shapes: Any) -> dict[str, Any]:
    """Events or errors by name; by signature where two have one name."""
    names = [shape.name for shape in shapes]
    found: dict[str, EventShape | ErrorShape] = {}
    for shape in shapes:
        key = shape.name if names.count(shape.name) == 1 else shape.signature
        found[key] = shape
    return found


def unknown_text(label: Any, name: str, known: Mapping[str, Any]) -> str:
    """What there is instead, the three nearest."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.4)
    told = f": did you mean {', '.join(near)}?" if near else ""
    return f"{label} has no {name!r}{told}"


def constructor_failure(
    receipt: TransactionReceipt, connection: Connection, label: str, abi: Abi
) -> ContractFailure:
    """What is raised for a deployment that failed, with its receipt and place."""
    failure = failure_of(
        receipt.error,
        receipt.output,
        receipt.gas_used,
        abi.errors,
        connection.book.errors(),
    )
    return failure.in_call(
        f"{label} constructor",
        receipt.output,
        Receipt(receipt, connection),
        lambda: connection.where(receipt.transaction_hash),
    )


def read_code(code: Any) -> tuple[bytes, Any, str]:
    """The module, the ABI beside it or none, and a name for it."""
    is_text = isinstance(code, str) and code.lstrip().startswith(TEXT_STARTS)
    if is_text or not isinstance(code, str | os.PathLike):
        return module_bytes(code), [], ""
    path = Path(code)
    name = path.name.partition(".")[0]
    module = module_bytes(path)
    if not path.name.endswith(ARTEFACT_SUFFIX):
        return module, [], name
    document = json.loads(path.read_bytes())
    return module, json.dumps(document.get("abi") or []).encode(), name


def require_contract(
    connection: Connection, address: bytes, is_init_code: bool
) -> None:
    """Raise DeployedWrongCode unless a contract is there, and it is no constructor."""
    shown = format_address(Bytes20(bytes(address)))
    if not connection.is_code(connection.code(address)):
        hint = f"is_init_code={not is_init_code}"
        raise DeployedWrongCode(shown, "has no contract", hint)
    if not is_init_code and connection.is_constructor(address):
        raise DeployedWrongCode(
            shown, "is a constructor: it returns a contract", "is_init_code=True"
        )
