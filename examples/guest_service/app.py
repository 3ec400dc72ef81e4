"""A service that runs its tenants' programs: Starlette, in memory, everything bounded.

    POST   /modules?name=NAME        the module's bytes
    DELETE /modules/{id}
    POST   /modules/{id}/runs        JSON or bytes; ?gas=GAS, ?explain=1
    GET    /runs/{number}            and /runs/{number}/stdout, /runs/{number}/log
    GET    /quota
    GET    /                         the page
    POST   /upload                   its form: shows what a module needs
    POST   /upload/accepted          the answer to that: it becomes a module

Clients send `Authorization: Bearer KEY`. Browsers, which ask for a name and a password,
see the page with Basic authentication. As they send that with the requests of any page,
forms have a secret of the tenant's too.
"""

import json
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contractvm import Quota, QuotaExceeded
from examples.guest_service.forms import accept_upload, review_upload
from examples.guest_service.modules import (
    LIMITS,
    MAX_MODULE_BYTES,
    MAX_NAME_LENGTH,
    Refused,
)
from examples.guest_service.page import POLICY, page
from examples.guest_service.requests import (
    add_module,
    module_of,
    number_in,
    read_body,
    refuse_for_now,
    tenant_of,
    workers_of,
)
from examples.guest_service.runs import Run, Workers, explained
from examples.guest_service.tenants import Tenant, Tenants

THREADS = 4
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
            Route("/upload", review_upload, methods=["POST"]),
            Route("/upload/accepted", accept_upload, methods=["POST"]),
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


async def upload(request: Request) -> Response:
    tenant = tenant_of(request)
    name = request.query_params.get("name", "unnamed")[:MAX_NAME_LENGTH]
    wasm = await read_body(request, MAX_MODULE_BYTES)
    try:
        module, is_new = await add_module(request, tenant, wasm, name)
    except Refused as refusal:
        found = {"error": "refused", "reasons": refusal.reasons, "needs": refusal.needs}
        return JSONResponse(found, status_code=422)
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
    explanation = None
    if result.spent is not None:
        explanation = await workers.prepare(explained, result)
    return JSONResponse(tenant.keep(module, gas, result, explanation).document())


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


def new_tenant(name: str) -> Tenant:
    """A tenant with half a second of computing in a second, and five at once."""
    return Tenant(name, Quota(5_000_000, 50_000_000, runs=4))
