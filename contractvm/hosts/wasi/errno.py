"""Error numbers of WASI, and the exception that makes a function answer one."""

from enum import IntEnum


class Errno(IntEnum):
    """The numbers that functions answer here; both versions have the same."""

    SUCCESS = 0
    BADF = 8
    BUSY = 10
    EXIST = 20
    ILSEQ = 25
    INVAL = 28
    ISDIR = 31
    LOOP = 32
    NAMETOOLONG = 37
    NOENT = 44
    NOSYS = 52
    NOTDIR = 54
    NOTEMPTY = 55
    NOTSOCK = 57
    NOTSUP = 58
    PERM = 63
    ROFS = 69
    SPIPE = 70
    XDEV = 75
    NOTCAPABLE = 76


class Refusal(Exception):
    """The end of a WASI function that answers an error number."""

    def __init__(self, errno: Errno) -> None:
        super().__init__(errno.name.lower())
        self.errno = errno
