"""The parameters of Stylus that a chain's owner sets, by ArbOS version."""

from dataclasses import dataclass, replace

from contractvm.errors import ContractVmError

FIRST_ARBOS, LAST_ARBOS = 30, 61
# What changed with which version of ArbOS.
VERSION_2, VERSION_3 = 31, 59
PAYS_FOR_BYTES = INK_FOR_STATE = CHARGES_FLUSH = LIMITS_IMPORTS = 32
FORGETS_EMPTY_CODE = STORES_MAX_WASM_SIZE = 40
SHALLOW_STACK = FLUSH_RUNS_OUT = 50
LIMITS_OPEN_PAGES = HAS_ACTIVATION_GAS = 59
HAS_FRAGMENTS = HAS_RECENT_PROGRAMS = LARGE_PROGRAMS = 60

KIB_128, KIB_256 = 131_072, 262_144
GREATEST_INK = 2**64 - 1
# Name, bytes and the first ArbOS version of each field in the packed word.
FIELDS = (
    ("version", 2, FIRST_ARBOS),
    ("ink_price", 3, FIRST_ARBOS),
    ("max_stack_depth", 4, FIRST_ARBOS),
    ("free_pages", 2, FIRST_ARBOS),
    ("page_gas", 2, FIRST_ARBOS),
    ("page_limit", 2, FIRST_ARBOS),
    ("min_init_gas", 1, FIRST_ARBOS),
    ("min_cached_init_gas", 1, FIRST_ARBOS),
    ("init_cost_scalar", 1, FIRST_ARBOS),
    ("cached_cost_scalar", 1, FIRST_ARBOS),
    ("expiry_days", 2, FIRST_ARBOS),
    ("keepalive_days", 2, FIRST_ARBOS),
    ("block_cache_size", 2, FIRST_ARBOS),
    ("max_wasm_bytes", 4, STORES_MAX_WASM_SIZE),
    ("max_fragments", 1, HAS_FRAGMENTS),
)


class UnknownArbOsVersion(ContractVmError):
    """There is no Stylus in this version of ArbOS, or nobody has described it yet."""

    def __init__(self, arbos: int) -> None:
        super().__init__(f"ArbOS {arbos}: Stylus is known in {FIRST_ARBOS} to 61")
        self.arbos = arbos


@dataclass(frozen=True, slots=True)
class StylusParameters:
    """The rules of Stylus on a chain; the defaults are those of ArbOS 61.

    `min_init_gas` counts in 128 gas, `min_cached_init_gas` in 32 gas, both scalars in
    2 %. `max_code_bytes` bounds an account's code, `max_wasm_bytes` the module in it.
    """

    arbos: int = LAST_ARBOS
    version: int = 3
    ink_price: int = 10_000
    max_stack_depth: int = 22_000
    free_pages: int = 2
    page_gas: int = 1_000
    page_limit: int = 128
    min_init_gas: int = 69
    min_cached_init_gas: int = 11
    init_cost_scalar: int = 50
    cached_cost_scalar: int = 50
    expiry_days: int = 365
    keepalive_days: int = 31
    block_cache_size: int = 32
    max_wasm_bytes: int = KIB_256
    max_fragments: int = 4
    activation_gas: int = 0
    max_code_bytes: int = 24_576
    is_debug: bool = False

    def to_ink(self, gas: int) -> int:
        """`gas` as ink, at most what the counter holds."""
        return min(GREATEST_INK, gas * self.ink_price)

    def packed(self) -> bytes:
        """The 32-byte word that ArbOS stores."""
        word = b"".join(
            int(getattr(self, name)).to_bytes(size, "big")
            for name, size, since in FIELDS
            if self.arbos >= since
        )
        return word.ljust(32, b"\0")


def parameters_of(arbos: int) -> StylusParameters:
    """The defaults of an ArbOS version, 30 to 61; raises UnknownArbOsVersion."""
    if not FIRST_ARBOS <= arbos <= LAST_ARBOS:
        raise UnknownArbOsVersion(arbos)
    found = StylusParameters(arbos=arbos)
    if arbos < LARGE_PROGRAMS:
        found = replace(found, max_wasm_bytes=KIB_128)
    if arbos < VERSION_3:
        found = replace(found, version=2)
    if arbos < SHALLOW_STACK:
        found = replace(found, max_stack_depth=KIB_256)
    if arbos < VERSION_2:
        found = replace(found, version=1, min_init_gas=72)
    return found
