"""Source lines from another build of a contract, one with debug information."""

from pathlib import Path

from chain_sim.ethereum.gas_report.frame_report import lines_of_code
from contractvm.ledger.debug_files import read_debug_build
from contractvm.ledger.debug_info import code_section
from contractvm.ledger.source_lines import ModuleLines, read_lines
from contractvm.wasm.binary.decoder import decode_module
from contractvm_cli.failures import CommandFailed
from contractvm_cli.module_files import naming_file


def lines_of_build(path: Path) -> "BuildLines":
    """The lines of the build in a file, for contracts with the same code section.

    Raises CommandFailed for a module without lines; other contracts keep their own.
    """
    build = read_debug_build(path)
    with naming_file(path):
        found = read_lines(decode_module(build))
    if found.lines is None and found.fault is None:
        raise CommandFailed(f"{path}: no debug information")
    if found.lines is None:
        raise CommandFailed(f"{path}: debug information without lines: {found.fault}")
    return BuildLines(path, code_section(build), found)


class BuildLines:
    """The lines of one code section."""

    def __init__(self, path: Path, section: bytes, lines: ModuleLines) -> None:
        self._path = path
        self._section = section
        self._lines = lines
        self._is_used = False

    def find(self, code: bytes) -> ModuleLines:
        """The lines of a contract."""
        if code_section(code) == self._section:
            self._is_used = True
            return self._lines
        return lines_of_code(code)

    def require_used(self) -> None:
        """Raise CommandFailed if no contract that ran has this code section."""
        if not self._is_used:
            raise CommandFailed(
                f"{self._path}: its code section is not that of a contract that ran:"
                " build it from the same source, with the same compiler and options"
            )
