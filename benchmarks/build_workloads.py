"""Build the workloads of calibration: `python -m benchmarks.build_workloads`.

Run by `make kernels`. Each is one file of C in `contractvm/calibration/workloads`, and
gives the module next to it.
"""

import tempfile
from pathlib import Path

from contractvm.calibration.workloads import FOLDER
from examples.wasm_compiler import compile_module


def build_all(output_folder: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        for source in sorted(FOLDER.glob("*.c")):
            output = output_folder / f"{source.stem}.wasm"
            compile_module(source, output, Path(cache))
            print(f"{output.name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    build_all(FOLDER)
