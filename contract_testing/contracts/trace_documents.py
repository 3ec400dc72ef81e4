"""Traces of transactions as JSON: raw values, and what ABIs and debug builds say."""

from collections.abc import Mapping
from typing import Any

from chain_sim.ethereum.chain.call_trace import CallStep, CallTrace, HostStep
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import Address, format_address, format_data
from contract_testing.contracts.address import Address as ShownAddress
from contract_testing.contracts.book import Book
from contract_testing.contracts.descriptions import Description
from contract_testing.contracts.events import Event
from contract_testing.contracts.failures import CustomError
from contract_testing.contracts.trace_reading import LOGS, TraceReading, log_of
from contractvm.hosts.evm.interface import REVERTED
from gas_schedule.schedule import GasSchedule

FORMAT, FORMAT_VERSION = "contractvm-trace", 1
# Readers of JSON recurse.
MAX_DEPTH = 64


def trace_facts(
    schedule: GasSchedule, transaction_hash: bytes | None, result: TransactionResult
) -> dict[str, Any]:
    """What a trace's JSON says of the transaction; without a hash it is a call."""
    return {
        "transaction": None
        if transaction_hash is None
        else format_data(transaction_hash),
        "schedule": schedule.name,
        "scheduleHash": format_data(schedule.content_hash),
        "engine": "interpreter",
        "status": "success" if result.succeeded else "failed",
        "gas": {"tx": str(result.gas_used * schedule.units_per_gas)},
    }


def trace_document(
    trace: CallTrace, facts: Mapping[str, Any], units_per_gas: int, book: Book
) -> dict[str, Any]:
    """The trace as JSON; `facts` are those of the transaction. Units are text.

    What `book` knows is besides: raw values are always there.
    """
    reading = TraceReading(book)
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        **facts,
        "unitsPerGas": units_per_gas,
        "truncated": bool(trace.left_out),
        "call": None if trace.root is None else call_document(trace.root, reading),
    }


def call_document(root: CallStep, reading: TraceReading) -> dict[str, Any]:
    """A message with its steps, and with messages inside up to a depth."""
    document = message_document(root, reading)
    waiting = [(root, document, 1)]
    while waiting:
        call, filled, depth = waiting.pop()
        if depth > MAX_DEPTH and call.steps:
            filled["steps"].append({"kind": "truncated", "left": len(call.steps)})
            continue
        for step in call.steps:
            if isinstance(step, CallStep):
                inner = message_document(step, reading)
                filled["steps"].append({"kind": "call", "call": inner})
                waiting.append((step, inner, depth + 1))
            else:
                filled["steps"].append(host_document(call, step, reading))
                if step.name in LOGS:
                    filled["steps"].append(log_document(call, step, reading))
        if call.left_out:
            filled["steps"].append({"kind": "truncated", "left": call.left_out})
    return document


def message_document(call: CallStep, reading: TraceReading) -> dict[str, Any]:
    """A message without its steps."""
    message, result = call.message, call.result
    contract = reading.book.contracts.get(bytes(call.recipient))
    decoded = reading.call(call)
    return {
        "type": message.kind.value,
        "from": format_address(Address(message.sender)),
        "to": format_address(Address(call.recipient)) if call.recipient else None,
        "contract": None if contract is None else contract.label,
        "value": hex(message.value),
        "input": format_data(message.data),
        "function": None if decoded is None else decoded[0].signature,
        "args": [] if decoded is None else arguments_document(*decoded),
        "units": str(message.gas - (0 if result is None else result.gas_left)),
        "output": format_data(b"" if result is None else result.output),
        "error": error_document(call, reading),
        "steps": [],
    }


def error_document(call: CallStep, reading: TraceReading) -> dict[str, Any] | None:
    """Why a message failed; None if it did not."""
    result = call.result
    if result is None or result.succeeded:
        return None
    if result.status is not REVERTED:
        return {"kind": "failure", "name": None, "args": [], "text": str(result.error)}
    error = reading.error(call, result.output)
    name, arguments = None, []
    if isinstance(error, CustomError) and error.shape is not None:
        name = error.shape.name
        arguments = arguments_document(error.shape, tuple(error.arguments.values()))
    return {"kind": "revert", "name": name, "args": arguments, "text": error.what}


def arguments_document(
    description: Description, values: tuple[Any, ...]
) -> list[dict[str, Any]]:
    """Arguments by name and type; numbers are text, and so are bytes."""
    return [
        {"name": shape.name, "type": shape.type.text, "value": plain_value(value)}
        for shape, value in zip(description.inputs, values, strict=True)
    ]


def plain_value(value: Any) -> Any:
    """A decoded value as JSON has it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        is_address = isinstance(value, ShownAddress)
        return str(value) if is_address else format_data(bytes(value))
    if isinstance(value, tuple | list):
        return [plain_value(each) for each in value]
    return str(value)


def host_document(
    call: CallStep, step: HostStep, reading: TraceReading
) -> dict[str, Any]:
    """A host call: raw values, and units before and after."""
    line = reading.line(call, step)
    file, number = line or (None, None)
    return {
        "kind": "host",
        "name": step.name,
        "arguments": list(step.arguments),
        "args": [format_data(part.content) for part in step.read],
        "outs": [format_data(part.content) for part in step.written],
        "start": str(step.start),
        "end": None if step.end is None else str(step.end),
        "at": None
        if step.offset is None
        else {"offset": step.offset, "file": file, "line": number},
    }


def log_document(
    call: CallStep, step: HostStep, reading: TraceReading
) -> dict[str, Any]:
    """The log that a host call made; `event` is null where no ABI reads it."""
    log, event = log_of(call, step), reading.event(call, step)
    return {
        "kind": "log",
        "address": format_address(Address(log.address)),
        "topics": [format_data(topic) for topic in log.topics],
        "data": format_data(log.data),
        "event": {
            "name": event.event,
            "args": {
                name: plain_value(value) for name, value in event.arguments.items()
            },
        }
        if isinstance(event, Event)
        else None,
    }
