"""A hash of a memory's whole content, the same on every engine.

SHA-256 of the size in bytes (8 bytes, lowest first), then of each longest run of
4,096-byte chunks that are not all zero: the first chunk's number, the count (4 bytes
each), and the bytes. Zeros are only read, which commits no memory that was never
written.
"""

from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcmp

from hashlib import sha256

cdef extern from "Python.h":
    enum:
        PyBUF_READ

cdef enum:
    CHUNK = 4096

cdef uint8_t[CHUNK] zeros


def digest_content(const uint8_t[::1] content not None) -> bytes:
    """The hash of a buffer, whose size is a multiple of 4,096 bytes."""
    cdef uint64_t size_bytes = content.shape[0]
    if size_bytes % CHUNK:
        raise ValueError(f"{size_bytes} bytes are not chunks of {CHUNK}")
    return digest_range(&content[0] if size_bytes else NULL, size_bytes)


cdef bytes digest_range(const uint8_t* base, uint64_t size_bytes):
    """The hash of `size_bytes` readable bytes, a multiple of 4,096."""
    cdef uint64_t count = size_bytes // CHUNK
    cdef uint64_t chunk = 0
    cdef uint64_t first
    found = sha256(size_bytes.to_bytes(8, "little"))
    while chunk < count:
        if memcmp(base + chunk * CHUNK, zeros, CHUNK) == 0:
            chunk += 1
            continue
        first = chunk
        while chunk < count and memcmp(base + chunk * CHUNK, zeros, CHUNK):
            chunk += 1
        found.update((<object>first).to_bytes(4, "little"))
        found.update((<object>(chunk - first)).to_bytes(4, "little"))
        # Inside the range; the view goes before the call returns.
        found.update(
            PyMemoryView_FromMemory(
                <char*>base + first * CHUNK,
                <Py_ssize_t>((chunk - first) * CHUNK),
                PyBUF_READ,
            )
        )
    return found.digest()
