"""One kill after another on one directory, and the books about what was reported."""

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.source_tree import ROOT

# Blocks that a garbage collection may not remove.
KEPT = 40
MAX_SECONDS_TO_KILL = 0.5
MAX_SECONDS_OF_CHECK = 0.9
SHARE_KILLED_WHILE_CHECKING = 0.15
# A collection takes longer than most rounds: some are let finish, or the garbage grows.
ROUNDS_BETWEEN_WHOLE_PRUNINGS = 10


@dataclass
class Tally:
    kills: int = 0
    blocks: int = 0
    branches: int = 0
    while_checking: int = 0
    while_writing_a_table: int = 0
    while_pruning: int = 0
    unreported: int = 0


class CrashTest:
    """The directory, the blocks that were reported from it, and a source of chance."""

    def __init__(self, path: Path, seed: int) -> None:
        self.tally = Tally()
        self._path = path
        self._random = random.Random(seed)
        self._reported: dict[int, str] = {}
        self._branches: dict[str, str] = {}
        self._rounds = 0

    def round(self) -> str | None:
        """Start, kill, take down what was reported; what went wrong, if anything."""
        process = self._start(is_last=False)
        self._rounds += 1
        is_killed_early = self._random.random() < SHARE_KILLED_WHILE_CHECKING
        if is_killed_early:
            time.sleep(self._random.uniform(0, MAX_SECONDS_OF_CHECK))
        else:
            fault = self._wait_until_ready(process)
            if fault is not None:
                return fault
            time.sleep(self._random.uniform(0, MAX_SECONDS_TO_KILL))
        is_running = process.poll() is None
        process.kill()
        output, errors = process.communicate()
        if not is_running:
            return f"ended by itself: {output}{errors}"
        self._take_down(output.splitlines(), is_killed_early)
        return None

    def forge_report(self, number: int, block_hash: str) -> None:
        """Take down a block that was never there, which the next check must miss."""
        self._reported[number] = block_hash

    def forge_branch(self, name: str, block_hash: str) -> None:
        """Take down a branch that was never there, which the next check must miss."""
        self._branches[name] = block_hash

    def last_check(self) -> str | None:
        """Open once more and check; what is wrong, if anything."""
        process = self._start(is_last=True)
        output, errors = process.communicate()
        return None if process.returncode == 0 else output + errors

    def _start(self, *, is_last: bool) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child", str(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        task = {
            "reported": self._reported,
            "branches": self._branches,
            "seed": self._random.randrange(1 << 32),
            "is_last": is_last,
            "is_to_prune": self._rounds % ROUNDS_BETWEEN_WHOLE_PRUNINGS == 0,
        }
        assert process.stdin is not None
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        return process

    def _wait_until_ready(self, process: "subprocess.Popen[str]") -> str | None:
        assert process.stdout is not None
        line = process.stdout.readline()
        if line.startswith("ready"):
            self._note_unreported(line)
            return None
        process.kill()
        return line + "".join(process.communicate())

    def _take_down(self, lines: list[str], is_checking: bool) -> None:
        """Take down what each line says that is whole.

        Lines are `ready NUMBER`, `block NUMBER HASH`, `branch NAME HASH`,
        `forget NAME`, `prune`, `pruned`. What is left is reported when it is done,
        what is forgotten before.
        """
        last = ""
        for line in lines:
            kind, *facts = line.split()
            last = kind
            if kind == "ready":
                self._note_unreported(line)
                is_checking = False
            if kind == "block" and len(facts) == 2:
                self._reported[int(facts[0])] = facts[1]
                self.tally.blocks += 1
            if kind == "branch" and len(facts) == 2:
                self._branches[facts[0]] = facts[1]
                self.tally.branches += 1
            if kind == "forget" and facts:
                self._branches.pop(facts[0], None)
        for number in sorted(self._reported)[:-KEPT]:
            del self._reported[number]
        self.tally.kills += 1
        self.tally.while_checking += is_checking
        self.tally.while_pruning += last == "prune"
        self.tally.while_writing_a_table += self._was_writing_a_table()

    def _note_unreported(self, line: str) -> None:
        newest = max(self._reported, default=0)
        self.tally.unreported += max(int(line.split()[1]) - newest, 0)

    def _was_writing_a_table(self) -> bool:
        """Whether LevelDB's own diary ends within a compaction or a flush."""
        diary = self._path / "LOG"
        lines = diary.read_text().splitlines() if diary.exists() else []
        started = sum(": started" in line or " Compacting " in line for line in lines)
        ended = sum(
            line.endswith((" OK", "bytes OK")) or " Compacted " in line
            for line in lines
        )
        return started > ended
