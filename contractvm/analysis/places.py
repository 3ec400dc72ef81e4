"""Readable places in a module: names of funcs, bytes in the file, source lines."""

from contractvm.analysis.findings import CodePlace
from contractvm.ledger.source_lines import read_lines
from contractvm.wasm.binary.name_section import func_names
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_OPCODE


class ModulePlaces:
    """Finds the place of an instruction; a position counts in its func's body.

    `debug_fault` says which debug information cannot be read, None if all can.
    """

    def __init__(self, module: Module) -> None:
        self.names = func_names(module)
        self._module = module
        self._imported = len(module.imports_of(ExternKind.FUNC))
        found = read_lines(module)
        self._lines = found.lines
        self.debug_fault = found.fault

    def func(self, func_index: int) -> CodePlace:
        """The place of a func."""
        return CodePlace(func_index, self.names[func_index])

    def instruction(self, func_index: int, position: int, opcode: int) -> CodePlace:
        """The place of an instruction of a func that the module defines."""
        offset = self._module.funcs[func_index - self._imported].offset + position
        line = None
        if self._lines is not None:
            line = self._lines.line_at(offset - self._module.code_offset)
        return CodePlace(
            func_index,
            self.names[func_index],
            offset,
            BY_OPCODE[opcode].mnemonic,
            line,
        )
