"""Shrinking of a contract's module with `wasm-tools shrink`.

The tool asks a script about every module that it tries. The script asks this process
through two pipes in a directory, so that no question starts anything new. The result
depends on the module, the answers, the attempts and the seed alone.
"""

import os
import subprocess
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory

from contract_fuzz.errors import ShrinkerMissing
from contractvm.spec_scripts.wasm_tools import wasm_tools_path

DEFAULT_ATTEMPTS = 200
SEED = 42
SCRIPT = """#!/bin/sh
printf '%s\\n' "$1" > '{asked}'
read answer < '{answers}'
exit "$answer"
"""

ShowsIt = Callable[[bytes], bool]


def find_wasm_tools() -> str:
    """The program's path; raises ShrinkerMissing."""
    found = wasm_tools_path()
    if found is None:
        raise ShrinkerMissing
    return found


def shrink_module(
    code: bytes, shows: ShowsIt, *, attempts: int = DEFAULT_ATTEMPTS
) -> bytes:
    """The smallest module found for which `shows` is true, as it is for `code`.

    Ends after this many attempts without progress. Raises what `shows` raises, and
    ShrinkerMissing.
    """
    program = find_wasm_tools()
    asker = Asker(code, shows)
    with TemporaryDirectory(prefix="contractvm-shrink-") as folder:
        asker.serve(program, Path(folder), attempts)
    return asker.smallest


class Asker:
    """Answers the tool's questions; a module that was asked about is run once."""

    def __init__(self, code: bytes, shows: ShowsIt) -> None:
        self.smallest = code
        self._shows = shows
        self._answers: dict[bytes, bool] = {code: True}
        self._error: BaseException | None = None

    def serve(self, program: str, folder: Path, attempts: int) -> None:
        """Run the tool to its end."""
        asked, answers = folder.joinpath("asked"), folder.joinpath("answers")
        script = folder.joinpath("shows.sh")
        script.write_text(SCRIPT.format(asked=asked, answers=answers))
        script.chmod(0o700)
        for pipe in (asked, answers):
            os.mkfifo(pipe)
        first = folder.joinpath("first.wasm")
        first.write_bytes(self.smallest)
        command = [
            *(program, "shrink", str(script), str(first)),
            *("--output", str(folder.joinpath("last.wasm"))),
            *("--attempts", str(attempts), "--seed", str(SEED)),
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Kept open on both sides: no opening ever waits, and nothing is lost.
        with open_pipe(asked) as questions, open_pipe(answers) as replies:
            thread = threading.Thread(target=end_questions, args=(process, questions))
            thread.start()
            try:
                self._answer_all(questions, replies)
            finally:
                process.kill()
                thread.join()
        if self._error is not None:
            raise self._error

    def _answer_all(self, questions: FileIO, replies: FileIO) -> None:
        """Until an empty question comes: the tool has ended."""
        while self._error is None:
            question = questions.readline().decode().strip()
            if not question:
                return
            answer = self._answer(Path(question).read_bytes())
            replies.write(b"0\n" if answer else b"1\n")

    def _answer(self, code: bytes) -> bool:
        if code not in self._answers:
            try:
                self._answers[code] = self._shows(code)
            except BaseException as error:  # noqa: BLE001 (raised when the tool ended)
                self._error = error
                return False
        shows = self._answers[code]
        if shows and len(code) < len(self.smallest):
            self.smallest = code
        return shows


def open_pipe(path: Path) -> FileIO:
    """A named pipe to read and to write, with no buffer."""
    return FileIO(os.open(path, os.O_RDWR), "r+", closefd=True)


def end_questions(process: "subprocess.Popen[bytes]", questions: FileIO) -> None:
    """Send an empty question when the tool has ended, to wake the reader."""
    process.wait()
    questions.write(b"\n")
