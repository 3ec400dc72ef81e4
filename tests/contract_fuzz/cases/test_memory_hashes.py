"""The hash of the memories that a transaction left: all of them, in their order."""

from hashlib import sha256
from typing import Any

import pytest

from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.memory_hashes import MemoryHashes
from contractvm.wasm.engines.memory_digest import digest_content
from tests.helpers.calling_contracts import CONTRACTS
from tests.helpers.ewasm import contract
from tests.helpers.fuzzed_chains import genesis_with, start_of


class StandIn:
    """An instance whose memory has a digest."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest
        self.asked: list[str] = []

    def export(self, name: str) -> Any:
        self.asked.append(name)
        return self

    def digest(self) -> bytes:
        return self._digest


def test_memories_are_hashed_in_the_order_in_which_their_code_ended() -> None:
    hashes = MemoryHashes("memory")
    outer, inner = hashes.begin(None), hashes.begin(None)
    outer_memory, inner_memory = StandIn(b"outer"), StandIn(b"inner")
    outer.instance_made(outer_memory)
    inner.instance_made(inner_memory)
    inner.code_ended()
    outer.code_ended()
    assert hashes.digest() == sha256(b"innerouter").digest()
    assert outer_memory.asked == inner_memory.asked == ["memory"]


def test_a_memory_is_hashed_once_and_a_frame_without_one_not_at_all() -> None:
    hashes = MemoryHashes("m")
    assert hashes.digest() == sha256(b"").digest()
    hashes.begin(None).code_ended()
    assert hashes.digest() == sha256(b"").digest()
    frame = hashes.begin(None)
    frame.instance_made(StandIn(b"a"))
    frame.code_ended()
    frame.code_ended()
    assert hashes.digest() == sha256(b"a").digest()


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_a_runs_hash_is_of_the_memory_as_its_code_left_it(engine: str) -> None:
    start = start_of(
        genesis_with(
            {CONTRACTS[0]: contract("(i32.store8 (i32.const 5) (i32.const 7))")}
        ),
        CONTRACTS[0],
    )
    executor = CaseExecutor(start, ExecutorOptions(engine))
    call = CaseTransaction(CONTRACTS[0])
    memory = bytearray(65_536)
    memory[5] = 7
    found = executor.run(executor.begin, call, hash_memory=True)
    assert found.memory_hash == sha256(digest_content(bytes(memory))).digest()
    assert executor.run(executor.begin, call).memory_hash is None
