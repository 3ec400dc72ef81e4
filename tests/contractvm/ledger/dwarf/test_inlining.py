"""Inlined calls, compared with wasm-tools, and from damaged debug information."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.dwarf.inlining import MAX_DEPTH, read_inlining
from contractvm.ledger.dwarf.sections import INFO, INLINING_NAMES
from contractvm.ledger.source_lines import debug_sections
from contractvm.ledger.where import frames_at
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from tests.helpers.vectors import vectors_folder
from tests.helpers.wasm_tools import run_wasm_tools

# Calls within calls, in a loop, and one that is inlined twice and also stands alone.
SOURCE = """
static inline int twice(int x) {
  return x + x;
}
static inline int more(int x) {
  int y = twice(x);
  return y * 3 + twice(y);
}
__attribute__((noinline)) int alone(int x) {
  return more(x) - 1;
}
__attribute__((visibility("default"))) int run(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++)
    sum += more(i) ^ twice(sum);
  return sum + alone(n);
}
"""
Frames = list[tuple[str, int | None]]
FRAME = re.compile(r"^(?:0x[0-9a-f]+:|\t) ?(\S.*?) (\S+?):(\d+)(?::\d+)?$")


def ours(code: bytes) -> dict[int, Frames]:
    """Names and lines of all frames, by offset."""
    module, info = decode_module(code), DebugInfo.of_code(code)
    inlining = info.inlining()
    imported = module.func_count - len(module.funcs)
    found = {}
    for number, func in enumerate(module.funcs):
        for _, _, _, position, _ in instructions(func.code):
            offset = func.offset - module.code_offset + position
            place = imported + number, info.names[imported + number], offset
            found[offset] = [
                (frame.func_name, frame.line)
                for frame in frames_at(place, info, inlining)
            ]
    return found


def theirs(code: bytes, offsets: list[int]) -> dict[int, Frames]:
    """The same by wasm-tools; offsets without frames are left out."""
    done = run_wasm_tools(
        ["addr2line", "--code-section-relative", "-", *map(hex, offsets)], code
    )
    assert done.returncode == 0, done.stderr
    found: dict[int, Frames] = {}
    offset = 0
    for line in done.stdout.decode().splitlines():
        if line.startswith("0x"):
            offset = int(line.partition(":")[0], 16)
        match = FRAME.match(line)
        if match is not None:
            name = re.sub(r"::h[0-9a-f]{16}$", "", match[1])
            found.setdefault(offset, []).append((name, int(match[3]) or None))
    return found


def compare(code: bytes) -> tuple[int, int]:
    """How many offsets were compared, and in how many were calls inlined."""
    mine = ours(code)
    other = theirs(code, sorted(mine))
    count = inlined = 0
    for offset, frames in other.items():
        if any(line is None for _, line in frames + mine[offset]):
            continue  # where there is no line, they leave the frame out
        assert [line for _, line in mine[offset]] == [line for _, line in frames]
        names = [name for name, _ in mine[offset]]
        # Names of Rust's own library are spelled in another way.
        if all("<" not in name for name, _ in frames):
            assert names == [name for name, _ in frames]
        count += 1
        inlined += len(frames) > 1
    return count, inlined


@pytest.mark.parametrize(
    ("language", "count", "inlined"),
    [("c", 150, 60), ("zig", 200, 100), ("rust", 100, 60)],
)
def test_frames_of_contracts_are_those_of_wasm_tools(
    language: str, count: int, inlined: int
) -> None:
    folder = vectors_folder("workbench") / "contracts"
    code = folder.joinpath(f"{language}-counter.debug.wasm").read_bytes()
    found = compare(code)
    assert found[0] >= count
    assert found[1] >= inlined


@pytest.mark.parametrize("dwarf", [4, 5])
@pytest.mark.parametrize(("level", "fewest"), [("0", 0), ("1", 1), ("2", 10)])
def test_frames_at_each_level_of_optimisation(
    tmp_path: Path, dwarf: int, level: str, fewest: int
) -> None:
    if shutil.which("clang") is None or shutil.which("wasm-ld") is None:
        pytest.skip("clang and wasm-ld are not installed")
    source, output = tmp_path / "a.c", tmp_path / "a.wasm"
    source.write_text(SOURCE)
    subprocess.run(
        [
            *("clang", "--target=wasm32", f"-O{level}", "-g", f"-gdwarf-{dwarf}"),
            *("-nostdlib", "-Wl,--no-entry,--export=run", "-o", output, source),
        ],
        check=True,
        timeout=60,
    )
    count, inlined = compare(output.read_bytes())
    assert count >= 20
    assert inlined >= fewest


def test_a_module_without_debug_information_has_no_inlined_calls() -> None:
    assert read_inlining({}).calls == []
    assert read_inlining({INFO: b"\xff" * 40}).calls == []


@pytest.mark.parametrize("seed", range(40))
def test_damaged_debug_information_is_read_as_far_as_it_goes(seed: int) -> None:
    folder = vectors_folder("workbench") / "contracts"
    code = folder.joinpath("rust-counter.debug.wasm").read_bytes()
    sections = debug_sections(decode_module(code), INLINING_NAMES)
    chance = random.Random(seed)
    damaged = {name: bytearray(content) for name, content in sections.items()}
    for _ in range(chance.choice([1, 4, 40])):
        content = damaged[chance.choice(sorted(damaged))]
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)
    name = chance.choice(sorted(damaged))
    if seed % 4 == 0:
        del damaged[name][chance.randrange(len(damaged[name]) + 1) :]
    found = read_inlining({key: bytes(value) for key, value in damaged.items()})
    for offset in (0, 123, 150, 1 << 31):
        assert len(found.at(offset)) <= MAX_DEPTH
