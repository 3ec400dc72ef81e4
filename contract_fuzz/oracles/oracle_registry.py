"""The oracles of a campaign by name, and how many cases each checks."""

from collections.abc import Iterable
from functools import partial

from contract_fuzz.errors import UnknownOracle
from contract_fuzz.oracles.chain_oracles import ChainOracle
from contract_fuzz.oracles.engine_oracle import EngineOracleFactory
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.oracle import MILLION, ONE_PERCENT, OracleFactory
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle

# Of a million cases; what starts processes and writes to a disk takes longest.
THOUSANDTH = ONE_PERCENT // 10
RARE = 100
RARE_OF_NEW = 10 * ONE_PERCENT

ENGINES_ORACLE = "engines"


def engine_oracle(
    engine: str, share: int = ONE_PERCENT, share_of_new: int = MILLION
) -> OracleFactory:
    """Compares cases with another engine; both shares are per million cases."""
    return EngineOracleFactory(engine, share, share_of_new)


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
# The same on fewer cases, so that a campaign takes a third longer than with none.
FEW_NEW = 5 * ONE_PERCENT
FEW = THOUSANDTH // 5
RAREST, RAREST_OF_NEW = RARE // 10, ONE_PERCENT
SAMPLED_ENGINES_OF_NEW = 25 * ONE_PERCENT
SAMPLED_ORACLES: dict[str, OracleFactory] = {
    ENGINES_ORACLE: engine_oracle("wasmtime", share_of_new=SAMPLED_ENGINES_OF_NEW),
    "ledger": partial(LedgerOracle, FEW, share_of_new=FEW_NEW),
    "poisoned-memory": partial(
        SurroundingsOracle, "poisoned-memory", FEW, share_of_new=FEW_NEW
    ),
    "moved-memory": partial(
        SurroundingsOracle, "moved-memory", FEW, share_of_new=FEW_NEW
    ),
    "narrow-stack": partial(
        SurroundingsOracle, "narrow-stack", FEW, share_of_new=FEW_NEW
    ),
    "tight-gas": partial(TightGasOracle, FEW, share_of_new=FEW_NEW),
    "snapshot-revert": partial(ChainOracle, "snapshot-revert", RAREST, RAREST_OF_NEW),
    "commit-reopen": partial(ChainOracle, "commit-reopen", RAREST, RAREST_OF_NEW),
    "replayed-block": partial(ChainOracle, "replayed-block", RAREST, RAREST_OF_NEW),
    # Its processes take a second to begin.
    "fresh-process": partial(FreshOracle, RAREST, RAREST_OF_NEW // 5),
}
# These open databases on disk, of chains of accounts.
ON_DISK = ("snapshot-revert", "commit-reopen", "replayed-block")
PERTURBATIONS = (
    *("poisoned-memory", "moved-memory", "narrow-stack", "tight-gas"),
    *ON_DISK,
)
SAMPLED = "sampled"
GROUPS: dict[str, tuple[str, ...]] = {
    SAMPLED: tuple(ORACLES),
    "all": tuple(ORACLES),
    "perturbations": PERTURBATIONS,
    "none": (),
}


def named_oracles(names: Iterable[str]) -> tuple[str, ...]:
    """The oracles of these names and groups, in the registry's order.

    SAMPLED names all, as `all` does; which shares they have is the caller's to say.

    Raises UnknownOracle.
    """
    wanted: dict[str, None] = {}
    for name in names:
        if name not in ORACLES and name not in GROUPS:
            raise UnknownOracle(name, (*ORACLES, *GROUPS))
        wanted.update(dict.fromkeys(GROUPS.get(name, (name,))))
    return tuple(name for name in ORACLES if name in wanted)
