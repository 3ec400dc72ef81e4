"""How deep documents may be nested, whatever Python's recursion limit is."""

import json
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractvm.nesting import TooDeep, check_json_nesting, check_msgpack_nesting
from tests.helpers.source_tree import ROOT

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def depth_of(value: object) -> int:
    """Levels of lists and objects."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(VALUES)
def test_json_is_as_deep_as_its_value(value: object) -> None:
    for text in (json.dumps(value), msgspec.json.encode(value)):
        depth = depth_of(json.loads(text))
        check_json_nesting(text, depth)
        if depth:
            with pytest.raises(TooDeep, match=f"nested deeper than {depth - 1}"):
                check_json_nesting(text, depth - 1)


@given(VALUES, st.binary(), st.integers(-128, 127))
def test_msgpack_is_as_deep_as_its_value(value: object, data: bytes, code: int) -> None:
    extension = msgspec.msgpack.Ext(code, data)
    depth = 1 + depth_of(value)
    encoded = msgspec.msgpack.encode([data, extension, value])
    # An empty container has no level of its own: nothing is in it.
    least = 1 + depth_of(without_empty(value))
    check_msgpack_nesting(encoded, depth)
    with pytest.raises(TooDeep):
        check_msgpack_nesting(encoded, least - 1)


def without_empty(value: object) -> object:
    """The value with None for each empty container."""
    if isinstance(value, dict):
        return {key: without_empty(one) for key, one in value.items()} or None
    if isinstance(value, list):
        return [without_empty(one) for one in value] or None
    return value


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ('["[[[[", "\\"[[[[", "\\\\", []]', 2),
        ('{"{": {"}": [1]}}', 3),
        ("[" * 128, 128),
        ('["' + "[" * 1_000, 1),
    ],
)
def test_brackets_in_strings_do_not_count(text: str, depth: int) -> None:
    check_json_nesting(text, depth)
    with pytest.raises(TooDeep):
        check_json_nesting(text, depth - 1)


def test_sizes_of_every_kind_are_passed_over() -> None:
    items: list[object] = [b"x" * size for size in (0, 31, 32, 255, 256, 65_536)]
    items += ["x" * size for size in (0, 31, 32, 255, 256, 65_536)]
    items += [
        msgspec.msgpack.Ext(5, b"\x91" * size)
        for size in (0, 1, 2, 3, 4, 8, 16, 17, 256, 65_536)
    ]
    items += [-1, -33, -129, -40_000, -(2**40), 127, 128, 300, 70_000, 2**40, 1.5]
    items += [list(range(15)), list(range(16)), [0] * 65_536, {"a": 1}, {}]
    encoded = msgspec.msgpack.encode([*items, [[[b""]]]])
    check_msgpack_nesting(encoded, 4)
    with pytest.raises(TooDeep):
        check_msgpack_nesting(encoded, 3)


# Some libraries raise the recursion limit so far that the stack ends first.
DEEP = 1_000_000
PROGRAM = f"""
import sys
sys.setrecursionlimit(10**9)
from chain_sim.node.methods.signing import parse_typed_data
from chain_sim.node.server.requests import read_requests
from chain_sim.node.parameters import InvalidValue
from contractvm.errors import Trap
from contractvm.guests.conversions import conversion_of
from contractvm.guests.extism_abi import WASI, ExtismAbi
from contractvm.guests.tape import MAGIC, Tape, TapeError
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json

def refused(kind, read, data):
    try:
        read(data)
    except kind as error:
        print(str(error))
    else:
        raise SystemExit(f"{{read}} has read it")

deep_json, deep_pack = b"[" * {DEEP}, b"\\x91" * {DEEP}
refused(TapeError, Tape.from_bytes, MAGIC + deep_pack)
refused(ValueError, WASI.unpack, deep_pack)
refused(ValueError, ExtismAbi().unpack, deep_pack)
refused(Trap, conversion_of(list).decode, deep_json)
refused(MalformedJson, parse_json, deep_json)
refused(InvalidValue, parse_typed_data, deep_json.decode())
for body in (deep_json, b'{{"params":' + deep_json):
    print(read_requests(body, 10).items[0].fault.document()["message"])
"""


def test_no_stranger_can_end_the_stack() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    refusal = "nested deeper than 128"
    assert done.stdout.splitlines() == [
        f"a damaged tape: {refusal}",
        *[refusal] * 2,
        f"refused by the host: JSON: {refusal}",
        "nested deeper than 100",
        "the text is no JSON",
        *[f"parse error: {refusal}"] * 2,
    ]
