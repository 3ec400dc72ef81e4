# cython: nonecheck=False
"""Random numbers of one case: they depend on the campaign's seed and its number alone.

SplitMix64 (Steele, Lea, Flood 2014): the same on every machine and in every version of
Python, and made in a few nanoseconds, as a case takes some ten microseconds in all.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint64_t

cdef extern from *:
    """
    static inline uint64_t contract_fuzz_scaled(uint64_t number, uint64_t bound) {
        return (uint64_t)(((unsigned __int128)number * bound) >> 64);
    }
    """
    uint64_t contract_fuzz_scaled(uint64_t number, uint64_t bound) noexcept nogil

cdef uint64_t STEP = 0x9E3779B97F4A7C15


cdef inline uint64_t mixed(uint64_t number) noexcept nogil:
    number = (number ^ (number >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    number = (number ^ (number >> 27)) * <uint64_t>0x94D049BB133111EB
    return number ^ (number >> 31)


def mix(uint64_t first, uint64_t second) -> int:
    """A number of 64 bits that depends on every bit of both."""
    return mixed(mixed(first + STEP) ^ (second + STEP))


cdef class CaseRandom:
    """The numbers of case `number` of a campaign with this seed, both below 2**64."""

    def __init__(self, uint64_t seed, uint64_t number):
        self.restart(seed, number)

    cpdef void restart(self, uint64_t seed, uint64_t number):
        """Begin with the numbers of another case."""
        self._state = mixed(mixed(seed + STEP) ^ (number + STEP))

    cdef uint64_t next(self) noexcept:
        self._state += STEP
        return mixed(self._state)

    cpdef uint64_t below(self, uint64_t bound) except? 0:
        """A number from 0 to `bound` - 1; ValueError where there is none.

        Multiply and shift: small numbers are more likely by less than bound / 2**64.
        """
        if bound == 0:
            raise ValueError("no number is below 0")
        return contract_fuzz_scaled(self.next(), bound)

    cpdef bint one_in(self, uint64_t bound) except? 0:
        """True once in `bound` times."""
        return self.below(bound) == 0

    def bits(self, int count):
        """A number of `count` bits, at most 256."""
        cdef int taken = 0
        if not 0 <= count <= 256:
            raise ValueError(f"{count} bits, not 0 to 256")
        number = 0
        while taken < count:
            number = number << 64 | self.next()
            taken += 64
        return number >> (taken - count)

    def pick(self, sequence):
        """One of the items."""
        return sequence[self.below(len(sequence))]

    def data(self, Py_ssize_t length):
        """Bytes, each of them any."""
        cdef bytes result
        cdef uint8_t* place
        cdef uint64_t number = 0
        cdef Py_ssize_t index
        if length < 0:
            raise ValueError(f"{length} bytes")
        result = PyBytes_FromStringAndSize(NULL, length)
        place = <uint8_t*>PyBytes_AS_STRING(result)
        for index in range(length):
            if index & 7 == 0:
                number = self.next()
            # In bounds: `index` is below the length that was made above.
            place[index] = <uint8_t>(number & 0xFF)
            number >>= 8
        return result
