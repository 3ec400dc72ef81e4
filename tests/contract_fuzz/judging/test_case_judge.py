"""Crashes of cases of several transactions: each depends on all that come before it."""

from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import FrozenRound
from contract_fuzz.judging.campaign_parts import parts_of
from contract_fuzz.judging.case_judge import CaseJudge
from contract_fuzz.judging.chunk_result import ChunkResult
from contract_fuzz.oracles.oracle import CRASH
from tests.helpers.fuzz_contracts import campaign_for

COUNTS = {
    "step()": "(call $keep (i32.add (call $stored) (i32.const 1)))",
    "third()": "(if (i32.eq (call $stored) (i32.const 2)) (then unreachable))",
}


def test_a_crash_is_run_again_after_all_that_came_before() -> None:
    campaign = campaign_for(COUNTS)
    parts = parts_of(campaign)
    judge, executor = CaseJudge(campaign, parts), parts.executor
    selectors = {function.name: function.selector for function in campaign.functions}
    step, third = (
        CaseTransaction(campaign.start.contracts[0], selectors[name])
        for name in ("step", "third")
    )
    case = (step, step, third)
    position, outcomes = executor.begin, []
    for transaction in case:
        outcomes.append(executor.run(position, transaction))
        position = executor.advance(position, (transaction,))
    assert [outcome.succeeded for outcome in outcomes] == [True, True, False]
    result = ChunkResult(0)
    judge.begin(FrozenRound(0), result)
    judge.judge(7, executor.begin, case, outcomes, is_new=False)
    judge.keep()
    ((key, found),) = result.findings.items()
    assert (key[0], found.case) == (CRASH, 7)
    assert found.finding.transactions == case
