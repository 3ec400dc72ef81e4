"""The result of a run."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from contractvm.errors import ContractVmError
from contractvm.guests.outcomes import Exited, Failed, Outcome, is_success
from contractvm.guests.spending import GuestReport, Spent
from contractvm.guests.tape import Tape
from contractvm.guests.trap_site import TrapSite
from contractvm.ledger.where import Where

NO_MOUNTS: Mapping[str, Any] = MappingProxyType({})


class Result(Struct, frozen=True, kw_only=True):
    """How a run ended and what it used.

    `gas_used` is `units_used` in whole gas, rounded up. `units_by_host` is what host
    functions were charged, `units_by_guest` all else. `value` is what a called export
    returned. `mounts` are the file trees after the run. `exception` is what a host
    function raised, None unless the outcome is HostFailed.
    """

    outcome: Outcome
    value: Any = None
    stdout: bytes = b""
    stderr: bytes = b""
    stderr_truncated: bool = False
    mounts: Mapping[str, Any] = NO_MOUNTS
    gas_used: int = 0
    units_used: int = 0
    units_by_host: int = 0
    host_calls: Counter[str] = field(default_factory=Counter)
    memory_peak_pages: int = 0
    engine: str = ""
    seed: bytes = b""
    exception: Exception | None = None
    tape: Tape | None = None
    spent: Spent | None = None
    trap_site: TrapSite | None = None

    @property
    def ok(self) -> bool:
        """Whether the run succeeded: it exited with 0, or its call returned."""
        return is_success(self.outcome)

    @property
    def exit_code(self) -> int | None:
        """The exit code; None unless the outcome is Exited."""
        return self.outcome.code if isinstance(self.outcome, Exited) else None

    @property
    def error(self) -> str | None:
        """What the guest said went wrong; None unless the outcome is Failed."""
        return self.outcome.error if isinstance(self.outcome, Failed) else None

    @property
    def units_by_guest(self) -> int:
        """Units for instructions, and for making the instance."""
        return self.units_used - self.units_by_host

    def report(self) -> GuestReport:
        """The units by func, host function, line and stack of a traced guest.

        Of an instance it covers all calls so far. Raises ValueError if the guest was
        not loaded with `traced=True`.
        """
        if self.spent is None:
            raise ValueError("only guests loaded with traced=True have reports")
        return self.spent.report()

    def where(self) -> Where | None:
        """The funcs in progress where the guest trapped or ran out of gas.

        Each has its offset in the code section, and the source line if it is known. The
        frames are the same on both engines; wasmtime keeps the innermost only. None if
        the guest did not stop in its code. As slow as preparing the module twice, so it
        is found when asked for.
        """
        if self.trap_site is None:
            return None
        return self.trap_site.where(str(self.outcome))

    def replaced(self, **fields: Any) -> "Result":
        """The same result but for these fields."""
        return replace(self, **fields)

    def raise_for_outcome(self) -> "Result":
        """Return the result itself, or raise GuestFailed unless it is `ok`."""
        if not self.ok:
            raise GuestFailed(self) from self.exception
        return self


class GuestFailed(ContractVmError):
    """A run did not succeed: `Result.raise_for_outcome`; `result` says how it ended."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result.outcome))
        self.result = result
