"""Every benchmark of the engine: `python -m benchmarks`, run by `make bench`.

Each runs in a process of its own, so that none inherits memory or garbage.
"""

import subprocess
import sys

BENCHMARKS = (
    "interpreter",
    "host_call_cost",
    "preparation",
    "small_contract",
    "nested_instances",
    "start_up",
)


def main() -> None:
    for name in BENCHMARKS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
        print(flush=True)


if __name__ == "__main__":
    main()
