"""The oracles of a campaign by name, and how many cases each checks."""

from collections.abc import Iterable

from contract_fuzz.errors import UnknownOracle
from contract_fuzz.oracles.chain_oracles import ChainOracleFactory
from contract_fuzz.oracles.engine_oracle import EngineOracleFactory
from contract_fuzz.oracles.fresh_oracle import FreshOracleFactory
from contract_fuzz.oracles.gas_oracles import LedgerOracleFactory, TightGasOracleFactory
from contract_fuzz.oracles.oracle import ONE_PERCENT, OracleFactory
from contract_fuzz.oracles.perturbation_oracles import SurroundingsFactory

# Of a million cases; what starts processes and writes to a disk takes longest.
THOUSANDTH = ONE_PERCENT // 10
RARE = 100
RARE_OF_NEW = 10 * ONE_PERCENT

ENGINES_ORACLE = "engines"


def engine_oracle(engine: str, share: int = ONE_PERCENT) -> OracleFactory:
    """Compares cases with another engine; `share` is per million cases."""
    return EngineOracleFactory(engine, share)


ORACLES: dict[str, OracleFactory] = {
    ENGINES_ORACLE: engine_oracle("wasmtime"),
    "ledger": LedgerOracleFactory(THOUSANDTH),
    "poisoned-memory": SurroundingsFactory("poisoned-memory", THOUSANDTH),
    "moved-memory": SurroundingsFactory("moved-memory", THOUSANDTH),
    "narrow-stack": SurroundingsFactory("narrow-stack", THOUSANDTH),
    "tight-gas": TightGasOracleFactory(THOUSANDTH),
    "snapshot-revert": ChainOracleFactory("snapshot-revert", RARE, RARE_OF_NEW),
    "commit-reopen": ChainOracleFactory("commit-reopen", RARE, RARE_OF_NEW),
    "replayed-block": ChainOracleFactory("replayed-block", RARE, RARE_OF_NEW),
    "fresh-process": FreshOracleFactory(RARE, RARE_OF_NEW),
}
# These open databases on disk.
ON_DISK = ("snapshot-revert", "commit-reopen", "replayed-block")
PERTURBATIONS = (
    *("poisoned-memory", "moved-memory", "narrow-stack", "tight-gas"),
    *ON_DISK,
)
GROUPS: dict[str, tuple[str, ...]] = {
    "all": tuple(ORACLES),
    "perturbations": PERTURBATIONS,
    "none": (),
}


def named_oracles(names: Iterable[str]) -> tuple[str, ...]:
    """The oracles of these names and groups, in the registry's order.

    Raises UnknownOracle.
    """
    wanted: dict[str, None] = {}
    for name in names:
        if name not in ORACLES and name not in GROUPS:
            raise UnknownOracle(name, (*ORACLES, *GROUPS))
        wanted.update(dict.fromkeys(GROUPS.get(name, (name,))))
    return tuple(name for name in ORACLES if name in wanted)
