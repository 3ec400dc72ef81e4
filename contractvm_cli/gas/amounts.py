"""Exact amounts of gas as text, with neither rounding nor false precision."""

from collections.abc import Iterable, Iterator

TENTHS_OF_PERCENT = 1000


class GasAmounts:
    """Writes units as gas, with as many decimals as `amounts` (in units) need.

    If the units per gas are not a power of ten, the remainder is a fraction:
    `7 1/3`.
    """

    def __init__(self, units_per_gas: int, amounts: Iterable[int]) -> None:
        self._units_per_gas = units_per_gas
        digits = str(units_per_gas)
        self._is_decimal = digits.strip("0") == "1"
        has_fractions = any(units % units_per_gas for units in amounts)
        self._decimals = len(digits) - 1 if has_fractions else 0

    def __call__(self, units: int) -> str:
        """The units as gas."""
        sign = "-" if units < 0 else ""
        whole, rest = divmod(abs(units), self._units_per_gas)
        if not self._is_decimal:
            return f"{sign}{whole:,}" + (f" {rest}/{self._units_per_gas}" * bool(rest))
        fraction = str(rest).rjust(self._decimals, "0") if self._decimals else ""
        return f"{sign}{whole:,}{'.' if fraction else ''}{fraction}"


def share_text(units: int, total: int) -> str:
    """`12.3%` of `total`, to the nearest tenth; `<` for less; empty without a total."""
    if not total:
        return ""
    sign = "-" if units < 0 else ""
    tenths = (abs(units) * TENTHS_OF_PERCENT * 2 + total) // (total * 2)
    if units and not tenths:
        return f"<{sign}0.1%"
    whole, tenth = divmod(tenths, 10)
    return f"{sign}{whole}.{tenth}%"


def left_out(count: int, one: str, many: str) -> Iterator[str]:
    """How much a table leaves out."""
    if count:
        yield f"and {count:,} {one if count == 1 else many} more, see --all"
