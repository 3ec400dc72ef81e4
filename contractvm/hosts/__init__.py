"""What code may ask for: host interfaces, and what they are written with."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contractvm.errors import (
        Finish as Finish,
    )
    from contractvm.errors import (
        Revert as Revert,
    )
    from contractvm.hosts.evm.contract_call import ContractCall as ContractCall
    from contractvm.hosts.evm.costs import (
        PrecompileCosts as PrecompileCosts,
    )
    from contractvm.hosts.evm.costs import (
        TransactionCosts as TransactionCosts,
    )
    from contractvm.hosts.evm.deployment import build_init_module as build_init_module
    from contractvm.hosts.evm.frame import Frame as Frame
    from contractvm.hosts.interface import (
        CodeForm as CodeForm,
    )
    from contractvm.hosts.interface import (
        HostFunction as HostFunction,
    )
    from contractvm.hosts.interface import (
        HostInterface as HostInterface,
    )
    from contractvm.hosts.interface import (
        func_type as func_type,
    )
    from contractvm.hosts.registry import (
        UnknownHostInterface as UnknownHostInterface,
    )
    from contractvm.hosts.registry import (
        find_host as find_host,
    )
    from contractvm.hosts.registry import (
        host_names as host_names,
    )
    from contractvm.hosts.registry import (
        load_checked as load_checked,
    )
    from contractvm.wasm.engines.suspension import (
        GuestCall as GuestCall,
    )
    from contractvm.wasm.engines.suspension import (
        Suspension as Suspension,
    )
    from contractvm.wasm.validation.profile import (
        Profile as Profile,
    )
    from contractvm.wasm.validation.profile import (
        SizeLimits as SizeLimits,
    )

# Where each public name is defined; its module is imported when it is first used.
_HOMES = {
    "contractvm.errors": (
        "Finish",
        "Revert",
    ),
    "contractvm.hosts.evm.contract_call": ("ContractCall",),
    "contractvm.hosts.evm.costs": (
        "PrecompileCosts",
        "TransactionCosts",
    ),
    "contractvm.hosts.evm.deployment": ("build_init_module",),
    "contractvm.hosts.evm.frame": ("Frame",),
    "contractvm.hosts.interface": (
        "CodeForm",
        "HostFunction",
        "HostInterface",
        "func_type",
    ),
    "contractvm.hosts.registry": (
        "UnknownHostInterface",
        "find_host",
        "host_names",
        "load_checked",
    ),
    "contractvm.wasm.engines.suspension": (
        "GuestCall",
        "Suspension",
    ),
    "contractvm.wasm.validation.profile": (
        "Profile",
        "SizeLimits",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = list(_HOME_OF)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
