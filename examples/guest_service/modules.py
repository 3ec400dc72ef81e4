"""Uploaded modules: what they need, and why some are refused."""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from contractvm import ContractVmError, Guest, Limits, UnknownImports

MAX_MODULE_BYTES = 1 << 20
UPLOAD_GAS_PER_BYTE = 2  # checking and translating is work too
MAX_NAME_LENGTH = 60
MAX_LISTED = 100
# Of every run; a request names its gas.
LIMITS = Limits(
    memory_pages=256,
    stdin_bytes=256 << 10,
    stdout_bytes=64 << 10,
    stderr_bytes=16 << 10,
    host_calls=100_000,
    seconds=5,
)


class Refused(Exception):
    """A module that cannot run here: the reasons, and what it needs if readable."""

    def __init__(self, reasons: list[str], needs: dict[str, Any] | None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.needs = needs


@dataclass
class Module:
    """A module that was accepted; its id is the SHA-256 of its bytes."""

    name: str
    wasm: bytes
    needs: dict[str, Any]
    guest: Guest
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = sha256(self.wasm).hexdigest()

    def load_traced(self) -> Guest:
        """The same guest, explaining its gas: slower, and made when first asked for."""
        return self._traced

    @cached_property
    def _traced(self) -> Guest:
        return Guest.load(self.wasm, abi="wasi", traced=True)


@dataclass(frozen=True)
class Examined:
    """A module that was read but not prepared: what it needs, and what it lacks.

    `needs` is None where it is no module. With `reasons` it would be refused.
    """

    name: str
    wasm: bytes
    needs: dict[str, Any] | None
    reasons: list[str]

    @property
    def id(self) -> str:
        """The SHA-256 of its bytes."""
        return sha256(self.wasm).hexdigest()


def examine(wasm: bytes, name: str) -> Examined:
    """Read what a module needs; nothing of it is translated."""
    try:
        requirements = Guest.inspect(wasm)
    except ContractVmError as error:
        return Examined(name, wasm, None, [str(error)])
    needs = {
        "bytes": requirements.module_bytes,
        "memory_pages": [requirements.min_memory_pages, requirements.max_memory_pages],
        "imports": sorted({f"{entry[0]}.{entry[1]}" for entry in requirements.imports}),
        "exports": sorted(requirements.exported_funcs),
    }
    for listed in ("imports", "exports"):
        needs[listed] = [name[:MAX_LISTED] for name in needs[listed][:MAX_LISTED]]
    reasons = []
    if "_start" not in requirements.exported_funcs:
        reasons.append("it exports no func _start: only WASI programs run here")
    reasons += sorted(
        f"it imports {module}.{func}: this service gives no capabilities"[:300]
        for module, func, _ in requirements.imports
        if module.startswith("capability:")
    )[:MAX_LISTED]
    try:
        requirements.check_limits(LIMITS)
    except ContractVmError as error:
        reasons.append(str(error)[:300])
    return Examined(name, wasm, needs, reasons)


def accept(wasm: bytes, name: str) -> Module:
    """Check and translate a program; raises Refused."""
    examined = examine(wasm, name)
    needs, reasons = examined.needs, examined.reasons
    if needs is None:
        raise Refused(reasons, None)
    try:
        guest = Guest.load(wasm, abi="wasi")
    except UnknownImports as error:
        reasons += [
            f"it imports {module}.{func}: this service has no such function"[:300]
            for module, func in error.names[:MAX_LISTED]
        ]
    except ContractVmError as error:
        reasons.append(str(error)[:300])
    if reasons:
        raise Refused(reasons, needs)
    return Module(name, wasm, needs, guest)
