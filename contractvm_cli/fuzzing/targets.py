"""What a campaign on the command line needs of its host: commands, cases, tests."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from chain_sim.ethereum.capture.case_document import encode_case
from contract_fuzz.campaign.difference_reports import (
    Explained,
    case_of,
    explain_difference,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import ReadTransaction, read_call
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.stopping import Stop
from contract_fuzz.oracles.oracle import INVARIANT, Finding
from contractvm.errors import InternalError
from contractvm_cli.fuzzing.finding_tests import call_tests
from contractvm_cli.fuzzing.options import StartOptions
from contractvm_cli.fuzzing.shown_calls import finding_commands
from contractvm_cli.fuzzing.starts import Start


class FuzzTarget(Protocol):
    """A campaign, and all that the command line says and writes of its host."""

    @property
    def campaign(self) -> HostedCampaign:
        """What is run."""

    @property
    def contract(self) -> Path:
        """The file of the contract; its address, where it is on a chain."""

    @property
    def note(self) -> str | None:
        """What the commands leave out, or when they hold."""

    @property
    def read_transaction(self) -> ReadTransaction:
        """Reads a transaction of a corpus entry."""

    def commands(self, finding: Finding) -> Iterator[str]:
        """Commands that reproduce a finding on a new chain."""

    def tests(self, findings: Sequence[Finding], test: Path) -> str:
        """The source of pytest tests of the findings, for the file `test`."""

    def case_document(self, finding: Finding) -> Any:
        """The finding as a case that `contractvm replay` runs, for JSON.

        None if the fault at issue keeps it from being captured.
        """

    def explain(
        self, finding: Finding, attempts: int, should_stop: Stop
    ) -> Explained | None:
        """Where a difference begins; None where nothing more can be said of it."""


@dataclass(frozen=True, slots=True)
class CallTarget:
    """A campaign on a chain of accounts."""

    campaign: Campaign
    start: Start
    contract: Path
    options: StartOptions
    read_transaction: ReadTransaction = read_call

    @property
    def note(self) -> str | None:
        """See FuzzTarget."""
        return self.start.note

    def commands(self, finding: Finding) -> Iterator[str]:
        """See FuzzTarget."""
        return finding_commands(finding, self.campaign, self.start)

    def tests(self, findings: Sequence[Finding], test: Path) -> str:
        """See FuzzTarget."""
        return call_tests(
            findings,
            self.campaign,
            test,
            self.contract,
            is_init_code=self.options.is_init_code,
            setup=self.options.setup,
        )

    def case_document(self, finding: Finding) -> Any:
        """See FuzzTarget; the call of an invariant comes at the end."""
        state = self.campaign.start
        call = tuple(
            CaseTransaction(state.contracts[0], invariant.selector)
            for invariant in self.campaign.invariants
            if finding.kind == INVARIANT and invariant.signature == finding.name
        )
        sent = replace(finding, transactions=finding.transactions + call)
        try:
            return json.loads(encode_case(case_of(state, sent, None)))
        except InternalError:
            return None

    def explain(
        self, finding: Finding, attempts: int, should_stop: Stop
    ) -> Explained | None:
        """See FuzzTarget."""
        return explain_difference(self.campaign, finding, attempts, should_stop)
