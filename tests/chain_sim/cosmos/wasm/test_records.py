"""Records of codes and contracts, in the stored form of the wasm module."""

import pytest

from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.records import (
    ANY_OF,
    CODE_KEY,
    CodeInfo,
    ContractInfo,
    find_code,
    find_contract,
    number_key,
    store_contract,
)

ADDRESS = b"\7" * 32


@pytest.fixture
def context() -> Context:
    return Context(
        find_rules("wasmd-0.54.0"),
        AddressBook("cosmos"),
        OrderedState(),
        BlockInfo(1, 1, "test-1"),
        SdkGasMeter(),
    )


def test_a_contract_is_read_as_it_was_written(context: Context) -> None:
    info = ContractInfo(3, "maker", "admin", "label", (5, 77), "wasm.one", "wasm2two")
    store_contract(context, ADDRESS, info)
    assert find_contract(context, ADDRESS) == info


def test_a_code_is_read_as_it_was_written(context: Context) -> None:
    info = CodeInfo(b"\1" * 32, "maker", ANY_OF, ("one", "two"))
    context.wasm.set(CODE_KEY + number_key(2), info.encode())
    assert find_code(context, 2) == info


def test_stored_form_of_a_contract() -> None:
    # ContractInfo of cosmwasm/wasm/v1/types.proto; 5 is an AbsoluteTxPosition.
    info = ContractInfo(3, "m", "a", "l", (5, 77), "p", "q")
    assert info.encode() == bytes.fromhex(
        "0803 12016d 1a0161 22016c 2a04 0805104d 320170 420171"
    )
