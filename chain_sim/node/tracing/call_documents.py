"""Call trees in the forms of geth's callTracer, of Parity, and of Otterscan."""

from collections.abc import Iterator

from msgspec import Struct

from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.node.documents import Document
from chain_sim.node.errors import LIMIT_EXCEEDED, RpcError
from chain_sim.node.tracing.call_tree import CallNode, is_creation

STATIC = "STATICCALL"
# JSON is written by a recursive encoder.
MAX_DEPTH = 200


class CallConfig(Struct, frozen=True):
    """Options of callTracer."""

    is_top_only: bool = False
    has_logs: bool = False


class GasView(Struct, frozen=True):
    """What turns units into gas, and the gas that the whole transaction used."""

    units_per_gas: int
    used: int

    def given(self, node: CallNode) -> int:
        """The gas that a message had."""
        return node.message.gas // self.units_per_gas

    def spent(self, node: CallNode) -> int:
        """The gas that a message used, without what surrounds it."""
        left = 0 if node.result is None else node.result.gas_left
        return (node.message.gas - left) // self.units_per_gas


def call_document(
    node: CallNode, gas: GasView, config: CallConfig, depth: int = 0
) -> Document:
    """The message and its calls, as geth's callTracer has them.

    Raises RpcError for calls that are nested too deep for JSON.
    """
    if depth > MAX_DEPTH:
        reason = f"calls are nested deeper than {MAX_DEPTH}: use trace_transaction"
        raise RpcError(LIMIT_EXCEEDED, f"limit exceeded: {reason}")
    message, result = node.message, node.result
    document: Document = {
        "from": format_data(message.sender),
        "gas": format_quantity(gas.given(node)),
        "gasUsed": format_quantity(gas.spent(node) if depth else gas.used),
        "to": format_data(target_of(node)),
        "input": format_data(message.data),
    }
    output = output_of(node)
    if output:
        document["output"] = format_data(output)
    if node.error is not None:
        document["error"] = node.error
        told = revert_reason(b"" if result is None else result.output)
        if told is not None:
            document["revertReason"] = told
    if node.calls and not config.is_top_only:
        document["calls"] = [
            call_document(call, gas, config, depth + 1) for call in node.calls
        ]
    if config.has_logs and node.logs:
        document["logs"] = [*_logs(node)]
    if node.type != STATIC:
        document["value"] = format_quantity(message.value)
    return {**document, "type": node.type}


def target_of(node: CallNode) -> bytes:
    """The account whose code runs, or that is made."""
    message = node.message
    return message.recipient if is_creation(node) else message.code_address


def output_of(node: CallNode) -> bytes:
    """What the message returned or reverted with; of a creation, the new code."""
    if is_creation(node) and node.succeeded:
        return node.deployed
    return b"" if node.result is None else node.result.output


def _logs(node: CallNode) -> Iterator[Document]:
    for mark in node.logs:
        if mark.log is not None:
            yield {
                "address": format_data(mark.log.address),
                "topics": [format_data(topic) for topic in mark.log.topics],
                "data": format_data(mark.log.data),
                "position": format_quantity(mark.position),
                "index": format_quantity(mark.index),
            }


def parity_documents(
    root: CallNode, gas: GasView, place: Document
) -> Iterator[Document]:
    """The messages in order, with the way to each; `place` is the transaction's."""
    waiting: list[tuple[CallNode, list[int]]] = [(root, [])]
    while waiting:
        node, way = waiting.pop()
        yield _parity_document(node, gas, way, place)
        waiting.extend(
            (call, [*way, index]) for index, call in reversed([*enumerate(node.calls)])
        )


def _parity_document(
    node: CallNode, gas: GasView, way: list[int], place: Document
) -> Document:
    if node.is_self_destruct:
        return {
            "action": {
                "address": format_data(node.message.sender),
                "refundAddress": format_data(node.message.recipient),
                "balance": format_quantity(node.message.value),
            },
            **place,
            "result": None,
            "subtraces": 0,
            "traceAddress": way,
            "type": "suicide",
        }
    message, used = node.message, format_quantity(gas.spent(node))
    action: Document = {
        "from": format_data(message.sender),
        "gas": format_quantity(gas.given(node)),
        "value": format_quantity(message.value),
    }
    result: Document = {"gasUsed": used}
    if is_creation(node):
        action["init"] = format_data(message.data)
        result["address"] = format_data(message.recipient)
        result["code"] = format_data(output_of(node))
    else:
        action["callType"] = node.type.lower()
        action["to"] = format_data(message.code_address)
        action["input"] = format_data(message.data)
        result["output"] = format_data(output_of(node))
    document = {
        "action": action,
        **place,
        "result": result if node.succeeded else None,
        "subtraces": len(node.calls),
        "traceAddress": way,
        "type": "create" if is_creation(node) else "call",
    }
    return document if node.error is None else {**document, "error": node.error}


def otterscan_documents(root: CallNode) -> Iterator[Document]:
    """The messages in order, with their depths."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        message = node.message
        yield {
            "type": node.type,
            "depth": depth,
            "from": format_data(message.sender),
            "to": format_data(target_of(node)),
            "value": format_quantity(message.value),
            "input": format_data(message.data),
            "output": format_data(output_of(node)),
        }
        waiting.extend((call, depth + 1) for call in reversed(node.calls))
