"""Methods that run transactions again and say what they did."""

from chain_sim.ethereum.blocks.block import Block, encode_block, encode_header
from chain_sim.ethereum.blocks.receipts import encode_receipt
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import Hash32, format_data
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.trie.missing import MissingCode
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.node.calls import place_of, request_of
from chain_sim.node.documents import Document
from chain_sim.node.errors import SERVER_ERROR, RpcError
from chain_sim.node.methods.blocks import (
    BY_HASH,
    BY_NUMBER,
    Choose,
    raw_transaction,
)
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method, method
from chain_sim.node.tracing.call_documents import parity_documents
from chain_sim.node.tracing.call_tree import CallTracer
from chain_sim.node.tracing.tracers import (
    TRACE_OPTIONS,
    Traced,
    TraceOptions,
    require_tracer,
    trace_block,
    trace_call,
    trace_transaction,
    traced_document,
    tracer_maker,
)
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import (
    BlockChoice,
    block_parameter,
    hash_parameter,
    optional,
    required,
)

OPTIONS = optional("options", TRACE_OPTIONS, TraceOptions())


def find_transaction(node: Node, tx_hash: Hash32) -> tuple[Block, int]:
    """The block of a transaction, and its index; raises RpcError."""
    try:
        return node.reader.block_of(tx_hash)
    except UnknownTransaction as error:
        raise RpcError(SERVER_ERROR, "transaction not found") from error


def debug_transaction(node: Node, tx_hash: Hash32, options: TraceOptions) -> object:
    """What a tracer says of a transaction, whose block is run again.

    Tracers: callTracer, prestateTracer, 4byteTracer, noopTracer, stylusTracer.
    """
    require_tracer(options)
    make_tracer = tracer_maker(node, options)
    found = find_transaction(node, tx_hash)
    traced = trace_transaction(node, *found, make_tracer)
    return traced_document(traced, options)


def debug_call(
    node: Node, tx: TransactionObject, block: BlockChoice, options: TraceOptions
) -> object:
    """What a tracer says of a call."""
    require_tracer(options)
    place = place_of(node, block, options.edits, options.overrides)
    placed = node.chain.calls.place(request_of(node, tx), place)
    traced = trace_call(node, placed, tracer_maker(node, options))
    return traced_document(traced, options)


def debug_block(node: Node, which: Choose, options: TraceOptions) -> list[Document]:
    """What a tracer says of each transaction of a block."""
    require_tracer(options)
    block = known_block(node, which)
    traces = trace_block(node, block, tracer_maker(node, options))
    return [
        {"txHash": format_data(tx.hash), "result": traced_document(traced, options)}
        for tx, traced in zip(block.transactions, traces, strict=True)
    ]


def known_block(node: Node, which: Choose) -> Block:
    """The block that is meant; raises RpcError."""
    if isinstance(which, BlockChoice):
        return node.block(which)
    return node.block(BlockChoice(hash=which))


def parity_of(block: Block, index: int, traced: Traced[CallTracer]) -> list[Document]:
    """A transaction's messages in Parity's form."""
    place = {
        "blockHash": format_data(block.hash),
        "blockNumber": block.header.number,
        "transactionHash": format_data(block.transactions[index].hash),
        "transactionPosition": index,
    }
    return [*parity_documents(traced.tracer.root, traced.gas, place)]


def parity_transaction(node: Node, tx_hash: Hash32) -> list[Document]:
    """The messages of a transaction, in order, in Parity's form."""
    block, index = find_transaction(node, tx_hash)
    return parity_of(block, index, trace_transaction(node, block, index, CallTracer))


def parity_block(node: Node, which: BlockChoice) -> list[Document]:
    """The messages of a block's transactions, in order, in Parity's form."""
    block = node.block(which)
    return [
        document
        for index, traced in enumerate(trace_block(node, block, CallTracer))
        for document in parity_of(block, index, traced)
    ]


def raw_header(node: Node, which: BlockChoice) -> str:
    """The header's RLP."""
    return format_data(encode_header(node.block(which).header))


def raw_block(node: Node, which: BlockChoice) -> str:
    """The block's RLP."""
    return format_data(encode_block(node.block(which)))


def raw_receipts(node: Node, which: BlockChoice) -> list[str]:
    """The receipts' bytes: RLP, after the type's byte where that is not 0."""
    block = node.block(which)
    return [format_data(encode_receipt(one)) for one in node.store.receipts(block.hash)]


def code_by_hash(node: Node, code_hash: Hash32) -> str:
    """The code with that hash; no bytes where there is none."""
    try:
        entries = StateEntries(node.chain.database, NodeCache())
        return format_data(entries.get_code(code_hash))
    except MissingCode:
        return "0x"


METHODS: tuple[Method, ...] = (
    method("debug_traceTransaction", debug_transaction, hash_parameter(), OPTIONS),
    method(
        "debug_traceCall",
        debug_call,
        required("transaction", TRANSACTION),
        block_parameter(),
        OPTIONS,
    ),
    method("debug_traceBlockByNumber", debug_block, BY_NUMBER, OPTIONS),
    method("debug_traceBlockByHash", debug_block, BY_HASH, OPTIONS),
    method("trace_transaction", parity_transaction, hash_parameter()),
    method("trace_block", parity_block, block_parameter()),
    method("debug_getRawHeader", raw_header, block_parameter()),
    method("debug_getRawBlock", raw_block, block_parameter()),
    method("debug_getRawTransaction", raw_transaction, hash_parameter()),
    method("debug_getRawReceipts", raw_receipts, block_parameter()),
    method("debug_codeByHash", code_by_hash, hash_parameter("code hash")),
)
