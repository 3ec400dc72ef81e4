"""`python -m tools.crash`: kill a process that commits blocks, and see what is left.

Each round starts a fresh process on the directory that the last one left. It
checks that every block reported before is there and whole, walks the whole state, and
goes on committing until it is killed. Some are killed while they still check.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tools.crash.rounds import CrashTest, Tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--db", type=Path, help="a directory to keep; else a new one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        test = CrashTest(options.db or Path(folder) / "chain", options.seed)
        for number in range(options.kills):
            fault = test.round()
            if fault is not None:
                sys.exit(f"kill {number}, seed {options.seed}: {fault}")
            if (number + 1) % 25 == 0 or number + 1 == options.kills:
                say(describe(test.tally))
        fault = test.last_check()
    if fault is not None:
        sys.exit(f"after the last kill: {fault}")
    say("nothing was lost")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def describe(tally: Tally) -> str:
    return (
        f"{tally.kills} kills: {tally.blocks} blocks and {tally.branches} branches"
        " reported,"
        f" {tally.while_checking} killed while checking,"
        f" {tally.while_writing_a_table} while LevelDB wrote or compacted a table,"
        f" {tally.while_pruning} during a garbage collection,"
        f" {tally.unreported} blocks kept that were not yet reported"
    )


if __name__ == "__main__":
    main()
