"""Faulty engines are detected by cases from a fixed seed; sound ones are not."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.oracle import DIFFERENCE, MILLION
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle
from contract_fuzz.workers.pools import InProcess
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.engine_selection import ENGINES
from gas_schedule.loader import schedule_path
from tests.helpers import planted_host
from tests.helpers.fuzz_contracts import campaign_for, contract
from tests.helpers.planted_engines import (
    LEFT_AT,
    DeeperStackEngine,
    DirtyMemoryEngine,
    RotlPriceEngine,
    SoundEngine,
)
from tests.helpers.wrong_engine import use_wrong_engine

EACH = (engine_oracle("wasmtime", MILLION),)
SHARED = (engine_oracle("wasmtime"),)
FLOATS = ("f32.add", "f32.load", "f32.store", "f32.reinterpret_i32")
# What each contract does with the argument, after a condition if one is needed.
ROTATES = {
    "mix(uint64)": """
      (if (i32.eq (i32.load8_u (i32.const 28)) (i32.const 77))
        (then (i32.store (i32.const 32900)
          (i32.rotl (i32.load (i32.const 32)) (i32.const 5)))))"""
}
READS_MEMORY = {
    "peek(uint8)": f"(call $return (i32.load8_u (i32.const {LEFT_AT})))",
}
COINBASE = '(import "ethereum" "getBlockCoinbase" (func $coinbase (param i32)))'
ASKS = {
    "who()": """(call $coinbase (i32.const 33000))
      (call $finish (i32.const 33000) (i32.const 20))"""
}
ADDS_NANS = {
    "add(uint64)": """
      (f32.store (i32.const 33000)
        (f32.add (f32.load (i32.const 28)) (f32.load (i32.const 32))))
      (call $finish (i32.const 33000) (i32.const 4))"""
}
# `down` calls itself so often; how deep it came shows in the memory alone.
DOWN = """
  (func $down (param $left i32)
    (i32.store (i32.const 33000) (local.get $left))
    (if (local.get $left)
      (then (call $down (i32.sub (local.get $left) (i32.const 1))))))
"""
RECURSES = {
    "dive(uint16)": """
      (call $down (i32.or (i32.load8_u (i32.const 35))
        (i32.shl (i32.load8_u (i32.const 34)) (i32.const 8))))"""
}


def run(campaign: Campaign, runs: int) -> CampaignState:
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    return coordinator.run(
        InProcess(campaign, coordinator.runner), CampaignLimits(runs)
    )


def first_case(state: CampaignState) -> int | None:
    """The first case with a difference; those before case 0 have simplest inputs."""
    cases = [
        found.case for key, found in state.findings.items() if key[0] == DIFFERENCE
    ]
    return min(cases, default=None)


def is_within(case: int | None, count: int) -> bool:
    return case is not None and case < count


def with_code(campaign: Campaign, code: bytes, **start: Any) -> Campaign:
    start.setdefault("schedule", "ewasm-metered")
    return replace(campaign, start=start_from_code(code, **start), code=code)


def recursive() -> Campaign:
    campaign = campaign_for({"dive(uint16)": ""}, oracles=EACH, fail_on=())
    return with_code(campaign, contract(RECURSES, extra=DOWN))


@pytest.mark.parametrize(
    ("campaign", "faulty", "within"),
    [
        (lambda: campaign_for(ROTATES, oracles=SHARED), RotlPriceEngine, 64),
        (lambda: campaign_for(READS_MEMORY, oracles=EACH), DirtyMemoryEngine, 32),
        (recursive, DeeperStackEngine, 32),
    ],
    ids=["price", "memory", "depth"],
)
def test_faulty_engine_is_found_out_and_its_sound_twin_is_not(
    campaign: Any, faulty: type, within: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_wrong_engine(monkeypatch, faulty)
    assert is_within(first_case(run(campaign(), within)), within)
    use_wrong_engine(monkeypatch, SoundEngine)
    assert run(campaign(), within).findings == {}


def test_nan_payload_is_found_under_a_profile_that_lets_it_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter makes NaNs canonical; wasmtime gives those of the machine."""
    text = schedule_path("ewasm-metered").read_text()
    prices = "".join(f'"{name}" = 45\n' for name in FLOATS)
    schedule = tmp_path / "floats.toml"
    schedule.write_text(text.replace("[instructions]\n", f"[instructions]\n{prices}"))
    campaign = campaign_for({"add(uint64)": ""}, oracles=EACH)

    def first(floats: Any) -> int | None:
        changed = replace(INTERFACE.profile, floats=floats)
        monkeypatch.setitem(vars(INTERFACE), "profile", changed)
        code = contract(ADDS_NANS)
        return first_case(run(with_code(campaign, code, schedule=str(schedule)), 500))

    assert is_within(first("permissive"), 500)
    assert first("canonical") is None


def test_memory_that_was_not_wiped_is_found_without_another_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    oracles = (partial(SurroundingsOracle, "poisoned-memory", 0),)
    campaign = campaign_for(READS_MEMORY, oracles=oracles)
    assert run(campaign, 64).findings == {}
    monkeypatch.setitem(ENGINES, "interpreter", DirtyMemoryEngine)
    assert is_within(first_case(run(campaign, 64)), 64)


@pytest.mark.parametrize(
    ("name", "is_found"), [("planted_order", True), ("planted_sound_order", False)]
)
def test_order_of_a_set_in_a_host_function_is_found(
    name: str, is_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_it = planted_host.first_of_a_set if is_found else planted_host.first_of_all
    planted = planted_host.planted(run_it)
    monkeypatch.setitem(vars(INTERFACE), "imports", planted)
    oracles = (partial(FreshOracle, 0, MILLION, modules=(f"tests.helpers.{name}",)),)
    campaign = campaign_for({"who()": ""}, oracles=oracles)
    code = contract(ASKS, imports=COINBASE)
    state = run(with_code(campaign, code), 8)
    assert is_within(first_case(state), 8) == is_found
    assert state.checks["fresh-process"] > 0
