"""Build the kernels: `python -m benchmarks.build_kernels`, run by `make kernels`.

Each is one file in `benchmarks/kernels`, C or WAT, and gives the module next to it.
"""

import argparse
import tempfile
from pathlib import Path

from examples.wasm_compiler import compile_module

KERNEL_FOLDER = Path(__file__).parent / "kernels"
MEMORY_PAGES = {
    "hash_map": 5,
    "lz4": 5,
    "memory_copy": 2,
    "matrix": 4,
    "sieve": 17,
    "sort": 5,
    "utf8": 3,
}


def build_all(output_folder: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        for source in sorted(KERNEL_FOLDER.iterdir()):
            if source.suffix not in {".c", ".wat"}:
                continue
            output = output_folder / f"{source.stem}.wasm"
            pages = MEMORY_PAGES.get(source.stem, 1)
            compile_module(source, output, Path(cache), memory_pages=pages)
            print(f"{output.name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=KERNEL_FOLDER)
    build_all(parser.parse_args().output)
