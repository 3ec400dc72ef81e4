"""The bytes of a module in a file."""

from pathlib import Path


def module_bytes(path: Path) -> bytes:
    """The bytes of a `.wasm` file, or of a `.wat` file, converted."""
    content = path.read_bytes()
    if path.suffix == ".wat":
        import wasmtime  # noqa: PLC0415 (takes 50 ms, and few need it)

        return bytes(wasmtime.wat2wasm(content.decode()))
    return content
