from collections.abc import Iterator

READ_ERRORS: tuple[str, ...]

def instructions(code: bytes) -> Iterator[tuple[int, int, int, int, int]]: ...
