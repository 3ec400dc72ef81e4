"""The oracles of a campaign by name, and how many cases each checks."""

from collections.abc import Iterable
from functools import partial

from contract_fuzz.errors import UnknownOracle
from contract_fuzz.oracles.chain_oracles import ChainOracle
from contract_fuzz.oracles.engine_oracle import EngineOracleFactory
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.oracle import ONE_PERCENT, OracleFactory
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle

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
    "ledger": partial(LedgerOracle, THOUSANDTH),
    "poisoned-memory": partial(SurroundingsOracle, "poisoned-memory", THOUSANDTH),
    "moved-memory": partial(SurroundingsOracle, "moved-memory", THOUSANDTH),
    "narrow-stack": partial(SurroundingsOracle, "narrow-stack", THOUSANDTH),
    "tight-gas": partial(TightGasOracle, THOUSANDTH),
    "snapshot-revert": partial(ChainOracle, "snapshot-revert", RARE, RARE_OF_NEW),
    "commit-reopen": partial(ChainOracle, "commit-reopen", RARE, RARE_OF_NEW),
    "replayed-block": partial(ChainOracle, "replayed-block", RARE, RARE_OF_NEW),
    "fresh-process": partial(FreshOracle, RARE, RARE_OF_NEW),
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
