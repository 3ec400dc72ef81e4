"""The example guests: one program in C, Rust and AssemblyScript."""

import re
import subprocess
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from contractvm.guests.guest import Guest
from contractvm.runtime.engine_selection import ENGINES
from examples import build_guests
from tests.helpers.examples import EXAMPLES, example

UNITS = {
    "words_c": 87_291_129,
    "words_rust": 44_886_985,
    "words_assemblyscript": 29_650_176,
}
TEXT = b"the cat, The dog; a CAT"


def count_words(text: bytes) -> bytes:
    counts = Counter(re.findall(rb"[a-z]+", text.lower()))
    return b"".join(b"%s %d\n" % item for item in sorted(counts.items()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", UNITS)
def test_units_are_the_same_on_both_engines(name: str, engine: str) -> None:
    result = Guest.load(EXAMPLES / f"guests/{name}.wasm", engine=engine).run(stdin=TEXT)
    assert result.stdout == b"a 1\ncat 2\ndog 1\nthe 2\n"
    assert result.stderr == b""
    assert str(result.outcome) == "exited with code 0"
    assert result.units_used == UNITS[name]


@pytest.mark.parametrize("name", UNITS)
def test_all_count_the_same_words(name: str) -> None:
    guest = Guest.load(EXAMPLES / f"guests/{name}.wasm")
    random = Random(7)
    texts = [b"", b" ", b"x", b"x" * 4095, b"x" * 4096, b"x" * 4097, bytes(5_000)]
    texts += [
        bytes(random.choices(b"abcXYZ @[`{\x00\xff\xe4\n", k=random.randrange(9_000)))
        for _ in range(10)
    ]
    for text in texts:
        result = guest.run(stdin=text)
        assert result.ok, (result.outcome, text)
        assert result.stdout == count_words(text)


def test_the_page_has_their_sizes_and_gas() -> None:
    text = (EXAMPLES.parent / "docs" / "guest-services.md").read_text()
    for name in UNITS:
        guest = Guest.load(EXAMPLES / f"guests/{name}.wasm", traced=True)
        result = guest.run(stdin=TEXT)
        report = result.report()
        making = -(-report.making_units // report.units_per_gas)
        size = guest.requirements.module_bytes
        assert f"| {size:,} | {result.gas_used:,} | {making:,} |\n" in text


@pytest.mark.parametrize("name", UNITS)
def test_module_is_small_and_tells_no_path(name: str) -> None:
    """Rust's names its own library's files, as Debian built it."""
    data = example(f"guests/{name}.wasm")
    assert len(data) < 60 << 10
    for text in (b"/work", b"/home", b"/tmp", b".debug", b"producers"):
        assert text not in data


def is_the_rustc_that_built_it() -> bool:
    rustc = build_guests.rust_command(Path("unused"))[0]
    done = subprocess.run([rustc, "--version"], capture_output=True, check=True)
    return done.stdout.startswith(b"rustc 1.63.0")


@pytest.mark.slow
@pytest.mark.parametrize("name", build_guests.COMMANDS)
def test_source_gives_the_committed_bytes(name: str, tmp_path: Path) -> None:
    """Of Rust only where the compiler is the version that built it, 1.63.0."""
    if name == "words_c.wasm":
        pytest.importorskip("ziglang", reason="ziglang is not installed (make guests)")
    try:
        built = build_guests.build(name, tmp_path).read_bytes()
    except build_guests.NoCompiler as missing:
        pytest.skip(str(missing))
    if name == "words_rust.wasm" and not is_the_rustc_that_built_it():
        assert Guest.load(built).run(stdin=TEXT).stdout == count_words(TEXT)
    else:
        assert built == example(f"guests/{name}")


@pytest.mark.slow
def test_a_report_has_the_lines_of_c(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="ziglang is not installed (make guests)")
    path = tmp_path / "words.wasm"
    subprocess.run(build_guests.c_command(path), check=True, capture_output=True)
    report = Guest.load(path, traced=True).run(stdin=TEXT).report()
    assert report.used_units == UNITS["words_c"]
    source = (EXAMPLES / "guests/words.c").read_text().splitlines()
    counting = next(
        number for number, line in enumerate(source, 1) if "isalpha(" in line
    )
    (found,) = [
        line
        for line in report.lines
        if line.file.endswith("words.c") and line.line == counting
    ]
    assert found.executions > len(TEXT)
    lines = sum(line.units for line in report.lines)
    assert 0 < lines < sum(cost.own_units for cost in report.functions)
