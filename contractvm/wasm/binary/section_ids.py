"""The sections of a module (spec 5.5.2) and the one order in which they may come."""

from enum import IntEnum


class SectionId(IntEnum):
    """The byte that begins a section."""

    CUSTOM = 0
    TYPE = 1
    IMPORT = 2
    FUNC = 3
    TABLE = 4
    MEMORY = 5
    GLOBAL = 6
    EXPORT = 7
    START = 8
    ELEMENT = 9
    CODE = 10
    DATA = 11
    DATA_COUNT = 12


# The data count section was added to the format last, but precedes the code that it
# helps to check. Custom sections may be anywhere.
SECTION_ORDER = (
    SectionId.TYPE,
    SectionId.IMPORT,
    SectionId.FUNC,
    SectionId.TABLE,
    SectionId.MEMORY,
    SectionId.GLOBAL,
    SectionId.EXPORT,
    SectionId.START,
    SectionId.ELEMENT,
    SectionId.DATA_COUNT,
    SectionId.CODE,
    SectionId.DATA,
)

MAGIC = b"\0asm"
VERSION = b"\x01\0\0\0"
