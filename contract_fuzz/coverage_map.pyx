"""What a campaign has seen of a contract's edges, and how often: over counted edges.

A feature is an edge taken so many times: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127
or more, numbered `8 * edge + place in this row`. A case that has a feature for the
first time is worth keeping.
"""

from libc.stdint cimport uint8_t, uint64_t

cdef uint8_t bucket_bits[256]


def _fill_buckets() -> None:
    limits = (1, 2, 3, 4, 8, 16, 32, 128)
    bucket_bits[0] = 0
    for count in range(1, 256):
        place = max(index for index, least in enumerate(limits) if count >= least)
        bucket_bits[count] = 1 << place


_fill_buckets()


def features_of(const uint8_t[::1] counts) -> tuple:
    """The features of a run: of each edge that was taken, one; in the order of edges."""
    cdef Py_ssize_t edge
    cdef uint8_t bits
    cdef list found = []
    for edge in range(counts.shape[0]):
        if counts[edge]:
            bits = bucket_bits[counts[edge]]
            found.append(8 * edge + _place_of(bits))
    return tuple(found)


cdef int _place_of(uint8_t bits) noexcept:
    cdef int place = 0
    while bits > 1:
        bits >>= 1
        place += 1
    return place


cdef class CoverageMap:
    """The features seen so far, and how many cases took each edge.

    It grows with the edges that it is shown.
    """

    cdef bytearray _seen
    cdef object _hits
    cdef uint64_t[::1] _hit_view
    cdef uint8_t[::1] _seen_view

    def __init__(self, bytes seen=b""):
        self._resize(bytearray(seen))

    cdef void _resize(self, bytearray seen):
        self._seen_view = None
        self._seen = seen
        old = self._hits
        self._hits = bytearray(8 * len(seen))
        if old is not None:
            self._hit_view = None
            self._hits[: len(old)] = old
        if len(seen):
            self._seen_view = self._seen
            self._hit_view = memoryview(self._hits).cast("Q")

    cdef void _grow(self, Py_ssize_t size):
        if size > len(self._seen):
            self._resize(self._seen + bytes(size - len(self._seen)))

    def observe(self, const uint8_t[::1] counts) -> bool:
        """Count a case's edges; True where it has a feature that is not seen yet.

        It is seen only when it is added.
        """
        cdef Py_ssize_t edge
        cdef bint is_new = False
        if counts.shape[0] > len(self._seen):
            self._grow(counts.shape[0])
        # In bounds: both views are as long as `counts` at least, after _grow.
        for edge in range(counts.shape[0]):
            if counts[edge]:
                self._hit_view[edge] += 1
                if bucket_bits[counts[edge]] & ~self._seen_view[edge]:
                    is_new = True
        return is_new

    def add(self, features) -> list:
        """Mark the features as seen; those that were not, in order."""
        cdef Py_ssize_t edge
        new = []
        for feature in features:
            edge = feature >> 3
            bit = 1 << (feature & 7)
            if edge >= len(self._seen):
                self._grow(edge + 1)
            if not self._seen[edge] & bit:
                self._seen_view[edge] |= <uint8_t>bit
                new.append(feature)
        return new

    def lacks(self, features) -> list:
        """The features that were not seen yet."""
        return [
            feature
            for feature in features
            if feature >> 3 >= len(self._seen)
            or not self._seen[feature >> 3] & 1 << (feature & 7)
        ]

    def seen(self) -> bytes:
        """The seen features: a byte for each edge."""
        return bytes(self._seen)

    def edge_count(self) -> int:
        """How many edges were taken."""
        return len(self._seen) - self._seen.count(0)

    def feature_count(self) -> int:
        """How many features were seen."""
        return sum(byte.bit_count() for byte in self._seen)

    def hits(self) -> tuple:
        """How many of the cases shown to it took each edge."""
        return tuple(self._hit_view) if len(self._seen) else ()
