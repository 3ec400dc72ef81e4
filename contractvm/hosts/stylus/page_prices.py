"""The gas of memory pages, by all that a transaction has open and ever had open."""

from dataclasses import dataclass

from contractvm.hosts.stylus.parameters import LIMITS_OPEN_PAGES, StylusParameters

MAX_UINT_16 = 2**16 - 1
UNAFFORDABLE = 2**64 - 1
# By the greatest number of pages ever open: 31,874,000 to the power of pages / 128.
# fmt: off
EXPONENTIAL = (
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25,
    29, 33, 38, 43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289,
    331, 379, 434, 497, 569, 651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917,
    2_194, 2_511, 2_874, 3_290, 3_765, 4_309, 4_932, 5_645, 6_461, 7_395, 8_464,
    9_687, 11_087, 12_689, 14_523, 16_621, 19_024, 21_773, 24_919, 28_521, 32_642,
    37_359, 42_758, 48_938, 56_010, 64_104, 73_368, 83_971, 96_106, 109_994, 125_890,
    144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643, 424_206,
    485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243, 1_248_941,
    1_429_429, 1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820,
    3_677_113, 4_208_502, 4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766,
    9_459_129, 10_826_093, 12_390_601, 14_181_199, 16_230_562, 18_576_084,
    21_260_563, 24_332_984, 27_849_408, 31_873_999,
)
# fmt: on


@dataclass(slots=True)
class OpenPages:
    """The pages of a transaction's programs: those open now, and the most ever.

    Not undone by a revert; `open` goes back when a program's call ends.
    """

    open: int = 0
    ever: int = 0

    def price(self, pages: int, parameters: StylusParameters) -> int:
        """The gas for that many pages more."""
        wanted = self.open + pages
        if parameters.arbos >= LIMITS_OPEN_PAGES and wanted > parameters.page_limit:
            return UNAFFORDABLE
        wanted = min(MAX_UINT_16, wanted)
        most, free = max(self.ever, wanted), parameters.free_pages
        if most <= free:
            return 0
        paid = max(0, wanted - free) - max(0, self.open - free)
        ramp = _exponential(most) - _exponential(self.ever)
        return min(UNAFFORDABLE, paid * parameters.page_gas + ramp)

    def add(self, pages: int) -> None:
        """Open that many pages more."""
        self.open = min(MAX_UINT_16, self.open + pages)
        self.ever = max(self.ever, self.open)


def _exponential(pages: int) -> int:
    return EXPONENTIAL[pages] if pages < len(EXPONENTIAL) else UNAFFORDABLE
