"""Progress of a campaign: a live table on a terminal, else a line now and then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from contract_fuzz.campaign.coordinator import (
    CampaignState,
    Watch,
    watch_nothing,
)
from contractvm_cli.failures import say

LIVE_SECONDS = 0.25
LINE_SECONDS = 10.0


class CampaignProgress:
    """Counts and speeds of a campaign that is running."""

    def __init__(self, state: CampaignState) -> None:
        self._state = state
        self._began = time.monotonic()
        self._shown = 0.0
        self._last_new = self._began
        self._features = state.features.feature_count

    @property
    def seconds(self) -> float:
        """Since the first case."""
        return time.monotonic() - self._began

    @property
    def speed(self) -> float:
        """Cases per second, on average."""
        return self._state.case_count / max(self.seconds, 1e-6)

    def is_due(self, seconds: float) -> bool:
        """True at most once in `seconds`-long intervals."""
        now = time.monotonic()
        if now - self._shown < seconds:
            return False
        self._shown = now
        return True

    def note(self) -> None:
        """Note what is new; called after each chunk."""
        features = self._state.features.feature_count
        if features != self._features:
            self._features, self._last_new = features, time.monotonic()

    def facts(self) -> dict[str, str]:
        """The values to show, by name."""
        state = self._state
        features = state.features.feature_count
        quiet = time.monotonic() - self._last_new
        return {
            "seconds": f"{self.seconds:.0f}",
            "cases": f"{state.case_count:,}",
            "cases/s": f"{self.speed:,.0f}",
            "edges": f"{state.features.edge_count:,}",
            "features": f"{features:,}",
            "s without new": f"{quiet:.0f}",
            "corpus": f"{len(state.entries):,}",
            "findings": f"{len(state.findings):,}",
        }


@contextmanager
def showing_progress(progress: CampaignProgress, *, is_quiet: bool) -> Iterator[Watch]:
    """Show the progress on stderr while a campaign runs."""
    console = Console(stderr=True)
    if is_quiet:
        yield watch_nothing
    elif console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:

            def draw(_: CampaignState) -> None:
                progress.note()
                if progress.is_due(LIVE_SECONDS):
                    live.update(_table(progress.facts()), refresh=True)

            yield draw
    else:

        def say_line(_: CampaignState) -> None:
            progress.note()
            if progress.is_due(LINE_SECONDS):
                facts = progress.facts()
                say(", ".join(f"{value} {name}" for name, value in facts.items()))

        progress.is_due(0)
        yield say_line


def _table(facts: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in facts:
        table.add_column(name, justify="right")
    table.add_row(*facts.values())
    return table
