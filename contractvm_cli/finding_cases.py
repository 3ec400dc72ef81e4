"""Cases to replay: files of `contractvm capture`, and findings of the fuzzer."""

import json
from pathlib import Path
from typing import Any

from chain_sim.cosmos.files.cases import FORMAT as COSMOS_FORMAT
from chain_sim.cosmos.files.cases import CosmosCase
from chain_sim.cosmos.files.cases import decode_case as decode_cosmos_case
from chain_sim.cosmos.files.cases import read_case as read_cosmos_case
from chain_sim.ethereum.capture.case import Case
from chain_sim.ethereum.capture.case_document import decode_case, read_case
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.primitives.strict_json import decode_text, parse_json
from gas_schedule.bounded_files import open_regular, read_bounded

FINDING_FORMAT = "contractvm fuzz finding 1"
MAX_FINDING_BYTES = 256 * 1024 * 1024
FORMAT_BYTES = 100


def read_replayable(path: Path) -> Case | CosmosCase:
    """The case in the file, or in a finding.

    Raises MalformedCase, MalformedChainFile and OSError.
    """
    with open_regular(path) as file:
        begin = file.read(FORMAT_BYTES)
    if FINDING_FORMAT.encode() not in begin:
        if COSMOS_FORMAT.encode() in begin:
            return read_cosmos_case(path)
        return read_case(path)
    text = decode_text(read_bounded(path, MAX_FINDING_BYTES), MalformedCase)
    document: Any = parse_json(text, MalformedCase)
    case = document.get("case") if isinstance(document, dict) else None
    if not isinstance(case, dict):
        raise MalformedCase("case", "the finding could not be captured")
    if case.get("format") == COSMOS_FORMAT:
        return decode_cosmos_case(json.dumps(case).encode())
    return decode_case(json.dumps(case))
