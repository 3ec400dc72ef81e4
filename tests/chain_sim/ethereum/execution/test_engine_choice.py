"""A chain's engine is that of the schedule and instrumentation it was made with."""

from dataclasses import replace

import pytest

from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.primitives.errors import (
    InstrumentationChanged,
    ScheduleChanged,
)
from chain_sim.ethereum.primitives.text import Hash32
from contractvm.metering.names import INSTRUMENTATION_VERSION

NO_HASH = Hash32(bytes(32))


@pytest.fixture
def genesis() -> GenesisConfig:
    with Blockchain.in_memory() as chain:
        return chain.genesis


def test_another_schedule_of_that_name_is_refused(genesis: GenesisConfig) -> None:
    other = replace(genesis, schedule_hash=NO_HASH)
    with pytest.raises(ScheduleChanged) as caught:
        engine_for(other)
    actual = genesis.schedule_hash
    assert str(caught.value) == str(ScheduleChanged(other.schedule, NO_HASH, actual))


@pytest.mark.parametrize("change", [-1, 1])
def test_another_instrumentation_is_refused(
    genesis: GenesisConfig, change: int
) -> None:
    version = INSTRUMENTATION_VERSION + change
    with pytest.raises(InstrumentationChanged) as caught:
        engine_for(replace(genesis, instrumentation_version=version))
    wanted = InstrumentationChanged(version, INSTRUMENTATION_VERSION)
    assert str(caught.value) == str(wanted)
