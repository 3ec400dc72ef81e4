"""The page: a tenant's quota, modules and runs, with where the gas went.

All text of guests and tenants goes through `shown`. The page has no scripts, one style
sheet of its own that the policy names by its hash, and asks nobody for anything.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path

from examples.guest_service.modules import MAX_NAME_LENGTH, Module
from examples.guest_service.runs import Explanation, Run
from examples.guest_service.tenants import Tenant

STYLE = Path(__file__).with_name("page.css").read_text()
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
SHOWN_CHARACTERS = 2_000
SHOWN_RUNS = 50
BAR_WIDTH = 200


def shown(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """Text as HTML; what does not print, or turns the order of text, as `\\u202e`."""
    cut = text[:most] + ("…" if len(text) > most else "")
    visible = "".join(
        one
        if one.isprintable() or one == "\n"
        else one.encode("unicode_escape").decode()
        for one in cut
    )
    return escape(visible)


def document(title: str, body: str) -> str:
    """A page with this content, which is HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(tenant: Tenant) -> str:
    """The whole page."""
    runs = list(tenant.runs)[: -SHOWN_RUNS - 1 : -1]
    quota = tenant.quota
    body = f"""<header>
<h1>{shown(tenant.name)}</h1>
<p>{quota.available:,} of {quota.burst:,} gas available,
{quota.gas_per_second:,} more each second</p>
</header>
<main>
<h2>Modules</h2>
{_modules(tenant)}
{_upload_form(tenant)}
<h2>Runs</h2>
{"".join(map(_run, runs)) or "<p>There are none yet.</p>"}
</main>"""
    return document(f"Guests of {tenant.name}", body)


def secret_field(tenant: Tenant) -> str:
    """What shows that a form is of this page, and not of one that uses its browser."""
    return f'<input type="hidden" name="secret" value="{shown(tenant.form_secret)}">'


def _upload_form(tenant: Tenant) -> str:
    return f"""<form method="post" action="/upload" enctype="multipart/form-data">
<h3>Upload a module</h3>
{secret_field(tenant)}
<p><label for="module">Program for WASI (.wasm)</label>
<input id="module" name="module" type="file" accept=".wasm,application/wasm"
required></p>
<p><label for="name">Name</label>
<input id="name" name="name" type="text" maxlength="{MAX_NAME_LENGTH}" required
autocomplete="off"></p>
<button type="submit">Show what it needs</button>
</form>"""


def _modules(tenant: Tenant) -> str:
    rows = [
        f"<li><b>{shown(module.name)}</b> <code>{module.id[:12]}</code>"
        f"<br><small>{len(module.wasm):,} bytes; {shown(_needs(module))}</small></li>"
        for module in list(tenant.modules.values())
    ]
    return f"<ul>{''.join(rows)}</ul>" if rows else "<p>There are none yet.</p>"


def _needs(module: Module) -> str:
    """What it imports; all of it is WASI's, or the module was refused."""
    names = [name.rpartition(".")[2] for name in module.needs["imports"]]
    return f"needs {', '.join(names)}" if names else "needs nothing"


def _run(run: Run) -> str:
    verdict = "ok" if run.ok else "failed"
    cut = "<p><small>The log was cut.</small></p>" if run.log_is_cut else ""
    streams = "".join(
        f"<h4>{title}</h4><pre>{shown(text)}</pre>"
        for title, text in (
            ("Output", run.stdout.decode(errors="replace")),
            ("Log", run.log),
        )
        if text
    )
    return f"""<article>
<h3><span class="{verdict}">{verdict}</span> #{run.number} {shown(run.module_name)}</h3>
<p>{shown(run.outcome)}; <b>{run.gas_used:,}</b> of {run.gas_limit:,} gas</p>
{
        _costs(
            "By guest and host",
            [
                ("guest", "", run.units_by_guest),
                ("host functions", "", run.units_by_host),
            ],
        )
    }
{_host_calls(run)}
{_explanation(run.explanation)}
{streams}{cut}
</article>
"""


def _host_calls(run: Run) -> str:
    if run.explanation is not None or not run.host_calls:
        return ""
    calls = ", ".join(f"{count:,} {name}" for name, count in run.host_calls.items())
    return f"<p><small>Host calls: {shown(calls)}</small></p>"


def _explanation(explanation: Explanation | None) -> str:
    if explanation is None:
        return ""
    functions = [
        (name, f"{calls:,} call{'s' * (calls > 1)}", units)
        for name, calls, units in explanation.functions
    ]
    host = [(name, "", units) for name, units in explanation.host_functions]
    making = [("making the instance", "", explanation.making)]
    return _costs("By function of the module", making + functions) + _costs(
        "By host function", host
    )


def _costs(title: str, rows: list[tuple[str, str, int]]) -> str:
    """A table of units, with bars; the widest is the greatest."""
    greatest = max((units for _, _, units in rows), default=0)
    if not greatest:
        return ""
    lines = "".join(
        f'<tr><th scope="row">{shown(name, 80)} <small>{note}</small></th>'
        f'<td class="number">{units:,}</td>'
        f'<td><svg width="100%" height="10" viewBox="0 0 {BAR_WIDTH} 10"'
        ' preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{BAR_WIDTH * units // greatest}" height="10"/></svg></td></tr>'
        for name, note, units in rows
    )
    return (
        f"<table><caption>{title}</caption><thead><tr>"
        '<th scope="col">what</th><th scope="col" class="number">units</th><th></th>'
        f"</tr></thead><tbody>{lines}</tbody></table>"
    )
