"""Tests of contracts: the pytest plugin and Hypothesis state machines."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract_testing.properties import (
        ContractMachine as ContractMachine,
    )
    from contract_testing.properties import (
        gas_at_most as gas_at_most,
    )
    from contract_testing.properties import (
        strategy_for as strategy_for,
    )

__all__ = ["ContractMachine", "gas_at_most", "strategy_for"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("contract_testing.properties"), name)
