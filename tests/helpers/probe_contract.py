"""The contract of the JSON-RPC probes, from its text in `contracts/`."""

from functools import cache
from pathlib import Path

import wasmtime

FOLDER = Path(__file__).parent / "contracts"
SIGNATURE = bytes.fromhex(
    "b52dda022b6c1a1f40905a85f257f689aa5d69d850e49cf939d688fbe5af5946"
)
GET = "0x6d4ce63c"
INCREMENT = "0xd09de08a"
FAIL = "0xa9cc4718"
FAIL_CUSTOM = "0xa7b8133a"
TRAP = "0x8372d15a"
BURN = "0xf0acd7d5"


def set_data(number: int) -> str:
    """The call data of set(uint256)."""
    return f"0x60fe47b1{number:064x}"


@cache
def probe_runtime() -> bytes:
    """The module that stands at the account."""
    return _module("probe.wat", SIGNATURE=_text(SIGNATURE))


@cache
def probe_init_code() -> bytes:
    """The module that a creation runs: it stores 42 and logs it."""
    runtime = probe_runtime()
    return _module(
        "probe_init.wat",
        SIGNATURE=_text(SIGNATURE),
        RUNTIME=_text(runtime),
        SIZE=str(len(runtime)),
    )


def _module(name: str, **values: str) -> bytes:
    text = (FOLDER / name).read_text()
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return bytes(wasmtime.wat2wasm(text))


def _text(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)
