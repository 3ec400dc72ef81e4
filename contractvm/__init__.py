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
    from contractvm.guests.capabilities.fetch import (
        Fetch as Fetch,
    )
    from contractvm.guests.capabilities.infer import (
        Infer as Infer,
    )
    from contractvm.guests.capabilities.key_value import (
        KeyValue as KeyValue,
    )
    from contractvm.guests.capabilities.queue import (
        Queue as Queue,
    )
    from contractvm.guests.capabilities.sql import (
        Sql as Sql,
    )
    from contractvm.guests.capability import (
        Capability as Capability,
    )
    from contractvm.guests.conversions import (
        F32 as F32,
    )
    from contractvm.guests.conversions import (
        I32 as I32,
    )
    from contractvm.guests.conversions import (
        U32 as U32,
    )
    from contractvm.guests.conversions import (
        U64 as U64,
    )
    from contractvm.guests.errors import (
        GuestError as GuestError,
    )
    from contractvm.guests.errors import (
        InstanceBusy as InstanceBusy,
    )
    from contractvm.guests.errors import (
        InstanceEnded as InstanceEnded,
    )
    from contractvm.guests.errors import (
        NoSuchExport as NoSuchExport,
    )
    from contractvm.guests.errors import (
        UnknownImports as UnknownImports,
    )
    from contractvm.guests.frame import (
        Context as Context,
    )
    from contractvm.guests.guest import (
        Guest as Guest,
    )
    from contractvm.guests.host_functions import (
        host_function as host_function,
    )
    from contractvm.guests.limits import (
        Limits as Limits,
    )
    from contractvm.guests.outcomes import (
        Cancelled as Cancelled,
    )
    from contractvm.guests.outcomes import (
        DeadlineExceeded as DeadlineExceeded,
    )
    from contractvm.guests.outcomes import (
        Exited as Exited,
    )
    from contractvm.guests.outcomes import (
        Failed as Failed,
    )
    from contractvm.guests.outcomes import (
        HostFailed as HostFailed,
    )
    from contractvm.guests.outcomes import (
        LimitReached as LimitReached,
    )
    from contractvm.guests.outcomes import (
        RanOutOfGas as RanOutOfGas,
    )
    from contractvm.guests.outcomes import (
        Returned as Returned,
    )
    from contractvm.guests.outcomes import (
        Trapped as Trapped,
    )
    from contractvm.guests.quota import (
        Quota as Quota,
    )
    from contractvm.guests.quota import (
        QuotaExceeded as QuotaExceeded,
    )
    from contractvm.guests.result import (
        GuestFailed as GuestFailed,
    )
    from contractvm.guests.result import (
        Result as Result,
    )
    from contractvm.guests.spending import (
        GuestReport as GuestReport,
    )
    from contractvm.guests.tape import (
        ReplayDiverged as ReplayDiverged,
    )
    from contractvm.guests.tape import (
        Tape as Tape,
    )
    from contractvm.guests.tape import (
        TapeError as TapeError,
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
    from contractvm.hosts.wasi.clock import Clock as Clock
    from contractvm.hosts.wasi.file_tree import (
        FileTree as FileTree,
    )
    from contractvm.hosts.wasi.file_tree import (
        SymbolicLink as SymbolicLink,
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
        "contractvm.guests.capabilities.fetch": ("Fetch",),
        "contractvm.guests.capabilities.infer": ("Infer",),
        "contractvm.guests.capabilities.key_value": ("KeyValue",),
        "contractvm.guests.capabilities.queue": ("Queue",),
        "contractvm.guests.capabilities.sql": ("Sql",),
        "contractvm.guests.capability": ("Capability",),
        "contractvm.guests.conversions": (
            "F32",
            "I32",
            "U32",
            "U64",
        ),
        "contractvm.guests.errors": (
            "GuestError",
            "InstanceBusy",
            "InstanceEnded",
            "NoSuchExport",
            "UnknownImports",
        ),
        "contractvm.guests.frame": ("Context",),
        "contractvm.guests.guest": ("Guest",),
        "contractvm.guests.host_functions": ("host_function",),
        "contractvm.guests.limits": ("Limits",),
        "contractvm.guests.outcomes": (
            "Cancelled",
            "DeadlineExceeded",
            "Exited",
            "Failed",
            "HostFailed",
            "LimitReached",
            "RanOutOfGas",
            "Returned",
            "Trapped",
        ),
        "contractvm.guests.quota": (
            "Quota",
            "QuotaExceeded",
        ),
        "contractvm.guests.result": (
            "GuestFailed",
            "Result",
        ),
        "contractvm.guests.spending": ("GuestReport",),
        "contractvm.guests.tape": (
            "ReplayDiverged",
            "Tape",
            "TapeError",
        ),
        "contractvm.hosts.interface": ("HostFunction", "HostInterface"),
        "contractvm.hosts.wasi.clock": ("Clock",),
        "contractvm.hosts.wasi.file_tree": ("FileTree", "SymbolicLink"),
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
