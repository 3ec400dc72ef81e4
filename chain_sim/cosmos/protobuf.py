"""Protocol buffers, as far as stored values and responses need them."""

VARINT, LENGTH_DELIMITED = 0, 2


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def message(*fields: tuple[int, int | str | bytes | None]) -> bytes:
    """Fields by number; zero and empty ones are left out, as proto3 does."""
    data = b""
    for number, value in fields:
        if not value:
            continue
        if isinstance(value, int):
            data += varint(number << 3 | VARINT) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            data += nested(number, content)
    return data


def nested(number: int, content: bytes) -> bytes:
    """A field of bytes, present even if it is empty."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(content)) + content


def read_message(data: bytes) -> dict[int, list[int | bytes]]:
    """Values by field number; the data is the chain's own."""
    found: dict[int, list[int | bytes]] = {}
    position = 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, position = _read_varint(data, position)
        value: int | bytes = number
        if tag & 7 == LENGTH_DELIMITED:
            value = data[position : position + number]
            position += number
        found.setdefault(tag >> 3, []).append(value)
    return found


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, position
