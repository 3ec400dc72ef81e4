"""The plan of one func's body: what is written into it, and where.

A plan is a C array: a module has as many charges as branches and calls, and a Python
object for each would cost more than finding it.
"""

from cython cimport no_gc
from libc.stdlib cimport calloc, free

from heapq import merge

cdef list NO_ENTRIES = []


@no_gc
cdef class BodyPlan:
    """The plan of one body; positions count from the first byte of its code.

    `charges` are (position, units) of the metered blocks that cost something, `sized`
    (position, units for each) of live instructions that also cost by their size,
    `returns` (position, depth of the body's label) of live returns. With
    `has_gas_local` a local holds the gas counter too, and `loads` are the positions
    after calls, which change the counter.
    """

    def __cinit__(
        self,
        list charges not None,
        list sized not None,
        list returns not None,
        list loads=None,
    ):
        self.has_gas_local = loads is not None
        if not (charges or sized or returns or loads):
            return
        kinds = (
            (LOAD, [(position, 0) for position in loads or ()]),
            (CHARGE, charges),
            (SIZED, sized),
            (RETURN, returns),
        )
        entries = list(
            merge(
                *[[(position, kind, amount) for position, amount in found]
                  for kind, found in kinds]
            )
        )
        self.allocate(len(entries))
        for index, (position, kind, amount) in enumerate(entries):
            self.insertions[<size_t>index].kind = kind
            self.insertions[<size_t>index].position = position
            self.insertions[<size_t>index].amount = amount

    def __dealloc__(self):
        free(self.insertions)

    @property
    def charges(self):
        return list(self.each(CHARGE))

    @property
    def sized(self):
        return list(self.each(SIZED))

    @property
    def returns(self):
        return list(self.each(RETURN))

    @property
    def loads(self):
        return [position for position, _ in self.each(LOAD)]

    cdef int allocate(self, size_t count) except -1:
        self.insertions = <Insertion*>calloc(count or 1, sizeof(Insertion))
        if self.insertions == NULL:
            raise MemoryError()
        self.count = count
        return 0

    def each_charge(self):
        """Yield the charges: a large body has millions."""
        return self.each(CHARGE)

    def each_sized(self):
        """Yield the sized charges."""
        return self.each(SIZED)

    def each(self, int kind):
        """Position and amount of the insertions of a kind."""
        cdef size_t index = 0
        # Read again each time: anything may be called in between.
        while index < self.count and self.insertions != NULL:
            if self.insertions[index].kind == kind:
                yield self.insertions[index].position, self.insertions[index].amount
            index += 1


cdef bint is_needed(const Insertion* insertion, bint keep_free_charges) noexcept:
    """False for what costs nothing, unless that is to be kept, or cannot run."""
    if insertion.kind == NOTHING:
        return False
    if insertion.kind == CHARGE or insertion.kind == SIZED:
        return insertion.amount != 0 or keep_free_charges
    return True


cdef BodyPlan make_plan(
    const Insertion* insertions,
    size_t count,
    bint keep_free_charges,
    bint has_gas_local,
):
    """A plan of what costs something, and of charges of 0 units if they are kept.

    With `has_gas_local` a local holds the counter too, if there is any charge.
    """
    cdef BodyPlan plan = BodyPlan.__new__(BodyPlan, NO_ENTRIES, NO_ENTRIES, NO_ENTRIES)
    cdef size_t index
    cdef const Insertion* insertion
    plan.allocate(count)
    plan.count = 0
    if has_gas_local:
        for index in range(count):
            insertion = &insertions[index]
            if insertion.kind == CHARGE and is_needed(insertion, keep_free_charges):
                plan.has_gas_local = True
                break
    for index in range(count):
        insertion = &insertions[index]
        if insertion.kind == LOAD and not plan.has_gas_local:
            continue
        if is_needed(insertion, keep_free_charges):
            # plan.count <= index < count, which was allocated.
            plan.insertions[plan.count] = insertion[0]
            plan.count += 1
    return plan


def sized_prices(tuple plans not None):
    """Every price of the plans' sized instructions, once each, in order."""
    cdef BodyPlan plan
    cdef size_t index
    cdef set prices = set()
    for plan in plans:
        for index in range(plan.count):
            if plan.insertions[index].kind == SIZED:
                prices.add(plan.insertions[index].amount)
    return sorted(prices)
