"""Activated programs: the record of each code hash, and whether it can be called."""

from collections.abc import Iterable
from dataclasses import dataclass

from contractvm.errors import ContractVmError
from contractvm.hosts.stylus.activation import ProgramCosts, cached_gas, init_gas
from contractvm.hosts.stylus.costs import ActivationCosts
from contractvm.hosts.stylus.module_rules import ProgramFigures
from contractvm.hosts.stylus.parameters import StylusParameters

EPOCH = 1_421_388_000  # seconds; ages of programs are counted in hours from here
HOUR, DAY = 3_600, 86_400
KIB = 1_024
FIELD_BYTES = (2, 2, 2, 2, 3, 3, 1)
WORD_BYTES = 32


class ProgramUnusable(ContractVmError):
    """A program cannot be called; all gas of the call is lost."""


class ProgramNotActivated(ProgramUnusable):
    """Nobody has activated this code."""

    def __init__(self) -> None:
        super().__init__("the program is not activated")


class ProgramNeedsUpgrade(ProgramUnusable):
    """The program was activated under another version of Stylus."""

    def __init__(self, version: int, wanted: int) -> None:
        super().__init__(
            f"the program is of Stylus version {version}: activate it for {wanted}"
        )
        self.version = version
        self.wanted = wanted


class ProgramExpired(ProgramUnusable):
    """The activation is `age` seconds old, which is too much."""

    def __init__(self, age: int) -> None:
        super().__init__(f"the program's activation expired: {age} seconds old")
        self.age = age


@dataclass(frozen=True, slots=True)
class ProgramRecord:
    """What ArbOS keeps of an activated program; one word.

    Costs are gas, `footprint` the initial pages, `activated_at` hours since EPOCH.
    """

    version: int = 0
    init_cost: int = 0
    cached_cost: int = 0
    footprint: int = 0
    activated_at: int = 0
    asm_kib: int = 0
    is_cached: bool = False

    def packed(self) -> bytes:
        """The word, its fields from the left."""
        values = (
            self.version,
            self.init_cost,
            self.cached_cost,
            self.footprint,
            self.activated_at,
            self.asm_kib,
            int(self.is_cached),
        )
        sizes = zip(values, FIELD_BYTES, strict=True)
        packed = b"".join(value.to_bytes(size, "big") for value, size in sizes)
        return packed.ljust(WORD_BYTES, b"\0")

    @classmethod
    def activated(
        cls,
        figures: ProgramFigures,
        estimate: ProgramCosts,
        parameters: StylusParameters,
        now: int,
    ) -> "ProgramRecord":
        """The record that an activation at the second `now` leaves, not cached."""
        return cls(
            version=parameters.version,
            init_cost=estimate.init,
            cached_cost=estimate.cached,
            footprint=figures.pages,
            activated_at=hours_since_epoch(now),
            asm_kib=-(-estimate.asm_bytes // KIB),
        )

    @classmethod
    def unpacked(cls, word: bytes) -> "ProgramRecord":
        """The record in a word; that of zeros is of a program never activated."""
        values, position = [], 0
        for size in FIELD_BYTES:
            values.append(int.from_bytes(word[position : position + size], "big"))
            position += size
        version, init, cached, footprint, activated_at, asm_kib, flag = values
        return cls(version, init, cached, footprint, activated_at, asm_kib, flag != 0)

    def age(self, now: int) -> int:
        """Seconds since activation, from the whole hour in which that was."""
        return max(0, now - (EPOCH + self.activated_at * HOUR))

    def check_callable(self, parameters: StylusParameters, now: int) -> None:
        """Raise ProgramUnusable unless the program can be called now."""
        if self.version == 0:
            raise ProgramNotActivated
        if self.version != parameters.version:
            raise ProgramNeedsUpgrade(self.version, parameters.version)
        age = self.age(now)
        if age > parameters.expiry_days * DAY:
            raise ProgramExpired(age)

    def start_gas(
        self, parameters: StylusParameters, costs: ActivationCosts, *, is_cached: bool
    ) -> int:
        """The gas of starting the program, without its pages."""
        gas = 0
        if is_cached or parameters.version > 1:
            gas += cached_gas(self.cached_cost, parameters, costs)
        if not is_cached:
            gas += init_gas(self.init_cost, parameters, costs)
        return gas


def hours_since_epoch(now: int) -> int:
    """The hour of a time in seconds, as records count it."""
    return (now - EPOCH) // HOUR


class RecentPrograms:
    """The code hashes called last in a block, at most `capacity`, the newest last."""

    def __init__(self, capacity: int, code_hashes: Iterable[bytes] = ()) -> None:
        self._capacity = capacity
        self._found = dict.fromkeys(code_hashes)

    @property
    def code_hashes(self) -> tuple[bytes, ...]:
        """The oldest first."""
        return tuple(self._found)

    def touch(self, code_hash: bytes) -> bool:
        """Make a program the newest; whether it was among the recent ones."""
        was_recent = code_hash in self._found
        self._found.pop(code_hash, None)
        if self._capacity:
            self._found[code_hash] = None
        if len(self._found) > self._capacity:
            del self._found[next(iter(self._found))]
        return was_recent
