"""The oracles that a campaign can have, by name."""

from contract_fuzz.engine_oracle import EngineOracleFactory
from contract_fuzz.oracle import ONE_PERCENT, OracleFactory


def engine_oracle(engine: str, share: int = ONE_PERCENT) -> OracleFactory:
    """Holds cases against another engine; `share` is of a million cases."""
    return EngineOracleFactory(engine, share)
