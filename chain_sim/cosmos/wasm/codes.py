"""Storing codes, and pinning them."""

import zlib
from hashlib import sha256

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    CREATE_FAILED,
    DUPLICATE,
    EMPTY,
    INVALID,
    LIMIT,
    UNAUTHORIZED,
    CosmosError,
)
from chain_sim.cosmos.gas import COMPILE_BYTE, PIN, uncompress_costs
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from chain_sim.cosmos.wasm.records import (
    ANY_OF,
    CODE_KEY,
    EVERYBODY,
    LAST_CODE,
    NOBODY,
    PINNED_KEY,
    CodeInfo,
    find_code,
    next_number,
    number_key,
)
from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.module_rules import Analysis, check_contract

GZIP = b"\x1f\x8b\x08"
MAX_CODE_BYTES = 800 * 1024
# Addresses of those who may make contracts of a code.
MAX_ALLOWED = 50
# A gzip has a header that zlib reads with this window.
GZIP_WINDOW = zlib.MAX_WBITS | 16


def unpacked(context: Context, code: bytes) -> bytes:
    """The module in an upload, which may be a gzip; costs gas by its size.

    No more than a module may have is ever unpacked.
    """
    if not code:
        raise CosmosError(EMPTY, "wasm code")
    if not code.startswith(GZIP):
        _check_size(len(code))
        return code
    context.meter.consume(uncompress_costs(len(code)), "Uncompress gzip bytecode")
    reader = zlib.decompressobj(GZIP_WINDOW)
    try:
        module = reader.decompress(code, MAX_CODE_BYTES + 1)
    except zlib.error as error:
        raise CosmosError(CREATE_FAILED, f"gzip: {error}") from error
    _check_size(len(module))
    if not reader.eof:
        raise CosmosError(CREATE_FAILED, "gzip: unexpected EOF")
    return module


def _check_size(size: int) -> None:
    if size > MAX_CODE_BYTES:
        reason = f"code of {size} bytes, {MAX_CODE_BYTES} at most"
        raise CosmosError(LIMIT, reason)


def store_code(
    context: Context,
    sender: bytes,
    code: bytes,
    permission: int = EVERYBODY,
    allowed: tuple[str, ...] = (),
    capabilities: frozenset[str] | None = None,
) -> tuple[int, bytes, Analysis]:
    """Store a code; its number, checksum, and what it needs."""
    check_access(context, permission, allowed)
    module = unpacked(context, code)
    context.meter.consume(COMPILE_BYTE * len(module), "Compiling wasm bytecode")
    try:
        analysis = check_contract(module, context.rules.release, capabilities)
    except VmError as error:
        raise CosmosError(CREATE_FAILED, str(error)) from error
    checksum = sha256(module).digest()
    code_id = next_number(context, LAST_CODE)
    creator = context.addresses.text(sender)
    info = CodeInfo(checksum, creator, permission, allowed)
    context.wasm.set(CODE_KEY + number_key(code_id), info.encode())
    context.state.set(CODE_BYTES + checksum, module)
    context.emit(
        "store_code", ("code_checksum", checksum.hex()), ("code_id", str(code_id))
    )
    return code_id, checksum, analysis


def check_access(context: Context, permission: int, allowed: tuple[str, ...]) -> None:
    """Raise CosmosError for an access list that a chain does not take."""
    if permission not in (NOBODY, EVERYBODY, ANY_OF):
        raise CosmosError(INVALID, f"permission {permission}")
    if permission != ANY_OF:
        if allowed:
            raise CosmosError(INVALID, "addresses not allowed for this permission")
        return
    if not allowed:
        raise CosmosError(EMPTY, "addresses")
    if len(allowed) > MAX_ALLOWED:
        reason = f"{len(allowed)} addresses, {MAX_ALLOWED} at most"
        raise CosmosError(LIMIT, reason)
    for address in allowed:
        context.addresses.data(address)
    if len(set(allowed)) < len(allowed):
        raise CosmosError(DUPLICATE, "addresses")


def check_permission(context: Context, code: CodeInfo, sender: bytes) -> None:
    """Raise CosmosError unless `sender` may make contracts of a code."""
    text = context.addresses.text(sender)
    if code.permission == NOBODY or (
        code.permission == ANY_OF and text not in code.allowed
    ):
        raise CosmosError(UNAUTHORIZED, "can not instantiate")


def is_pinned(context: Context, code_id: int) -> bool:
    """Whether a code is kept in memory; costs a look-up."""
    return context.wasm.has(PINNED_KEY + number_key(code_id))


def pin(context: Context, code_id: int) -> None:
    """Keep a code in memory: its contracts are cheaper to load."""
    find_code(context, code_id)
    context.meter.consume(PIN, "Pin code")
    context.wasm.set(PINNED_KEY + number_key(code_id), b"")
    context.emit("pin_code", ("code_id", str(code_id)))


def unpin(context: Context, code_id: int) -> None:
    """Undo `pin`."""
    find_code(context, code_id)
    context.meter.consume(PIN, "Unpin code")
    context.wasm.delete(PINNED_KEY + number_key(code_id))
    context.emit("unpin_code", ("code_id", str(code_id)))
