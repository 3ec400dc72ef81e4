"""Programs in captured transactions and dumps: nothing of ArbOS is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from chain_sim import Blockchain, load_chain
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM_CACHE
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.errors import MalformedCase, WitnessIncomplete
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.start_states import deploy_usable
from contractvm.runtime.engine_selection import ENGINES
from tests.chain_sim.ethereum.arbitrum.test_chain import activated_chain, word
from tests.helpers.stylus import program
from tests.helpers.wat import wat_to_wasm

CACHE = bytes.fromhex("e73ac9f2")
HOST = ("read_args", "write_result", "storage_load_bytes32", "storage_cache_bytes32")
# Adds byte 0 to a counter in slot 0, and gives it back.
COUNTS = wat_to_wasm(
    program(
        """(call $read_args (i32.const 0))
        (call $storage_load_bytes32 (i32.const 64) (i32.const 96))
        (i32.store8 (i32.const 96)
          (i32.add (i32.load8_u (i32.const 96)) (i32.load8_u (i32.const 0))))
        (call $storage_cache_bytes32 (i32.const 64) (i32.const 96))
        (call $storage_flush_cache (i32.const 0))
        (call $write_result (i32.const 96) (i32.const 1))
        (i32.const 0)""",
        *HOST,
        "storage_flush_cache",
    )
)
OTHER = wat_to_wasm(program("(i32.const 0)"))


@pytest.fixture
def chain() -> Blockchain:
    """A chain with two programs, one of them cached, and settings of its own."""
    made, _ = activated_chain()
    made.arbos.set_l1_block_number(20_000_000)
    made.arbos.add_cache_manager(made.accounts[0].address)
    counter = deploy_usable(made, COUNTS)
    receipt = made.send(ARB_WASM_CACHE, CACHE + word(counter))
    assert receipt.succeeded
    assert made.arbos.program(counter).is_cached
    for number in (1, 2):
        assert made.send(counter, bytes([number])).output == bytes([2 * number - 1])
    return made


def counter_of(chain: Blockchain) -> Address:
    receipts = [chain.receipt(tx.hash) for tx in chain.block(3).transactions]
    (receipt,) = receipts
    assert receipt.contract_address is not None
    return receipt.contract_address


@pytest.mark.parametrize("engine", ENGINES)
def test_captured_call_runs_again_on_each_engine(
    chain: Blockchain, engine: str
) -> None:
    (tx,) = chain.head.transactions
    case = decode_case(encode_case(chain.export.capture(tx.hash)))
    assert (case.rules.profile, case.rules.fork) == ("stylus", "arbitrum")
    assert case.post_root == chain.head.header.state_root
    replayed = replay_case(case, engine)
    assert replayed.is_same
    assert replayed.outcomes[0].result.output == b"\x03"
    assert replayed.outcomes[0].result.gas_used == chain.receipt(tx.hash).gas_used


def test_captured_activation_runs_again(chain: Blockchain) -> None:
    (tx,) = chain.block(4).transactions
    case = decode_case(encode_case(chain.export.capture(tx.hash)))
    assert replay_case(case, cross_check=True).is_same
    assert case.post_root == chain.block(4).header.state_root


def test_case_without_the_record_of_activation_is_refused(chain: Blockchain) -> None:
    (tx,) = chain.head.transactions
    case = chain.export.capture(tx.hash)
    whole = len(case.nodes)
    incomplete = 0
    for place in range(whole):
        nodes = case.nodes[:place] + case.nodes[place + 1 :]
        try:
            replay_case(replace(case, nodes=nodes))
        except (WitnessIncomplete, MalformedCase):
            incomplete += 1
    assert incomplete == whole


def test_dump_and_load_keep_programs_records_and_settings(
    chain: Blockchain, tmp_path: Path
) -> None:
    dumped = tmp_path / "chain.json"
    chain.export.dump(dumped)
    copy_path = tmp_path / "copy"
    load_chain(dumped, copy_path)
    counter = counter_of(chain)
    with Blockchain.open(copy_path) as copy:
        assert copy.head.hash == chain.head.hash
        assert copy.state_at().compute_root() == chain.state_at().compute_root()
        assert copy.arbos.program(counter) == chain.arbos.program(counter)
        assert copy.arbos.program(counter).is_cached
        assert copy.arbos.l1_block_number == 20_000_000
        again = tmp_path / "again.json"
        copy.export.dump(again)
        assert again.read_bytes() == dumped.read_bytes()
        # Data pricer, cache and recent programs: the next blocks are the same, too.
        for number in (4, 5):
            here = chain.send(counter, bytes([number]))
            there = copy.send(counter, bytes([number]))
            assert (here.gas_used, here.output) == (there.gas_used, there.output)
        for each in (chain, copy):
            deploy_usable(each, OTHER)
        assert copy.head.hash == chain.head.hash
