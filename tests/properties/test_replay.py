"""Captured transactions of any chain run again from the file alone."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.capture.case import Case
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.errors import MalformedCase, WitnessIncomplete
from chain_sim.ethereum.capture.replaying import replay_case
from tests.helpers.histories import BLOCKS, EVERYTHING, history_of


def captured(blocks: list[list[tuple[str, int, int]]]) -> list[Case]:
    """A case for each transaction of the blocks."""
    chain = history_of(blocks).chain
    numbers = range(
        chain.head.header.number - len(blocks) + 1, chain.head.header.number + 1
    )
    return [
        chain.export.capture(tx.hash)
        for number in numbers
        for tx in chain.block(number).transactions
    ]


@given(BLOCKS)
@example(EVERYTHING)
@settings(max_examples=12, deadline=None)
def test_every_transaction_of_a_history_runs_again_on_both_engines(
    blocks: list[list[tuple[str, int, int]]],
) -> None:
    for case in captured(blocks):
        text = encode_case(case)
        read = decode_case(text)
        assert read == case
        assert encode_case(read) == text
        replayed = replay_case(read, "wasmtime", cross_check=True)
        assert replayed.deviations == ()
        assert replayed.outcomes == case.outcomes


@given(BLOCKS)
@example(EVERYTHING)
@settings(max_examples=8, deadline=None)
def test_no_node_and_no_code_can_be_left_out(
    blocks: list[list[tuple[str, int, int]]],
) -> None:
    for case in captured(blocks)[-2:]:
        for index in range(len(case.nodes)):
            nodes = case.nodes[:index] + case.nodes[index + 1 :]
            with pytest.raises((MalformedCase, WitnessIncomplete)):
                replay_case(replace(case, nodes=nodes))
        for index in range(len(case.codes)):
            codes = case.codes[:index] + case.codes[index + 1 :]
            with pytest.raises(WitnessIncomplete) as caught:
                replay_case(replace(case, codes=codes))
            assert caught.value.kind == "code"


@given(BLOCKS, st.data())
@settings(max_examples=8, deadline=None)
def test_no_bit_of_the_witness_can_be_turned(
    blocks: list[list[tuple[str, int, int]]], data: st.DataObject
) -> None:
    case = captured(blocks)[-1]
    index = data.draw(st.integers(0, len(case.nodes) - 1))
    node = bytearray(case.nodes[index])
    node[data.draw(st.integers(0, len(node) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    nodes = (*case.nodes[:index], bytes(node), *case.nodes[index + 1 :])
    with pytest.raises(MalformedCase, match="nodes"):
        decode_case(encode_case(replace(case, nodes=nodes)))
