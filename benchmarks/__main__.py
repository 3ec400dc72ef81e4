"""Every benchmark of the engine, one after the other: `python -m benchmarks`."""

from benchmarks import interpreter


def main() -> None:
    interpreter.main()


if __name__ == "__main__":
    main()
