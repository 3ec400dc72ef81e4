"""`contractvm capture`, `replay`, `dump` and `load`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contractvm.runtime.engine_selection import ENGINES
from gas_schedule.loader import SCHEDULES_FOLDER
from tests.chain_sim.ethereum.dumps.test_foreign import ANVIL, GETH
from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.wrong_engine import MiscountingEngine

ErrorOf = Callable[..., str]
METERED = ("--schedule", "ewasm-metered")
UNKNOWN = "0x" + "00" * 32


@pytest.fixture
def sent(run: Run) -> str:
    """The hash of a transaction that increments a counter."""
    deployed = run("deploy", COUNTER, *METERED, "--json").document
    document = run(
        "send", deployed["contractAddress"], "increment()", "--json"
    ).document
    tx_hash: str = document["transactionHash"]
    return tx_hash


@pytest.fixture
def case(run: Run, sent: str) -> Path:
    assert run("capture", sent, "-o", "case.json").code == 0
    return Path("case.json")


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


# Capture and replay


def test_a_transaction_is_captured_and_replayed_elsewhere(run: Run, case: Path) -> None:
    Path(".contractvm").rename("gone")
    for options in ([], ["--engine", "wasmtime"], ["--cross-check"]):
        shown = run("replay", case, *options)
        assert shown.code == 0, shown.err
        assert "replay        the same\n" in shown.out
        assert run("replay", case, *options, "--json").document["same"] is True
    assert not Path(".contractvm").exists()


def test_capture_says_what_it_wrote(run: Run, sent: str) -> None:
    document = run("capture", sent, "--out", "case.json", "--json").document
    written = json.loads(Path("case.json").read_text())
    assert document["bytes"] == len(Path("case.json").read_bytes())
    assert document["nodes"] == len(written["nodes"])
    assert document["codes"] == 1
    assert document["postStateRoot"] == written["postStateRoot"]
    assert files() == [".contractvm", "case.json"]


def test_an_unknown_transaction_writes_nothing(sent: str, error_of: ErrorOf) -> None:
    line = error_of("capture", UNKNOWN, "-o", "case.json")
    assert line.startswith(f"error: the chain has no transaction {UNKNOWN}")
    assert files() == [".contractvm"]


def test_a_folder_that_is_missing_is_named(sent: str, error_of: ErrorOf) -> None:
    assert "no such file or directory" in error_of("capture", sent, "-o", "a/b.json")


def test_a_deviation_is_shown_and_ends_with_1(run: Run, case: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        expected = document["blocks"][0]["transactions"][0]["expected"]
        expected.update(gasUsed="0x1", error="out of gas")

    rewrite(case, change)
    shown = run("replay", case)
    assert shown.code == 1
    place = "blocks[0].transactions[0]"
    assert shown.err == f"error: {place} is not as expected in gasUsed, error\n"
    rows = [line.split()[:2] for line in shown.out.splitlines()[2:]]
    assert rows == [["gasUsed", "1"], ["error", "'out"]]
    outcome = run("replay", case, "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert document["same"] is False
    assert [one["field"] for one in document["differences"]] == ["gasUsed", "error"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["nodes"].pop(), "error: "),
        (lambda d: d["codes"].clear(), "error: the case lacks the code 0x"),
        (lambda d: d.update(version="0x2"), "error: not a case: version: is 2"),
        (lambda d: d.update(stateRoot=UNKNOWN), "error: not a case: nodes: none of"),
        (
            lambda d: d["nodes"].__setitem__(0, "0xc0"),
            "error: not a case: nodes",
        ),
    ],
)
def test_a_case_that_was_altered_is_one_line(
    case: Path,
    error_of: ErrorOf,
    change: Callable[[dict[str, Any]], object],
    message: str,
) -> None:
    rewrite(case, change)
    before = files()
    assert error_of("replay", case).startswith(message)
    assert files() == before


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"\0asm", b"{" * 100_000])
def test_a_file_that_is_no_case_is_one_line(
    error_of: ErrorOf, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    assert error_of("replay", path).startswith("error: not a case: file: ")
    assert "no such file" in error_of("replay", "missing.json")


def test_a_case_that_may_take_very_long_is_run_for_who_trusts_it(
    run: Run, error_of: ErrorOf
) -> None:
    common = ("--db", "free", "--json")
    deployed = run("deploy", COUNTER, "--schedule", "ewasm-hera", *common).document
    tx_hash = deployed["transactionHash"]
    run("capture", tx_hash, "--db", "free", "-o", "case.json")
    line = error_of("replay", "case.json")
    assert (
        "under its gas schedule br, br_if, br_table, call, call_indirect cost" in line
    )
    assert "--trust" in line
    assert run("replay", "case.json", "--trust").code == 0


def test_a_case_whose_memory_is_free_is_run_for_who_trusts_it(
    run: Run, error_of: ErrorOf
) -> None:
    content = SCHEDULES_FOLDER.joinpath("contractvm-1.toml").read_text()
    free = content.replace("memory_page = 20_000_000", "memory_page = 0")
    Path("free.toml").write_text(free)
    common = ("--db", "free", "--json")
    deployed = run("deploy", COUNTER, "--schedule", "free.toml", *common).document
    run("capture", deployed["transactionHash"], "--db", "free", "-o", "case.json")
    assert error_of("replay", "case.json") == (
        "error: the case may take very long, or very much memory: under its gas"
        " schedule memory_page costs 0, at least 20000000 units needed;"
        " --trust runs it all the same"
    )
    assert run("replay", "case.json", "--trust").code == 0


def test_engines_that_differ_end_with_1(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = MiscountingEngine
    monkeypatch.setitem(ENGINES, "wasmtime", kind)
    before = files()
    for options in ([], ["--json"]):
        shown = run("replay", case, "--cross-check", *options)
        assert shown.code == 1
        assert shown.err.startswith("error: the engines interpreter and ")
        assert "unitsLeft" in shown.out
    assert files() == before


# Dump and load


def test_a_chain_is_dumped_and_loaded(run: Run, sent: str) -> None:
    dumped = run("dump", "state.json", "--json").document
    assert dumped["head"] == 2
    assert dumped["bytes"] == Path("state.json").stat().st_size
    loaded = run("load", "state.json", "--db", "copy", "--json").document
    assert (loaded["source"], loaded["head"], loaded["blocks"]) == ("contractvm", 2, 3)
    assert loaded["stateRoot"] == dumped["stateRoot"]
    for verb in (("receipt", sent), ("block", "latest"), ("tx", sent)):
        assert run(*verb, "--db", "copy").out == run(*verb).out
    assert run("dump", "again.json", "--db", "copy").code == 0
    assert Path("again.json").read_bytes() == Path("state.json").read_bytes()
    assert run("db", "check", "--db", "copy").code == 0
    assert files() == [".contractvm", "again.json", "copy", "state.json"]


def test_the_text_for_anvil_is_loaded_too(run: Run, sent: str) -> None:
    assert run("dump", "state.hex", "--hex").code == 0
    assert Path("state.hex").read_text().startswith("0x1f8b")
    shown = run("load", "state.hex", "--db", "copy")
    assert "written by  contractvm\n" in shown.out
    assert "blocks      3, with 2 transactions\n" in shown.out


def test_anvils_state_is_loaded_with_what_it_lacks(run: Run) -> None:
    Path("state.json").write_text(json.dumps(ANVIL))
    shown = run("load", "state.json", "--db", "copy", *METERED)
    assert shown.code == 0, shown.err
    assert shown.err.startswith("warning: 1 of the contracts are no WebAssembly")
    line = "3 blocks, 2 transactions: anvil's have no form in this chain"
    assert f"not kept    {line}\n" in shown.out
    alice = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
    balance = run("balance", alice, "--db", "copy", "--json").document
    assert (balance["balance"], balance["nonce"]) == (0x21E19E0B90393DA9B38, 1)
    sent = run("send", alice, "--from", "1", "--db", "copy", "--json")
    assert sent.document["blockNumber"] == 3


def test_geths_genesis_begins_a_chain(run: Run) -> None:
    Path("genesis.json").write_text(json.dumps(GETH))
    document = run(
        "load", "genesis.json", "--db", "dev", "--chain-id", 5, "--json", *METERED
    ).document
    assert (document["source"], document["head"], document["accounts"]) == (
        "geth",
        0,
        3,
    )


def test_a_place_that_is_taken_stays_as_it_is(
    run: Run, sent: str, error_of: ErrorOf
) -> None:
    run("dump", "state.json")
    line = error_of("load", "state.json")
    assert line.startswith("error: .contractvm/chain is there already")
    assert run("receipt", sent).code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "error: cannot be loaded: file: the file is cut short here"),
        ("hello", "error: cannot be loaded: file: not JSON from here on"),
        ("{}", "error: cannot be loaded: file: has neither accounts nor alloc"),
        ('{"contractvm":{"format":9}}', "error: cannot be loaded: contractvm: format"),
        (
            '{"contractvm":{"format":1}}',
            "error: cannot be loaded: contractvm: has other",
        ),
    ],
)
def test_a_file_that_is_no_dump_is_one_line(
    error_of: ErrorOf, content: str, message: str
) -> None:
    Path("state.json").write_text(content)
    assert error_of("load", "state.json", "--db", "a/b/c").startswith(message)
    assert files() == ["state.json"]


def test_a_dump_with_a_wrong_root_or_cut_short_leaves_nothing(
    run: Run, sent: str, error_of: ErrorOf
) -> None:
    run("dump", "state.json")
    text = Path("state.json").read_text()
    Path("state.json").write_text(text.replace('"nonce":2', '"nonce":3'))
    line = error_of("load", "state.json", "--db", "copy")
    assert line.startswith("error: cannot be loaded: the accounts have the state root")
    Path("state.json").write_text(text[: len(text) // 2])
    assert "cut short" in error_of("load", "state.json", "--db", "copy")
    assert files() == [".contractvm", "state.json"]


def test_no_chain_is_no_dump(error_of: ErrorOf) -> None:
    assert error_of("dump", "state.json").startswith("error: no chain in")
    assert "no such file" in error_of("load", "state.json")
    assert files() == []
