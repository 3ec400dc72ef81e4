# cython: nonecheck=False
"""The features that a campaign has seen, and how many cases took each edge.

A feature is an edge taken so many times: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127
or more, numbered `8 * edge + place in this row`. A case that has a feature for the
first time is worth keeping.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

cdef uint8_t bucket_places[256]


def _fill_buckets() -> None:
    limits = (1, 2, 3, 4, 8, 16, 32, 128)
    bucket_places[0] = 0
    for count in range(1, 256):
        bucket_places[count] = max(
            index for index, least in enumerate(limits) if count >= least
        )


_fill_buckets()


def features_of(const uint8_t[::1] counts not None):
    """The features of a run: one of each edge that was taken, in their order."""
    cdef Py_ssize_t edge
    cdef list found = []
    for edge in range(counts.shape[0]):
        if counts[edge]:
            found.append(8 * edge + bucket_places[counts[edge]])
    return tuple(found)


cdef class FeatureMap:
    """The features seen so far of `edge_total` edges, and the cases that took each."""

    cdef Py_ssize_t _total
    cdef bytearray _seen
    cdef bytearray _hits
    cdef uint8_t[::1] _seen_view
    cdef uint64_t[::1] _hit_view

    def __cinit__(self, Py_ssize_t edge_total, bytes seen not None=b""):
        if edge_total < 1 or len(seen) not in (0, edge_total):
            raise ValueError("seen features of another number of edges")
        self._total = edge_total
        self._seen = bytearray(seen or edge_total)
        self._hits = bytearray(8 * edge_total)
        self._seen_view = self._seen
        self._hit_view = memoryview(self._hits).cast("Q")

    def observe(self, const uint8_t[::1] counts not None, bint is_one_run=True):
        """Count a case's edges; True where it has a feature that is not seen yet.

        It is seen only when it is added. Counts of several runs together say nothing
        about how often one of them took an edge: then only new edges are new.
        """
        cdef Py_ssize_t edge, start = 0
        cdef uint64_t eight
        cdef bint is_new = False
        if counts.shape[0] != self._total:
            raise ValueError("counts of another number of edges")
        # In bounds: all three are as long as the comparison above says.
        while start + 8 <= self._total:
            memcpy(&eight, &counts[start], 8)
            if eight:
                for edge in range(start, start + 8):
                    if counts[edge]:
                        is_new |= self._count(edge, counts[edge], is_one_run)
            start += 8
        for edge in range(start, self._total):
            if counts[edge]:
                is_new |= self._count(edge, counts[edge], is_one_run)
        return is_new

    cdef bint _count(self, Py_ssize_t edge, uint8_t count, bint is_one_run) noexcept:
        self._hit_view[edge] += 1
        if not is_one_run:
            return self._seen_view[edge] == 0
        return not self._seen_view[edge] >> bucket_places[count] & 1

    def goes_further(
        self, const uint8_t[::1] counts not None, const uint8_t[::1] before=None
    ):
        """Whether a run took an edge more often than any case that was added.

        Also more often than the run `before`, if given; about how often is enough.
        """
        cdef Py_ssize_t edge
        cdef uint8_t place
        cdef bint has_before = before is not None
        if counts.shape[0] != self._total:
            raise ValueError("counts of another number of edges")
        if has_before and before.shape[0] != self._total:
            raise ValueError("counts of another number of edges")
        for edge in range(self._total):
            if not counts[edge]:
                continue
            place = bucket_places[counts[edge]]
            if self._seen_view[edge] >> place:
                continue
            if not has_before or not before[edge]:
                return True
            if bucket_places[before[edge]] < place:
                return True
        return False

    def add(self, features):
        """Mark the features as seen; those that were not, in order."""
        cdef Py_ssize_t edge
        new = []
        for feature in features:
            edge = feature >> 3
            if not 0 <= edge < self._total:
                raise ValueError(f"feature {feature} of {self._total} edges")
            if not self._seen_view[edge] >> (feature & 7) & 1:
                self._seen_view[edge] |= <uint8_t>(1 << (feature & 7))
                new.append(feature)
        return new

    def add_hits(self, hits):
        """Add the numbers of cases that another map counted."""
        cdef Py_ssize_t edge
        for edge, count in hits:
            if not 0 <= edge < self._total:
                raise ValueError(f"edge {edge} of {self._total}")
            self._hit_view[edge] += count

    @property
    def seen(self):
        """The seen features: a byte for each edge, a bit for each."""
        return bytes(self._seen)

    @property
    def edge_count(self):
        """How many edges were taken."""
        return self._total - self._seen.count(0)

    @property
    def feature_count(self):
        """How many features were seen."""
        return int.from_bytes(self._seen).bit_count()

    @property
    def hits(self):
        """Each edge that was taken, and by how many cases, in order."""
        return tuple(
            (edge, self._hit_view[edge])
            for edge in range(self._total)
            if self._hit_view[edge]
        )
