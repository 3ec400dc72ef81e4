"""Places of failures in contracts of four languages, with their debug builds."""

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.chain.blockchain import Blockchain
from contractvm.ledger.debug_info import DebugBuild
from tests.helpers.vectors import vectors_folder

CRASH = parse_function("crash()").encode_text([])
EXPECTED = {
    "c": [
        ("inner_oob", "c/counter.c:24", 0x219),
        ("middle", "c/counter.c:27", 0x20D),
        ("contract_main", "c/counter.c:42", 0x176),
    ],
    "zig": [
        ("counter.inner_oob", "counter.zig:19", None),
        ("counter.middle", "counter.zig:22", None),
        ("counter.contract_main", "counter.zig:38", None),
    ],
    "rust": [
        # Inlined into the next.
        ("core::ptr::read_volatile", None, None),
        ("counter::inner_oob", "rust/counter.rs:30", None),
        ("counter::middle", "rust/counter.rs:35", None),
        ("main", "rust/counter.rs:54", None),
    ],
    "wat": [
        ("inner_oob", "code 0x5", 0x5),
        ("middle", "code 0x12", 0x12),
        ("main", "code 0xb4", 0xB4),
    ],
}


@pytest.mark.parametrize("language", EXPECTED)
def test_a_trap_is_found_in_its_source(language: str) -> None:
    folder = vectors_folder("workbench") / "contracts"
    code = folder.joinpath(f"{language}-counter.wasm").read_bytes()
    build = DebugBuild(folder.joinpath(f"{language}-counter.debug.wasm").read_bytes())
    chain = Blockchain.in_memory(cross_check=True)
    contract = chain.deploy(code).contract_address
    sent = chain.send(contract, CRASH)
    where = chain.failures.of_transaction(sent.transaction_hash, build.find)
    assert where is not None
    assert where.reason == "out of bounds memory access"
    assert len(where.frames) == len(EXPECTED[language])
    for frame, (name, place, offset) in zip(
        where.frames, EXPECTED[language], strict=True
    ):
        assert frame.func_name == name
        assert place is None or frame.place == place
        assert offset is None or frame.offset == offset
