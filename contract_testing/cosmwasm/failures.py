"""Failures of CosmWasm contracts, as the exceptions of contract objects."""

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.transactions import TransactionFailed
from chain_sim.cosmos.errors import OUT_OF_GAS, CosmosError
from contract_testing.contracts.failures import (
    ContractFailure,
    OutOfGas,
    RevertedWithReason,
    Trapped,
)


class ContractError(RevertedWithReason):
    """A contract of CosmWasm gave up with an error: `text`, as it writes it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.what = f"ContractError: {text}"
        self.text = text


def failure_of(error: CosmosError, gas_limit: int) -> ContractFailure:
    """The failure that an error of the chain stands for."""
    if error.is_of_contract:
        return ContractError(error.detail)
    if (error.codespace, error.code) == OUT_OF_GAS[:2]:
        return OutOfGas(gas_limit)
    if error.stop is not None:
        return Trapped(error.stop.kind, error.stop.detail)
    return ContractFailure(str(error))


def raised(
    chain: CosmosChain,
    cause: TransactionFailed | CosmosError,
    call: str,
    gas_limit: int,
    receipt: object = None,
) -> ContractFailure:
    """The failure of a call, with its circumstances."""
    error = cause.error if isinstance(cause, TransactionFailed) else cause
    failure = failure_of(error, gas_limit)
    return failure.in_call(call, b"", receipt, lambda: chain.where(error))
