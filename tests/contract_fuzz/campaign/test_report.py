"""Parts of a report: how calls ended, what never succeeded, findings in order."""

import dataclasses

from chain_sim.ethereum.abi.functions import parse_function
from contract_fuzz.campaign.coordinator import CampaignState
from contract_fuzz.campaign.report import (
    Report,
    finding_document,
    function_documents,
    gas_document,
    in_order,
    make_report,
    never_succeeding,
    shape_of,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.inputs.size_parameter import find_size_parameter
from contract_fuzz.judging.campaign import GasObjective, GasRecord
from contract_fuzz.judging.campaign_parts import measure_of
from contract_fuzz.judging.chunk_result import FoundFinding
from contract_fuzz.judging.feature_map import FeatureMap
from contract_fuzz.oracles.oracle import Finding
from tests.helpers.fuzz_contracts import campaign_for

SET, GET = parse_function("set(uint8)"), parse_function("get()")
PLAIN = campaign_for({"set": ""}, functions=(SET, GET))


def state_with_gas(*records: tuple[str, int | None, int]) -> CampaignState:
    """A campaign's state with records of gas: function, size and gas of each."""
    return CampaignState(
        7,
        FeatureMap(1),
        records={
            (function, size): GasRecord(function, size, gas, number, ())
            for number, (function, size, gas) in enumerate(records)
        },
    )


def test_outcomes_are_listed_by_function_other_call_data_last() -> None:
    outcomes = {
        (GET.selector, "success"): 2,
        (SET.selector, "reverted"): 3,
        (SET.selector, "out of gas"): 4,
        (b"", "success"): 5,
    }
    assert function_documents([SET, GET], outcomes) == [
        {
            "selector": "0x" + SET.selector.hex(),
            "signature": "set(uint8)",
            "outcomes": {"out of gas": 4, "reverted": 3},
        },
        {
            "selector": "0x" + GET.selector.hex(),
            "signature": "get()",
            "outcomes": {"success": 2},
        },
        {"selector": None, "signature": None, "outcomes": {"success": 5}},
    ]


def test_a_function_never_succeeds_that_was_called_a_hundred_times_in_vain() -> None:
    for failed, succeeded, found in (
        (99, 0, []),
        (100, 0, ["set(uint8)"]),
        (100, 1, []),
    ):
        outcomes = {
            (SET.selector, "reverted"): failed - 1,
            (SET.selector, "out of gas"): 1,
            (SET.selector, "success"): succeeded,
            (b"", "reverted"): 500,
            (GET.selector, "success"): 1,
        }
        assert never_succeeding([SET, GET], outcomes) == found


def test_findings_come_in_the_order_of_their_cases_then_of_their_keys() -> None:
    findings = [Finding("crash", name) for name in ("c", "b", "a")]
    cases = (5, 5, 7)
    found = {
        finding.key: FoundFinding(finding, case)
        for finding, case in zip(findings, cases, strict=True)
    }
    assert [key[1] for key, _ in in_order(found)] == ["b", "c", "a"]


def test_a_finding_is_shown_with_all_that_is_exact() -> None:
    finding = Finding("crash", "unreachable", "func 3", "for people", (("a", "b"),))
    assert finding_document(FoundFinding(finding, 7), 4) == {
        "kind": "crash",
        "name": "unreachable",
        "place": "func 3",
        "facts": {"a": "b"},
        "firstCase": 7,
        "cases": 4,
        "transactions": [],
    }


def test_the_hash_is_of_the_content_whatever_its_order() -> None:
    digest = "43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777"
    assert Report({"a": 1, "b": 2}).hash == digest
    assert Report({"b": 2, "a": 1}).hash == digest


def test_a_report_counts_cases_and_says_where_they_began() -> None:
    finding = Finding("crash", "unreachable")
    state = CampaignState(
        7,
        FeatureMap(1),
        round=3,
        case_count=5,
        transaction_count=9,
        findings={finding.key: FoundFinding(finding, 4)},
        unknown=("get()",),
    )
    state.checks.update({"b": 2, "a": 1})
    state.repeats[finding.key] = 2
    document = make_report(PLAIN, state, []).document
    campaign = document.pop("campaign")
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert campaign == {**PLAIN.document(), "corpus": nothing}
    assert list(document["checks"]) == ["a", "b"]
    assert document == {
        "format": "contractvm fuzz report 1",
        "firstCase": 2,
        "cases": 5,
        "transactions": 9,
        "rounds": 3,
        "coverage": {"edges": 0, "features": 0},
        "corpus": [],
        "functions": function_documents([SET, GET], {}),
        "unknownFunctions": ["get()"],
        "checks": {"a": 1, "b": 2},
        "findings": [finding_document(FoundFinding(finding, 4), 2)],
        "gas": None,
    }


def test_the_most_gas_comes_by_function_that_at_any_size_first() -> None:
    campaign = dataclasses.replace(PLAIN, objective=GasObjective((SET, GET)))
    state = state_with_gas(
        ("set(uint8)", 1, 3), ("set(uint8)", 0, 2), ("set(uint8)", None, 3),
        ("get()", None, 8),
    )  # fmt: skip
    document = gas_document(campaign, state)
    assert document == {
        "greatest": [
            {"function": function, "size": size, "gasUsed": gas, "case": case,
             "transactions": []}
            for function, size, gas, case in (
                ("get()", None, 8, 3), ("set(uint8)", None, 3, 2),
                ("set(uint8)", 0, 2, 1), ("set(uint8)", 1, 3, 0),
            )
        ],
        "shape": None,
    }  # fmt: skip


def test_only_calls_of_the_first_function_are_measured_by_size() -> None:
    def sizes(objective: GasObjective, data: bytes) -> list[object]:
        return [*measure_of(objective)(CaseTransaction(bytes(20), data))]

    size = find_size_parameter(SET, "0")
    of_set, of_get = SET.selector + (7).to_bytes(32), GET.selector
    sized = GasObjective((SET, GET), size)
    assert sizes(sized, of_set) == [("set(uint8)", None), ("set(uint8)", 7)]
    assert sizes(sized, of_get) == [("get()", None)]
    assert sizes(sized, bytes(4)) == []
    assert sizes(GasObjective((SET, GET)), of_set) == [("set(uint8)", None)]


def test_a_shape_is_that_of_the_objectives_first_function() -> None:
    size = find_size_parameter(SET, "0")
    campaign = dataclasses.replace(PLAIN, objective=GasObjective((SET, GET), size))
    state = state_with_gas(
        *(("set(uint8)", number, 10 + 3 * number) for number in range(6)),
        ("set(uint8)", None, 1_000),
        ("get()", 6, 1_000),
    )
    shape = shape_of(campaign, state)
    assert shape is not None
    assert shape.document == {
        "shape": "linear",
        "points": [[0, 10], [1, 13], [2, 16], [3, 19], [4, 22], [5, 25]],
        "coefficients": ["10", "3"],
        "errors": {"constant": "37.8", "linear": "0", "quadratic": "0"},
        "explained": "1",
    }
    document = gas_document(campaign, state)
    assert document is not None
    assert document["shape"] == shape.document
    assert shape_of(PLAIN, state) is None
    assert gas_document(PLAIN, state) is None
