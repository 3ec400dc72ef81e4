"""Every benchmark of the engine, one after the other: `python -m benchmarks`."""

from benchmarks import (
    host_call_cost,
    interpreter,
    nested_instances,
    preparation,
    small_contract,
    start_up,
)

BENCHMARKS = (
    interpreter,
    host_call_cost,
    preparation,
    small_contract,
    nested_instances,
    start_up,
)


def main() -> None:
    for benchmark in BENCHMARKS:
        benchmark.main()
        print(flush=True)


if __name__ == "__main__":
    main()
