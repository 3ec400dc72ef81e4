"""A trace that does not fit its module is a fault of ours, not a wrong report."""

from collections.abc import Callable

import pytest

from contractvm.errors import Finish, InternalError, Revert
from contractvm.metering.metered_blocks import list_blocks
from contractvm.runtime.pipeline import _check_sites
from contractvm.wasm.engines.tracing import Site, SiteKind
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_module

SOURCE = """(module (memory 1)
  (func (param i32) (if (local.get 0) (then (nop))))
  (func (param i32) (drop (memory.grow (local.get 0)))))"""
BLOCKS = list_blocks(wat_to_module(SOURCE), load_schedule("contractvm-2"))
SITES = [
    Site(number, 0, kind, units)
    for number, func in enumerate(BLOCKS.funcs)
    for kind, units in (
        *((SiteKind.CHARGE, block.units) for block in func.blocks),
        *((SiteKind.SIZED, units) for units in func.sized_units),
    )
]
EDGE = Site(0, 0, SiteKind.EDGE, 1)


def test_sites_are_the_charges_of_each_func_and_its_sizes() -> None:
    kinds = [site.kind for site in SITES]
    assert kinds.count(SiteKind.SIZED) == 1
    assert [site.func_number for site in SITES].count(0) >= 2
    _check_sites(BLOCKS, iter(SITES))
    _check_sites(BLOCKS, iter([EDGE, *SITES, EDGE]))


def other(site: Site) -> Site:
    return site._replace(units=site.units + 1)


def elsewhere(site: Site) -> Site:
    return site._replace(func_number=site.func_number + 1)


@pytest.mark.parametrize("change", [other, elsewhere])
@pytest.mark.parametrize("place", range(len(SITES)))
def test_another_charge_or_func_is_seen(
    place: int, change: Callable[[Site], Site]
) -> None:
    sites = [*SITES[:place], change(SITES[place]), *SITES[place + 1 :]]
    reason = r"^the sites of a trace are not those of its module$"
    with pytest.raises(InternalError, match=reason):
        _check_sites(BLOCKS, iter(sites))


def test_missing_sites_are_seen() -> None:
    reason = r"^a trace has fewer sites than its module has charges$"
    with pytest.raises(InternalError, match=reason):
        _check_sites(BLOCKS, iter(SITES[:-1]))
    with pytest.raises(InternalError, match=reason):
        _check_sites(BLOCKS, iter([]))


def test_sites_that_are_left_over_are_seen() -> None:
    reason = r"^a trace has more sites than its module has charges$"
    with pytest.raises(InternalError, match=reason):
        _check_sites(BLOCKS, iter([*SITES, SITES[-1]]))


def test_endings_by_the_contract_tell_the_size_of_their_output() -> None:
    assert str(Revert(b"abc")) == "reverted with 3 bytes"
    assert str(Finish(b"")) == "finished with 0 bytes"
