"""Pages of the forms: what an uploaded module needs, and what went wrong."""

from examples.guest_service.modules import Examined
from examples.guest_service.page import document, secret_field, shown
from examples.guest_service.tenants import Tenant


def review_page(tenant: Tenant, examined: Examined) -> str:
    """What a module needs, with a button to accept it, or why it is refused."""
    if examined.reasons:
        reasons = "".join(f"<li>{shown(one)}</li>" for one in examined.reasons)
        verdict = f'<p role="alert">It is refused:</p><ul>{reasons}</ul>'
    else:
        verdict = f"""<form method="post" action="/upload/accepted">
{secret_field(tenant)}
<input type="hidden" name="id" value="{examined.id}">
<button type="submit">Accept</button>
</form>"""
    title = f"Module {examined.name}"
    return document(title, f"<h1>{shown(title)}</h1>{_needs(examined)}{verdict}{BACK}")


def problem_page(tenant: Tenant, problem: str) -> str:
    """Why a form was not taken."""
    return document(
        f"Guests of {tenant.name}",
        f'<h1>Not done</h1><p role="alert">{shown(problem)}</p>{BACK}',
    )


BACK = '<p><a href="/">Back to the modules</a></p>'


def _needs(examined: Examined) -> str:
    """What it asks for, as a list of terms."""
    needs = examined.needs
    if needs is None:
        return ""
    least, most = needs["memory_pages"]
    memory = "none"
    if least is not None:
        limit = "no maximum" if most is None else f"at most {most:,}"
        memory = f"{least:,} pages of 64 KiB, {limit}"
    rows = (
        ("Size", f"{needs['bytes']:,} bytes"),
        ("SHA-256", examined.id),
        ("Memory", memory),
        ("Imports", ", ".join(needs["imports"]) or "none"),
        ("Exports", ", ".join(needs["exports"]) or "none"),
    )
    terms = "".join(f"<dt>{name}</dt><dd>{shown(text)}</dd>" for name, text in rows)
    return f"<h2>What it needs</h2><dl>{terms}</dl>"
