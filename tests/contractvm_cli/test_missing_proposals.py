"""A module that needs a proposal which we lack: every verb says which, and where."""

from pathlib import Path

import pytest

from chain_sim import Blockchain
from contractvm import MissingProposal
from tests.contractvm_cli.conftest import Run
from tests.helpers.wat import wat_to_wasm

SAMPLES = [
    ("(module (func (local v128)))", "SIMD (v128 at byte 24)"),
    ("(module (memory 1 2 shared))", "threads (a shared memory at byte 11)"),
    ("(module (func (return_call 0)))", "tail calls (return_call at byte 23)"),
    ("(module (memory 1) (memory 1))", "multi-memory (a second memory)"),
    ("(component)", "the component model (a component at byte 4)"),
]
VERBS = [
    ("run", "--invoke", "f"),
    ("instrument", "-o", "out.wasm"),
    ("deploy",),
    ("deploy", "--init-code"),
    ("fuzz", "--runs", "1"),
]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize(("text", "needed"), SAMPLES)
def test_every_verb_names_the_proposal(
    run: Run, tmp_path: Path, verb: tuple[str, ...], text: str, needed: str
) -> None:
    path = tmp_path / "new.wasm"
    path.write_bytes(wat_to_wasm(text))
    outcome = run(*verb, path)
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1] == (
        f"error: {path}: needs {needed}, which contractvm does not have"
    )
    assert not Path("out.wasm").exists()


@pytest.mark.parametrize(("text", "needed"), SAMPLES)
def test_inspect_and_check_name_the_proposal(
    run: Run, tmp_path: Path, text: str, needed: str
) -> None:
    path = tmp_path / "new.wasm"
    path.write_bytes(wat_to_wasm(text))
    line = f"needs {needed}, which contractvm does not have"
    inspected = run("inspect", path)
    assert line in inspected.out + inspected.err
    assert "malformed" not in inspected.out + inspected.err
    for profile in ("any", "ewasm"):
        checked = run("check", path, "--profile", profile, "--json").document
        assert (checked["verdict"], checked["refusal"]) == ("refused", line)
        assert [finding["kind"] for finding in checked["findings"]] == ["proposal"]


@pytest.mark.parametrize(("text", "needed"), SAMPLES)
def test_a_chain_raises_one_error_for_all_proposals(text: str, needed: str) -> None:
    with (
        Blockchain.in_memory() as chain,
        pytest.raises(MissingProposal, match="does not have") as caught,
    ):
        chain.deploy(wat_to_wasm(text))
    assert needed.startswith(f"{caught.value.proposal} ({caught.value.construct}")
