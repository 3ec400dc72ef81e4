"""Gas that tests give a name: `cvm.gas.snapshot` and `cvm.gas.measure`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.transactions import Transaction
from contract_testing.contracts.errors import InvalidUse
from contract_testing.plugin.world import World

MAX_NAME = 100
# Kinds of gas on a Cosmos chain, after a name.
SDK_GAS, VM_GAS = " (sdk gas)", " (vm gas)"


class GasNameTaken(InvalidUse):
    """A name of gas was given two values in one run."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(f"gas {name!r} has one value in {first}, another in {second}")
        self.name = name


class GasValues:
    """The named gas of a session; `entries` are group, name, test and value."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.entries: list[tuple[str, str, str, int]] = []
        self.test = ""
        self.default_group = ""
        self._known: dict[tuple[str, str], tuple[str, int]] = {}

    def begin(self, nodeid: str) -> None:
        """A test begins: its class, or its file, is the group."""
        path, *inner = nodeid.partition("[")[0].split("::")
        file = path.rpartition("/")[2].removesuffix(".py")
        self.test, self.default_group = nodeid, inner[-2] if len(inner) > 1 else file

    def take(self) -> list[tuple[str, str, str, int]]:
        """What was named since the last time."""
        taken, self.entries = self.entries, []
        return taken

    def snapshot(self, name: str, gas: Any, *, group: str | None = None) -> int:
        """Give a name to the gas of a receipt, a result of a call, or to a number.

        The group is the test's class or file unless it is given. A receipt of a Cosmos
        chain has two kinds: `NAME (sdk gas)`, which is returned, and `NAME (vm gas)`.
        Raises GasNameTaken for another value under the same name, ValueError for a name
        that is none.
        """
        calls = getattr(gas, "calls", None)
        if calls is not None:
            self.snapshot(f"{name}{VM_GAS}", vm_gas(calls), group=group)
            name = f"{name}{SDK_GAS}"
        used = getattr(gas, "gas_used", gas)
        if not isinstance(used, int) or isinstance(used, bool):
            raise TypeError("gas is a receipt, the result of a call, or a number")
        found = group or self.default_group
        for text in (name, found):
            if not 1 <= len(text) <= MAX_NAME or not text.isprintable() or "/" in text:
                raise ValueError(f"{text!r} is no name: 1 to {MAX_NAME} characters")
        test, before = self._known.setdefault((found, name), (self.test, used))
        if before != used:
            raise GasNameTaken(name, test, self.test)
        self.entries.append((found, name, self.test, used))
        return used

    @contextmanager
    def measure(self, name: str, *, group: str | None = None) -> Iterator[None]:
        """Give a name to the gas of all transactions in the block.

        Those of the Cosmos chain have two names, as for `snapshot`.
        """
        used: list[int] = []
        sdk: list[int] = []
        vm: list[int] = []

        def note(receipt: TransactionReceipt, _: Transaction) -> None:
            used.append(receipt.gas_used)

        def note_cosmos(outcome: Any) -> None:
            sdk.append(outcome.gas_used)
            vm.append(vm_gas(outcome.calls))

        with self._world.noting(note, note_cosmos):
            yield
        if sdk:
            self.snapshot(f"{name}{SDK_GAS}", sum(sdk), group=group)
            self.snapshot(f"{name}{VM_GAS}", sum(vm), group=group)
        if used or not sdk:
            self.snapshot(name, sum(used), group=group)


def vm_gas(calls: Iterable[Any]) -> int:
    """The CosmWasm gas that contracts themselves used."""
    return sum(call.gas_internal for call in calls)
