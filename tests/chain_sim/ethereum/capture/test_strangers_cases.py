"""Untrusted cases: memory and time of reading, in a process with limits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chain_sim.ethereum.capture.case_document import decode_case, read_case
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import encode_item, read_fields
from chain_sim.ethereum.primitives.text import format_data, keccak256
from tools.fuzz.file_damage import deep_list
from tools.fuzz.file_seeds import cases

MIB = 1024 * 1024
# What docs/dumps.md promises.
BYTES_A_BYTE = 8
FREE_BYTES = 256 * MIB
READER = """
import resource, sys
from pathlib import Path
from chain_sim.ethereum.capture.case_document import read_case
from chain_sim.ethereum.capture.errors import MalformedCase

path, limit = Path(sys.argv[1]), int(sys.argv[2])
lines = Path("/proc/self/status").read_text().splitlines()
(used,) = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData")]
resource.setrlimit(resource.RLIMIT_DATA, (used + limit, used + limit))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
try:
    print("read", len(read_case(path).blocks))
except MalformedCase as error:
    print(error.place, error.reason)
"""


def read_in_bounds(path: Path, content: bytes) -> str:
    """The output of a reader that has as much memory as promised."""
    path.write_bytes(content)
    limit = BYTES_A_BYTE * len(content) + FREE_BYTES
    done = subprocess.run(
        [sys.executable, "-c", READER, path, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def with_member(key: str, value: str) -> bytes:
    text = cases()[0].decode().rstrip().removesuffix("}")
    return f'{text}, "{key}": {value}}}'.encode()


def filled(unit: str, size: int) -> str:
    return f"[{','.join([unit] * (size // (len(unit) + 1)))}]"


@pytest.mark.parametrize(
    "unit", ["{}", '{"":0}', '{"":' * 8 + "0" + "}" * 8, "[]", '"ab"', "1234"]
)
def test_many_small_values_are_refused_before_they_take_memory(
    tmp_path: Path, unit: str
) -> None:
    # 62 MiB of the third took 2.6 GiB.
    content = with_member("x", filled(unit, 24 * MIB))
    assert read_in_bounds(tmp_path / "case", content) == "file more than 1000000 values"


def test_as_many_values_as_may_be_take_what_is_promised(tmp_path: Path) -> None:
    unit = '{"":' * 8 + "0" + "}" * 8
    values = f"[{','.join([unit] * 110_000)}]"
    # One such character, and each of the text takes four bytes.
    content = with_member("x", values[:-1] + ',"\U0001f600' + "a" * 20 * MIB + '"]')
    assert read_in_bounds(tmp_path / "case", content) == "x unknown key"


def test_many_blocks_are_read_within_what_is_promised(tmp_path: Path) -> None:
    document = json.loads(cases()[0])
    block = {**document["blocks"][0], "transactions": []}
    document["blocks"] += [block] * 60_000
    content = json.dumps(document, separators=(",", ":")).encode()
    assert read_in_bounds(tmp_path / "case", content) == "read 60001"


def test_a_transaction_of_millions_of_fields_is_refused_soon(tmp_path: Path) -> None:
    # All were extracted before they were counted: a second per megabyte.
    document = json.loads(cases()[0])
    rlp = encode_item([b""] * 10 * MIB)
    document["blocks"][0]["transactions"][0]["rlp"] = format_data(rlp)
    content = json.dumps(document).encode()
    assert read_in_bounds(tmp_path / "case", content) == (
        "blocks[0].transactions[0].rlp malformed transaction:"
        " transaction has more than 100 fields"
    )


@pytest.mark.parametrize(("count", "shown"), [(100, "100"), (101, "more than 100")])
def test_fields_are_counted_up_to_a_hundred(count: int, shown: str) -> None:
    with pytest.raises(MalformedRlp) as caught:
        read_fields(encode_item([b""] * count), "it", 9)
    tail = ", not 9" if count == 100 else ""
    assert caught.value.reason == f"it has {shown} fields{tail}"


def test_an_account_of_lists_in_each_other_is_no_account() -> None:
    # rlp.decode recursed: a RecursionError was not caught anywhere.
    node = encode_item([b"\x20" + b"\x11" * 32, deep_list(3_000)])
    document = json.loads(cases()[0])
    document |= {"nodes": [format_data(node)], "codes": {}}
    document["stateRoot"] = format_data(keccak256(node))
    with pytest.raises(MalformedCase) as caught:
        decode_case(json.dumps(document))
    assert caught.value.place == "nodes[0]"
    assert caught.value.reason == "account does not have four fields"


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "case.json")
    with pytest.raises(OSError, match="not a regular file"):
        read_case(tmp_path / "case.json")
