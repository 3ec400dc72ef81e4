"""Instances without a trace: what they say of the sites they passed."""

from typing import Any, cast

import pytest

from chain_sim.cosmos.wasm.machine import explained, passed_sites
from contractvm.errors import InternalError
from tests.helpers.cosmwasm import ECHO, instance
from tests.helpers.wat import wat_to_wasm


def test_an_instance_without_a_trace_has_no_report() -> None:
    found = instance(wat_to_wasm(ECHO))
    nothing = cast(Any, None)
    assert passed_sites(found) == {}
    with pytest.raises(InternalError) as caught:
        explained(found, nothing, nothing, nothing)
    assert str(caught.value) == "an instance without a trace has no gas report"
