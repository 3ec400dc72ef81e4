"""The ABIs by name."""

from contractvm.guests.abi import Abi, NoAbi
from contractvm.guests.extism_abi import ExtismAbi
from contractvm.guests.requirements import Requirements
from contractvm.guests.wasi_abi import WasiAbi

ABIS: tuple[Abi, ...] = (ExtismAbi(), WasiAbi(), NoAbi())


def find_abi(name: str, requirements: Requirements) -> Abi:
    """The ABI of that name; "auto" is the first that the module is written for.

    Raises ValueError for an unknown name.
    """
    for abi in ABIS:
        if name == abi.name or (name == "auto" and abi.matches(requirements)):
            return abi
    known = ", ".join(abi.name for abi in ABIS)
    raise ValueError(f"no ABI {name!r}: there are auto, {known}")
