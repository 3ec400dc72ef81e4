"""A contract's module: imports, exports, and what could differ between engines."""

from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import Address, format_data, keccak256
from chain_sim.node.explorer.explorer import Explorer
from contractvm.analysis.extern_documents import export_documents, import_documents
from contractvm.analysis.findings import shortened
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.report import check_module
from contractvm.analysis.report_document import report_document
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import profile_under
from contractvm.wasm.binary.decoder import decode_module

MAX_EXTERNS = 500
MAX_FINDINGS = 200


def get_contract(explorer: Explorer, address: Address) -> Document:
    """The module of a contract at the head, checked under the chain's profile.

    `fault` says why the code is no module; then there are no imports and exports.
    """
    chain = explorer.chain
    code = chain.code(address)
    document: Document = {
        "size": len(code),
        "codeHash": format_data(keccak256(code)),
        "fault": None,
        "imports": [],
        "exports": [],
        "check": None,
    }
    if not code:
        document["fault"] = "the account has no code"
        return document
    profile = profile_under(
        find_host(chain.genesis.profile).profile, chain.engine.schedule
    )
    try:
        report = check_module(code, CheckOptions(profile, profile.floats))
        module = decode_module(code)
    except (MalformedModule, InvalidModule) as error:
        document["fault"] = str(error)
        return document
    check = report_document(report)
    check["findingCount"] = sum(finding.count for finding in report.findings)
    check["findings"] = check["findings"][:MAX_FINDINGS]
    document["check"] = check
    document["imports"] = bounded(import_documents(module))
    document["importCount"] = len(module.imports)
    document["exports"] = bounded(export_documents(module))
    document["exportCount"] = len(module.exports)
    return document


def bounded(externs: list[Document]) -> list[Document]:
    """The first imports or exports, long names cut."""
    return [
        {
            name: shortened(value) if name in ("module", "name") else value
            for name, value in extern.items()
        }
        for extern in externs[:MAX_EXTERNS]
    ]
