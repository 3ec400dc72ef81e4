"""The corpus: modules on which the engines once differed, each a small JSON file."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.wasm_tools import ENVIRONMENT, program
from tools.fuzz.comparison import Difference, compare_module

CORPUS = Path(__file__).parent.joinpath("corpus")
SHRINK_SECONDS = 60


@dataclass(frozen=True)
class Case:
    """What is needed to run a module again, and what was seen."""

    name: str
    seed: int
    terminates: bool
    wasm: bytes
    story: str

    def write(self, folder: Path) -> Path:
        """Write it as a file; the path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder.joinpath(f"{self.name}.json")
        content = {
            "story": self.story,
            "seed": self.seed,
            "terminates": self.terminates,
            "wasm": self.wasm.hex(),
        }
        path.write_text(json.dumps(content, indent=2) + "\n")
        return path

    def difference(self) -> Difference | None:
        """Where the engines differ now."""
        return compare_module(
            self.wasm, self.seed, terminates=self.terminates
        ).difference


def read_case(path: Path) -> Case:
    """The case of a file."""
    content = json.loads(path.read_text())
    return Case(
        path.stem,
        content["seed"],
        content["terminates"],
        bytes.fromhex(content["wasm"]),
        content["story"],
    )


def shrunk(case: Case) -> Case:
    """The case with a smaller module that differs in the same form, where there is."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.wasm")
        small = Path(folder, "small.wasm")
        predicate = Path(folder, "differs")
        whole.write_bytes(case.wasm)
        terminates = int(case.terminates)
        predicate.write_text(
            f"#!/bin/sh\nexec {sys.executable} -m tools.fuzz.still_differs"
            f' {case.seed} {terminates} "$1" >/dev/null 2>&1\n'
        )
        predicate.chmod(0o755)
        command = [program(), "shrink", predicate, whole, "-o", small, "-a", "60"]
        try:
            subprocess.run(
                command,
                env=ENVIRONMENT,
                capture_output=True,
                timeout=SHRINK_SECONDS,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            return case
        return Case(
            case.name, case.seed, case.terminates, small.read_bytes(), case.story
        )
