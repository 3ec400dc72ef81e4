"""Compiled code on disk: trusted and deleted entries, and the cache's size."""

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
from msgspec import structs

from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import CodeOrigin
from contractvm.wasm.engines.wasmtime import compiler as wasmtime_compiler
from contractvm.wasm.engines.wasmtime.code_cache import (
    CacheRefused,
    CodeCache,
    default_cache,
)
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.validation.profile import Profile
from gas_schedule.loader import load_schedule
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

KEY = {"module": "aa", "schedule": "bb"}
CODE = b"machine code" * 100
FIVE = wat_to_wasm('(module (func (export "f") (result i32) (i32.const 5)))')
ORIGIN = CodeOrigin(b"\1" * 32, b"\2" * 32, "test-7")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_was_stored_is_loaded_under_its_whole_key_only(folder: Path) -> None:
    cache = CodeCache(folder)
    assert cache.load(KEY) is None
    cache.store(KEY, CODE)
    assert cache.load(dict(reversed(KEY.items()))) == CODE
    assert CodeCache(folder).load(KEY) == CODE
    assert cache.load(KEY | {"schedule": "cc"}) is None
    assert cache.load({"module": "aa"}) is None
    cache.store(KEY, b"")
    assert cache.load(KEY) == b""
    cache.drop(KEY)
    assert cache.load(KEY) is None
    cache.drop(KEY)


def test_directory_and_files_are_the_users_alone(folder: Path) -> None:
    old = os.umask(0)
    try:
        CodeCache(folder / "a" / "b").store(KEY, CODE)
    finally:
        os.umask(old)
    assert stat.S_IMODE((folder / "a" / "b").stat().st_mode) == 0o700
    (file,) = files(folder / "a" / "b")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def flipped(place: int) -> Callable[[bytes], bytes]:
    def flip(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[place] ^= 1
        return bytes(changed)

    return flip


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut in the header": lambda content: content[:20],
    "cut in the digest": lambda content: content[: -len(CODE) - 1],
    "cut in the code": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "another format": flipped(24),
    "another key": lambda content: content.replace(b'"bb"', b'"cc"'),
    "a bit of the digest": flipped(-len(CODE) - 1),
    "the first bit of the code": flipped(-len(CODE)),
    "the last bit of the code": flipped(-1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_entry_is_deleted_and_not_given(folder: Path, name: str) -> None:
    cache = CodeCache(folder)
    cache.store(KEY, CODE)
    (file,) = files(folder)
    content = file.read_bytes()
    file.write_bytes(DAMAGES[name](content))
    assert file.read_bytes() != content
    assert cache.load(KEY) is None
    assert files(folder) == []


def test_entry_of_another_key_under_this_name_is_deleted(folder: Path) -> None:
    cache = CodeCache(folder)
    cache.store(KEY, CODE)
    (right,) = files(folder)
    other = KEY | {"schedule": "cc"}
    cache.store(other, b"other code")
    (foreign,) = set(files(folder)) - {right}
    foreign.rename(right)
    assert cache.load(KEY) is None
    assert files(folder) == []


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_entry_that_others_may_write_is_deleted(folder: Path, mode: int) -> None:
    cache = CodeCache(folder)
    cache.store(KEY, CODE)
    (file,) = files(folder)
    file.chmod(mode)
    assert cache.load(KEY) is None
    assert files(folder) == []


def test_link_in_place_of_an_entry_is_not_followed(folder: Path) -> None:
    cache = CodeCache(folder)
    cache.store(KEY, CODE)
    (file,) = files(folder)
    moved = file.rename(folder.parent / "elsewhere")
    file.symlink_to(moved)
    assert cache.load(KEY) is None
    cache.store(KEY, CODE)
    assert not file.is_symlink()
    assert cache.load(KEY) == CODE


# The directory


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_directory_that_others_may_write_is_refused(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(CacheRefused) as refused:
        CodeCache(folder)
    assert refused.value.directory == str(folder)
    assert refused.value.reason == "not this user's alone"
    folder.chmod(0o755)
    CodeCache(folder)


def test_directory_of_another_user_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CodeCache(folder)
    owner = folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(CacheRefused) as refused:
        CodeCache(folder)
    # If the user is not root, the directories above it belong to others.
    assert refused.value.reason.endswith("not this user's alone")


def test_place_that_can_be_no_directory_is_refused(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(CacheRefused) as refused:
        CodeCache(folder)
    assert refused.value.reason == "not a directory"
    with pytest.raises(CacheRefused) as refused:
        CodeCache(folder / "below")
    assert refused.value.reason == "not a directory"


def test_no_file_stays_open(folder: Path) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = open_files()
    cache = CodeCache(folder)
    cache.store(KEY, CODE)
    cache.load(KEY)
    assert open_files() == before + 1
    del cache
    assert open_files() == before


def test_directory_that_went_away_is_an_empty_cache(folder: Path) -> None:
    cache = CodeCache(folder)
    folder.rmdir()
    cache.store(KEY, CODE)
    assert cache.load(KEY) is None


# Size


def test_what_was_not_used_for_longest_goes_first(folder: Path) -> None:
    one_file = len(CODE) + 200
    cache = CodeCache(folder, max_bytes=3 * one_file)
    keys = [{"module": str(number)} for number in range(5)]
    for number, key in enumerate(keys[:3]):
        cache.store(key, CODE)
        for file in files(folder):
            if file.stat().st_mtime_ns > 10**12:
                os.utime(file, ns=(number, number))
    assert cache.load(keys[0]) == CODE  # used: now the newest
    cache.store(keys[3], CODE)
    assert [cache.load(key) is not None for key in keys] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_what_is_larger_than_the_cache_is_not_kept(folder: Path) -> None:
    cache = CodeCache(folder, max_bytes=len(CODE))
    cache.store(KEY, CODE)
    assert files(folder) == []


def test_files_that_are_not_the_caches_are_neither_counted_nor_removed(
    folder: Path,
) -> None:
    """The oldest files were once deleted from a directory that has other files."""
    cache = CodeCache(folder, max_bytes=2 * len(CODE))
    others = [folder / "notes.txt", folder / "abc", folder / ("ab" * 32 + ".1.part")]
    for other in others:
        other.write_bytes(bytes(3 * len(CODE)))
        os.utime(other, ns=(1, 1))
    cache.store(KEY, CODE)
    assert all(other.exists() for other in others)
    assert cache.load(KEY) == CODE


def test_what_a_process_left_unfinished_counts_and_goes(folder: Path) -> None:
    cache = CodeCache(folder, max_bytes=2 * len(CODE))
    left = folder / f"{'ab' * 32}.123.456"
    left.write_bytes(bytes(len(CODE)))
    os.utime(left, ns=(1, 1))
    cache.store(KEY, CODE)
    assert not left.exists()
    assert cache.load(KEY) == CODE


# Several at once


def test_threads_find_all_of_an_entry_or_nothing(folder: Path) -> None:
    cache = CodeCache(folder)
    codes = [bytes([number]) * 200_000 for number in range(4)]
    wrong: list[bytes] = []

    def work(number: int) -> None:
        for _ in range(40):
            cache.store(KEY, codes[number])
            found = cache.load(KEY)
            if found is not None and found not in codes:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert cache.load(KEY) in codes
    assert len(files(folder)) == 1


PROCESS = """
import sys
from pathlib import Path
from contractvm.wasm.engines.wasmtime.code_cache import CodeCache
cache, code = CodeCache(Path(sys.argv[1]), 900_000), sys.argv[2].encode() * 200_000
for turn in range(60):
    cache.store({"k": str(turn % 8)}, code)
    found = cache.load({"k": str(turn % 8)})
    if found is not None and found not in (b"a" * 200_000, b"b" * 200_000):
        sys.exit("torn")
"""


def test_processes_find_all_of_an_entry_or_nothing(folder: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(folder)]
    processes = [subprocess.Popen([*command, letter]) for letter in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    assert sum(file.stat().st_size for file in files(folder)) <= 900_000


# In the engine


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The modules that wasmtime compiled."""
    seen: list[bytes] = []
    real = wasmtime.Module.__init__

    def compile_it(self: wasmtime.Module, engine: wasmtime.Engine, wasm: bytes) -> None:
        seen.append(wasm)
        real(self, engine, wasm)

    monkeypatch.setattr(wasmtime.Module, "__init__", compile_it)
    return seen


def metered(folder: Path, **changes: int) -> Pipeline:
    """An engine as another process would make it."""
    schedule = load_schedule("ewasm-metered")
    if changes:
        schedule = schedule_with({"i32.const": changes["price"]})
        schedule = replace(schedule, content_hash=bytes([changes["price"]]) * 32)
    return Pipeline(WasmtimeEngine(CodeCache(folder)), schedule, Profile("any"))


def gas_used(engine: Pipeline) -> int:
    run = engine.start(engine.prepare(FIVE), {}, 1_000_000)
    run.begin("f")
    assert run.resume() == (5,)
    return 1_000_000 - run.meter.left


def test_code_is_compiled_once_and_runs_from_the_cache(
    folder: Path, compiled: list[bytes]
) -> None:
    used = gas_used(metered(folder))
    assert len(compiled) == 1
    assert gas_used(metered(folder)) == used
    assert len(compiled) == 1
    assert len(files(folder)) == 1


def test_another_schedule_is_other_code(folder: Path, compiled: list[bytes]) -> None:
    assert gas_used(metered(folder, price=3)) == 3
    assert gas_used(metered(folder, price=4)) == 4
    assert gas_used(metered(folder, price=3)) == 3
    assert len(compiled) == 2


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(ORIGIN, module_hash=b"\3" * 32),
        structs.replace(ORIGIN, schedule_hash=b"\3" * 32),
        structs.replace(ORIGIN, metering="test-8"),
    ],
)
def test_another_origin_is_another_entry(
    folder: Path, compiled: list[bytes], other: CodeOrigin
) -> None:
    compiler = wasmtime_compiler.Compiler(CodeCache(folder))
    for origin in (ORIGIN, other, ORIGIN, other):
        compiler.compile(FIVE, origin)
    assert len(compiled) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("version", lambda _: "1.0"), ("SETTINGS", {"cranelift_opt_level": "speed"})],
)
def test_another_wasmtime_or_setting_is_another_entry(
    folder: Path,
    compiled: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: object,
) -> None:
    wasmtime_compiler.Compiler(CodeCache(folder)).compile(FIVE, ORIGIN)
    monkeypatch.setattr(wasmtime_compiler, name, value)
    wasmtime_compiler.Compiler(CodeCache(folder)).compile(FIVE, ORIGIN)
    assert len(compiled) == 2
    assert len(files(folder)) == 2


def test_another_machine_is_another_entry(
    folder: Path, compiled: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    wasmtime_compiler.Compiler(CodeCache(folder)).compile(FIVE, ORIGIN)
    monkeypatch.setattr(wasmtime_compiler.platform, "machine", lambda: "mips")
    wasmtime_compiler.Compiler(CodeCache(folder)).compile(FIVE, ORIGIN)
    assert len(compiled) == 2


def test_code_without_an_origin_is_not_kept(
    folder: Path, compiled: list[bytes]
) -> None:
    compiler = wasmtime_compiler.Compiler(CodeCache(folder))
    compiler.compile(FIVE, None)
    assert (len(compiled), files(folder)) == (1, [])


def test_what_wasmtime_itself_refuses_is_deleted_and_compiled(
    folder: Path, compiled: list[bytes]
) -> None:
    used = gas_used(metered(folder))
    cache = CodeCache(folder)
    (file,) = files(folder)
    # A complete file by our rules, with code that wasmtime did not make.
    key = json.loads(file.read_bytes().splitlines()[1])
    cache.store(key, b"no code of wasmtime's")
    assert gas_used(metered(folder)) == used
    assert len(compiled) == 2
    assert gas_used(metered(folder)) == used
    assert len(compiled) == 2


# Where it is


def test_the_environment_says_where_the_cache_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTVM_CACHE", str(folder))
    cache = default_cache()
    assert cache is not None
    assert (folder / "compiled").is_dir()
    monkeypatch.setenv("CONTRACTVM_CACHE", "")
    assert default_cache() is None


def test_without_it_the_cache_is_with_the_users_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONTRACTVM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    assert default_cache() is not None
    assert (folder / "contractvm" / "compiled").is_dir()


def test_a_refused_cache_is_warned_of_and_the_engine_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "compiled").mkdir(parents=True)
    (folder / "compiled").chmod(0o777)
    monkeypatch.setenv("CONTRACTVM_CACHE", str(folder))
    with pytest.warns(UserWarning, match="not this user's alone") as warned:
        engine = make_engine("wasmtime")
    assert len(warned) == 1
    schedule = load_schedule("ewasm-metered")
    gas_used(Pipeline(engine, schedule, Profile("any")))
    assert files(folder / "compiled") == []
