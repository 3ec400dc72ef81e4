"""Build the example contracts: `python -m examples.build`, run by `make examples`."""

import argparse
import tempfile
from pathlib import Path

from examples.wasm_compiler import compile_module

HERE = Path(__file__).parent

# In this order: each embeds what the ones above it gave.
CONTRACTS = (
    ("counter/counter.wasm", "counter/counter.wat"),
    ("keccak/keccak.wasm", "keccak/keccak.c"),
    ("token/token.wasm", "token/token.c"),
    ("token/token_init.wasm", "token/token_init.c"),
)


def build_all(output_folder: Path) -> None:
    """Build every contract below `output_folder`."""
    with tempfile.TemporaryDirectory() as cache:
        for output_name, source_name in CONTRACTS:
            output = output_folder / output_name
            output.parent.mkdir(parents=True, exist_ok=True)
            compile_module(HERE / source_name, output, Path(cache))
            print(f"{output_name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    build_all(parser.parse_args().output)
