"""The files of a campaign: its corpus, and one for each finding."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from contract_fuzz.campaign import Campaign
from contract_fuzz.coordinator import CampaignState
from contract_fuzz.corpus_directory import CorpusDirectory, write_whole
from contract_fuzz.oracle import FindingKey
from contract_fuzz.report import campaign_document, finding_document
from contractvm.cli.fuzzing.starts import Start

FINDING_FORMAT = "contractvm fuzz finding 1"
DIGEST_DIGITS = 8


class Files:
    """Where a campaign keeps what it has, round after round."""

    def __init__(
        self,
        campaign: Campaign,
        start: Start,
        corpus: CorpusDirectory | None,
        findings: Path,
    ) -> None:
        self._campaign = campaign
        self._start = start
        self._corpus = corpus
        self._findings = findings
        self._written: dict[FindingKey, Any] = {}
        self.paths: dict[FindingKey, Path] = {}

    def keep(self, state: CampaignState) -> None:
        """Write what is new."""
        if self._corpus is not None:
            self._corpus.write([entry.transactions for entry in state.entries])
            self._corpus.keep_next_case(self._campaign.seed, state.next_case)
        for key, found in [*state.findings.items(), *state.later.items()]:
            if self._written.get(key) != found.finding:
                self._write_finding(key, finding_document(found, state.repeats[key]))
                self._written[key] = found.finding

    def _write_finding(self, key: FindingKey, document: dict[str, Any]) -> None:
        self._findings.mkdir(parents=True, exist_ok=True)
        path = self._findings.joinpath(finding_file_name(key))
        write_whole(
            path,
            {
                "format": FINDING_FORMAT,
                "campaign": campaign_document(self._campaign, ()),
                "finding": document,
            },
        )
        self.paths[key] = path


def finding_file_name(key: FindingKey) -> str:
    """`crash-unreachable-1a2b3c4d.json`: kind and name to read, and a digest of all."""
    kind, name, _ = key
    words = re.sub("[^a-z0-9]+", "-", f"{kind} {name}".lower()).strip("-")[:48]
    digest = sha256("\0".join(key).encode()).hexdigest()[:DIGEST_DIGITS]
    return f"{words}-{digest}.json"
