"""The published verdicts on whole modules: which are accepted, and why not the others."""

import csv
from collections.abc import Iterator

import pytest

from contractvm.errors import InvalidModule
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import parameters_of
from tests.helpers.vectors import vectors_folder, vectors_path

# What each refusal says: the rule, the func and the operator.
REASONS = {
    "console-import": ("import console.log_i32: no such host function", None),
    "data-out-of-bounds": ("data segment 0: 65535 to 65537, beyond 65536", None),
    "entry-type": (
        "export user_entrypoint: func type (i32) -> (i32) required, () -> () found",
        0,
    ),
}


def verdicts() -> Iterator[tuple[str, str]]:
    path = vectors_path("stylus") / "own" / "verdicts.csv"
    if path.exists():
        with path.open() as lines:
            for row in csv.DictReader(lines):
                yield row["module"], row["verdict"]


def wasm_of(name: str) -> bytes:
    return (vectors_folder("stylus") / "own" / f"{name}.wasm").read_bytes()


@pytest.mark.parametrize(("name", "verdict"), list(verdicts()))
def test_each_published_verdict_holds(name: str, verdict: str) -> None:
    wasm = wasm_of(name)
    if verdict == "accept":
        check_program(wasm, TYPES, parameters_of(61))
    else:
        with pytest.raises(InvalidModule) as caught:
            check_program(wasm, TYPES, parameters_of(61))
        print(name, repr(caught.value.reason), caught.value.func_index, caught.value.offset)
