"""The CosmWasm host interface as a value.

What a module must keep to, `module_rules` checks when it is stored: the profile lets
pass what was. A contract may import a function with another type; no instance can be
made of it then.
"""

from contractvm.errors import RefusedModule
from contractvm.hosts.cosmwasm.costs import SECTIONS
from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.functions import FUNCTIONS
from contractvm.hosts.cosmwasm.metering import COSMWASM_METERING, metering_of
from contractvm.hosts.cosmwasm.module_rules import Analysis, check_contract
from contractvm.hosts.cosmwasm.releases import DEFAULT_RELEASE, find_release
from contractvm.hosts.interface import COSMOS, HostInterface
from contractvm.wasm.structure.opcodes import Feature
from contractvm.wasm.validation.profile import Profile

# Reference types serve tables with long indices only: their operators have no price.
FEATURES = frozenset(
    {
        Feature.MVP,
        Feature.SIGN_EXTENSION,
        Feature.SATURATING_CONVERSION,
        Feature.MULTI_VALUE,
        Feature.REFERENCE_TYPES,
    }
)
PROFILE = Profile(name="cosmwasm", features=FEATURES, floats="canonical but converted")


def check_newest(code: bytes) -> Analysis:
    """Check a module as the newest chain does that stores it; raises RefusedModule."""
    try:
        return check_contract(code, find_release(DEFAULT_RELEASE))
    except VmError as error:
        raise RefusedModule(error.detail) from error


INTERFACE = HostInterface(
    name="cosmwasm",
    profile=PROFILE,
    functions=FUNCTIONS,
    sections=SECTIONS,
    metering=COSMWASM_METERING,
    metering_of=metering_of,
    check_module=check_newest,
    bounding_schedules=("cosmwasm-3.0.9",),
    chain=COSMOS,
)
