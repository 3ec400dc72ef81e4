"""Every benchmark of the engine: `python -m benchmarks`, run by `make bench`.

Each runs in a process of its own, so that none inherits memory or garbage. With
`--record FILE` what they print also goes into the file, between its two marks.
"""

import argparse
import subprocess
import sys
from pathlib import Path

BENCHMARKS = (
    "interpreter",
    "metering_cost",
    "host_call_cost",
    "preparation",
    "small_contract",
    "nested_instances",
    "second_engine",
    "start_up",
    "fuzz_cases",
    "fuzz",
    "fuzz_forge",
)
BEGIN = "<!-- written by `python -m benchmarks --record` -->\n"
END = "<!-- end of what was written -->\n"


def run_benchmark(name: str) -> str:
    """Print a benchmark's lines as they come, and return them."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return "".join(lines)


def record(report: str, document: Path) -> None:
    """Put the report between the marks of a document."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{document} has no marks for the report")
    block = f"\n```text\n{report.rstrip()}\n```\n\n"
    document.write_text(before + begin + block + end + after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, metavar="FILE")
    document = parser.parse_args().record
    reports = []
    for name in BENCHMARKS:
        reports.append(run_benchmark(name))
        print(flush=True)
    if document is not None:
        record("\n".join(reports), document)


if __name__ == "__main__":
    main()
