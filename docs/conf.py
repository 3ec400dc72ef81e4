"""The settings of the documentation site, which `make docs` builds.

Pages link to each other, and to files of examples, as they do in a clone: the project's
root is the site's too.
"""

from importlib import import_module
from typing import Any

from contractvm import __version__

project = "contractvm"
author = "The contractvm developers"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]

root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "examples/README.md"]
exclude_patterns = [".*", "build", "site", "tests", "tools", "benchmarks"]
myst_heading_anchors = 3
highlight_language = "text"
# Two classes with a field `type` are no fault of a page that names `type`.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = "contractvm"
html_copy_source = False
html_show_sourcelink = False

# Docstrings are plain text with `code`.
default_role = "code"
autodoc_member_order = "alphabetical"
autodoc_default_options = {"members": True, "imported-members": True}

OURS = ("chain_sim", "contract_fuzz", "contract_testing", "contractvm", "gas_schedule")


def is_left_out(
    app: Any, _what: str, name: str, member: Any, skip: bool, _options: object
) -> bool | None:
    """Whether a page of the reference leaves a name out: it is on another page.

    That is what other projects document, and what a package takes from another. Values
    have no docstring: the pages describe them.
    """
    page = app.env.docname.rpartition("/")[2]
    home = (getattr(member, "__module__", None) or page).partition(".")[0]
    if home not in OURS:
        return True
    is_elsewhere = home != page and name in import_module(home).__all__
    return is_elsewhere or skip or None


def setup(app: Any) -> None:
    """Connect the rule above."""
    app.connect("autodoc-skip-member", is_left_out)
