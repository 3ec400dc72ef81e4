"""`contractvm config`, and the project's values in other verbs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import COUNTER, Run

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ErrorOf = Callable[..., str]


def project(text: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.contractvm]\n{text}")


def origins(run: Run) -> dict[str, tuple[object, str]]:
    settings = run("config", "--json").document["settings"]
    return {one["key"]: (one["value"], one["origin"]) for one in settings}


def test_every_value_has_its_origin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    project(
        'chain = "mine"\nengine = "wasmtime"\ncross-check = true\nsender = "bob"\n'
        f'[tool.contractvm.aliases]\nbob = "{BOB}"\n'
        '[tool.contractvm.contracts.token]\nsource = "token.c"\n'
        '[tool.contractvm.gas]\nreport-exclude = ["Mock*"]\n'
    )
    found = origins(run)
    assert found["chain"] == ("mine", "pyproject.toml:2")
    assert found["engine"] == ("wasmtime", "pyproject.toml:3")
    assert found["cross-check"] == (True, "pyproject.toml:4")
    assert found["sender"] == ("bob", "pyproject.toml:5")
    assert found["aliases.bob"] == (BOB, "pyproject.toml:7")
    assert found["contracts.token.source"] == ("token.c", "pyproject.toml:9")
    assert found["gas.report-exclude"] == (["Mock*"], "pyproject.toml:11")
    assert found["schedule"] == ("contractvm-2", "default")
    monkeypatch.setenv("CONTRACTVM_ENGINE", "interpreter")
    assert origins(run)["engine"] == ("interpreter", "CONTRACTVM_ENGINE")


def test_without_a_project_all_are_defaults(run: Run) -> None:
    assert {origin for _, origin in origins(run).values()} == {"default"}
    assert "no project file" in run("config").out


def test_the_projects_chain_is_found_from_below(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project('chain = "mine"\n')
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert run("deploy", COUNTER, "--as", "counter").code == 0
    assert Path("../mine/CURRENT").is_file()
    assert Path("../.contractvm/book.json").is_file()
    assert run("call", "counter", "get()(uint256)").code == 0


def test_an_option_comes_before_the_environment_and_that_before_the_project(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project('chain = "of-project"\n')
    run("deploy", COUNTER)
    monkeypatch.setenv("CONTRACTVM_DB", "of-environment")
    run("deploy", COUNTER)
    run("deploy", COUNTER, "--db", "of-option")
    made = sorted(path.name for path in Path().iterdir() if path.is_dir())
    assert made == ["of-environment", "of-option", "of-project"]


def test_a_project_without_a_chain_has_one_beside_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    run("deploy", COUNTER)
    assert Path("../.contractvm/chain/CURRENT").is_file()
    assert not Path(".contractvm").exists()


def test_schedule_sender_and_aliases(run: Run, error_of: ErrorOf) -> None:
    project(
        'schedule = "contractvm-1"\nsender = "bob"\n'
        f'[tool.contractvm.aliases]\nbob = "{BOB}"\n'
    )
    outcome = run("deploy", COUNTER, "--json")
    assert "gas schedule contractvm-1" in outcome.err
    assert outcome.document["from"] == BOB
    assert run("deploy", COUNTER, "--from", "2", "--json").document["from"] != BOB
    assert run("balance", "bob", "--json").document["nonce"] == 1


def test_the_schedule_is_that_of_new_chains_only(run: Run, error_of: ErrorOf) -> None:
    run("deploy", COUNTER)
    project('schedule = "contractvm-1"\n')
    assert run("deploy", COUNTER).code == 0
    assert "schedule" in error_of("deploy", COUNTER, "--schedule", "contractvm-1")


def test_a_cross_check_can_be_switched_off(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("cross-check = true\n")
    opened: list[object] = []
    monkeypatch.setattr(
        "contractvm_cli.chains._open",
        lambda *arguments, **_: opened.append(arguments[2].cross_check) or 1 / 0,
    )
    run("balance", BOB)
    run("deploy", COUNTER, "--no-cross-check")
    run("deploy", COUNTER)
    assert opened == [False, False, True]


def test_the_projects_node_is_used_unless_a_database_is_named(
    run: Run, error_of: ErrorOf
) -> None:
    project('rpc = "http://127.0.0.1:9"\n')
    assert "127.0.0.1:9" in run("balance", BOB).err
    run("deploy", COUNTER, "--db", "here")
    assert run("balance", BOB, "--db", "here").code == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('chian = "x"\n', "pyproject.toml:2: no key 'chian' in [tool.contractvm]"),
        ('sender = "x"\n', "pyproject.toml:2: not an address: 'x': no such name"),
        (
            '[tool.contractvm.aliases]\nbob = "0x12"\n',
            "pyproject.toml:3: not an address: '0x12'",
        ),
        ('rpc = "nowhere"\n', "pyproject.toml:2: not a node's URL: 'nowhere'"),
        ('schedule = "x"\n', "no gas schedule named 'x'"),
    ],
)
def test_a_fault_of_the_project_is_one_line(run: Run, text: str, line: str) -> None:
    project(text)
    outcome = run("balance", "bob") if "aliases" in text else run("call", BOB)
    if "sender" in text or "schedule" in text:
        outcome = run("deploy", COUNTER)
    assert outcome.code in (1, 2)
    assert line in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_help_and_version_need_no_good_project(run: Run) -> None:
    project('chian = "x"\n')
    assert run("call", "--help").code == 0
    assert run("sig", "f()").code == 0
