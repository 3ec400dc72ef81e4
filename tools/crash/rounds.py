"""One kill after another on one directory, and a record of what was reported."""

import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.crash.child_process import ChildProcess

# Blocks that a garbage collection may not remove.
KEPT = 40
CHILD_MODULE = "tools.crash.child"
# Much longer than a check takes, on however busy a machine.
MAX_SECONDS_UNTIL_READY = 300
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
    """The directory, the blocks that were reported from it, and a source of chance.

    `child` is what Python runs on the directory.
    """

    def __init__(
        self, path: Path, seed: int, child: tuple[str, ...] = ("-m", CHILD_MODULE)
    ) -> None:
        self.tally = Tally()
        self._path = path
        self._random = random.Random(seed)
        self._command = (sys.executable, *child, str(path))
        self._reported: dict[int, str] = {}
        self._branches: dict[str, str] = {}
        self._rounds = 0

    def round(self) -> str | None:
        """Start, kill, take down what was reported; what went wrong, if anything."""
        with self._start(is_last=False) as child:
            self._rounds += 1
            if self._random.random() < SHARE_KILLED_WHILE_CHECKING:
                time.sleep(self._random.uniform(0, MAX_SECONDS_OF_CHECK))
            elif child.wait_for("ready", MAX_SECONDS_UNTIL_READY):
                time.sleep(self._random.uniform(0, MAX_SECONDS_TO_KILL))
            elif child.kill():
                return f"not ready in {MAX_SECONDS_UNTIL_READY} s: {child.text()}"
            if not child.kill():
                return f"ended by itself: {child.text()}"
            self._take_down(child.lines())
        return None

    def forge_report(self, number: int, block_hash: str) -> None:
        """Take down a block that was never there, which the next check must miss."""
        self._reported[number] = block_hash

    def forge_branch(self, name: str, block_hash: str) -> None:
        """Take down a branch that was never there, which the next check must miss."""
        self._branches[name] = block_hash

    def last_check(self) -> str | None:
        """Open once more and check; what is wrong, if anything."""
        with self._start(is_last=True) as child:
            return None if child.wait() == 0 else child.text()

    def _start(self, *, is_last: bool) -> ChildProcess:
        task = {
            "reported": self._reported,
            "branches": self._branches,
            "seed": self._random.randrange(1 << 32),
            "is_last": is_last,
            "is_to_prune": self._rounds % ROUNDS_BETWEEN_WHOLE_PRUNINGS == 0,
        }
        return ChildProcess(self._command, json.dumps(task) + "\n")

    def _take_down(self, lines: list[str]) -> None:
        """Take down what each line says.

        Lines are `ready NUMBER`, `block NUMBER HASH`, `branch NAME HASH`,
        `forget NAME`, `prune`, `pruned`. What is left is reported when it is done;
        what is forgotten before: killed between, the branch may be there or not, and
        neither is asked for.
        """
        last = ""
        for line in lines:
            last, *facts = line.split()
            match last:
                case "ready":
                    self._note_unreported(int(facts[0]))
                case "block":
                    self._reported[int(facts[0])] = facts[1]
                    self.tally.blocks += 1
                case "branch":
                    self._branches[facts[0]] = facts[1]
                    self.tally.branches += 1
                case "forget":
                    self._branches.pop(facts[0], None)
        for number in sorted(self._reported)[:-KEPT]:
            del self._reported[number]
        self.tally.kills += 1
        self.tally.while_checking += not lines
        self.tally.while_pruning += last == "prune"
        self.tally.while_writing_a_table += self._was_writing_a_table()

    def _note_unreported(self, head_number: int) -> None:
        newest = max(self._reported, default=0)
        self.tally.unreported += max(head_number - newest, 0)

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
