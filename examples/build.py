"""Build the example contracts: `python -m examples.build`, run by `make examples`."""

import argparse
import tempfile
from pathlib import Path

from examples.wasm_compiler import compile_module

HERE = Path(__file__).parent

# In this order: each embeds what the ones above it gave.
CONTRACTS = (
    ("counter/counter.wasm", "counter/counter.wat"),
    ("guests/shout.wasm", "guests/shout.wat"),
    ("keccak/keccak.wasm", "keccak/keccak.c"),
    ("token/token.wasm", "token/token.c"),
    ("token/token_init.wasm", "token/token_init.c"),
)


def build_all(output_folder: Path, *, keeps_debug: bool = False) -> None:
    """Build every contract below `output_folder`."""
    with tempfile.TemporaryDirectory() as cache:
        for output_name, source_name in CONTRACTS:
            output = output_folder / output_name
            output.parent.mkdir(parents=True, exist_ok=True)
            compile_module(
                HERE / source_name, output, Path(cache), keeps_debug=keeps_debug
            )
            print(f"{output_name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--debug", action="store_true", help="keep source lines")
    wanted = parser.parse_args()
    build_all(wanted.output, keeps_debug=wanted.debug)
