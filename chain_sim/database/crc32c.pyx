"""CRC-32C (Castagnoli), the checksum in LevelDB's files, over part of a bytes object.

It runs over every byte of a log that is opened, and of all files in a thorough check.
Eight tables take eight bytes at a step ("slicing by eight").
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t

cdef uint32_t POLYNOMIAL = 0x82F63B78
cdef uint32_t[8][256] TABLES


cdef void fill_tables() noexcept:
    cdef uint32_t byte, crc
    cdef int _bit, table
    for byte in range(256):
        crc = byte
        for _bit in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
        TABLES[0][byte] = crc
    for table in range(1, 8):
        for byte in range(256):
            crc = TABLES[table - 1][byte]
            TABLES[table][byte] = (crc >> 8) ^ TABLES[0][crc & 0xFF]


fill_tables()


cdef inline uint32_t step(uint32_t crc, uint8_t byte) noexcept nogil:
    return (crc >> 8) ^ TABLES[0][(crc ^ byte) & 0xFF]


cdef uint32_t extend(
    uint32_t crc, const uint8_t* data, Py_ssize_t start, Py_ssize_t end
) noexcept nogil:
    while end - start >= 8:
        crc ^= (
            data[start]
            | <uint32_t>data[start + 1] << 8
            | <uint32_t>data[start + 2] << 16
            | <uint32_t>data[start + 3] << 24
        )
        crc = (
            TABLES[7][crc & 0xFF]
            ^ TABLES[6][crc >> 8 & 0xFF]
            ^ TABLES[5][crc >> 16 & 0xFF]
            ^ TABLES[4][crc >> 24]
            ^ TABLES[3][data[start + 4]]
            ^ TABLES[2][data[start + 5]]
            ^ TABLES[1][data[start + 6]]
            ^ TABLES[0][data[start + 7]]
        )
        start += 8
    while start < end:
        crc = step(crc, data[start])
        start += 1
    return crc


def crc32c(bytes data not None, Py_ssize_t start, Py_ssize_t end):
    """The checksum of data[start:end]; IndexError unless those are bounds within it."""
    if not 0 <= start <= end <= PyBytes_GET_SIZE(data):
        raise IndexError(f"{start}:{end} of {PyBytes_GET_SIZE(data)} bytes")
    cdef const uint8_t* first = <const uint8_t*>PyBytes_AS_STRING(data)
    return ~extend(0xFFFFFFFF, first, start, end) & 0xFFFFFFFF


def find_end(bytes data not None, Py_ssize_t start, Py_ssize_t end, uint32_t checksum):
    """The least stop in start + 1..end for which data[start:stop] has the checksum.

    None if there is none; IndexError unless start and end are bounds within the data.
    """
    if not 0 <= start <= end <= PyBytes_GET_SIZE(data):
        raise IndexError(f"{start}:{end} of {PyBytes_GET_SIZE(data)} bytes")
    cdef const uint8_t* first = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef uint32_t crc = 0xFFFFFFFF
    while start < end:
        crc = step(crc, first[start])
        start += 1
        if ~crc & 0xFFFFFFFF == checksum:
            return start
    return None
