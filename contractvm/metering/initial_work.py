"""The work of making an instance of a module, in units that gas schedules price."""

from msgspec import Struct

from contractvm.wasm.structure.module import Module, SegmentMode
from gas_schedule.schedule import GasSchedule

MEMORY_GROW = "memory.grow"
# No instruction makes a segment: the schedule has a price of its own for it.
ELEMENT_SEGMENT = "element segment"


class InitialWork(Struct, frozen=True):
    """Work equal to an instruction executed `times` times, over a total `size`.

    `size` is in the instruction's unit: pages, bytes or elements.
    """

    mnemonic: str
    times: int
    size: int

    def units(self, schedule: GasSchedule) -> int:
        """The price; 0 if the schedule does not have the instruction.

        A schedule without bulk instructions does not forbid segments.
        """
        if self.mnemonic == MEMORY_GROW:
            return self.size * schedule.memory_page
        if self.mnemonic == ELEMENT_SEGMENT:
            return self.times * schedule.element_segment
        cost = schedule.instructions.get(self.mnemonic)
        if cost is None:
            return 0
        per_unit = cost.per_byte + cost.per_element
        return self.times * cost.base + self.size * per_unit


def initial_work(module: Module) -> tuple[InitialWork, ...]:
    """The work: memory and tables count as grown, globals as set, data as copied.

    Every segment's elements count, since all are evaluated; only active segments are
    copied. Work that a module does not need is left out.
    """
    actives = [entry for entry in module.elements if entry.mode == SegmentMode.ACTIVE]
    data = [entry for entry in module.data_segments if entry.mode == SegmentMode.ACTIVE]
    work = (
        InitialWork(
            MEMORY_GROW, 0, sum(entry.limits.minimum for entry in module.memories)
        ),
        InitialWork(
            "table.grow", 0, sum(entry.limits.minimum for entry in module.tables)
        ),
        InitialWork("global.set", len(module.globals), 0),
        InitialWork(
            "table.init",
            len(actives),
            sum(len(entry.items) for entry in module.elements),
        ),
        InitialWork(ELEMENT_SEGMENT, len(module.elements), 0),
        InitialWork(
            "memory.init", len(data), sum(len(entry.payload) for entry in data)
        ),
    )
    return tuple([entry for entry in work if entry.times or entry.size])
