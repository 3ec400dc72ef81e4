"""The table `[tool.contractvm]`: found upwards, and refused with the line to blame."""

from pathlib import Path

import pytest

from contract_testing.project import (
    MAX_DOTS,
    MAX_PROJECT_BYTES,
    ContractSource,
    InvalidProject,
    find_project,
)


def project_file(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


ALL = """\
[tool.contractvm]
chain = "chains/one"
schedule = "contractvm-1"
engine = "wasmtime"
cross-check = true
sender = "alice"

[tool.contractvm.contracts]
folder = "src"
max-data = 2048
memory-pages = 2
keep-names = true
c-flags = ["-O3"]

[tool.contractvm.contracts.token]
source = "src/token.c"
abi = "src/token.json"
init = "src/token_init.c"

[tool.contractvm.aliases]
alice = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

[tool.contractvm.gas]
snapshot = "gas.txt"
tolerance = 0.5
report-exclude = ["Mock*"]

[tool.contractvm.coverage]
lcov = "out.info"
fail-under = 90
exclude = ["lib/*"]
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    path = project_file(tmp_path, ALL)
    project = find_project(tmp_path)
    assert project is not None
    assert (project.path, project.root) == (path, tmp_path)
    said = project.settings
    assert (said.chain, said.schedule) == ("chains/one", "contractvm-1")
    assert (said.engine, said.cross_check, said.sender) == ("wasmtime", True, "alice")
    contracts = said.contracts
    assert (contracts.folder, contracts.max_data) == ("src", 2048)
    assert (contracts.memory_pages, contracts.keep_names) == (2, True)
    assert contracts.c_flags == ("-O3",)
    source = ContractSource("src/token.c", "src/token.json", "src/token_init.c")
    assert contracts.named == {"token": source}
    assert list(said.aliases) == ["alice"]
    assert (said.gas.snapshot, said.gas.tolerance) == ("gas.txt", "0.5")
    assert said.gas.report_exclude == ("Mock*",)
    assert (said.coverage.lcov, said.coverage.fail_under) == ("out.info", 90)
    assert said.coverage.exclude == ("lib/*",)
    assert project.lines["contracts", "token", "init"] == 18


def test_what_is_not_said_has_no_value(tmp_path: Path) -> None:
    project_file(tmp_path, "[tool.contractvm]\n")
    project = find_project(tmp_path)
    assert project is not None
    assert (project.settings.chain, project.settings.cross_check) == (None, None)
    assert project.settings.contracts.folder == "contracts"
    assert project.settings.contracts.named == {}


def test_the_nearest_file_with_the_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    outer = project_file(tmp_path, '[tool.contractvm]\nchain = "outer"\n')
    project_file(tmp_path / "a", '[project]\nname = "contractvm-user"\n')
    found = find_project(inner)
    assert found is not None
    assert found.path == outer
    nearest = project_file(inner, '[tool.contractvm]\nchain = "inner"\n')
    found = find_project(inner)
    assert found is not None
    assert found.path == nearest


def test_no_file_and_no_table_are_no_project(tmp_path: Path) -> None:
    assert find_project(tmp_path) is None
    project_file(tmp_path, "[tool.other]\nx = 1\n")
    assert find_project(tmp_path) is None
    project_file(tmp_path, "# contractvm\n[tool.other]\nx = 1\n")
    assert find_project(tmp_path) is None


def test_a_file_of_others_that_is_no_toml_is_nothing_to_us(tmp_path: Path) -> None:
    project_file(tmp_path, "[[[")
    assert find_project(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            '[tool.contractvm]\n\nchian = "x"\n',
            3,
            "no key 'chian' in [tool.contractvm]: did you mean 'chain'?",
        ),
        (
            '[tool]\ncontractvm.egnine = "wasmtime"\n',
            2,
            "no key 'egnine' in [tool.contractvm]: did you mean 'engine'?",
        ),
        (
            '[tool.contractvm.contracts.token]\nsource = "a"\nabbi = "x"\n',
            3,
            "no key 'abbi' in [tool.contractvm.contracts.token]: did you mean 'abi'?",
        ),
        (
            "[tool.contractvm.contracts]\nmemory-page = 3\n",
            2,
            "no key 'memory-page' in [tool.contractvm.contracts]:"
            " did you mean 'memory-pages'?",
        ),
        (
            "[tool.contractvm]\ngas = { tolerence = 1 }\n",
            2,
            "no key 'tolerence' in [tool.contractvm.gas]: did you mean 'tolerance'?",
        ),
        (
            "[tool.contractvm]\nchain = 5\n",
            2,
            "chain: expected `str | null`, got `int`",
        ),
        (
            '[tool.contractvm]\nengine = "v8"\n',
            2,
            "engine: invalid enum value 'v8'",
        ),
        (
            "[tool.contractvm.contracts.token]\nsource = 4\n",
            2,
            "contracts.token.source: expected `str`, got `int`",
        ),
        (
            '[tool.contractvm.contracts.token]\nabi = "x"\n',
            1,
            "contracts.token: object missing required field `source`",
        ),
        (
            '[tool.contractvm]\nchain = "a"\nrpc = "http://127.0.0.1:1"\n',
            3,
            "give either chain or rpc: a node has its own chain",
        ),
        (
            '[tool.contractvm]\nchain = "a\n',
            2,
            "Illegal character '\\n' (at line 2, column 11)",
        ),
        ("[tool]\ncontractvm = 3\n", None, "contractvm is no table"),
        (f"[tool.contractvm]\nx = {'[' * 5000}", None, "nested too deep"),
        (
            f"[tool.contractvm]\n{'a.' * MAX_DOTS}.b = 1\n",
            2,
            f"more than {MAX_DOTS} dots in a line",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(
    tmp_path: Path, text: str, line: int | None, reason: str
) -> None:
    path = project_file(tmp_path, text)
    with pytest.raises(InvalidProject) as caught:
        find_project(tmp_path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert caught.value.reason == reason
    place = str(path) if line is None else f"{path}:{line}"
    assert str(caught.value) == f"{place}: {reason}"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b'[tool.contractvm]\nchain = "\xff"\n')
    with pytest.raises(InvalidProject, match="not UTF-8") as caught:
        find_project(tmp_path)
    assert caught.value.line == 2


@pytest.mark.parametrize(("extra", "is_read"), [(0, True), (1, False)])
def test_a_file_has_a_greatest_size(tmp_path: Path, extra: int, is_read: bool) -> None:
    text = "[tool.contractvm]\n"
    filler = "#" * (MAX_PROJECT_BYTES - len(text) + extra)
    project_file(tmp_path, text + filler)
    if is_read:
        assert find_project(tmp_path) is not None
    else:
        with pytest.raises(OSError, match="larger than"):
            find_project(tmp_path)


def test_keys_may_be_quoted_and_tables_dotted(tmp_path: Path) -> None:
    text = '[ "tool" . contractvm . \'contracts\' ]\n"max-data" = "much"\n'
    project_file(tmp_path, text)
    with pytest.raises(InvalidProject) as caught:
        find_project(tmp_path)
    assert caught.value.line == 2
