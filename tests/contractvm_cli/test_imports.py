"""What a verb imports: every module costs each start of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.source_tree import ROOT
from tests.helpers.wat import wat_to_wasm

A = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
LIST = (
    "import json, sys; from contractvm_cli.main import main; code = main(sys.argv[1:]);"
    " print(json.dumps(sorted(sys.modules)), file=sys.stderr); sys.exit(code)"
)
DEFINED = (
    "import json, sys; from contractvm_cli.main import main; code = main(sys.argv[1:]);"
    " print(json.dumps(sorted({each.__name__ for module in list(sys.modules.values())"
    " for each in vars(module).values() if isinstance(each, type)"
    " and str(each.__module__).partition('.')[0] in"
    " ('contractvm', 'contractvm_cli', 'chain_sim', 'gas_schedule')"
    " and '__dataclass_params__' in vars(each)})), file=sys.stderr); sys.exit(code)"
)
NEVER = (
    *("rlp", "eth_abi", "eth_utils", "eth_hash", "pydantic", "wasmtime", "py_ecc"),
    *("Crypto", "ijson", "hypothesis", "contract_fuzz", "contract_testing"),
    *("importlib.metadata", "chain_sim.ethereum.dumps", "chain_sim.ethereum.capture"),
    *("chain_sim.ethereum.gas_report", "chain_sim.ethereum.state_tests"),
    *("asyncio", "concurrent", "email", "http", "logging", "multiprocessing"),
    *("socket", "sqlite3", "subprocess", "unittest", "xml", "Cython", "setuptools"),
)
# A dataclass takes 0.4 ms to define, a Struct 0.01 ms. Those that start with a command
# have fields that are not compared, are read by name, or are often varied in tests.
DATACLASSES = (
    *("BlockRule", "ConstExpr", "Func", "FuncType", "GasSchedule", "GlobalType"),
    *("HostInterface", "InstructionCost", "InstrumentationOptions", "Limits"),
    *("MemoryType", "MeteredBlock", "Metering", "Module", "PrecompileCosts"),
    *("Profile", "ScheduleTable", "SizeLimits", "TableType", "TransactionCosts"),
)
OF_A_CHAIN = ("AbiFunction", "GenesisConfig", "Header", "StylusParameters")
READS = (*NEVER, "coincurve", "rich")


def listed(program: str, folder: Path, arguments: list[str]) -> list[str]:
    """What a program that runs a command lists at its end."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stderr.splitlines()[-1])
    return found


def imported(folder: Path, *arguments: str) -> list[str]:
    """The modules that a command has imported at its end."""
    return listed(LIST, folder, list(arguments))


def within(modules: list[str], packages: tuple[str, ...]) -> list[str]:
    return [
        name for name in modules for one in packages if f"{name}.".startswith(f"{one}.")
    ]


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["balance", A], READS),
        (["storage", A, "0"], READS),
        (["code", A], READS),
        (["block"], READS),
        (["call", A, "get()(uint256)"], READS),
        (["call", A, "get()(uint256)", "--json"], READS),
        (["send", A, "increment()(uint256)"], (*NEVER, "rich")),
        (["log"], (*NEVER, "coincurve")),
        (["accounts"], (*NEVER, "coincurve")),
        (["mine"], (*NEVER, "coincurve")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_verb_of_a_chain_imports_only_what_it_uses(
    run: Run, counter: str, tmp_path: Path, arguments: list[str], forbidden: tuple[str]
) -> None:
    modules = imported(tmp_path, *arguments)
    assert "chain_sim.ethereum.chain.blockchain" in modules
    assert within(modules, forbidden) == []


def test_a_run_imports_no_chain(tmp_path: Path) -> None:
    module = tmp_path / "one.wasm"
    module.write_bytes(wat_to_wasm('(module (func (export "f")))'))
    modules = imported(tmp_path, "run", "one.wasm", "--invoke", "f")
    parts = ("chain", "execution", "blocks", "state", "trie", "forks", "precompiles")
    chain = tuple(f"chain_sim.ethereum.{part}" for part in parts)
    assert within(modules, (*READS, *chain, "chain_sim.database", "plyvel")) == []


def test_a_start_defines_few_dataclasses(
    run: Run, counter: str, tmp_path: Path
) -> None:
    of_a_chain = sorted((*DATACLASSES, *OF_A_CHAIN))
    assert listed(DEFINED, tmp_path, ["balance", A]) == of_a_chain
    assert listed(DEFINED, tmp_path, ["call", A, "get()(uint256)"]) == of_a_chain
    assert listed(DEFINED, tmp_path, ["send", A, "increment()"]) == of_a_chain
    module = tmp_path / "one.wasm"
    module.write_bytes(wat_to_wasm('(module (func (export "f")))'))
    arguments = ["run", "one.wasm", "--invoke", "f"]
    assert listed(DEFINED, tmp_path, arguments) == sorted(DATACLASSES)


def test_a_name_is_within_its_package_only() -> None:
    names = ["rlp", "rlp.codec", "rlp_fields", "chain_sim.ethereum.abi"]
    assert within(names, ("rlp",)) == ["rlp", "rlp.codec"]
