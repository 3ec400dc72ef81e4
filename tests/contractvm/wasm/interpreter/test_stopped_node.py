"""A trace says which func was stopped, even after its callers are gone."""

import pytest

from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.evm.contract_call import ENTRY_POINT
from tests.helpers.ewasm import contract
from tests.helpers.explained import TRACED_METERED

PAGE_AND_SEGMENT = 143_360_450
FUNCS = "(func $inner (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))"


def names_at_the_stop(divisor: int, units: int, error: type[Exception]) -> list[int]:
    """The func indices from the func that was stopped, outwards."""
    body = f"(call $inner (i32.const {divisor}))"
    prepared = TRACED_METERED.prepare(contract(body, b"", FUNCS))
    run = TRACED_METERED.start(prepared, {}, PAGE_AND_SEGMENT + units)
    trace = run.instance.trace  # type: ignore[attr-defined]
    assert trace.stopped_node == 0
    run.begin(ENTRY_POINT)
    with pytest.raises(error):
        run.resume()
    assert trace.current_node == 0
    found, number = [], trace.stopped_node
    while number:
        found.append(trace.nodes[number].func_index)
        number = trace.nodes[number].parent
    return found


# `main` pays 90 for its call, `inner` then 135, 3,600 and 135.
def test_a_trap_stops_the_innermost_func() -> None:
    inner, main = names_at_the_stop(0, 10_000, Trap)
    assert inner != main


@pytest.mark.parametrize(("units", "depth"), [(89, 1), (90, 2), (90 + 3_869, 2)])
def test_out_of_gas_stops_the_func_whose_charge_it_was(units: int, depth: int) -> None:
    assert len(names_at_the_stop(1, units, OutOfGas)) == depth
