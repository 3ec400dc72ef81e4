"""Runs of modules: within the tenant's quota, with what the page shows of them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from contractvm import Guest, GuestReport, Quota, Result
from examples.guest_service.modules import LIMITS, Module

MAX_FUNCTIONS = 20


@dataclass(frozen=True)
class Explanation:
    """Where the gas went, in units.

    `functions` are the dearest, by name, calls, and units for their own instructions
    and host calls.
    """

    making: int
    functions: tuple[tuple[str, int, int], ...]
    host_functions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Run:
    """What is kept of a run."""

    number: int
    module: str
    module_name: str
    outcome: str
    ok: bool
    gas_limit: int
    gas_used: int
    units_by_guest: int
    units_by_host: int
    host_calls: dict[str, int]
    stdout: bytes
    log: str
    log_is_cut: bool
    explanation: Explanation | None

    def document(self) -> dict[str, Any]:
        """The run as JSON; its bytes as text, exact in `/runs/{number}/stdout`."""
        found = {
            "run": self.number,
            "module": self.module,
            "outcome": self.outcome,
            "ok": self.ok,
            "gas": self.gas_used,
            "gas_limit": self.gas_limit,
            "units": {"guest": self.units_by_guest, "host": self.units_by_host},
            "host_calls": self.host_calls,
            "stdout": self.stdout.decode(errors="replace"),
            "log": self.log,
            "log_is_cut": self.log_is_cut,
        }
        if self.explanation is not None:
            found["functions"] = [
                {"name": name, "calls": calls, "units": units}
                for name, calls, units in self.explanation.functions
            ]
            found["host_functions"] = dict(self.explanation.host_functions)
            found["making"] = self.explanation.making
        return found


class Workers:
    """The threads of all tenants: so many for runs, and one to prepare modules.

    A run waits for its turn here, so that its seconds begin when it has a thread.
    """

    def __init__(self, threads: int) -> None:
        self._running = ThreadPoolExecutor(threads)
        self._preparing = ThreadPoolExecutor(1)
        self._turns = asyncio.Semaphore(threads)

    async def prepare(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function returns that checks and translates a module."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._preparing, function, *arguments)

    async def run(self, guest: Guest, quota: Quota, gas: int, stdin: bytes) -> Result:
        """Run with gas that is set aside first; raises QuotaExceeded.

        What a cancelled run had used is paid for; a fault of this machine is not.
        """
        reserved = quota.reserve(gas)
        used = 0
        try:
            limits = replace(LIMITS, gas=gas)
            run = guest.new_run(stdin=stdin, limits=limits, executor=self._running)
            async with self._turns:
                try:
                    return await run.arun()
                finally:
                    used = run.result.gas_used if run.result is not None else 0
        finally:
            quota.settle(reserved, used)


def kept_run(number: int, module: Module, gas_limit: int, result: Result) -> Run:
    """The run as it is kept."""
    return Run(
        number=number,
        module=module.id,
        module_name=module.name,
        outcome=str(result.outcome),
        ok=result.ok,
        gas_limit=gas_limit,
        gas_used=result.gas_used,
        units_by_guest=result.units_by_guest,
        units_by_host=result.units_by_host,
        host_calls=dict(sorted(result.host_calls.items())),
        stdout=result.stdout,
        log=result.stderr.decode(errors="replace"),
        log_is_cut=result.stderr_truncated,
        explanation=None if result.spent is None else _explained(result.report()),
    )


def _explained(report: GuestReport) -> Explanation:
    dearest = sorted(report.functions, key=lambda cost: -cost.own_units)
    return Explanation(
        making=report.making_units,
        functions=tuple(
            (cost.name[:80], cost.calls, cost.own_units)
            for cost in dearest[:MAX_FUNCTIONS]
        ),
        host_functions=tuple(
            sorted(report.host_functions.items(), key=lambda item: -item[1])
        ),
    )
