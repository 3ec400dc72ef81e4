"""The engine: Wasm bytes in, a metered, deterministic run out. Knows no chain."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contractvm.analysis.options import (
        ANY as ANY,
    )
    from contractvm.analysis.options import (
        CheckOptions as CheckOptions,
    )
    from contractvm.analysis.report import (
        DeterminismReport as DeterminismReport,
    )
    from contractvm.analysis.report import (
        check_module as check_module,
    )
    from contractvm.errors import (
        ContractVmError as ContractVmError,
    )
    from contractvm.errors import (
        InternalError as InternalError,
    )
    from contractvm.errors import (
        InvalidModule as InvalidModule,
    )
    from contractvm.errors import (
        LinkError as LinkError,
    )
    from contractvm.errors import (
        MalformedModule as MalformedModule,
    )
    from contractvm.errors import (
        OutOfGas as OutOfGas,
    )
    from contractvm.errors import (
        RefusedModule as RefusedModule,
    )
    from contractvm.errors import (
        Revert as Revert,
    )
    from contractvm.errors import (
        Trap as Trap,
    )
    from contractvm.errors import (
        TrapCode as TrapCode,
    )
    from contractvm.hosts.interface import (
        HostFunction as HostFunction,
    )
    from contractvm.hosts.interface import (
        HostInterface as HostInterface,
    )
    from contractvm.hosts.registry import (
        find_host as find_host,
    )
    from contractvm.hosts.registry import (
        host_names as host_names,
    )
    from contractvm.ledger.report import GasReport as GasReport
    from contractvm.metering.rules import (
        STANDARD_METERING as STANDARD_METERING,
    )
    from contractvm.metering.rules import (
        Metering as Metering,
    )
    from contractvm.runtime.engine_selection import make_engine as make_engine
    from contractvm.runtime.metered_run import MeteredRun as MeteredRun
    from contractvm.runtime.pipeline import Pipeline as Pipeline
    from contractvm.wasm.validation.profile import (
        Profile as Profile,
    )
    from contractvm.wasm.validation.profile import (
        SizeLimits as SizeLimits,
    )

# Where each public name is defined; its module is imported when it is first used.
_HOMES = {
    "contractvm.analysis.options": (
        "ANY",
        "CheckOptions",
    ),
    "contractvm.analysis.report": (
        "DeterminismReport",
        "check_module",
    ),
    "contractvm.errors": (
        "ContractVmError",
        "InternalError",
        "InvalidModule",
        "LinkError",
        "MalformedModule",
        "OutOfGas",
        "RefusedModule",
        "Revert",
        "Trap",
        "TrapCode",
    ),
    "contractvm.hosts.interface": (
        "HostFunction",
        "HostInterface",
    ),
    "contractvm.hosts.registry": (
        "find_host",
        "host_names",
    ),
    "contractvm.ledger.report": ("GasReport",),
    "contractvm.metering.rules": (
        "STANDARD_METERING",
        "Metering",
    ),
    "contractvm.runtime.engine_selection": ("make_engine",),
    "contractvm.runtime.metered_run": ("MeteredRun",),
    "contractvm.runtime.pipeline": ("Pipeline",),
    "contractvm.wasm.validation.profile": (
        "Profile",
        "SizeLimits",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = list(_HOME_OF)

__version__: str


def _version() -> str:
    """The installed version; "unknown" where the project is not installed."""
    # It takes 20 times as long to import as this file.
    from importlib import metadata  # noqa: PLC0415

    try:
        return metadata.version("contractvm-wasm")
    except metadata.PackageNotFoundError:
        return "unknown"


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return _version()
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
