from array import array

UNPRICED: str
TOO_COSTLY: str

class BodyRefused(Exception):
    reason: str
    opcode: int
    position: int

def plan_body(
    code: bytes, base: array[int], per_unit: array[int], entry_cost: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]]]: ...
