"""What a request of a contract is called in ledgers."""

import pytest

from chain_sim.cosmos.wasm.queries import _kind_of


@pytest.mark.parametrize(
    ("request_json", "kind"),
    [
        (b'{"wasm":{"smart":{}}}', "wasm.smart"),
        (b'{"custom":[]}', "custom"),
        (b"{}", ""),
        (b'{"wasm":', ""),
    ],
)
def test_a_request_is_called_by_its_kind(request_json: bytes, kind: str) -> None:
    assert _kind_of(request_json) == kind
