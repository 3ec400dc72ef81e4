"""What is no answer of a node is refused with its kind and size."""

from collections.abc import Callable

import pytest

from chain_sim.ethereum.chain.remote.answers import address, document, list_of, log

LOG = {"address": "0x" + "aa" * 20, "data": "0x01"}
TOPIC = "0x" + "01" * 32


def test_a_log_has_four_topics_at_most() -> None:
    assert len(log({**LOG, "topics": [TOPIC] * 4}).topics) == 4
    with pytest.raises(ValueError, match=r"^5 topics$"):
        log({**LOG, "topics": [TOPIC] * 5})


@pytest.mark.parametrize("size", [19, 21])
def test_an_address_has_twenty_bytes(size: int) -> None:
    assert address("0x" + "Aa" * 20) == b"\xaa" * 20
    with pytest.raises(ValueError, match=rf"^an address of {size} bytes$"):
        address("0x" + "aa" * size)


@pytest.mark.parametrize(
    ("read", "reason"),
    [(document, "int, not an object"), (list_of(document), "int, not a list")],
)
def test_another_kind_of_value_is_refused(
    read: Callable[[object], object], reason: str
) -> None:
    with pytest.raises(TypeError) as caught:
        read(1)
    assert str(caught.value) == reason
