"""The part of the Solidity ABI that the example contracts use."""

from eth_hash.auto import keccak


def selector(signature: str) -> bytes:
    """The first four bytes of a call: `selector("get()")`."""
    return keccak(signature.encode())[:4]


def word(value: int | bytes) -> bytes:
    """A number or an address as 32 bytes."""
    data = value if isinstance(value, bytes) else value.to_bytes(32, "big")
    return data.rjust(32, b"\0")


def call_data(signature: str, *arguments: int | bytes) -> bytes:
    """A call of a function whose arguments are numbers and addresses."""
    return selector(signature) + b"".join(map(word, arguments))


def encoded_string(text: str) -> bytes:
    """A string of 1 to 32 characters as a function's only result."""
    return word(32) + word(len(text)) + text.encode().ljust(32, b"\0")


def revert_reason(text: str) -> bytes:
    """The data of a revert with Solidity's Error(string)."""
    return selector("Error(string)") + encoded_string(text)
