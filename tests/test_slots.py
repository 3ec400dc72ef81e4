"""Objects that there may be many of have slots, and no dict beside them."""

from importlib import import_module

import pytest

SLOTTED = [
    ("chain_sim.ethereum.state.overlay", "AccountStorage"),
    ("contract_fuzz.cases.positions", "OpenPosition"),
    ("contractvm.guests.frame", "Context"),
    ("contractvm.hosts.evm.frame", "Frame"),
    ("contractvm.hosts.extism.host_call", "HostCall"),
    ("contractvm.hosts.wasi.clock", "RunningClock"),
    ("contractvm.hosts.wasi.contents", "Contents"),
    ("contractvm.hosts.wasi.descriptors", "Descriptor"),
    ("contractvm.hosts.wasi.descriptors", "StandardInput"),
    ("contractvm.hosts.wasi.descriptors", "StandardOutput"),
    ("contractvm.hosts.wasi.file_tree", "FileTree"),
    ("contractvm.hosts.wasi.host_call", "HostCall"),
    ("contractvm.hosts.wasi.nodes", "Device"),
    ("contractvm.hosts.wasi.nodes", "Directory"),
    ("contractvm.hosts.wasi.nodes", "File"),
    ("contractvm.hosts.wasi.nodes", "Link"),
    ("contractvm.hosts.wasi.nodes", "Node"),
    ("contractvm.hosts.wasi.random_stream", "RandomStream"),
    ("contractvm.ledger.dwarf.cursor", "Cursor"),
    ("contractvm.ledger.dwarf.cursor", "Work"),
    ("contractvm.wasm.binary.reader", "ByteReader"),
    ("contractvm.wasm.engines.stop_flag", "StopFlag"),
    ("contractvm.wasm.engines.wasmtime.store", "StoreCall"),
    ("contractvm.wasm.interpreter.instance", "ModuleInstance"),
]


@pytest.mark.parametrize(("module", "name"), SLOTTED)
def test_an_object_has_no_dict(module: str, name: str) -> None:
    assert getattr(import_module(module), name).__dictoffset__ == 0
