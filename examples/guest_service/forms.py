"""The page's forms: a module is shown with what it needs, then accepted or not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from hmac import compare_digest

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from examples.guest_service.form_pages import problem_page, review_page
from examples.guest_service.modules import (
    MAX_MODULE_BYTES,
    MAX_NAME_LENGTH,
    Examined,
    Refused,
    examine,
)
from examples.guest_service.requests import (
    add_module,
    paying_for_upload,
    read_body,
    tenant_of,
    workers_of,
)
from examples.guest_service.tenants import Tenant

# What a form has besides the module.
MAX_FORM_BYTES = 4_096
MAX_FIELDS = 8
Fields = dict[str, str | bytes]
Handler = Callable[[Request, Tenant], Awaitable[Response]]


def for_browsers(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler of a form, whose refusals are pages."""

    async def handle(request: Request) -> Response:
        tenant = tenant_of(request, may_be_browser=True)
        try:
            return await handler(request, tenant)
        except HTTPException as error:
            text = problem_page(tenant, error.detail)
            return HTMLResponse(text, error.status_code, error.headers)

    return handle


@for_browsers
async def review_upload(request: Request, tenant: Tenant) -> Response:
    fields = await _fields(request, tenant, MAX_MODULE_BYTES + MAX_FORM_BYTES)
    wasm, name = fields.get("module"), fields.get("name") or "unnamed"
    if not isinstance(wasm, bytes) or not isinstance(name, str):
        raise HTTPException(400, "the form has no file")
    if len(wasm) > MAX_MODULE_BYTES:
        raise HTTPException(413, f"more than {MAX_MODULE_BYTES} bytes")
    with paying_for_upload(tenant, wasm):
        name = name[:MAX_NAME_LENGTH]
        examined = await workers_of(request).prepare(examine, wasm, name)
    return _reviewed(tenant, examined)


@for_browsers
async def accept_upload(request: Request, tenant: Tenant) -> Response:
    fields = await _fields(request, tenant, MAX_FORM_BYTES)
    pending = tenant.pending
    if pending is None or fields.get("id") != pending.id:
        raise HTTPException(409, "another module was uploaded since: upload it again")
    try:
        await add_module(request, tenant, pending.wasm, pending.name)
    except Refused as refusal:
        found = Examined(pending.name, pending.wasm, refusal.needs, refusal.reasons)
        return _reviewed(tenant, found)
    tenant.pending = None
    return RedirectResponse("/", 303)


def _reviewed(tenant: Tenant, examined: Examined) -> Response:
    """The page that shows a module, which waits to be accepted if it can be."""
    tenant.pending = None if examined.reasons else examined
    return HTMLResponse(
        review_page(tenant, examined), status_code=422 if examined.reasons else 200
    )


async def _fields(request: Request, tenant: Tenant, most: int) -> Fields:
    """The fields of a form of the tenant's own page; raises 400 and 403."""
    body = await read_body(request, most)

    async def stream() -> AsyncIterator[bytes]:
        yield body
        yield b""

    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            parser = MultiPartParser(
                request.headers, stream(), max_files=1, max_fields=MAX_FIELDS
            )
            form = await parser.parse()
        else:
            form = await FormParser(request.headers, stream()).parse()
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(400, "no form that can be read") from None
    try:
        fields = {
            name: await value.read() if isinstance(value, UploadFile) else value
            for name, value in form.items()
        }
    finally:
        await form.close()
    given = fields.get("secret")
    if not isinstance(given, str) or not compare_digest(
        given.encode(), tenant.form_secret.encode()
    ):
        raise HTTPException(403, "the form is not of this page: load it again")
    return fields
