"""`contractvm inspect` and `instrument`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.metering.instrument import instrument_module
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.examples import EXAMPLES
from tests.helpers.wat import wat_to_wasm

ErrorOf = Callable[..., str]
BOUND = "Wasm contract memory's maximum must be unset. The host will set it for you."
NO_ENTRY = "export user_entrypoint: missing, func type [i32] -> [i32] required"
SMALL = '(module (memory (export "memory") 1 3) (func (export "main")))'


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_source(source: str) -> Path:
        path = tmp_path / "module.wat"
        path.write_text(source)
        return path

    return write_source


def test_the_document_holds_everything(run: Run, write: Callable[[str], Path]) -> None:
    path = write(SMALL)
    assert run("inspect", path, "--schedule", "ewasm-hera", "--json").document == {
        "file": str(path),
        "size": len(wat_to_wasm(SMALL)),
        "imports": [],
        "exports": [
            {"name": "memory", "kind": "memory", "type": "1 to 3 pages", "index": 0},
            {"name": "main", "kind": "func", "type": "[] -> []", "index": 0},
        ],
        "sections": [
            {"name": "type", "size": 4},
            {"name": "func", "size": 2},
            {"name": "memory", "size": 4},
            {"name": "export", "size": 17},
            {"name": "code", "size": 4},
        ],
        "funcCount": 1,
        "memories": [{"minimum": 1, "maximum": 3}],
        "start": None,
        "features": ["mvp"],
        "hasFloats": False,
        "valid": {"verdict": True, "reason": None},
        "cosmwasm": {"verdict": False, "reason": BOUND},
        "ewasm": {"verdict": True, "reason": None},
        "extism": {"verdict": True, "reason": None},
        "stylus": {"verdict": False, "reason": NO_ENTRY},
        "wasi": {"verdict": True, "reason": None},
        "priced": {"verdict": True, "reason": None},
        "schedule": "ewasm-hera",
    }


@pytest.mark.parametrize(
    ("memory", "verdict"),
    [
        ("1 1", "yes"),
        ("1 3", "no: memory can grow without the import vm_hooks.pay_for_memory_grow"),
    ],
)
def test_a_stylus_program_is_checked_as_at_its_activation(
    run: Run, write: Callable[[str], Path], memory: str, verdict: str
) -> None:
    path = write(
        f"""(module (memory (export "memory") {memory})
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"""
    )
    assert f"stylus contract    {verdict}\n" in run("inspect", path).out


def test_people_read_facts_and_tables(run: Run, write: Callable[[str], Path]) -> None:
    path = write(SMALL)
    assert run("inspect", path).out == (
        f"file               {path}, 49 bytes\n"
        "funcs              1\n"
        "memory             1 pages, at most 3\n"
        "features           mvp\n"
        "floats             none\n"
        "valid Wasm         yes\n"
        f"cosmwasm contract  no: {BOUND}\n"
        "ewasm contract     yes\n"
        "extism contract    yes\n"
        f"stylus contract    no: {NO_ENTRY}\n"
        "wasi contract      yes\n"
        "\n"
        "export   kind     type\n"
        "──────────────────────────────\n"
        "memory   memory   1 to 3 pages\n"
        "main     func     [] -> []\n"
        "\n"
        "section   bytes\n"
        "───────────────\n"
        "type          4\n"
        "func          2\n"
        "memory        4\n"
        "export       17\n"
        "code          4\n"
    )


@pytest.mark.parametrize(
    ("source", "key", "reason"),
    [
        ("(module (func i32.add))", "valid", "type mismatch"),
        ("(module (func i32.add))", "ewasm", "not valid Wasm"),
        ("(module)", "ewasm", "export main: missing, func type [] -> [] required"),
        (
            '(module (import "ethereum" "fly" (func)))',
            "ewasm",
            "import ethereum.fly: no such host function",
        ),
        (
            "(module (func (param f32)))",
            "priced",
            None,
        ),
        ("(module (func (drop (f32.const 1))))", "priced", "f32.const"),
    ],
)
def test_a_verdict_comes_with_its_reason(
    run: Run, write: Callable[[str], Path], source: str, key: str, reason: str | None
) -> None:
    path = write(source)
    document = run("inspect", path, "--schedule", "ewasm-metered", "--json").document
    assert document[key]["verdict"] is (reason is None)
    assert reason is None or reason in document[key]["reason"]


def test_without_a_schedule_nothing_is_said_of_prices(
    run: Run, write: Callable[[str], Path]
) -> None:
    document = run("inspect", write(SMALL), "--json").document
    assert (document["priced"], document["schedule"]) == (None, None)


def test_features_and_floats_are_found(run: Run, write: Callable[[str], Path]) -> None:
    path = write("(module (func (param f64) (result i32 i32) i32.const 1 i32.const 2))")
    document = run("inspect", path, "--json").document
    assert document["features"] == ["multi-value", "mvp"]
    assert document["hasFloats"] is True


def test_imports_have_their_types(run: Run) -> None:
    document = run("inspect", COUNTER, "--json").document
    assert document["imports"][1] == {
        "module": "ethereum",
        "name": "callDataCopy",
        "kind": "func",
        "type": "[i32 i32 i32] -> []",
    }


def test_names_cannot_write_to_the_terminal(
    run: Run, write: Callable[[str], Path]
) -> None:
    path = write(r'(module (func (export "\1b[31mred")))')
    out = run("inspect", path).out
    assert "\x1b" not in out
    assert r"\x1b[31mred" in out


def test_instrument_writes_what_the_library_makes(run: Run, tmp_path: Path) -> None:
    source, out = EXAMPLES / "keccak" / "keccak.wasm", tmp_path / "metered.wasm"
    document = run("instrument", source, "-o", out, "--json").document
    schedule = load_schedule("contractvm-2")
    module = decode_module(source.read_bytes())
    heights = validate_module(module).operand_heights
    assert decode_module(out.read_bytes()) == instrument_module(
        module, heights, schedule
    )
    assert document == {
        "file": str(out),
        "bytesBefore": source.stat().st_size,
        "bytesAfter": out.stat().st_size,
        "schedule": "contractvm-2",
        "scheduleHash": "0x" + schedule.content_hash.hex(),
        "unitsPerGas": 10_000,
        "instrumentationVersion": 2,
        "gasExport": GAS_EXPORT,
    }


def test_instrument_prints_sizes(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "metered.wasm"
    printed = run("instrument", COUNTER, "-o", out).out
    assert f"size after   {out.stat().st_size} bytes\n" in printed


@pytest.mark.parametrize(
    ("source", "out", "reason"),
    [
        (SMALL, "out.wat", "out.wat: the text format cannot be written; choose .wasm"),
        (SMALL, "absent/out.wasm", "absent/out.wasm: no such file or directory"),
        (
            "(module (func (drop (f32.const 1))))",
            "out.wasm",
            "refused module",
        ),
        ("(module (func i32.add))", "out.wasm", "invalid module"),
    ],
)
def test_instrument_writes_nothing_where_it_fails(
    error_of: ErrorOf,
    write: Callable[[str], Path],
    source: str,
    out: str,
    reason: str,
) -> None:
    command = ("instrument", write(source), "-o", out, "--schedule", "contractvm-1")
    assert reason in error_of(*command)
    assert not Path(out).exists()
