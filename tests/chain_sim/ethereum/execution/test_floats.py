"""Contracts with floats: canonical on both engines, refused where they always were."""

from pathlib import Path

import pytest

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.engine_choice import engine_with_schedule
from contractvm.errors import RefusedModule
from tests.helpers.ewasm import contract
from tests.helpers.wat import wat_to_wasm

ENGINES = ("interpreter", "wasmtime")
# Writes NaNs of open bits, which a contract could read.
NANS = contract(
    """(f64.store (i32.const 0) (f64.div (f64.const 0) (f64.const 0)))
    (f64.store (i32.const 8) (f64.sqrt (f64.const -1)))
    (f64.store (i32.const 16) (f64.add (f64.const nan:0x123) (f64.const 1)))
    (f32.store (i32.const 24) (f32.sub (f32.const -inf) (f32.const -inf)))
    (f32.store (i32.const 28) (f32.demote_f64 (f64.const -nan:0x4000000000000)))
    (call $finish (i32.const 0) (i32.const 32))"""
)
CANONICAL = bytes.fromhex("000000000000f87f" * 3 + "0000c07f" * 2)
# Floats in its types alone, none among its instructions.
ONLY_TYPES = wat_to_wasm(
    """(module (memory (export "memory") 1)
      (func (export "main")) (func (param f64) (local f32)))"""
)


@pytest.mark.parametrize("engine", ENGINES)
def test_floats_give_the_same_on_both_engines(engine: str) -> None:
    chain = Blockchain.in_memory(engine=engine, cross_check=True)
    assert chain.engine.schedule.name == "contractvm-2"
    receipt = chain.deploy(NANS)
    assert receipt.contract_address is not None
    assert chain.call(receipt.contract_address).output == CANONICAL


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("schedule", ["contractvm-1", "ewasm-metered", "ewasm-hera"])
@pytest.mark.parametrize("code", [NANS, ONLY_TYPES], ids=["instructions", "types"])
def test_other_schedules_refuse_floats_as_before(
    code: bytes, schedule: str, engine: str
) -> None:
    with pytest.raises(RefusedModule, match="floats not allowed: f"):
        engine_with_schedule(schedule, engine).prepare(code)


def test_an_engine_for_another_schedule_has_the_floats_of_that_one() -> None:
    newer = engine_with_schedule("contractvm-2")
    older = engine_with_schedule("contractvm-1")
    newer.prepare(ONLY_TYPES)
    with pytest.raises(RefusedModule, match="floats not allowed"):
        newer.on(older._engine, schedule=older.schedule).prepare(ONLY_TYPES)
    older.on(older._engine, schedule=newer.schedule).prepare(ONLY_TYPES)


def test_a_chain_keeps_the_schedule_that_it_was_made_with(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    with Blockchain.open(path, default_genesis("contractvm-1")) as chain:
        before = chain.head.hash
    with Blockchain.open(path) as chain:
        assert chain.engine.schedule.name == "contractvm-1"
        assert chain.head.hash == before
        with pytest.raises(RefusedModule, match="floats not allowed"):
            chain.engine.prepare(NANS)
    with Blockchain.open(tmp_path / "new") as chain:
        assert chain.engine.schedule.name == "contractvm-2"
