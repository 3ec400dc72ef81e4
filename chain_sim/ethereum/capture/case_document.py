"""A case as a JSON file: written in one canonical form, read strictly.

Numbers are quantities (`0x1`), addresses and data are `0x` text, as in JSON-RPC. The
file holds no time, path or machine: the same case gives the same bytes.
"""

import hashlib
import json
import os

from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS
from chain_sim.ethereum.blocks.receipts import MAX_TOPICS
from chain_sim.ethereum.capture.case import (
    CapturedOutcome,
    Case,
    CaseBlock,
    CaseRules,
    SentTransaction,
)
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.capture.replaying import status_name
from chain_sim.ethereum.capture.witness import check_witness
from chain_sim.ethereum.documents.documents import (
    Document,
    address_text,
    log_document,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.strict_json import (
    TOP,
    JsonObject,
    decode_text,
    parse_object,
)
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_address,
    format_data,
    format_quantity,
    keccak256,
)
from chain_sim.ethereum.primitives.transactions import (
    KNOWN_TYPES,
    LEGACY_ONLY,
    MAX_UINT_64,
    MAX_UINT_256,
    decode_transaction,
    encode_transaction,
    sender_in_block,
)
from contractvm.hosts.evm.interface import CallStatus, Log
from contractvm.hosts.registry import UnknownHostInterface
from gas_schedule.arguments import as_kind, as_path, as_text
from gas_schedule.bounded_files import open_regular

FORMAT = "contractvm-case"
FORMAT_VERSION = 1
MAX_FILE_BYTES = 64 * 1024 * 1024
STATUSES = {status_name(status): status for status in CallStatus}


def encode_case(case: Case) -> str:
    """The canonical JSON: keys in this order, two spaces of indentation."""
    as_kind(case, "case", Case)
    outcomes = iter(case.outcomes)
    rules = case.rules
    content = rules.schedule_content
    document = {
        "format": FORMAT,
        "version": format_quantity(FORMAT_VERSION),
        "note": case.note,
        "chainId": format_quantity(rules.chain_id),
        "profile": rules.profile,
        **({} if rules.fork == BYZANTIUM.name else {"fork": rules.fork}),
        **({} if rules.fees is None else {"fees": rules.fees}),
        "instrumentationVersion": format_quantity(rules.instrumentation_version),
        "schedule": {
            "name": rules.schedule,
            "hash": format_data(hashlib.sha256(content).digest()),
            "content": content.decode(),
        },
        "stateRoot": format_data(case.state_root),
        "nodes": [format_data(node) for node in case.nodes],
        "codes": {
            format_data(keccak256(code)): format_data(code) for code in case.codes
        },
        "blocks": [
            {
                "number": format_quantity(block.number),
                "timestamp": format_quantity(block.timestamp),
                "coinbase": format_address(block.coinbase),
                "difficulty": format_quantity(block.difficulty),
                "gasLimit": format_quantity(block.gas_limit),
                **(
                    {}
                    if block.base_fee is None
                    else {"baseFeePerGas": format_quantity(block.base_fee)}
                ),
                "blockHashes": {
                    format_quantity(number): None
                    if digest is None
                    else format_data(digest)
                    for number, digest in block.block_hashes
                },
                "transactions": [
                    {
                        "sender": format_address(sent.sender),
                        "rlp": format_data(encode_transaction(sent.transaction)),
                        "expected": outcome_document(next(outcomes)),
                    }
                    for sent in block.transactions
                ],
            }
            for block in case.blocks
        ],
        "postStateRoot": format_data(case.post_root),
    }
    return json.dumps(document, indent=2) + "\n"


def outcome_document(outcome: CapturedOutcome) -> Document:
    """A transaction's result, with numbers as quantities."""
    result = outcome.result
    return {
        "status": status_name(result.status),
        "gasUsed": format_quantity(result.gas_used),
        "unitsLeft": format_quantity(result.units_left),
        "output": format_data(result.output),
        "logs": [log_document(log) for log in result.logs],
        "created": address_text(result.created),
        "error": result.error,
        "stateRoot": format_data(outcome.state_root),
    }


def read_case(path: str | os.PathLike[str]) -> Case:
    """The case in the file at `path`; raises MalformedCase, OSError."""
    with open_regular(as_path(path)) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise MalformedCase(TOP, f"larger than {MAX_FILE_BYTES} bytes")
    text = decode_text(content, MalformedCase)
    del content  # the text may take four times as much
    return decode_case(text)


def decode_case(text: str) -> Case:
    """Inverse of encode_case; raises MalformedCase.

    The witness is checked against the state root; only a run shows if it is complete.
    """
    as_text(text, "text")
    content = parse_object(text, MalformedCase)
    if "format" not in content or content.text("format") != FORMAT:
        content.refuse("format", f"not {FORMAT!r}")
    version = content.quantity("version", 0, MAX_UINT_64)
    if version != FORMAT_VERSION:
        reason = f"is {version}, this program reads {FORMAT_VERSION}"
        content.refuse("version", reason)
    rules = _read_rules(content)
    read = [_read_block(block, rules) for block in content.objects("blocks")]
    outcomes = tuple(outcome for _, of_block in read for outcome in of_block)
    case = Case(
        rules=rules,
        state_root=Hash32(content.data("stateRoot", 32)),
        nodes=tuple(content.data_list("nodes")),
        codes=_read_codes(content.member_object("codes")),
        blocks=tuple(block for block, _ in read),
        outcomes=outcomes,
        note=content.text("note"),
    )
    if content.data("postStateRoot", 32) != case.post_root:
        content.refuse("postStateRoot", "not that of the last transaction")
    content.refuse_other_keys()
    check_witness(case.state_root, case.nodes, case.codes)
    return case


def _read_rules(content: JsonObject) -> CaseRules:
    schedule = content.member_object("schedule")
    try:
        text = schedule.text("content").encode()
    except UnicodeEncodeError:
        schedule.refuse("content", "not text that UTF-8 can write")
    if schedule.data("hash", 32) != hashlib.sha256(text).digest():
        schedule.refuse("hash", "not that of the content")
    rules = CaseRules(
        chain_id=content.quantity("chainId", 1, MAX_UINT_64),
        schedule=schedule.name("name"),
        schedule_content=text,
        profile=content.name("profile"),
        fork=content.name("fork") if "fork" in content else BYZANTIUM.name,
        fees=content.name("fees") if "fees" in content else None,
        instrumentation_version=content.quantity(
            "instrumentationVersion", 0, MAX_UINT_64
        ),
    )
    schedule.refuse_other_keys()
    try:
        rules.read_schedule()
    except UnknownHostInterface as error:
        content.refuse("profile", str(error))
    return rules


def _read_codes(content: JsonObject) -> tuple[bytes, ...]:
    codes = []
    for key in content:
        code = content.data(key)
        if keccak256(code) != content.key_data(key, 32):
            content.refuse(key, "the code does not have this hash: it was altered")
        codes.append(code)
    return tuple(codes)


def _read_block(
    content: JsonObject, rules: CaseRules
) -> tuple[CaseBlock, list[CapturedOutcome]]:
    read = [_read_sent(item, rules) for item in content.objects("transactions")]
    block = CaseBlock(
        coinbase=Address(content.data("coinbase", 20)),
        number=content.quantity("number", 0, MAX_UINT_64),
        timestamp=content.quantity("timestamp", 0, MAX_UINT_64),
        difficulty=content.quantity("difficulty", 0, MAX_UINT_256),
        gas_limit=content.quantity("gasLimit", 1, MAX_BLOCK_GAS),
        transactions=tuple(sent for sent, _ in read),
        block_hashes=_read_hashes(content.member_object("blockHashes")),
        base_fee=None
        if rules.fees is None
        else content.quantity("baseFeePerGas", 0, MAX_UINT_256),
    )
    content.refuse_other_keys()
    return block, [outcome for _, outcome in read]


def _read_hashes(content: JsonObject) -> tuple[tuple[int, bytes | None], ...]:
    return tuple(
        (
            content.key_quantity(key, 0, MAX_UINT_64),
            None if content.is_null(key) else content.data(key, 32),
        )
        for key in content
    )


def _read_sent(
    content: JsonObject, rules: CaseRules
) -> tuple[SentTransaction, CapturedOutcome]:
    sender = Address(content.data("sender", 20))
    try:
        types = LEGACY_ONLY if rules.fees is None else KNOWN_TYPES
        tx = decode_transaction(content.data("rlp"), types)
        is_signed = bool(tx.v or tx.r or tx.s)
        signer = sender_in_block(tx, rules.chain_id) if is_signed else sender
    except InvalidTransaction as error:
        content.refuse("rlp", str(error))
    if signer != sender:
        content.refuse("sender", f"not {format_address(signer)}, who signed")
    outcome = _read_outcome(content.member_object("expected"))
    content.refuse_other_keys()
    return SentTransaction(tx, sender), outcome


def _read_outcome(content: JsonObject) -> CapturedOutcome:
    status = content.text("status")
    if status not in STATUSES:
        content.refuse("status", f"not one of {', '.join(STATUSES)}")
    result = TransactionResult(
        status=STATUSES[status],
        gas_used=content.quantity("gasUsed", 0, MAX_UINT_64),
        output=content.data("output"),
        logs=tuple(_read_log(log) for log in content.objects("logs")),
        created=None
        if content.is_null("created")
        else Address(content.data("created", 20)),
        error=None if content.is_null("error") else content.text("error"),
        units_left=content.quantity("unitsLeft", 0, MAX_UINT_64),
    )
    root = Hash32(content.data("stateRoot", 32))
    content.refuse_other_keys()
    return CapturedOutcome(result, root)


def _read_log(content: JsonObject) -> Log:
    topics = content.data_list("topics", 32)
    if len(topics) > MAX_TOPICS:
        content.refuse("topics", f"more than {MAX_TOPICS}")
    log = Log(content.data("address", 20), tuple(topics), content.data("data"))
    content.refuse_other_keys()
    return log
