"""Calls of findings as commands that can be pasted, and as text."""

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES, AbiFunction
from chain_sim.ethereum.abi.text_values import show_value
from chain_sim.ethereum.abi.types import ValueType
from chain_sim.ethereum.documents.documents import address_text
from chain_sim.ethereum.primitives.text import InvalidText, format_data
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.oracle import INVARIANT, Finding
from contractvm_cli.fuzzing.starts import Start

MAX_SHOWN = 68


def finding_commands(
    finding: Finding, campaign: Campaign, start: Start
) -> Iterator[str]:
    """Commands that reproduce the finding on a new chain."""
    yield from start.commands
    for transaction in finding.transactions:
        if transaction.seconds > 1:
            later = transaction.seconds - 1
            yield f"contractvm time increase {later} {start.options}"
        yield send_command(campaign.functions, transaction, start.options)
    if finding.kind == INVARIANT:
        name = next(
            f"{invariant.name}()({','.join(invariant.result_texts)})"
            for invariant in campaign.invariants
            if invariant.signature == finding.name
        )
        contract = address_text(campaign.start.contracts[0])
        yield f"contractvm call {contract} '{name}' {start.options}"


def send_command(
    functions: Sequence[AbiFunction], transaction: CaseTransaction, options: str
) -> str:
    """`contractvm send` of exactly this transaction."""
    words = [
        f"contractvm send {address_text(transaction.to)}",
        *call_words(functions, transaction.data),
        f"--from {transaction.sender} --gas-limit {transaction.gas_limit}",
    ]
    if transaction.value:
        words.append(f"--value {transaction.value}")
    return " ".join([*words, options])


def call_words(functions: Sequence[AbiFunction], data: bytes) -> list[str]:
    """The call data as words of a shell: a signature and arguments where they give it.

    Otherwise `--data`, or nothing for no data.
    """
    for function in functions:
        values = function.decode(data)
        if values is None:
            continue
        texts = [
            _argument(param.type, value, is_inner=False)
            for param, value in zip(function.params, values, strict=True)
        ]
        if all(text.isprintable() for text in texts) and _is_same(
            function, texts, data
        ):
            return [shlex.quote(text) for text in (function.signature, *texts)]
    return [f"--data {format_data(data)}"] if data else []


def _is_same(function: AbiFunction, texts: Sequence[str], data: bytes) -> bool:
    try:
        return function.encode_text(texts) == data
    except InvalidText:
        return False


def _argument(value_type: ValueType, value: Any, *, is_inner: bool) -> str:
    """The text that `contractvm send` reads as the value."""
    if value_type.kind in ("array", "tuple"):
        is_array = value_type.kind == "array"
        types = value_type.items * (len(value) if is_array else 1)
        inner = ",".join(
            _argument(item_type, item, is_inner=True)
            for item_type, item in zip(types, value, strict=True)
        )
        return f"[{inner}]" if is_array else f"({inner})"
    if value_type.kind == "bool":
        return "true" if value else "false"
    if value_type.kind == "string" and (is_inner or value[:1] in ("-", '"')):
        return json.dumps(value)
    return str(show_value(value_type, value))


def call_text(campaign: Campaign, transaction: CaseTransaction) -> str:
    """`transfer(0x7099..., 5)`, or the number of bytes of data."""
    data = transaction.data
    for function in campaign.functions:
        if function.selector == data[:SELECTOR_BYTES]:
            values = function.decode(data)
            if values is not None:
                return f"{function.name}({', '.join(_shown(function, values))})"
    return f"{len(data)} bytes of call data"


def _shown(function: AbiFunction, values: Sequence[Any]) -> Iterator[str]:
    for param, value in zip(function.params, values, strict=True):
        text = format_data(value) if isinstance(value, bytes) else str(value)
        if len(text) > MAX_SHOWN:
            text = f"{text[:60]}... ({len(text)} characters)"
        yield f"{param.name}={text}" if param.name else text
