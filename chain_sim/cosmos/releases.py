"""What differs between releases of wasmd."""

from dataclasses import dataclass

from contractvm.hosts.cosmwasm.releases import (
    DEFAULT_RELEASE,
    Release,
    UnknownRelease,
    Version,
    find_release,
)

FIRST_MULTIPLIER = 140_000_000
MULTIPLIER = 140_000
# Call depths of submessages: releases that are not named have none before 0.53, and
# the newer one since.
OLD_DEPTH, NEW_DEPTH = 500, 100
WITH_OLD_DEPTH = ((0, 53, 0), (0, 54, 0), (0, 55, 0))


# The SDK of releases, the newest first, where stores of accounts and balances differ.
SDKS: tuple[tuple[Version, tuple[int, int]], ...] = (
    ((0, 70, 0), (0, 54)),
    ((0, 50, 0), (0, 50)),
    ((0, 40, 0), (0, 47)),
    ((0, 0, 0), (0, 45)),
)


@dataclass(frozen=True, slots=True)
class WasmdRules:
    """One release of wasmd, with the versions below it.

    `multiplier` is the CosmWasm gas that one SDK gas is, `sdk` the line of the SDK.
    `max_depth` is None where submessages may nest without a limit of their own.
    """

    release: Release
    version: Version
    multiplier: int
    pinned_setup: int
    has_discount: bool
    reply_base: int
    max_depth: int | None
    has_ibc2_port: bool
    sdk: tuple[int, int]
    has_tx_hash: bool
    has_transaction: bool
    has_payloads: bool
    has_migrate_info: bool


def find_rules(name: str = DEFAULT_RELEASE) -> WasmdRules:
    """The rules of a release, such as wasmd-0.70.3; raises UnknownRelease."""
    release = find_release(name)
    wasmd = release.wasmd
    if wasmd is None:
        raise UnknownRelease(name)
    if wasmd in WITH_OLD_DEPTH:
        depth: int | None = OLD_DEPTH
    else:
        depth = NEW_DEPTH if wasmd > (0, 54, 0) else None
    wasmvm = release.wasmvm or release.vm
    is_first = wasmd <= (0, 50, 0)
    return WasmdRules(
        release=release,
        version=wasmd,
        multiplier=FIRST_MULTIPLIER if is_first else MULTIPLIER,
        pinned_setup=0 if is_first else 2_000,
        has_discount=wasmd >= (0, 54, 0),
        reply_base=0 if is_first else 2_000,
        max_depth=depth,
        has_ibc2_port=wasmd >= (0, 61, 0),
        sdk=next(sdk for first, sdk in SDKS if wasmd >= first),
        has_tx_hash=wasmvm >= (3, 0, 0),
        has_transaction=wasmvm >= (1, 1, 0),
        has_payloads=wasmvm >= (2, 0, 0),
        has_migrate_info=release.vm >= (2, 2, 0),
    )
