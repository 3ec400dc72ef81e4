"""Contract objects know the lines of text, and of source maps beside modules."""

import json
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import Contract
from contract_testing.contracts.failures import Trapped
from contractvm.wasm.binary.decoder import decode_module
from tests.contractvm.ledger.test_source_map import source_map, vlq
from tests.helpers.wat import wat_to_wasm

SOURCE = """(module
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main")
    (call $store (i32.const 0)
      (i32.const 32))
    unreachable))
"""


@pytest.fixture
def chain() -> Blockchain:
    """No node knows debug builds."""
    return Blockchain.in_memory()


def failure(chain: Blockchain, path: Path) -> Trapped:
    contract: Any = Contract.deploy(chain, path, abi=["go()"])
    with pytest.raises(Trapped) as raised:
        contract.go()
    return raised.value


def test_text_has_its_lines(
    chain: Blockchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.wat"
    path.write_text(SOURCE)
    failed = failure(chain, path)
    assert failed.where is not None
    assert failed.where.summary == "a.wat:7 in main"
    trace = failed.trace()
    lines = str(trace).splitlines()
    assert lines[1:] == [
        "├─ storageStore 0: 0 → 0 [5,000]  a.wat:5",
        "└─ ✗ unreachable",
    ]
    (step,) = trace.to_json()["call"]["steps"]
    assert (step["at"]["file"], step["at"]["line"]) == ("a.wat", 5)
    # What is deployed knows nothing of them.
    assert chain.code(failed.where.address or b"") == wat_to_wasm(SOURCE)


def test_a_module_has_the_lines_of_its_map(chain: Blockchain, tmp_path: Path) -> None:
    code = wat_to_wasm(SOURCE)
    start = decode_module(code).funcs[0].offset
    path = tmp_path / "b.wasm"
    path.write_bytes(code)
    beside = tmp_path / "b.wasm.map"
    beside.write_bytes(source_map(vlq(start, 0, 41, 0)))
    assert failure(chain, path).where.summary == "a.ts:42 in main"  # type: ignore[union-attr]


def test_a_map_that_cannot_be_used_is_no_failure_of_the_contract(
    chain: Blockchain, tmp_path: Path
) -> None:
    path = tmp_path / "c.wasm"
    path.write_bytes(wat_to_wasm(SOURCE.replace("unreachable", "nop unreachable")))
    (tmp_path / "c.wasm.map").write_text(json.dumps({"version": 2}))
    where = failure(chain, path).where
    assert where is not None
    assert where.frames[0].file is None


def test_levels_of_a_trace(chain: Blockchain, tmp_path: Path) -> None:
    text = SOURCE.replace("unreachable", "nop")
    path = tmp_path / "d.wat"
    path.write_text(text)
    contract: Any = Contract.deploy(chain, path, abi=["go()"])
    trace = contract.go().trace()
    plain, host, funcs = (trace.at_level(level) for level in (0, 1, 2))
    assert plain == trace.lines()
    assert host == plain
    assert [line for line in funcs if line not in host] == [
        "├─ func main, 1 call [own 5,001]"
    ]
    assert trace.at_level(5) == funcs
