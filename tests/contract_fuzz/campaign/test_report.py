"""Parts of a report: how calls ended, what never succeeded, findings in order."""

from chain_sim.ethereum.abi.functions import parse_function
from contract_fuzz.campaign.report import (
    Report,
    finding_document,
    function_documents,
    in_order,
    never_succeeding,
)
from contract_fuzz.judging.chunk_result import FoundFinding
from contract_fuzz.oracles.oracle import Finding

SET, GET = parse_function("set(uint8)"), parse_function("get()")


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
