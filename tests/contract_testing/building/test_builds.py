"""Builds: what makes one necessary, what is refused, and what stays the same."""

import json
import time
from pathlib import Path

import pytest

from contract_testing.building import toolchains
from contract_testing.building.artefacts import read_artefact
from contract_testing.building.builds import (
    Built,
    NotBuilt,
    build_all,
    clean,
    stale_files,
    write_files,
)
from contract_testing.building.errors import BuildFailed, UnfitSources
from contract_testing.building.project import Project, Source
from contract_testing.building.toolchains import Command, Request, run_compiler
from contract_testing.building.watching import file_times
from contract_testing.project import ContractSettings, ContractSource
from contractvm.ledger.debug_info import DebugInfo, code_section
from tests.helpers.building import build, require_zig, write_contract

FINISH = """
(module (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (call $finish (i32.const 0) (i32.const SIZE))))
"""
ABI = '[{"type": "function", "name": "f", "inputs": [], "outputs": []}]'
C = """
#include "c_abi.h"
#include "more.h"
void f(void) { require(MORE, "no"); }
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one contract in the text format."""
    write_contract(tmp_path, FINISH.replace("SIZE", "0"), ABI, ".wat")
    return Project(tmp_path)


def built(project: Project, *, forced: bool = False) -> Built:
    """Build the one contract, and write its files."""
    (outcome,) = build_all(project, project.sources(), forced=forced)
    assert isinstance(outcome, Built), outcome
    write_files(project, outcome)
    return outcome


def failure(project: Project) -> BuildFailed:
    (outcome,) = build_all(project, project.sources())
    assert isinstance(outcome, NotBuilt)
    return outcome.error


def test_a_build_has_its_files(project: Project) -> None:
    made = built(project)
    names = ["c.contractvm.json", "c.debug.wasm", "c.wasm"]
    assert sorted(path.name for path in project.output.iterdir()) == names
    artefact = read_artefact(project.output / "c.contractvm.json")
    assert artefact is not None
    assert artefact["code"] == f"0x{made.module.hex()}"
    assert artefact["abi"] == json.loads(ABI)
    assert artefact["deployGas"] == made.deploy_gas
    assert list(artefact["sources"]) == ["contracts/c.json", "contracts/c.wat"]


def test_what_is_up_to_date_is_left(project: Project) -> None:
    first = built(project)
    path = project.output / "c.wasm"
    written = path.stat().st_mtime_ns
    second = built(project)
    assert (first.is_new, second.is_new) == (True, False)
    assert (second.module, second.deploy_gas) == (first.module, first.deploy_gas)
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "name", ["c.wasm", "c.debug.wasm", "c.contractvm.json", "source", "abi", "settings"]
)
def test_a_change_or_a_missing_file_makes_a_build_necessary(
    project: Project, name: str
) -> None:
    built(project)
    contracts = project.root / "contracts"
    if name == "source":
        (contracts / "c.wat").write_text(FINISH.replace("SIZE", "1"))
    elif name == "abi":
        (contracts / "c.json").write_text(ABI.replace('"f"', '"g"'))
    elif name == "settings":
        project = Project(project.root, ContractSettings(keep_names=True))
    else:
        (project.output / name).unlink()
    assert built(project).is_new
    assert not built(project).is_new


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 500, '{"format": 1}'])
def test_a_damaged_artefact_is_made_again(project: Project, content: str) -> None:
    first = built(project)
    path = project.output / "c.contractvm.json"
    path.write_text(content)
    assert built(project).module == first.module
    assert read_artefact(path) is not None


def test_a_header_that_is_included_counts(tmp_path: Path) -> None:
    require_zig()
    write_contract(tmp_path, C, ABI)
    header = tmp_path / "contracts" / "more.h"
    header.write_text("#define MORE true\n")
    project = Project(tmp_path)
    first = built(project)
    assert not built(project).is_new
    header.write_text("#define MORE false\n")
    assert built(project).module != first.module
    assert (project.output / "c_abi.h").exists()


def test_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    require_zig()
    modules = []
    for name in ("a", "b/c"):
        folder = tmp_path / name
        write_contract(folder, C, ABI)
        (folder / "contracts" / "more.h").write_text("#define MORE true\n")
        made = build(folder)
        modules.append((made.module, made.files["c.debug.wasm"]))
        assert str(tmp_path).encode() not in made.files["c.debug.wasm"]
    assert modules[0] == modules[1]


def test_the_debug_build_has_the_lines_of_the_same_code(tmp_path: Path) -> None:
    require_zig()
    write_contract(tmp_path, C, ABI)
    (tmp_path / "contracts" / "more.h").write_text("#define MORE msg_sender().bytes[0]")
    made = build(tmp_path)
    debug = made.files["c.debug.wasm"]
    assert code_section(debug) == code_section(made.module)
    lines = DebugInfo.of_code(debug).lines
    assert lines is not None
    files = {Path(file).name for file, _ in lines.all_lines()}
    assert {"c.c", "contract.h", "c_abi.h"} <= files


def test_a_constructor_embeds_the_contract(tmp_path: Path) -> None:
    require_zig()
    write_contract(tmp_path, '#include "c_abi.h"\nvoid f(void) {}', ABI)
    (tmp_path / "contracts" / "init.c").write_text(
        '#include "ewasm.h"\n'
        'static const uint8_t runtime[] = {\n#embed "c.wasm"\n};\n'
        "CONTRACT_MAIN { ethereum_finish(runtime, sizeof runtime); }\n"
    )
    named = {
        "c": ContractSource(
            source="contracts/c.c", abi="contracts/c.json", init="contracts/init.c"
        )
    }
    project = Project(tmp_path, ContractSettings(named=named))
    made = built(project)
    assert made.module in made.files["c_init.wasm"]
    assert made.deploy_gas is not None
    assert not built(project).is_new


def test_what_does_not_compile_has_the_compilers_words(project: Project) -> None:
    (project.root / "contracts" / "c.wat").write_text("(module (func (oops)))")
    error = failure(project)
    assert str(error) == "contracts/c.wat does not compile"
    assert error.output.startswith("contracts/c.wat:1:16")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("(f32.store (i32.const 0) (f32.const 1))", "integers instead of floats"),
        ("(drop (i32.extend8_s (i32.const 1)))", None),
        ('(nop)) (import "env" "f" (func)', "env"),
    ],
)
def test_what_the_host_refuses_is_named(
    project: Project, body: str, reason: str | None
) -> None:
    text = f'(module (memory (export "memory") 1) (func $go (export "main") {body}))'
    if "import" in body:
        text = (
            '(module (import "env" "f" (func)) (memory (export "memory") 1)'
            ' (func (export "main")))'
        )
    (project.root / "contracts" / "c.wat").write_text(text)
    if reason is None:
        assert built(project).is_new
        return
    error = str(failure(project))
    assert error.startswith("ewasm refuses the module: ")
    assert reason in error


def test_a_contract_without_entry_is_refused(project: Project) -> None:
    (project.root / "contracts" / "c.wat").write_text(
        '(module (memory (export "memory") 1))'
    )
    assert "main" in str(failure(project))


def test_a_broken_abi_is_the_contracts_failure(project: Project) -> None:
    (project.root / "contracts" / "c.json").write_text("[")
    assert str(failure(project)).startswith("contracts/c.json: ")


def test_a_compiler_that_takes_too_long_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchains, "COMPILE_SECONDS", 0.3)
    request = Request(
        tmp_path, "c", Path("c.c"), tmp_path, "ewasm", tmp_path / "c.wasm"
    )
    command = Command("sleep", ("sh", "-c", "sleep 60 & sleep 60"), (), ())
    begun = time.monotonic()
    with pytest.raises(BuildFailed, match="took more than"):
        run_compiler(command, request)
    assert time.monotonic() - begun < 10


def test_a_build_that_is_stopped_ends_its_compiler(tmp_path: Path) -> None:
    request = Request(
        tmp_path, "c", Path("c.c"), tmp_path, "ewasm", tmp_path / "c.wasm"
    )
    request.stop.set()
    with pytest.raises(BuildFailed, match="interrupted"):
        run_compiler(Command("sleep", ("sleep", "60"), (), ()), request)


def test_stale_files_are_those_that_a_build_would_change(project: Project) -> None:
    made = built(project)
    assert stale_files(project, made) == ()
    (project.output / "c.wasm").write_bytes(b"")
    (project.output / "c.debug.wasm").write_bytes(b"")
    again = built_without_writing(project)
    assert stale_files(project, again) == ("c.wasm",)


def built_without_writing(project: Project) -> Built:
    (outcome,) = build_all(project, project.sources(), forced=True)
    assert isinstance(outcome, Built)
    return outcome


def test_clean_removes_what_builds_wrote_and_nothing_else(project: Project) -> None:
    built(project)
    own = project.output / "notes.txt"
    own.write_text("mine")
    removed = [path.name for path in clean(project)]
    assert removed == ["c.contractvm.json", "c.wasm", "c.debug.wasm"]
    assert [*project.output.iterdir()] == [own]
    own.unlink()
    built(project)
    clean(project)
    assert not project.output.exists()


def names_of(sources: tuple[Source, ...]) -> list[tuple[str, str]]:
    return [(source.name, source.path.as_posix()) for source in sources]


def test_sources_have_an_abi_beside_them_or_a_table(tmp_path: Path) -> None:
    write_contract(tmp_path, "", ABI)
    contracts = tmp_path / "contracts"
    (contracts / "helper.c").write_text("")
    (contracts / "d.rs").write_text("")
    (contracts / "d.schema.json").write_text("{}")
    named = {"other": ContractSource(source="contracts/helper.c")}
    project = Project(tmp_path, ContractSettings(named=named))
    assert names_of(project.sources()) == [
        ("c", "contracts/c.c"),
        ("d", "contracts/d.rs"),
        ("other", "contracts/helper.c"),
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"host": "evm"}, "no host 'evm'"),
        ({"memory_pages": 1_025}, "memory-pages is 1025"),
        ({"max_data": 32_769}, "max-data is 32769"),
        ({"named": {"x": ContractSource(source="x.c")}}, "no such file"),
        ({"named": {"x": ContractSource(source="contracts/c.json")}}, "sources end"),
        ({"named": {"x": ContractSource(source="/etc/passwd.c")}}, "no such file"),
        ({"named": {"../x": ContractSource(source="contracts/c.wat")}}, "no name"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    project: Project, settings: dict[str, object], reason: str
) -> None:
    given = Project(project.root, ContractSettings(**settings))  # type: ignore[arg-type]
    with pytest.raises(UnfitSources, match=reason):
        given.sources()


def test_two_sources_of_one_name_are_refused(project: Project) -> None:
    (project.root / "contracts" / "c.c").write_text("")
    with pytest.raises(UnfitSources, match="a second source of c"):
        project.sources()


def test_a_source_outside_of_the_project_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.wat"
    outside.write_text(FINISH)
    named = {"x": ContractSource(source="../outside.wat")}
    (tmp_path / "inside").mkdir()
    project = Project(tmp_path / "inside", ContractSettings(named=named))
    with pytest.raises(UnfitSources, match="not below"):
        project.sources()


def test_watching_has_a_limit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract_testing.building.watching.MAX_FILES", 2)
    assert len(file_times(project)) == 2
    (project.root / "contracts" / "more").write_text("")
    with pytest.raises(UnfitSources, match="more than 2 files"):
        file_times(project)
