"""Handmade binary modules, also such as no encoder would write."""

HEADER = b"\0asm\x01\0\0\0"
TYPE, IMPORT, FUNC, TABLE, MEMORY, GLOBAL = range(1, 7)
EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT = range(7, 13)

NO_PARAMS_NO_RESULTS = b"\x01\x60\x00\x00"  # a type section's content
ONE_FUNC_OF_TYPE_0 = b"\x01\x00"  # a function section's content


def u32(value: int) -> bytes:
    """Shortest unsigned LEB128."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def section(section_id: int, content: bytes) -> bytes:
    """One section with its true size."""
    return bytes([section_id]) + u32(len(content)) + content


def custom(name: str, payload: bytes = b"") -> bytes:
    """A custom section."""
    encoded = name.encode()
    return section(0, u32(len(encoded)) + encoded + payload)


def module(*sections: bytes) -> bytes:
    """Header and sections."""
    return HEADER + b"".join(sections)


def body(code: bytes, local_groups: bytes = b"\x00") -> bytes:
    """One entry of the code section."""
    content = local_groups + code
    return u32(len(content)) + content


def module_with_body(code: bytes, local_groups: bytes = b"\x00") -> bytes:
    """A module of one func without parameters and results; `code` has its `end`."""
    return module(
        section(TYPE, NO_PARAMS_NO_RESULTS),
        section(FUNC, ONE_FUNC_OF_TYPE_0),
        section(CODE, b"\x01" + body(code, local_groups)),
    )
