"""The service's forms, filled in as a browser does, without scripts or a mouse."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from contractvm import Quota
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

pytest.importorskip("multipart", reason="the examples' packages are not installed")
pytest.importorskip("httpx", reason="the examples' packages are not installed")

from examples.guest_service.modules import MAX_MODULE_BYTES
from examples.guest_service.tenants import MAX_MODULES
from tests.examples.test_guest_service import EVIL, Service, serve

SHOUT = example("guests/shout.wasm")
LIBRARY = wat_to_wasm('(module (import "env" "f" (func)) (func (export "go")))')
UNKNOWN = wat_to_wasm(
    """(module (import "env" "f" (func)) (memory (export "memory") 1)
    (func (export "_start")))"""
)
AUTH = ("alice", "key-of-alice")


@dataclass
class Form:
    action: str
    method: str
    enctype: str | None
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    buttons: int = 0


class Page(HTMLParser):
    """The forms of a page, its labels, what can be focused, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.labelled: set[str | None] = set()
        self.visible: set[str | None] = set()
        self.alerts = 0
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.alerts += given.get("role") == "alert"
        assert "tabindex" not in given
        if tag == "form":
            self.forms.append(
                Form(given["action"] or "", given["method"] or "", given.get("enctype"))
            )
        elif tag == "label":
            self.labelled.add(given["for"])
        elif tag == "button":
            assert given["type"] == "submit"
            self.forms[-1].buttons += 1
        elif tag == "input":
            name = given["name"] or ""
            if given["type"] == "file":
                self.forms[-1].files.append(name)
            else:
                self.forms[-1].fields[name] = given.get("value") or ""
            if given["type"] != "hidden":
                self.visible.add(given["id"])

    def handle_data(self, data: str) -> None:
        self.text += data


async def send(client: Any, form: Form, **values: Any) -> Any:
    """Submit a form; bytes are files."""
    files = {
        name: ("file.wasm", data, "application/wasm")
        for name, data in values.items()
        if isinstance(data, bytes)
    }
    data = form.fields | {k: v for k, v in values.items() if isinstance(v, str)}
    return await client.request(
        form.method, form.action, data=data, files=files or None, auth=AUTH
    )


async def upload_form(service: Service) -> Form:
    page = Page((await service.nobody.get("/", auth=AUTH)).text)
    (form,) = page.forms
    return form


def test_a_module_is_shown_with_what_it_needs_before_it_is_accepted() -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        assert (form.action, form.method) == ("/upload", "post")
        assert form.enctype == "multipart/form-data"
        assert (form.files, form.buttons) == (["module"], 1)
        answer = await send(service.nobody, form, module=SHOUT, name=EVIL)
        assert answer.status_code == 200
        alice = service.tenants["key-of-alice"]
        assert alice.modules == {}
        review = Page(answer.text)
        assert f"{len(SHOUT):,} bytes" in review.text
        assert "2 pages of 64 KiB, no maximum" in review.text
        imported = ("fd_read", "fd_write", "proc_exit")
        assert ", ".join(f"wasi_snapshot_preview1.{n}" for n in imported) in review.text
        assert "_start" in review.text
        assert "<script" not in answer.text
        (accepting,) = review.forms
        assert accepting.buttons == 1
        accepted = await send(service.nobody, accepting)
        assert (accepted.status_code, accepted.headers["location"]) == (303, "/")
        (module,) = alice.modules.values()
        assert (module.wasm, module.name) == (SHOUT, EVIL[:60])
        assert alice.pending is None
        # Looking at it and translating it cost the same.
        assert alice.quota.available == alice.quota.burst - 4 * len(SHOUT)

    serve(test)


def test_every_control_has_a_label_and_none_needs_a_script() -> None:
    async def test(service: Service) -> None:
        page = Page((await service.nobody.get("/", auth=AUTH)).text)
        assert page.visible == page.labelled == {"module", "name"}

    serve(test)


@pytest.mark.parametrize(
    ("wasm", "reasons"),
    [
        (b"no module", ["magic header not detected"]),
        (LIBRARY, ["it exports no func _start"]),
    ],
)
def test_what_cannot_run_has_reasons_and_no_button(
    wasm: bytes, reasons: list[str]
) -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        answer = await send(service.nobody, form, module=wasm, name="x")
        assert answer.status_code == 422
        page = Page(answer.text)
        assert (page.forms, page.alerts) == ([], 1)
        for reason in reasons:
            assert reason in page.text
        assert service.tenants["key-of-alice"].pending is None

    serve(test)


def test_what_only_translation_finds_is_said_after_accepting() -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        review = Page((await send(service.nobody, form, module=UNKNOWN, name="x")).text)
        answer = await send(service.nobody, review.forms[0])
        assert answer.status_code == 422
        assert "it imports env.f: this service has no such function" in answer.text
        assert service.tenants["key-of-alice"].modules == {}

    serve(test)


def test_another_page_cannot_use_the_browser() -> None:
    """It knows no secret; of another tenant's form neither."""

    async def test(service: Service) -> None:
        form = await upload_form(service)
        other = service.tenants["key-of-bob"].form_secret
        for secret in ("", "guessed", other, "é"):
            answer = await send(
                service.nobody, form, module=SHOUT, name="x", secret=secret
            )
            assert answer.status_code == 403
            assert Page(answer.text).alerts == 1
        alice = service.tenants["key-of-alice"]
        assert alice.pending is None
        assert alice.quota.available == alice.quota.burst
        review = Page((await send(service.nobody, form, module=SHOUT, name="x")).text)
        answer = await send(service.nobody, review.forms[0], secret=other)
        assert answer.status_code == 403
        assert alice.modules == {}
        for path in ("/upload", "/upload/accepted"):
            assert (await service.nobody.post(path)).status_code == 401
            assert (await service.nobody.get(path, auth=AUTH)).status_code == 405

    serve(test)


def test_only_the_module_that_was_shown_is_accepted() -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        first = Page((await send(service.nobody, form, module=SHOUT, name="x")).text)
        await send(service.nobody, form, module=UNKNOWN, name="y")
        answer = await send(service.nobody, first.forms[0])
        assert answer.status_code == 409
        assert service.tenants["key-of-alice"].modules == {}

    serve(test)


@pytest.mark.parametrize(
    ("more", "status"), [(0, 422), (1, 413), (5_000, 413)], ids=str
)
def test_uploads_are_bounded(more: int, status: int) -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        wasm = bytes(MAX_MODULE_BYTES + more)
        answer = await send(service.nobody, form, module=wasm, name="x")
        assert answer.status_code == status

    serve(test)


def test_a_form_that_cannot_be_read_is_refused() -> None:
    async def test(service: Service) -> None:
        form = await upload_form(service)
        for kind, body in (
            ("multipart/form-data", b""),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
            ("text/plain", b"secret"),
            ("multipart/form-data; boundary=x", b"--x\r\n" * 500),
        ):
            answer = await service.nobody.post(
                "/upload", content=body, headers={"content-type": kind}, auth=AUTH
            )
            assert answer.status_code in (400, 403)
        assert (await send(service.nobody, form, name="x")).status_code == 400

    serve(test)


def test_the_quota_and_the_number_of_modules_are_kept() -> None:
    async def test(service: Service) -> None:
        alice = service.tenants["key-of-alice"]
        form = await upload_form(service)
        review = Page((await send(service.nobody, form, module=SHOUT, name="x")).text)
        alice.modules |= dict.fromkeys(map(str, range(MAX_MODULES)))  # type: ignore[arg-type]
        answer = await send(service.nobody, review.forms[0])
        assert answer.status_code == 409
        assert "delete one" in answer.text
        alice.quota = Quota(1, 2 * len(SHOUT), runs=1, clock=lambda: 0)
        assert (await send(service.nobody, form, module=SHOUT)).status_code == 200
        answer = await send(service.nobody, form, module=SHOUT)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == str(2 * len(SHOUT))

    serve(test)
