"""Exit 0 if the engines differ on a module: what `wasm-tools shrink` asks."""

import sys
from pathlib import Path

from tools.fuzz.comparison import compare_module

if __name__ == "__main__":
    seed, terminates, path = sys.argv[1:]
    report = compare_module(
        Path(path).read_bytes(), int(seed), terminates=terminates == "1"
    )
    sys.exit(report.difference is None)
