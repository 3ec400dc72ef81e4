"""What code may ask for: host interfaces, and what they are written with."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
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
    from contractvm.hosts.evm.frame import (
        Frame as Frame,
    )
    from contractvm.hosts.evm.frame import (
        refusal as refusal,
    )
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

install_face(
    globals(),
    {
        "contractvm.errors": ("Finish", "Revert"),
        "contractvm.hosts.evm.contract_call": ("ContractCall",),
        "contractvm.hosts.evm.costs": ("PrecompileCosts", "TransactionCosts"),
        "contractvm.hosts.evm.deployment": ("build_init_module",),
        "contractvm.hosts.evm.frame": ("Frame", "refusal"),
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
        "contractvm.wasm.engines.suspension": ("GuestCall", "Suspension"),
        "contractvm.wasm.validation.profile": ("Profile", "SizeLimits"),
    },
)
