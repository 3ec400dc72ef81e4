"""Debug builds of a project, found by the code of a contract."""

from pathlib import Path

from contractvm.errors import ContractVmError
from contractvm.ledger.debug_files import read_debug_build
from contractvm.ledger.debug_info import DebugBuild, code_section
from contractvm.runtime.module_source import MAX_MODULE_BYTES
from contractvm_cli.address_book import project_path
from contractvm_cli.failures import say_warning
from gas_schedule.bounded_files import read_bounded

FOLDER = "build"
MAX_BUILDS = 1_000


def find_build(code: bytes) -> DebugBuild | None:
    """What `contractvm build` wrote for this code; None if there is nothing."""
    section = code_section(code)
    for path in sorted(project_path(FOLDER).glob("*.debug.wasm"))[:MAX_BUILDS]:
        if is_build(path, section):
            try:
                return DebugBuild(read_debug_build(path))
            except ContractVmError as error:
                say_warning(str(error))
    return None


def is_build(path: Path, section: bytes) -> bool:
    """Whether the file is a module with this code section."""
    try:
        content = read_bounded(path, MAX_MODULE_BYTES)
        return bool(section) and code_section(content) == section
    except (OSError, IndexError):
        return False
