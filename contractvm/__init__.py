"""The engine: Wasm bytes in, a metered, deterministic run out. Knows no chain."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
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
        MissingProposal as MissingProposal,
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
    from contractvm.version import __version__ as __version__
    from contractvm.wasm.validation.profile import (
        Profile as Profile,
    )
    from contractvm.wasm.validation.profile import (
        SizeLimits as SizeLimits,
    )


install_face(
    globals(),
    {
        "contractvm.analysis.options": ("ANY", "CheckOptions"),
        "contractvm.analysis.report": ("DeterminismReport", "check_module"),
        "contractvm.errors": (
            "ContractVmError",
            "InternalError",
            "InvalidModule",
            "LinkError",
            "MalformedModule",
            "MissingProposal",
            "OutOfGas",
            "RefusedModule",
            "Revert",
            "Trap",
            "TrapCode",
        ),
        "contractvm.hosts.interface": ("HostFunction", "HostInterface"),
        "contractvm.hosts.registry": ("find_host", "host_names"),
        "contractvm.ledger.report": ("GasReport",),
        "contractvm.metering.rules": ("STANDARD_METERING", "Metering"),
        "contractvm.runtime.engine_selection": ("make_engine",),
        "contractvm.runtime.metered_run": ("MeteredRun",),
        "contractvm.runtime.pipeline": ("Pipeline",),
        "contractvm.version": ("__version__",),
        "contractvm.wasm.validation.profile": ("Profile", "SizeLimits"),
    },
)
