TYPE_INDEX_BLOCK: int
FLOAT_TYPE: int
REFERENCE_TYPE: int
OTHER_TABLE: int
SEARCH_SLOT_COUNT: int

def find_instruction(code: bytes, wanted: bytes) -> tuple[int, int] | None:
    """Find the first instruction whose slot is not zero in `wanted`.

    Returns (its position, the slot), or None. Stops without a result at bytes that
    are not an instruction.
    """

def mark_instructions(code: bytes, seen: bytearray) -> None:
    """Set `seen` to 1 at the slots of all instructions.

    Stops at bytes that are not an instruction.
    """
