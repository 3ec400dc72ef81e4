"""The chain that every example of a machine starts on: made once, reverted often."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.layered_database import LayeredDatabase
from contract_testing.properties.failures import DeploymentFailed
from contract_testing.properties.named_address import NamedAddress, of_account
from gas_schedule.loader import DEFAULT_SCHEDULE


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A contract's module; `path` is where it was read, None for bytes."""

    code: bytes
    path: Path | None
    is_init_code: bool

    @property
    def name(self) -> str:
        """For messages."""
        return "the contract" if self.path is None else str(self.path)


class World:
    """A chain with the contract on it, and with what was set up.

    `begin` drops what an example did, so memory does not grow.
    """

    def __init__(
        self,
        contract: ContractFile,
        set_up: Callable[[Blockchain, Address], None],
        *,
        schedule: str | None = None,
        engine: str = "interpreter",
    ) -> None:
        self.file = contract
        self.schedule = DEFAULT_SCHEDULE if schedule is None else schedule
        base = MemoryDatabase()
        genesis = default_genesis(self.schedule)
        first = Blockchain(base, genesis, engine=engine)
        receipt = first.deploy(contract.code, is_init_code=contract.is_init_code)
        if receipt.contract_address is None:
            raise DeploymentFailed(contract.name, receipt.error or "it reverted")
        set_up(first, receipt.contract_address)
        self._snapshot = first.snapshot()
        self._layer = LayeredDatabase(base)
        self.chain = Blockchain(self._layer, engine=engine)
        self.accounts = tuple(
            of_account(account.index, account.address)
            for account in self.chain.accounts
        )
        self.contract = NamedAddress(receipt.contract_address, "contract")

    def begin(self) -> None:
        """Go back to the state that was set up."""
        self._layer.forget()
        self.chain.revert(self._snapshot)
