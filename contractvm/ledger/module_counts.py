"""Counts of a traced module's sites, as instructions and sizes."""

from collections.abc import Iterator, Mapping

from contractvm.errors import InternalError
from contractvm.ledger.quantities import (
    CARRIED,
    HEADER,
    LOCAL,
    Quantities,
    Quantity,
    QuantityKind,
    add_quantities,
)
from contractvm.metering.item_counts import CountedInstruction
from contractvm.metering.metered_blocks import MeteredBlock
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.engines.tracing import SiteKind

# By site: how often it was passed, and the sum of the sizes there.
SiteCounts = Mapping[int, tuple[int, int]]

Place = tuple[int, str]  # offset in the content of the code section, mnemonic


class ModuleCounts:
    """The sites of one traced module."""

    def __init__(self, prepared: PreparedModule) -> None:
        blocks = prepared.blocks
        if blocks is None:
            raise InternalError("only traced modules have counts")
        self._has_headers = blocks.header > 0
        # How many sites of a kind each func has had so far.
        seen: dict[tuple[int, SiteKind], int] = {}
        self._charges: dict[int, tuple[MeteredBlock, int]] = {}
        self._sized: dict[int, Place] = {}
        funcs = blocks.funcs
        self._branches = {
            edge.site: (funcs[edge.func_number].code_offset + edge.position, edge.index)
            for edge in prepared.branches
        }
        for number, site in enumerate(prepared.compiled.each_site()):
            if site.kind is SiteKind.EDGE:
                continue
            kind = (site.func_number, site.kind)
            order = seen.get(kind, 0)
            seen[kind] = order + 1
            func = blocks.funcs[site.func_number]
            if site.kind is SiteKind.CHARGE:
                self._charges[number] = (func.blocks[order], func.code_offset)
            else:
                position, mnemonic = func.sized[order]
                self._sized[number] = (func.code_offset + position, mnemonic)
        self._tallies: dict[int, Quantities] = {}

    def counted(self, sites: SiteCounts) -> Quantities:
        """The quantities executed, if the sites were passed that often."""
        total: Quantities = {}
        for number, (count, size) in sites.items():
            if number in self._sized:
                quantity = Quantity(QuantityKind.SIZE, self._sized[number][1])
                total[quantity] = total.get(quantity, 0) + size
            elif number in self._charges:
                for quantity, each in self._tally(number).items():
                    total[quantity] = total.get(quantity, 0) + each * count
        return total

    def _tally(self, number: int) -> Quantities:
        """The quantities that a charge pays for each time."""
        tally = self._tallies.get(number)
        if tally is None:
            tally = self._tallies[number] = {}
            block = self._charges[number][0]
            for _, mnemonic in block.instructions:
                quantity = Quantity(QuantityKind.INSTRUCTION, mnemonic)
                tally[quantity] = tally.get(quantity, 0) + 1
            for found in block.counted:
                add_quantities(tally, _items(found))
            if block.declared_locals:
                tally[LOCAL] = block.declared_locals
            if self._has_headers and block.end > block.start:
                tally[HEADER] = 1
        return tally

    def places(self, sites: SiteCounts) -> Iterator[tuple[int, Quantity, int]]:
        """The instructions executed: offset in the code section, what, how often."""
        for number, (count, size) in sites.items():
            if number in self._sized:
                offset, mnemonic = self._sized[number]
                yield offset, Quantity(QuantityKind.SIZE, mnemonic), size
            elif number in self._charges:
                yield from self._paid_places(number, count)

    def executions(self, sites: SiteCounts) -> dict[int, int]:
        """How often each instruction ran, by offset in the code section."""
        counted: dict[int, int] = {}
        for offset, quantity, count in self.places(sites):
            if quantity.kind is QuantityKind.INSTRUCTION and count:
                counted[offset] = counted.get(offset, 0) + count
        return counted

    def _paid_places(
        self, number: int, count: int
    ) -> Iterator[tuple[int, Quantity, int]]:
        block, code_offset = self._charges[number]
        if self._has_headers and block.end > block.start:
            yield code_offset + block.start, HEADER, count
        for position, mnemonic in block.instructions:
            yield (
                code_offset + position,
                Quantity(QuantityKind.INSTRUCTION, mnemonic),
                count,
            )
        for found in block.counted:
            for quantity, each in _items(found).items():
                yield code_offset + found.start, quantity, each * count

    def branches(self, sites: SiteCounts) -> Iterator[tuple[tuple[int, int], int]]:
        """Edges of branches: offset in the code section and index, how often."""
        for number, (count, _) in sites.items():
            if number in self._branches:
                yield self._branches[number], count


def _items(found: CountedInstruction) -> Quantities:
    """What an instruction counts beyond itself, each time."""
    counted: Quantities = {}
    if found.items:
        counted[Quantity(QuantityKind.ITEM, found.mnemonic)] = found.items
    if found.carried:
        counted[CARRIED] = found.carried
    return counted
