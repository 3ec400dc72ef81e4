def rewrite_body(
    code: bytes,
    charges: list[tuple[int, int]],
    sized: list[tuple[int, int]],
    returns: list[tuple[int, int]],
    charge_head: bytes,
    charge_tail: bytes,
) -> bytes: ...
