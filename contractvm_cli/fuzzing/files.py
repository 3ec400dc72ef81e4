"""The files of a campaign: its corpus, and one for each finding."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from contract_fuzz.campaign.coordinator import CampaignState
from contract_fuzz.campaign.corpus_directory import (
    CorpusDirectory,
    write_document,
)
from contract_fuzz.campaign.difference_files import write_difference
from contract_fuzz.campaign.difference_reports import Explained
from contract_fuzz.campaign.report import campaign_document, finding_document
from contract_fuzz.judging.stopping import Abandoned
from contract_fuzz.oracles.oracle import DIFFERENCE, FindingKey
from contractvm.errors import InternalError
from contractvm_cli.failures import describe_os_error, say_warning
from contractvm_cli.finding_cases import FINDING_FORMAT
from contractvm_cli.fuzzing.interrupts import Deadline
from contractvm_cli.fuzzing.targets import FuzzTarget

DIGEST_DIGITS = 8


class Files:
    """The files of a campaign, written after each round."""

    def __init__(
        self,
        target: FuzzTarget,
        corpus: CorpusDirectory | None,
        findings: Path,
    ) -> None:
        self._target = target
        self._campaign = target.campaign
        self._corpus = corpus
        self._findings = findings
        self._written: dict[FindingKey, Any] = {}
        self._replayable: dict[FindingKey, Any] = {}
        self.tests: list[Path] = []
        self.failure: OSError | None = None
        self.paths: dict[FindingKey, Path] = {}
        self.explained: dict[FindingKey, Explained] = {}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep the OSError of what is written: the campaign and its report go on."""
        try:
            yield
        except OSError as error:
            if self.failure is None:
                say_warning(f"{describe_os_error(error)}; the campaign goes on")
            self.failure = error

    def keep(self, state: CampaignState) -> None:
        """Write what is new."""
        with self.writing():
            self._keep_findings(state)
        if self._corpus is not None:
            with self.writing():
                self._corpus.write([entry.transactions for entry in state.entries])
                self._corpus.keep_next_case(self._campaign.seed, state.next_case)

    def _keep_findings(self, state: CampaignState) -> None:
        for key, found in [*state.findings.items(), *state.later.items()]:
            if self._written.get(key) != found.finding:
                self._replayable[key] = self._target.case_document(found.finding)
                self._write_finding(key, finding_document(found, state.repeats[key]))
                self._written[key] = found.finding

    def explain(self, state: CampaignState, attempts: int, deadline: Deadline) -> None:
        """Write the files of each difference, as far as there is time.

        What was found out about it is also added to the finding's own file.
        """
        deadline.begin_explaining()
        for key, found in [*state.findings.items(), *state.later.items()]:
            if key[0] != DIFFERENCE or not found.finding.transactions:
                continue
            try:
                with deadline.abandonable():
                    explained = self._target.explain(found.finding, attempts, deadline)
            except InternalError as error:
                # The fault at issue may stop this too; the finding itself is kept.
                say_warning(f"{key[1]} could not be explained: {error}")
                continue
            except Abandoned:
                say_warning(f"{key[1]} is not explained: there was no time left")
                continue
            if explained is None:
                continue
            self.explained[key] = explained
            document = finding_document(found, state.repeats[key])
            with self.writing():
                stem = finding_file_name(key).removesuffix(".json")
                paths = write_difference(self._findings, stem, explained)
                self.tests.append(paths[0])
                document["explained"] = explained_document(explained, paths)
                self._write_finding(key, document)

    def _write_finding(self, key: FindingKey, document: dict[str, Any]) -> None:
        self._findings.mkdir(parents=True, exist_ok=True)
        path = self._findings.joinpath(finding_file_name(key))
        write_document(
            path,
            {
                "format": FINDING_FORMAT,
                "campaign": campaign_document(self._campaign, ()),
                "finding": document,
                "case": self._replayable.get(key),
            },
        )
        self.paths[key] = path


def finding_file_name(key: FindingKey) -> str:
    """`crash-unreachable-1a2b3c4d.json`: kind and name, and a digest of all."""
    kind, name, _ = key
    words = re.sub("[^a-z0-9]+", "-", f"{kind} {name}".lower()).strip("-")[:48]
    digest = sha256("\0".join(key).encode()).hexdigest()[:DIGEST_DIGITS]
    return f"{words}-{digest}.json"


def explained_document(
    explained: Explained, paths: Sequence[Path] = ()
) -> dict[str, Any]:
    """What is known of a difference, for JSON."""
    divergence, shrunk = explained.divergence, explained.shrunk
    return {
        "divergence": None if divergence is None else dict(divergence.facts),
        "moduleBytes": len(explained.code),
        "shrunkBytes": None if shrunk is None else len(shrunk.code),
        "notes": list(explained.notes),
        "files": [path.name for path in paths],
    }
