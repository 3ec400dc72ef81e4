"""Campaigns of Stylus programs: starts, findings, differences, and their files."""

from functools import cache, partial
from typing import Any

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.capture.case import require_bounded
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.execution.module_placement import module_at
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.difference_reports import (
    case_of,
    code_at,
    explain_difference,
    with_code,
)
from contract_fuzz.cases.case import CaseTransaction, StartState
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.start_states import (
    NotDeployed,
    deploy_usable,
    start_from_chain,
    start_from_code,
)
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.chain_oracles import ChainOracle
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.oracle import MILLION, OracleFactory
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle
from contract_fuzz.workers.pools import InProcess
from contractvm.hosts.interface import UnreadableCode
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.planted_engines import RotlPriceEngine, SoundEngine
from tests.helpers.stylus import program
from tests.helpers.wat import wat_to_wasm
from tests.helpers.wrong_engine import use_wrong_engine

HOST = ("read_args", "write_result", "block_basefee", "storage_load_bytes32")
# Byte 0 chooses: 7 divides by byte 35, 8 rotates byte 1, 9 gives the base fee.
DIVIDES = """(if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 7))
    (then (i32.store (i32.const 4096)
      (i32.div_u (i32.const 100) (i32.load8_u (i32.const 35))))))"""
ROTATES = """(if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 8))
    (then (i32.store (i32.const 4096)
      (i32.rotl (i32.load8_u (i32.const 1)) (i32.const 5)))))"""
TELLS_FEE = """(if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 9))
    (then (call $block_basefee (i32.const 4096))))"""
BODY = f"""(call $read_args (i32.const 0)) {DIVIDES} {ROTATES} {TELLS_FEE}
    (call $write_result (i32.const 4096) (i32.const 32)) (i32.const 0)"""
WASM = wat_to_wasm(program(BODY, *HOST))
SMALLER = wat_to_wasm(
    program(
        "(call $write_result (i32.const 0) (i32.const 3)) (i32.const 0)", "write_result"
    )
)


class DearRotlEngine(RotlPriceEngine):
    units = 1_000_000  # ink: a hundred gas


@cache
def start() -> StartState:
    return start_from_code(WASM, schedule="stylus-1")


def campaign(**options: Any) -> Campaign:
    return Campaign(start(), WASM, **options)


def run(made: Campaign, runs: int) -> CampaignState:
    coordinator = Coordinator(made)
    coordinator.begin([])
    return coordinator.run(InProcess(made, coordinator.runner), CampaignLimits(runs))


def call(data: bytes) -> CaseTransaction:
    return CaseTransaction(start().contracts[0], data, gas_limit=1_000_000)


def test_start_is_an_activated_program_with_the_chains_base_fee() -> None:
    found = start()
    assert (found.genesis.fork, found.genesis.fees) == ("arbitrum", "arbitrum")
    assert code_at(found, found.contracts[0]) == WASM
    executor = CaseExecutor(found)
    outcome = executor.run(executor.begin, call(b"\x09"))
    assert outcome.output == (100_000_000).to_bytes(32, "big")
    # The same as on the chain, to the unit.
    chain = Blockchain.in_memory(fork="arbitrum")
    address = deploy_usable(chain, WASM)
    first, second, *_ = chain.accounts
    assert (chain.nonce(first), chain.nonce(second)) == (2, 0)
    receipt = chain.send(address, b"\x09", gas_limit=1_000_000)
    assert (receipt.output, receipt.gas_used) == (outcome.output, outcome.gas_used)


def test_both_engines_and_the_chain_come_to_the_same_root() -> None:
    position_roots = set()
    for engine in ENGINES:
        options = ExecutorOptions(engine=engine, has_coverage=False)
        executor = CaseExecutor(start(), options)
        calls = [call(bytes([number])) for number in (7, 8, 9)]
        outcomes, root = executor.run_to_root(executor.begin, calls)
        position_roots.add((outcomes, root, executor.advance(executor.begin, calls)))
    assert len(position_roots) == 1
    ((outcomes, root, position),) = position_roots
    assert root == position.root
    assert [outcome.error_kind for outcome in outcomes] == [
        "integer divide by zero",
        "",
        "",
    ]


def test_a_moving_base_fee_is_left_out_and_one_that_stays_is_kept() -> None:
    chain = Blockchain.in_memory(fees="eip1559")
    found = start_from_chain(chain, [])
    assert (found.genesis.fees, found.head.base_fee_per_gas) == (None, None)
    chain = Blockchain.in_memory(fork="arbitrum")
    found = start_from_chain(chain, [])
    assert (found.genesis.fees, found.head.base_fee_per_gas) == (
        "arbitrum",
        100_000_000,
    )
    assert found.root == found.head.state_root


def test_program_that_no_activation_accepts_is_not_deployed() -> None:
    large = wat_to_wasm(program("(i32.const 0)", pages="129 129"))
    with pytest.raises(NotDeployed) as refusal:
        start_from_code(large, schedule="stylus-1")
    assert "pages" in refusal.value.reason


def test_crash_is_found_shortened_and_replayed_on_both_engines() -> None:
    state = run(campaign(), 800)
    (found,) = state.findings.values()
    assert (found.finding.kind, found.finding.name) == (
        "crash",
        "integer divide by zero",
    )
    (transaction,) = found.finding.transactions
    assert transaction.data == b"\x07"
    division = WASM.index(b"\x6e\x36")  # i32.div_u, whose result is stored
    assert found.finding.place == f"func 4 (user_entrypoint) at {division:#x}"
    case = decode_case(encode_case(case_of(start(), found.finding, None)))
    require_bounded(case)
    assert case.rules.fees == "arbitrum"
    assert case.blocks[0].base_fee == 100_000_000
    assert case.outcomes[0].result.error == "integer divide by zero"
    for engine in ENGINES:
        assert replay_case(case, engine).is_same
    assert replay_case(case, cross_check=True).is_same


@pytest.mark.parametrize(
    "make",
    [
        engine_oracle("wasmtime", MILLION),
        *(
            partial(SurroundingsOracle, name, MILLION)
            for name in ("poisoned-memory", "moved-memory", "narrow-stack")
        ),
        *(
            partial(ChainOracle, name, MILLION, MILLION)
            for name in ("snapshot-revert", "commit-reopen", "replayed-block")
        ),
        partial(LedgerOracle, MILLION),
        partial(TightGasOracle, MILLION),
        partial(FreshOracle, MILLION, MILLION),
    ],
)
def test_oracles_find_nothing_wrong_with_a_sound_program(make: OracleFactory) -> None:
    executor = CaseExecutor(start())
    oracle = make(executor)
    calls = [call(bytes([number])) for number in (7, 8, 9)]
    outcomes = executor.run_sequence(executor.begin, calls)
    assert oracle.check(executor, executor.begin, calls, outcomes) is None
    position = executor.advance(executor.begin, calls)
    again = executor.run_sequence(position, calls[1:])
    assert oracle.check(executor, position, calls[1:], again) is None


def test_module_in_place_of_another_is_activated() -> None:
    changed = with_code(start(), start().contracts[0], SMALLER)
    executor = CaseExecutor(changed)
    outcome = executor.run(executor.begin, call(b""))
    own = start_from_code(SMALLER, schedule="stylus-1")
    wanted = CaseExecutor(own).run(CaseExecutor(own).begin, call(b""))
    assert (outcome.output, outcome.gas_used) == (bytes(3), wanted.gas_used)
    assert outcome == wanted
    state = WorldState(changed.database(), changed.root)
    assert module_at(state, changed.contracts[0], "stylus") == SMALLER


def test_other_code_is_no_program() -> None:
    state = WorldState(start().database(), start().root)
    arb_wasm = Address(bytes(19) + b"\x71")
    with pytest.raises(UnreadableCode, match="not a Stylus program"):
        module_at(state, arb_wasm, "stylus")
    assert module_at(state, start().senders[0].address, "stylus") == b""


def test_wrong_price_of_an_engine_is_found_placed_and_made_smaller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = campaign(oracles=(engine_oracle("wasmtime", MILLION),), fail_on=())
    use_wrong_engine(monkeypatch, SoundEngine)
    assert run(made, 1_000).findings == {}
    use_wrong_engine(monkeypatch, DearRotlEngine)
    (found,) = run(made, 1_000).findings.values()
    assert found.finding.name == "engine wasmtime: gas used, units left"
    (transaction,) = found.finding.transactions
    assert transaction.data[:1] == b"\x08"
    explained = explain_difference(made, found.finding, attempts=40)
    assert explained.code == WASM
    assert explained.divergence is not None
    least = explained.divergence.units
    assert least is not None
    assert least % 10_000 == 0
    assert explained.shrunk is not None
    assert len(explained.shrunk.code) < len(WASM)
    assert b"\x41\x05\x77" in explained.shrunk.code
    for case in (explained.case, explained.shrunk.case):
        here, there = (replay_case(case, name).outcomes for name in ENGINES)
        assert there[0].result.gas_used - here[0].result.gas_used == 100
