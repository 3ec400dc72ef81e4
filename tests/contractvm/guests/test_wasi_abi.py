"""What a tape keeps of a program's surroundings, and the state that it ends with."""

from hashlib import sha256

import msgspec
import pytest

from contractvm.errors import InternalError
from contractvm.guests.extism_abi import ExtismAbi
from contractvm.guests.frame import GuestFrame
from contractvm.guests.options import RunOptions
from contractvm.guests.wasi_abi import WasiAbi, WasiFrame
from contractvm.hosts.wasi.clock import Clock
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink

WASI, EXTISM = WasiAbi(), ExtismAbi()
CLOCK = Clock(start=5, nanoseconds_per_gas=7, frozen=True)
MOUNTS = {
    "/": FileTree({"a": b"1", "b/c": SymbolicLink("../a"), "d": None}, writable=True),
    "/x": FileTree({"e": b""}),
}


def test_surroundings_come_back_as_they_were() -> None:
    options = RunOptions(mounts=MOUNTS, clock=CLOCK)
    found = WASI.unpack(WASI.pack(options))
    assert found == {"mounts": MOUNTS, "clock": CLOCK}
    assert [tree.writable for tree in found["mounts"].values()] == [True, False]


def test_a_plugins_settings_come_back_beside_them() -> None:
    options = RunOptions(mounts=MOUNTS, clock=CLOCK, config={"k": "v"})
    assert EXTISM.unpack(EXTISM.pack(options)) == {
        "mounts": MOUNTS,
        "clock": CLOCK,
        "config": {"k": "v"},
    }


def test_without_a_clock_the_default_one_is_kept() -> None:
    assert WASI.unpack(WASI.pack(RunOptions())) == {"mounts": {}, "clock": Clock()}


def test_damaged_surroundings_are_refused() -> None:
    packed = WASI.pack(RunOptions(mounts=MOUNTS))
    for abi in (WASI, EXTISM):
        with pytest.raises(ValueError, match="truncated"):
            abi.unpack(packed[:-1])
        with pytest.raises(ValueError, match="nest"):
            abi.unpack(b"\x91" * 5_000 + b"\x00")
    with pytest.raises(msgspec.ValidationError):
        WASI.unpack(msgspec.msgpack.encode({"mounts": 1, "clock": CLOCK}))


def test_the_digest_is_of_paths_and_of_what_is_mounted_there() -> None:
    frame = WasiFrame(RunOptions(mounts=MOUNTS), {})
    wanted = sha256()
    for path, tree in MOUNTS.items():
        wanted.update(sha256(path.encode()).digest() + tree.digest())
    assert WASI.digest(frame) == wanted.digest()
    empty = WasiFrame(RunOptions(), {})
    assert WASI.digest(empty) == sha256().digest()


def test_a_frame_of_another_abi_is_our_own_fault() -> None:
    frame = GuestFrame(RunOptions().limits, {})
    with pytest.raises(InternalError, match="a frame without its WASI"):
        WASI.digest(frame)
    with pytest.raises(InternalError, match="a frame without its WASI"):
        EXTISM.outputs(frame)
