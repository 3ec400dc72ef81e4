"""Sections of a CosmWasm schedule; all numbers but flags are CosmWasm gas."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """Rules that differ between releases, as flags.

    `debug` reads its text always, or only where someone listens.
    """

    SECTION: ClassVar[str] = "rules"

    if_ends_blocks: int
    debug_always_reads: int


@dataclass(frozen=True, slots=True)
class RegionCosts:
    """Gas for memory that a host function reads and writes, and for checked texts."""

    SECTION: ClassVar[str] = "regions"

    read_base: int
    read_per_byte: int
    large_from: int
    large_read_base: int
    large_read_per_byte: int
    write_base: int
    write_per_byte: int
    string_base: int
    string_per_byte: int

    def read(self, length: int) -> int:
        """Gas to read a region of `length` bytes."""
        if length <= self.large_from:
            return self.read_base + self.read_per_byte * length
        return self.large_read_base + self.large_read_per_byte * length

    def write(self, length: int) -> int:
        """Gas to write `length` bytes into a region."""
        return self.write_base + self.write_per_byte * length

    def string(self, length: int) -> int:
        """Gas to check that `length` bytes are UTF-8."""
        return self.string_base + self.string_per_byte * length


@dataclass(frozen=True, slots=True)
class CryptoCosts:
    """Costs of cryptography in units of `gas_per_unit`; 0 where a release has none."""

    SECTION: ClassVar[str] = "crypto"

    gas_per_unit: int
    secp256k1_verify: int
    secp256k1_recover_pubkey: int
    ed25519_verify: int
    ed25519_batch_base: int
    ed25519_batch_per_signature: int
    ed25519_one_key_base: int
    ed25519_one_key_per_signature: int
    secp256r1_verify: int = 0
    secp256r1_recover_pubkey: int = 0
    bls_aggregate_g1_base: int = 0
    bls_aggregate_g1_per_point: int = 0
    bls_aggregate_g2_base: int = 0
    bls_aggregate_g2_per_point: int = 0
    bls_hash_to_g1: int = 0
    bls_hash_to_g2: int = 0
    bls_pairing_base: int = 0
    bls_pairing_per_pair: int = 0

    def gas(self, base: int, per_item: int = 0, items: int = 0) -> int:
        """Gas for a base and a rate of this section."""
        return self.gas_per_unit * (base + per_item * items)


SECTIONS = (RuleChoices, RegionCosts, CryptoCosts)
