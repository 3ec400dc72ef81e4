"""`contractvm inspect`."""

from pathlib import Path
from typing import Any

import click

from contractvm.analysis.extern_documents import export_documents, import_documents
from contractvm.hosts.registry import load_checked
from contractvm.wasm.binary.decoder import decode_module
from contractvm_cli.module_facts import (
    ModuleSummary,
    ModuleVerdict,
    gather_facts,
)
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.options import example, json_option, schedule_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import NUMBER, TEXT, print_table


@verb_command(
    "inspect",
    epilog=example("contractvm inspect examples/token/token.wasm"),
)
@click.argument("file", type=click.Path(path_type=Path))
@schedule_option("Also check that this schedule prices every instruction.", None)
@json_option
def inspect_command(file: Path, schedule: str | None, as_json: bool) -> None:
    """Show what a module holds, if it is valid, and which hosts accept it.

    FILE is a .wasm or .wat module. A refused module is not a failure: the reason is
    shown. Only bytes that are not a module at all end with exit code 1.
    """
    costs = None if schedule is None else load_checked(schedule)
    code = read_module(file)
    with naming_file(file):
        module = decode_module(code)
    facts = gather_facts(code, module, costs)
    if as_json:
        print_json(facts_document(file, facts))
    else:
        show_facts(file, facts)


def show_facts(file: Path, facts: ModuleSummary) -> None:
    """Print the facts, then tables of imports, exports and sections."""
    module = facts.module
    verdicts = {
        "valid Wasm": facts.validity,
        **{f"{name} contract": found for name, found in facts.contracts.items()},
        f"priced by {facts.schedule}": facts.priced,
    }
    print_facts(
        {
            "file": f"{file}, {facts.size} bytes",
            "funcs": len(module.funcs),
            "memory": [
                f"{memory.limits.minimum} pages, at most"
                f" {'any' if memory.limits.maximum is None else memory.limits.maximum}"
                for memory in module.memory_types
            ],
            "start": None if module.start is None else f"func {module.start}",
            "features": ", ".join(facts.features),
            "floats": "yes" if facts.has_floats else "none",
            **{name: verdict and verdict.text for name, verdict in verdicts.items()},
        }
    )
    show_externs("import", import_documents(module))
    show_externs("export", export_documents(module))
    click.echo()
    print_table({"section": TEXT, "bytes": NUMBER}, facts.sections)


def show_externs(title: str, documents: list[dict[str, Any]]) -> None:
    """Print a table of imports or exports, if there are any."""
    if not documents:
        return
    rows = []
    for entry in documents:
        prefix = f"{entry['module']}." if "module" in entry else ""
        rows.append((prefix + entry["name"], entry["kind"], entry["type"]))
    click.echo()
    print_table({title: TEXT, "kind": TEXT, "type": TEXT}, rows)


def facts_document(file: Path, facts: ModuleSummary) -> dict[str, Any]:
    """The facts as a document; a verdict's `reason` is null if it is good."""
    module = facts.module
    return {
        "file": str(file),
        "size": facts.size,
        "imports": import_documents(module),
        "exports": export_documents(module),
        "sections": [{"name": name, "size": size} for name, size in facts.sections],
        "funcCount": len(module.funcs),
        "memories": [
            {"minimum": memory.limits.minimum, "maximum": memory.limits.maximum}
            for memory in module.memory_types
        ],
        "start": module.start,
        "features": list(facts.features),
        "hasFloats": facts.has_floats,
        "valid": verdict_document(facts.validity),
        **{name: verdict_document(found) for name, found in facts.contracts.items()},
        "priced": facts.priced and verdict_document(facts.priced),
        "schedule": facts.schedule,
    }


def verdict_document(verdict: ModuleVerdict) -> dict[str, Any]:
    """A verdict with its reason."""
    return {"verdict": verdict.is_good, "reason": verdict.reason}
