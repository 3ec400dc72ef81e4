"""Addresses as text: bech32 (BIP-173)."""

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
NUMBERS = {letter: number for number, letter in enumerate(LETTERS)}
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CHECKSUM_LETTERS = 6
# Cosmos lifts the limit of 90 characters.
MAX_CHARACTERS = 1_023
GREATEST_PRINTED = 126
LEAST_PRINTED = 33


class MalformedBech32(ValueError):
    """A text is not bech32; the message says why."""


def encode(prefix: str, data: bytes) -> str:
    """The text of `data` with a human-readable prefix."""
    numbers = _regrouped(data, 8, 5, is_padded=True)
    values = _expanded(prefix) + numbers + [0] * CHECKSUM_LETTERS
    check = _checksum(values) ^ 1
    numbers += [check >> 5 * (5 - place) & 31 for place in range(CHECKSUM_LETTERS)]
    return f"{prefix}1{''.join(LETTERS[number] for number in numbers)}"


def decode(text: str) -> tuple[str, bytes]:
    """The prefix and the data; raises MalformedBech32."""
    if len(text) > MAX_CHARACTERS:
        raise MalformedBech32(f"invalid bech32 string length {len(text)}")
    for letter in text:
        if not LEAST_PRINTED <= ord(letter) <= GREATEST_PRINTED:
            raise MalformedBech32(f"invalid character in string: {letter!r}")
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise MalformedBech32("string not all lowercase or all uppercase")
    prefix, separator, rest = lower.rpartition("1")
    if not prefix or not separator or len(rest) < CHECKSUM_LETTERS:
        raise MalformedBech32(f"invalid separator index {lower.rfind('1')}")
    unknown = next((letter for letter in rest if letter not in NUMBERS), None)
    if unknown is not None:
        raise MalformedBech32(f"invalid character not part of charset: {unknown!r}")
    numbers = [NUMBERS[letter] for letter in rest]
    if _checksum(_expanded(prefix) + numbers) != 1:
        raise MalformedBech32("invalid checksum")
    data = _regrouped(numbers[:-CHECKSUM_LETTERS], 5, 8, is_padded=False)
    return prefix, bytes(data)


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode()
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _checksum(values: list[int]) -> int:
    found = 1
    for value in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            if top >> bit & 1:
                found ^= generator
    return found


def _regrouped(
    values: bytes | list[int], old: int, new: int, *, is_padded: bool
) -> list[int]:
    """The bits in groups of another size."""
    held, bits = 0, 0
    found = []
    for value in values:
        held = held << old | value
        bits += old
        while bits >= new:
            bits -= new
            found.append(held >> bits & (1 << new) - 1)
        held &= (1 << bits) - 1
    if is_padded:
        if bits:
            found.append(held << new - bits)
    elif bits >= old or held:
        raise MalformedBech32("invalid incomplete group")
    return found
