"""Tenants of the service: their keys, quotas, modules and last runs."""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from contractvm import Quota, Result
from examples.guest_service.modules import Examined, Module
from examples.guest_service.runs import Explanation, Run, kept_run

MAX_MODULES = 16
MAX_RUNS = 100  # kept for the page; older ones are dropped


@dataclass
class Tenant:
    """One tenant; nothing that it has is shared with another."""

    name: str
    quota: Quota
    modules: dict[str, Module] = field(default_factory=dict)
    runs: deque[Run] = field(default_factory=lambda: deque(maxlen=MAX_RUNS))
    run_count: int = 0
    # What the page's form gave last and nobody has accepted; what its forms send along.
    pending: Examined | None = None
    form_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def keep(
        self,
        module: Module,
        gas_limit: int,
        result: Result,
        explanation: Explanation | None,
    ) -> Run:
        """Number a run and keep it; the oldest is dropped."""
        self.run_count += 1
        run = kept_run(self.run_count, module, gas_limit, result, explanation)
        self.runs.append(run)
        return run

    def find_run(self, number: int) -> Run | None:
        """A run that is still kept."""
        return next((run for run in self.runs if run.number == number), None)


class Tenants:
    """The tenants by their keys, of which only hashes are kept."""

    def __init__(self, by_key: Mapping[str, Tenant]) -> None:
        self._by_hash = {
            sha256(key.encode()).digest(): tenant for key, tenant in by_key.items()
        }

    def of_key(self, key: str) -> Tenant | None:
        """The tenant of a key that a client sent; None for a wrong one."""
        return self._by_hash.get(sha256(key.encode()).digest())
