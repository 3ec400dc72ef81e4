"""Frames and options of an ABI that are not its own."""

from hashlib import sha256

import pytest

from contractvm.errors import InternalError
from contractvm.guests.abi import NoAbi
from contractvm.guests.extism_abi import ExtismAbi
from contractvm.guests.frame import GuestFrame
from contractvm.guests.limits import Limits
from contractvm.guests.options import RunOptions
from contractvm.guests.outcomes import Exited, Failed
from contractvm.guests.wasi_abi import WasiAbi
from contractvm.hosts.extism.state import PluginFailed
from contractvm.hosts.wasi.clock import Clock
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink

WASI, EXTISM = WasiAbi(), ExtismAbi()


def test_without_an_abi_no_options_are_kept() -> None:
    abi = NoAbi()
    assert abi.pack(RunOptions()) == b""
    assert abi.unpack(b"") == {}
    assert abi.digest(GuestFrame(Limits(), {})) == sha256().digest()
    with pytest.raises(ValueError, match=r"^options of an ABI where there is none$"):
        abi.unpack(b"\0")


def test_a_frame_of_another_abi_is_no_frame_of_this_one() -> None:
    frame = GuestFrame(Limits(), {})
    with pytest.raises(InternalError, match=r"^a frame without its WASI$"):
        WASI.digest(frame)
    with pytest.raises(InternalError, match=r"^a frame without its WASI$"):
        EXTISM.digest(frame)


def test_file_trees_of_options_are_kept_whole() -> None:
    entries = {"a": None, "a/b": b"1", "c": SymbolicLink("a/b")}
    mounts = {
        "/one": FileTree(entries, writable=True),
        "/two": FileTree({"x": b""}),
    }
    options = RunOptions(mounts=mounts, clock=Clock(start=7), config={"k": "v"})
    assert WASI.unpack(WASI.pack(options)) == {
        "mounts": mounts,
        "clock": Clock(start=7),
    }
    kept = EXTISM.unpack(EXTISM.pack(options))
    assert kept == {"mounts": mounts, "clock": Clock(start=7), "config": {"k": "v"}}


def test_the_ends_of_programs_and_plugins_have_outcomes() -> None:
    assert WASI.outcome_of(ProcessExit(3)) == Exited(3)
    assert WASI.outcome_of(PluginFailed("why")) is None
    assert EXTISM.outcome_of(PluginFailed("why")) == Failed("why")
    assert EXTISM.outcome_of(ProcessExit(3)) == Exited(3)
    assert EXTISM.outcome_of(ValueError()) is None
