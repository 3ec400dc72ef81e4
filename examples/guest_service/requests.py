"""What requests have in common: whose they are, their bodies, and what they pay."""

import asyncio
import base64
import binascii
import math
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from contractvm import QuotaExceeded
from examples.guest_service.modules import UPLOAD_GAS_PER_BYTE, Module, accept
from examples.guest_service.runs import Workers
from examples.guest_service.tenants import MAX_MODULES, Tenant

BODY_SECONDS = 10


def tenant_of(request: Request, *, may_be_browser: bool = False) -> Tenant:
    """The tenant that the request's key is of; raises 401."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    key = given if kind.lower() == "bearer" else ""
    if may_be_browser and kind.lower() == "basic":
        try:
            key = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            key = ""
    tenant: Tenant | None = request.app.state.tenants.of_key(key)
    if tenant is None:
        challenge = 'Basic realm="guests"' if may_be_browser else "Bearer"
        headers = {"www-authenticate": challenge}
        raise HTTPException(401, "no such key", headers)
    return tenant


def module_of(request: Request, tenant: Tenant) -> Module:
    """The tenant's module that the path names; raises 404."""
    module = tenant.modules.get(request.path_params["id"])
    if module is None:
        raise HTTPException(404, "no such module")
    return module


async def read_body(request: Request, most: int) -> bytes:
    """The body; raises 413 for more bytes, 408 for a client that takes too long."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise HTTPException(413, f"more than {most} bytes")
                parts.append(part)
    except TimeoutError:
        raise HTTPException(408, f"more than {BODY_SECONDS} seconds") from None
    except ClientDisconnect:
        raise HTTPException(400, "the client is gone") from None
    return b"".join(parts)


def refuse_for_now(refusal: QuotaExceeded) -> HTTPException:
    """429, with the whole seconds after which it is worth trying again."""
    wait = 1 if refusal.retry_after is None else math.ceil(refusal.retry_after)
    headers = {"retry-after": str(max(1, wait))}
    return HTTPException(429, str(refusal), headers)


def number_in(request: Request, name: str, default: int) -> int:
    """A whole number among the query's; raises 400."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise HTTPException(400, f"{name} is not a whole number")
    return int(text)


@contextmanager
def paying_for_upload(tenant: Tenant, wasm: bytes) -> Iterator[None]:
    """Pay for looking at a module by its bytes; raises 413 and 429."""
    gas = UPLOAD_GAS_PER_BYTE * len(wasm)
    if gas > tenant.quota.burst:
        raise HTTPException(413, f"it takes {gas} gas: more than your quota ever has")
    try:
        reserved = tenant.quota.reserve(gas)
    except QuotaExceeded as refusal:
        raise refuse_for_now(refusal) from None
    try:
        yield
    finally:
        tenant.quota.settle(reserved, gas)


async def add_module(
    request: Request, tenant: Tenant, wasm: bytes, name: str
) -> tuple[Module, bool]:
    """A module of the tenant's from now on, and whether it is new.

    Raises Refused, 409 for too many, and what `paying_for_upload` does.
    """
    with paying_for_upload(tenant, wasm):
        module = await workers_of(request).prepare(accept, wasm, name)
    is_new = module.id not in tenant.modules
    if is_new and len(tenant.modules) >= MAX_MODULES:
        raise HTTPException(409, f"you have {MAX_MODULES} modules: delete one")
    tenant.modules.setdefault(module.id, module)
    return module, is_new


def workers_of(request: Request) -> Workers:
    """The threads that all requests share."""
    workers: Workers = request.app.state.workers
    return workers
