"""Small verbs: the same answers as cast's, and one line for what they refuse."""

import subprocess
import sys

import pytest

from tests.contractvm_cli.conftest import Run

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def words(*numbers: int) -> str:
    return "".join(f"{number:064x}" for number in numbers)


HI = words(5, 64, 2) + "6869".ljust(64, "0")


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["sig", "transfer(address, uint)"], "0xa9059cbb"),
        (["sig", "transfer(address to, uint256 amount)"], "0xa9059cbb"),
        (["sig", "function f((uint8 a, bool b)[] calldata p)"], "0xaa877c77"),
        (
            ["topic", "Transfer(address indexed,address indexed,uint256)"],
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
        (
            ["keccak", "hello"],
            "0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8",
        ),
        (
            ["keccak", "0x00"],
            "0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a",
        ),
        (
            ["keccak", "0x00", "--text"],
            "0x27489e20a0060b723a1748bdff5e44570ee9fae64141728105692eac6031e8a4",
        ),
        (["calldata", "f(uint8)", "5"], "0x3120d434" + words(5)),
        (["abi-encode", "f(uint8,bool)", "5", "true"], "0x" + words(5, 1)),
        (["abi-decode", "get()(uint256,string)", "0x" + HI], "5\nhi"),
        (["calldata-decode", "f(uint8)", "0x3120d434" + words(5)], "5"),
        (["error-decode", "0x4e487b71" + words(17)], "Panic(17)"),
        (
            ["error-decode", "0x08c379a0" + words(32, 2) + "6869".ljust(64, "0")],
            "Error(hi)",
        ),
        (
            ["error-decode", "0x08c379a0" + words(32, 2) + "1b0a".ljust(64, "0")],
            "Error(\\x1b\\n)",
        ),
        (["to-wei", "1.5", "ether"], "1500000000000000000"),
        (["to-wei", "2"], "2000000000000000000"),
        (["to-wei", "2", "gwei"], "2000000000"),
        (["from-wei", "1500"], "0.000000000000001500"),
        (["from-wei", "1500", "gwei"], "0.000001500"),
        (["from-wei", "1500", "wei"], "1500"),
        (["from-wei", "-1500", "gwei"], "-0.000001500"),
        (["to-hex", "255"], "0xff"),
        (["to-dec", "0xff"], "255"),
        (["checksum", ALICE.lower()], ALICE),
        (
            ["address", ALICE, "--nonce", "0"],
            "0x5FbDB2315678afecb367f032d93F642f64180aa3",
        ),
        (
            ["address", ALICE, "--nonce", "1"],
            "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
        ),
    ],
)
def test_answers(run: Run, arguments: list[str], out: str) -> None:
    assert run(*arguments).out == out + "\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["sig", "foo"], "not a signature: 'foo': write name(types)(returned types)"),
        (["error-decode", "0x00"], "unknown error 0x00"),
        (["error-decode", "0x"], "unknown error 0x"),
        (["abi-decode", "f()(uint256)", "0x00"], "not data of the types (uint256)"),
        (
            ["calldata-decode", "f(uint8)", "0x00"],
            "the data begins with 0x00, not with 0x3120d434 of f(uint8)",
        ),
        (["to-wei", "0.5", "wei"], "not a number: '0.5wei': not a whole number of wei"),
    ],
)
def test_what_is_refused(run: Run, arguments: list[str], error: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out, outcome.err) == (1, "", f"error: {error}\n")


def test_json(run: Run) -> None:
    assert run("sig", "f()", "--json").document == "0x26121ff0"
    found = run("error-decode", "0x4e487b71" + words(17), "--json").document
    assert found == {"error": "Panic(uint256)", "values": [17]}
    wide = run("abi-decode", "f()(uint256)", "0x" + words(2**255), "--json").document
    assert wide == [2**255]


def test_stdin_is_hashed() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "contractvm_cli", "keccak", "-"],
        input=b"hello",
        capture_output=True,
        check=True,
    )
    assert found.stdout.startswith(b"0x1c8aff95")


def test_they_import_nothing_heavy() -> None:
    code = (
        "import sys; from contractvm_cli.main import main; main(['sig', 'f()']);"
        "print([name for name in ('wasmtime', 'plyvel', 'coincurve', 'rich')"
        " if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert found.stdout == "0x26121ff0\n[]\n"
