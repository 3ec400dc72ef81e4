"""Faulty contracts are detected by cases from a fixed seed; fixed ones are not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import wasmtime

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import shape_of
from contract_fuzz.cases.start_states import start_from_chain
from contract_fuzz.inputs.size_parameter import find_size_parameter
from contract_fuzz.judging.campaign import Campaign, GasObjective
from contract_fuzz.oracles.oracle import INVARIANT
from contract_fuzz.workers.pools import InProcess
from tests.helpers.fuzz_contracts import (
    LISTS,
    SCHEDULE,
    abi_json,
    campaign_for,
    contract,
)

# Two balances in the last bytes of one slot: 100 together, at the start one has all.
LOAD = "(call $load (i32.const 32768) (i32.const 32800))"
STORE = "(call $store (i32.const 32768) (i32.const 32800))"
PAYS = """
  (local.set $i (i32.load8_u (i32.const 32831)))
  (local.set $j (i32.load8_u (i32.const 35)))
  {check}
  (i32.store8 (i32.const 32831) (i32.sub (local.get $i) (local.get $j)))
  (i32.store8 (i32.const 32830)
    (i32.add (i32.load8_u (i32.const 32830)) (local.get $j)))
"""
CHECK = """(if (i32.gt_u (local.get $j) (local.get $i))
    (then (call $revert (i32.const 0) (i32.const 0))))"""
MINT = """(if (i32.eqz (i32.load8_u (i32.const 32829))) (then
  (i32.store8 (i32.const 32829) (i32.const 1))
  (i32.store8 (i32.const 32831) (i32.const 100))))"""


def token(check: str) -> dict[str, str]:
    return {
        "mint()": f"{LOAD} {MINT} {STORE}",
        "pay(uint8)": f"{LOAD} {PAYS.format(check=check)} {STORE}",
        "invariant_total()": f"""{LOAD} (call $return
          (i32.le_u (i32.add (i32.load8_u (i32.const 32830))
            (i32.load8_u (i32.const 32831))) (i32.const 100)))""",
    }


# A slot's last bytes: a credit, how often there was one, and how often it was paid.
PAY_BACK = """
  (call $caller (i32.const 33000))
  (drop (call $call (i64.const 1000000) (i32.const 33000) (i32.const 33100)
    (i32.const 33100) (i32.const 0)))
"""
CLEAR = f"{LOAD} (i32.store8 (i32.const 32829) (i32.const 0)) {STORE}"
COUNT = f"""{LOAD} (i32.store8 (i32.const 32831)
  (i32.add (i32.load8_u (i32.const 32831)) (i32.const 1))) {STORE}"""
CALLS = """
  (import "ethereum" "getCaller" (func $caller (param i32)))
  (import "ethereum" "call" (func $call (param i64 i32 i32 i32 i32) (result i32)))
"""


def vault(withdraw: str) -> dict[str, str]:
    return {
        "deposit()": f"""{LOAD}
          (i32.store8 (i32.const 32829) (i32.const 1))
          (i32.store8 (i32.const 32830)
            (i32.add (i32.load8_u (i32.const 32830)) (i32.const 1))) {STORE}""",
        "withdraw()": f"""{LOAD}
          (if (i32.load8_u (i32.const 32829)) (then {withdraw}))""",
        "invariant_paid()": f"""{LOAD} (call $return (i32.le_u
          (i32.load8_u (i32.const 32831)) (i32.load8_u (i32.const 32830))))""",
    }


REENTERED = vault(PAY_BACK + CLEAR + COUNT)
MENDED = vault(CLEAR + COUNT + PAY_BACK)
# Passes its call data on; called with none, it calls withdraw() again, but once.
ATTACKER = """
(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "call" (func $call (param i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1000) "{vault}")
  (data (i32.const 1100) "{withdraw}")
  (func $send (param $data i32) (param $size i32)
    (drop (call $call (i64.const 2000000) (i32.const 1000) (i32.const 1200)
      (local.get $data) (local.get $size))))
  (func (export "main")
    (if (i32.ge_u (call $size) (i32.const 4))
      (then
        (call $copy (i32.const 0) (i32.const 0) (i32.const 4))
        (call $send (i32.const 0) (i32.const 4)))
      (else
        (call $load (i32.const 1300) (i32.const 1332))
        (if (i32.eqz (i32.load8_u (i32.const 1332))) (then
          (i32.store8 (i32.const 1332) (i32.const 1))
          (call $store (i32.const 1300) (i32.const 1332))
          (call $send (i32.const 1100) (i32.const 4))))))))
"""


def run(campaign: Campaign, runs: int) -> CampaignState:
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    return coordinator.run(
        InProcess(campaign, coordinator.runner), CampaignLimits(runs)
    )


def broken(state: CampaignState) -> dict[str, int]:
    """The broken invariants, and the case of each."""
    return {
        name: found.case
        for (kind, name, _), found in state.findings.items()
        if kind == INVARIANT
    }


def test_balance_that_goes_below_zero_is_found_and_the_mended_token_is_not() -> None:
    found = broken(run(campaign_for(token("")), 500))
    assert list(found) == ["invariant_total()"]
    assert found["invariant_total()"] < 16
    assert run(campaign_for(token(CHECK)), 2_000).findings == {}


def vault_campaign(bodies: Mapping[str, str]) -> Campaign:
    """The vault, and a contract that calls it again while it is paid."""
    code = contract(bodies, imports=CALLS)
    functions = read_abi(abi_json(list(bodies), {"invariant_paid()": "bool"}))
    withdraw = next(each for each in functions if each.name == "withdraw")
    with Blockchain.in_memory(default_genesis(SCHEDULE)) as chain:
        address = chain.deploy(code).contract_address
        assert address is not None
        text = ATTACKER.format(
            vault="".join(f"\\{byte:02x}" for byte in address),
            withdraw="".join(f"\\{byte:02x}" for byte in withdraw.selector),
        )
        attacker = chain.deploy(bytes(wasmtime.wat2wasm(text))).contract_address
        assert attacker is not None
        start = start_from_chain(chain, [address, attacker])
    invariants = tuple(each for each in functions if each.is_invariant)
    return Campaign(start, code, functions, invariants, length=4)


def test_vault_that_is_entered_again_is_found_and_the_mended_one_is_not() -> None:
    state = run(vault_campaign(REENTERED), 3_000)
    assert list(broken(state)) == ["invariant_paid()"]
    assert broken(state)["invariant_paid()"] < 64
    (found,) = state.findings.values()
    assert len(found.finding.transactions) == 2
    assert run(vault_campaign(MENDED), 3_000).findings == {}


@pytest.mark.parametrize(("name", "shape"), [("pairs", "quadratic"), ("sum", "linear")])
def test_loop_in_a_loop_is_found_by_its_gas_and_one_loop_is_linear(
    name: str, shape: str
) -> None:
    plain = campaign_for(LISTS)
    function = next(each for each in plain.functions if each.name == name)
    size = find_size_parameter(function, "a")
    campaign = replace(plain, objective=GasObjective((function,), size))
    found = shape_of(campaign, run(campaign, 400))
    assert found is not None
    assert found.name == shape
