"""Values that instructions carry to where control goes, measured by what more add."""

from collections.abc import Iterator

from contractvm.calibration.pieces import CARRIED, Piece

# The contexts, with the values as text; a price covers the worst.
CONTEXTS = {
    "br": "block {results} i32.const 0 {gets} br 0 end {drops}",
    "br_if": """block {results} i32.const 0 {gets} i32.const 1 br_if 0
        {drops} drop {gets} end {drops}""",
    "br_table": """block {results} i32.const 0 {gets} local.get $x br_table 0 0 end
        {drops}""",
    "end": "block {results} {gets} i32.const 0 br_if 0 end {drops}",
    "loop": "{gets} loop {params} {drops} end",
    "call": "{gets} call $take_{count}",
    "return": "local.get $u call $give_{count} {drops}",
}


def context_name(context: str) -> str:
    """The name of a context's piece."""
    return f"carried: {context}"


def carried_pieces() -> Iterator[Piece]:
    """A piece for each context, compared with the same for one value."""
    for context, text in CONTEXTS.items():
        many, one = (
            text.format(
                count=count,
                results=f"(result{' i64' * count})",
                params=f"(param{' i64' * count})",
                gets="local.get $u " * count,
                drops="drop " * count,
            )
            for count in (CARRIED, 1)
        )
        yield Piece(context_name(context), many, size=CARRIED - 1, without=one)
