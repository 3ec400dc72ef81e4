"""A service that runs its tenants' programs: Starlette, in memory, everything bounded.

    POST   /modules?name=NAME        the module's bytes
    DELETE /modules/{id}
    POST   /modules/{id}/runs        JSON or bytes; ?gas=GAS, ?explain=1
    GET    /runs/{number}            and /runs/{number}/stdout, /runs/{number}/log
    GET    /quota
    GET    /                         the page

Clients send `Authorization: Bearer KEY`. Browsers, which ask for a name and a password,
see the page with Basic authentication, and can change nothing with it.
"""

import asyncio
import base64
import binascii
import json
import math
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contractvm import Quota, QuotaExceeded
from examples.guest_service.modules import (
    LIMITS,
    MAX_MODULE_BYTES,
    MAX_NAME_LENGTH,
    UPLOAD_GAS_PER_BYTE,
    Module,
    Refused,
    accept,
)
from examples.guest_service.page import POLICY, page
from examples.guest_service.runs import Run, Workers
from examples.guest_service.tenants import MAX_MODULES, Tenant, Tenants

THREADS = 4
BODY_SECONDS = 10
DEFAULT_GAS = 1_000_000
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def make_app(tenants: Mapping[str, Tenant]) -> Starlette:
    """The service for tenants by their keys; each key is at least 16 random bytes."""
    app = Starlette(
        routes=[
            Route("/", show_page),
            Route("/quota", show_quota),
            Route("/modules", upload, methods=["POST"]),
            Route("/modules/{id}", delete, methods=["DELETE"]),
            Route("/modules/{id}/runs", run, methods=["POST"]),
            Route("/runs/{number:int}", show_run),
            Route("/runs/{number:int}/{stream}", show_stream),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={HTTPException: as_json},
    )
    app.state.tenants = Tenants(tenants)
    app.state.workers = Workers(THREADS)
    return app


class SafeHeaders:
    """Headers on every response: what guests wrote is never a page of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI says."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def as_json(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse(
        {"error": error.detail}, status_code=error.status_code, headers=error.headers
    )


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


async def upload(request: Request) -> Response:
    tenant = tenant_of(request)
    name = request.query_params.get("name", "unnamed")[:MAX_NAME_LENGTH]
    wasm = await read_body(request, MAX_MODULE_BYTES)
    gas = UPLOAD_GAS_PER_BYTE * len(wasm)
    if gas > tenant.quota.burst:
        raise HTTPException(413, f"it takes {gas} gas: more than your quota ever has")
    try:
        reserved = tenant.quota.reserve(gas)
    except QuotaExceeded as refusal:
        raise refuse_for_now(refusal) from None
    try:
        module = await workers_of(request).prepare(accept, wasm, name)
    except Refused as refusal:
        found = {"error": "refused", "reasons": refusal.reasons, "needs": refusal.needs}
        return JSONResponse(found, status_code=422)
    finally:
        tenant.quota.settle(reserved, gas)
    is_new = module.id not in tenant.modules
    if is_new and len(tenant.modules) >= MAX_MODULES:
        raise HTTPException(409, f"you have {MAX_MODULES} modules: delete one")
    tenant.modules.setdefault(module.id, module)
    return JSONResponse(
        {"id": module.id, "needs": module.needs}, status_code=201 if is_new else 200
    )


async def delete(request: Request) -> Response:
    tenant = tenant_of(request)
    del tenant.modules[module_of(request, tenant).id]
    return Response(status_code=204)


async def run(request: Request) -> Response:
    tenant = tenant_of(request)
    module = module_of(request, tenant)
    gas = number_in(request, "gas", min(DEFAULT_GAS, tenant.quota.burst))
    if gas > tenant.quota.burst:
        raise HTTPException(
            400, f"gas is {gas}: your quota never has more than {tenant.quota.burst}"
        )
    stdin = await read_body(request, LIMITS.stdin_bytes)
    if request.headers.get("content-type", "").startswith("application/json"):
        require_json(stdin)
    workers = workers_of(request)
    guest = module.guest
    if request.query_params.get("explain") == "1":
        guest = await workers.prepare(module.load_traced)
    try:
        result = await workers.run(guest, tenant.quota, gas, stdin)
    except QuotaExceeded as refusal:
        raise refuse_for_now(refusal) from None
    return JSONResponse(tenant.keep(module, gas, result).document())


def require_json(data: bytes) -> None:
    """Raise 400 unless it is JSON, which has no NaN and no Infinity."""
    try:
        json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


async def show_run(request: Request) -> Response:
    return JSONResponse(_run_of(request).document())


async def show_stream(request: Request) -> Response:
    found = _run_of(request)
    match request.path_params["stream"]:
        case "stdout":
            return Response(found.stdout, media_type="application/octet-stream")
        case "log":
            return Response(found.log, media_type="text/plain")
    raise HTTPException(404, "a run has stdout and log")


def _run_of(request: Request) -> Run:
    found = tenant_of(request).find_run(request.path_params["number"])
    if found is None:
        raise HTTPException(404, "no such run, or no longer kept")
    return found


async def show_quota(request: Request) -> Response:
    quota = tenant_of(request).quota
    return JSONResponse(
        {
            "available": quota.available,
            "burst": quota.burst,
            "gas_per_second": quota.gas_per_second,
        }
    )


async def show_page(request: Request) -> Response:
    tenant = tenant_of(request, may_be_browser=True)
    return HTMLResponse(page(tenant))


def workers_of(request: Request) -> Workers:
    """The threads that all requests share."""
    workers: Workers = request.app.state.workers
    return workers


def new_tenant(name: str) -> Tenant:
    """A tenant with half a second of computing in a second, and five at once."""
    return Tenant(name, Quota(5_000_000, 50_000_000, runs=4))
