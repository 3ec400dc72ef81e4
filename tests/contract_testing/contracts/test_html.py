"""Contract objects in a notebook: tables in which all text is text."""

from typing import Any

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import Abi, Contract
from contract_testing.contracts.html import MAX_TRACE_CHARACTERS, receipt_table, table
from tests.helpers.vault_contract import CODE


def test_a_contract_is_one_table(vault: Any) -> None:
    shown = vault._repr_html_()
    assert shown.count("<table>") == 1
    assert "<td>deposit() payable -&gt; uint64 amount</td>" in shown
    assert "<td>0xd0e30db0</td>" in shown
    assert "<td>Deposited(address indexed who, uint64 amount)</td>" in shown
    assert repr(vault.events.Deposited) == (
        "<event Deposited(address indexed who, uint64 amount)>"
    )


def test_a_receipt_has_events_and_a_folded_trace(vault: Any) -> None:
    shown = vault.deposit()._repr_html_()
    assert "<td>Deposited(who=accounts[0], amount=5)</td>" in shown
    assert "<summary>trace</summary><pre>Vault::deposit()" in shown


def test_nothing_in_a_table_is_markup(chain: Blockchain) -> None:
    script = "<script>alert(1)</script>"
    contract = Contract.deploy(chain, CODE, abi=["f()"], label=script)
    assert "<script" not in contract._repr_html_()
    assert "<script" not in table(script, [(script, script)])
    assert "<script" not in receipt_table(script, [(script, script)], script)


def test_tables_and_traces_are_bounded(chain: Blockchain) -> None:
    abi = Abi.read([f"f{number}()" for number in range(201)])
    contract = Contract.deploy(chain, CODE, abi=abi)
    shown = contract._repr_html_()
    assert shown.count("<tr>") == 201
    assert "<td>and 1 more</td>" in shown
    whole = "x" * MAX_TRACE_CHARACTERS
    assert "cut" not in receipt_table("", [], whole)
    assert receipt_table("", [], whole + "x").count("x") == MAX_TRACE_CHARACTERS
