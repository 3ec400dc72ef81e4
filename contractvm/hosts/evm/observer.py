"""Callbacks for observers of a frame.

A charge is reported before it is made, as a quantity, so one that fails is reported in
full. What is no quantity is reported as the amount that was taken. An observer changes
nothing that a contract can see.
"""

from contractvm.hosts.amounts import Amount, StartPrices
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.engines.interface import Instance


class FrameObserver:
    """An observer of one message call; each method does nothing until overridden."""

    def module_unpacked(self, wasm: bytes) -> None:
        """The account's code is not the module itself, but holds this one."""

    def module_prepared(self, prepared: PreparedModule) -> None:
        """The code passed every check; the charge for its instance is next."""

    def instance_made(self, instance: Instance) -> None:
        """The code is about to run in `instance`."""

    def host_call(self, module: str, name: str, length: int) -> None:
        """Host function `name` is charged for work on `length` bytes."""

    def host_amount(self, module: str, name: str, amount: str, count: int) -> None:
        """It is charged `count` times a conditional amount."""

    def gas_named(self, module: str, name: str, gas: int) -> None:
        """It is charged an amount of gas that the contract chose."""

    def amount_charged(self, amount: Amount) -> None:
        """An amount was taken; where the gas left did not pay for it, what was left."""

    def start_priced(self, prices: StartPrices) -> None:
        """The code's start was charged by one of these prices."""

    def charge_failed(self) -> None:
        """The gas left did not pay for the charge reported last."""

    def effect_known(self, module: str, name: str, effect: str) -> None:
        """The call of `name` that was charged last turns out to do this."""

    def gas_forwarded(
        self, name: str, gas: int | None, has_stipend: bool, units_left: int
    ) -> None:
        """A sub-call is next; `gas` was asked for, None for as much as possible.

        `units_left` is what the caller has before the callee's gas is taken.
        """

    def host_step(
        self, name: str, arguments: bytes, results: bytes, units: tuple[int, int]
    ) -> None:
        """Host function `name` has ended; `units` were left before and after it."""

    def self_destructed(self, beneficiary: bytes, balance: int) -> None:
        """The account is removed; `balance`, in wei, has gone to the beneficiary."""

    def code_ended(self) -> None:
        """The code has ended, for any reason; its instance still exists."""
