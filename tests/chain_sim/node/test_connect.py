"""Blockchain.connect: the answers of a chain over JSON-RPC are the chain's own."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from threading import Thread
from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.history_errors import (
    BranchExists,
    BranchInUse,
    HistoryNotKept,
    InvalidBranchName,
    TimeNotAfterHead,
    TimeTooLate,
    UnknownBranch,
)
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote import endpoint
from chain_sim.ethereum.chain.remote.errors import (
    InvalidNodeAnswer,
    NodeRefused,
    NodeUnreachable,
    NotServed,
    StillWaiting,
    TransactionRefused,
)
from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.primitives.errors import (
    EditOutOfRange,
    InvalidTransaction,
    NoFeeMarket,
    UnknownBlock,
    UnknownSnapshot,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.signatures import address_of_private_key
from chain_sim.ethereum.primitives.text import InvalidText
from chain_sim.node.node import Node, NodeOptions
from contractvm.errors import ContractVmError
from tests.helpers.nodes import KEYS, new_node, served
from tests.helpers.probe_contract import GET, INCREMENT, probe_init_code

Chain = Blockchain | NodeChain
FIRST, SECOND = DEVELOPER_ACCOUNTS[:2]


@pytest.fixture(params=[None, "eip1559"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[NodeChain, Blockchain]]:
    """A chain over a node, and one with the same genesis in this process."""
    fees = request.param
    with (
        Blockchain.in_memory(fees=fees) as behind,
        Blockchain.in_memory(fees=fees) as here,
        served(Node(behind, KEYS)) as client,
    ):
        yield Blockchain.connect(client.url), here


def story(chain: Chain) -> list[object]:
    """What every method of both answers, in one order."""
    seen: list[object] = [chain.genesis, chain.fork, chain.accounts, chain.head]
    made = chain.deploy(probe_init_code(), is_init_code=True)
    sent = chain.send(made, INCREMENT, sender=SECOND)
    failed = chain.send(made, "0xffffffff", gas_limit=100_000)
    seen += [made, sent, failed, chain.send(SECOND.address, value=7)]
    seen += [chain.call(made, GET), chain.call(made, GET, at=1)]
    seen += [chain.call(made, "0xffffffff"), chain.call(made, GET, gas_limit=22_000)]
    seen.append(chain.failures.of_transaction(failed.transaction_hash))
    seen.append(chain.failures.of_call(made, "0xffffffff"))
    seen += [chain.balance(FIRST), chain.nonce(FIRST), chain.code(made)]
    seen += [chain.storage(made, 0), chain.state_at(1).get_nonce(FIRST.address)]
    seen += [chain.block(2), chain.block(sent.block_hash)]
    seen += [chain.transaction(sent.transaction_hash)]
    seen += [chain.receipt(sent.transaction_hash)]
    seen += [chain.mine(), chain.mine(timestamp=1_800_000_000)]
    seen += [chain.mine_blocks(3), chain.mine_blocks(2, interval=60)]
    snapshot = chain.snapshot()
    chain.mine()
    seen.append(chain.revert(snapshot))
    seen += [chain.branches.all(), chain.branches.current]
    seen.append([*chain.history.blocks(4)])
    return seen


def test_every_answer_is_that_of_the_same_chain_in_this_process(
    pair: tuple[NodeChain, Blockchain],
) -> None:
    remote, here = pair
    found, wanted = story(remote), story(here)
    assert found == wanted
    assert len(wanted) == 31
    assert remote.chain_id == here.genesis.chain_id == 31337


def controlled_story(chain: Chain) -> list[object]:
    """What sets the time and the state, and says what things cost and who did them."""
    made = chain.deploy(probe_init_code(), is_init_code=True).contract_address
    assert made is not None
    clock, edits, following = chain.clock, chain.edits, chain.next_block
    seen: list[object] = [clock.next_time, clock.advance(100), chain.mine()]
    clock.set(1_900_000_000)
    seen += [clock.next_time, chain.mine()]
    clock.set_interval(12)
    seen.append(chain.mine())
    clock.set_interval(None)
    edits.set_balance(FIRST, 10**20)
    edits.set_nonce(SECOND, 7)
    edits.set_storage(made, 0, (9).to_bytes(32, "big"))
    edits.set_code(b"\x22" * 20, b"\x01")
    seen += [chain.nonce(SECOND), chain.code(b"\x22" * 20), chain.storage(made, 0)]
    seen += [following.base_fee, following.gas_limit, following.coinbase]
    following.set_gas_limit(20_000_000)
    following.set_coinbase(b"\x33" * 20)
    if following.base_fee is not None:
        following.set_base_fee(10**9)
    sent = chain.send(made, INCREMENT)
    failed = chain.send(made, "0xffffffff", gas_limit=100_000)
    seen += [sent, chain.head, chain.storage(made, 0)]
    hashes = (sent.transaction_hash, failed.transaction_hash)
    seen += map(chain.gas.explain_transaction, hashes)
    options = ReportOptions(find_required=True)
    seen.append(chain.gas.explain_call(made, GET).figures)
    seen.append(chain.gas.explain_call(made, GET, at=1))
    seen.append(chain.gas.explain_call(made, GET, options=options).figures)
    seen.append([*chain.history.slot_writes(made, 0)])
    seen.append([*chain.history.slot_writes(made, 0, at=2, exact=False)])
    seen.append(chain.history.blame(made, 0))
    seen.append(chain.history.blame(made, 5))
    seen += [chain.branches.rollback(1), chain.branches.rollback(0)]
    seen += [chain.branches.create("early", 1), chain.branches.create("here")]
    seen += [chain.branches.switch("early"), chain.mine(), chain.branches.all()]
    seen += [chain.branches.switch("here"), chain.branches.switch("here"), chain.head]
    return [*seen, chain.branches.delete("early"), chain.branches.all()]


def test_what_is_set_and_asked_is_that_of_the_same_chain_in_this_process(
    pair: tuple[NodeChain, Blockchain],
) -> None:
    remote, here = pair
    found, wanted = controlled_story(remote), controlled_story(here)
    assert found == wanted
    assert len(wanted) == 36


REFUSED: list[tuple[Callable[[Chain], object], type[ContractVmError]]] = [
    (lambda chain: chain.block(9), UnknownBlock),
    (lambda chain: chain.block(bytes(32)), UnknownBlock),
    (lambda chain: chain.receipt(bytes(32)), UnknownTransaction),
    (lambda chain: chain.transaction("0x" + "00" * 32), UnknownTransaction),
    (lambda chain: chain.revert(9), UnknownSnapshot),
    (lambda chain: chain.send(SECOND, value=10**30), InvalidTransaction),
    (lambda chain: chain.send("0x12", b""), InvalidText),
    (lambda chain: chain.submit(b"\x01"), InvalidTransaction),
    (lambda chain: chain.clock.set(1_700_000_000), TimeNotAfterHead),
    (lambda chain: chain.clock.set(2**64), TimeTooLate),
    (lambda chain: chain.edits.set_balance(FIRST, 2**256), EditOutOfRange),
    (lambda chain: chain.edits.set_nonce(FIRST, -1), EditOutOfRange),
    (lambda chain: chain.gas.explain_transaction(bytes(32)), UnknownTransaction),
    (lambda chain: chain.gas.explain_call(FIRST, at=9), UnknownBlock),
    (lambda chain: chain.history.blame(FIRST, 0, at=9), UnknownBlock),
    (lambda chain: chain.branches.create("main"), BranchExists),
    (lambda chain: chain.branches.create("a..b"), InvalidBranchName),
    (lambda chain: chain.branches.create("new", 9), UnknownBlock),
    (lambda chain: chain.branches.switch("new"), UnknownBranch),
    (lambda chain: chain.branches.delete("new"), UnknownBranch),
    (lambda chain: chain.branches.delete("main"), BranchInUse),
]


@pytest.mark.parametrize(("act", "kind"), REFUSED)
def test_errors_are_those_of_the_chain(
    pair: tuple[NodeChain, Blockchain],
    act: Callable[[Chain], object],
    kind: type[ContractVmError],
) -> None:
    remote, here = pair
    for chain in (here, remote):
        with pytest.raises(kind):
            act(chain)
    assert remote.head == here.head


def test_a_chain_without_fees_has_no_base_fee_to_set() -> None:
    with new_node() as client:
        chain = Blockchain.connect(client.url)
        assert chain.next_block.base_fee is None
        with pytest.raises(NoFeeMarket):
            chain.next_block.set_base_fee(7)


def test_changes_of_a_slot_come_in_pages_and_end_where_blocks_are_kept() -> None:
    with Blockchain.in_memory() as behind, served(Node(behind, KEYS)) as client:
        made = behind.deploy(probe_init_code(), is_init_code=True).contract_address
        assert made is not None
        for _ in range(60):
            behind.send(made, INCREMENT)
        chain = Blockchain.connect(client.url)
        found = [*chain.history.slot_writes(made, 0)]
        assert found == [*behind.history.slot_writes(made, 0)]
        assert len(found) == 61
        behind.prune(1)
        for _ in range(3):
            behind.send(made, INCREMENT)
        with pytest.raises(HistoryNotKept) as caught:
            [*chain.history.slot_writes(made, 0)]
        with pytest.raises(HistoryNotKept) as wanted:
            [*behind.history.slot_writes(made, 0)]
        assert caught.value.oldest_number == wanted.value.oldest_number


def test_an_account_with_a_key_of_the_node_alone_is_signed_for_there() -> None:
    key = b"\x11" * 32
    owner = address_of_private_key(key)
    with (
        Blockchain.in_memory() as behind,
        served(Node(behind, {owner: key})) as client,
    ):
        behind.send(owner, value=10**18)
        chain = Blockchain.connect(client.url)
        assert chain.accounts == ()
        receipt = chain.send(SECOND, value=5)
        assert (receipt.sender, receipt.succeeded) == (owner, True)
        assert chain.send(SECOND, value=5, sender=FIRST).sender == FIRST.address
        with pytest.raises(TransactionRefused) as caught:
            chain.send(SECOND, sender=b"\x22" * 20)
        assert "No Signer available" in str(caught.value)


def test_a_transaction_without_a_block_is_still_waiting() -> None:
    node_options = NodeOptions(automines=False)
    with (
        Blockchain.in_memory() as behind,
        served(Node(behind, KEYS, node_options)) as client,
    ):
        chain = Blockchain.connect(client.url, timeout=0.5)
        with pytest.raises(StillWaiting) as caught:
            chain.send(SECOND, value=5)
        assert caught.value.seconds == 0.5
        block = chain.mine()
        assert [tx.hash for tx in block.transactions] == [caught.value.tx_hash]
        assert chain.receipt(caught.value.tx_hash).block_number == 1


def test_a_notebook_sees_what_a_shell_sends() -> None:
    with new_node() as client:
        notebook, shell = (Blockchain.connect(client.url) for _ in range(2))
        counter = shell.deploy(probe_init_code(), is_init_code=True)
        before = notebook.call(counter, GET).output
        shell.send(counter, INCREMENT)
        after = notebook.call(counter, GET).output
        assert int.from_bytes(after, "big") - int.from_bytes(before, "big") == 1
        assert notebook.head == shell.head


# Other nodes, and what is none


@contextmanager
def answering(answer: Callable[[dict[str, Any]], bytes]) -> Iterator[str]:
    """The URL of a server that gives these bytes to each request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, connection.makefile("rb") as stream:
                    length = 0
                    while line := stream.readline().strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                    try:
                        connection.sendall(answer(json.loads(stream.read(length))))
                    except OSError:
                        continue

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def rpc(**member: object) -> bytes:
    return http(json.dumps({"jsonrpc": "2.0", "id": 1, **member}).encode())


JUNK = [
    (http(b"<html>hello</html>", "404 Not Found"), "HTTP status 404, no JSON"),
    (http(b""), "HTTP status 200, no JSON"),
    (http(b"[" * 100_000), "no JSON"),
    (http(b"[]"), "neither result nor error"),
    (http(b"{}"), "neither result nor error"),
    (rpc(result=None), "NoneType, not text"),
    (rpc(result=5), "int, not text"),
    (rpc(result="0x" + "f" * 65), "a quantity of 67 characters"),
    (rpc(result="0x01"), "leading zero"),
    (rpc(error="no"), "an error that is no object"),
    (rpc(error={"code": 1}), "an error without code or text"),
]


@pytest.mark.parametrize(("answer", "message"), JUNK)
def test_what_is_no_node_is_said_with_its_url(answer: bytes, message: str) -> None:
    with answering(lambda _: answer) as url:
        with pytest.raises(InvalidNodeAnswer) as caught:
            Blockchain.connect(url)
        start = f"the node at {url} gave no valid answer to eth_chainId: "
        assert str(caught.value).startswith(start)
        assert message in str(caught.value)


def test_a_refusal_for_a_reason_of_the_nodes_own_is_raised(
    pair: tuple[NodeChain, Blockchain], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, _ = pair
    refusal = NodeRefused("http://node", "anvil_rollback", -32000, "not now")

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(chain.branches, "_ask", refuse)
    with pytest.raises(NodeRefused) as caught:
        chain.branches.rollback(0)
    assert caught.value is refusal


def test_text_of_a_node_has_no_control_characters() -> None:
    error = {"code": -32000, "message": "a\x1b[31mb\u202e\n" + "x" * 1_000}
    with answering(lambda _: rpc(error=error)) as url:
        with pytest.raises(NodeRefused) as caught:
            Blockchain.connect(url)
        assert caught.value.code == -32000
        assert caught.value.message == error["message"]
        shown = r"a\x1b[31mb\u202e\n" + "x" * 291 + "..."
        assert str(caught.value) == f"the node at {url} refused eth_chainId: {shown}"


def test_an_answer_may_be_just_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = rpc(result="0x1")
    length = len(answer.partition(b"\r\n\r\n")[2])
    monkeypatch.setattr(endpoint, "MAX_ANSWER_BYTES", length)
    with answering(lambda _: answer) as url:
        one = endpoint.Endpoint(url, 10)
        assert one.ask("x", read=str) == "0x1"
        monkeypatch.setattr(endpoint, "MAX_ANSWER_BYTES", length - 1)
        with pytest.raises(InvalidNodeAnswer, match=f"more than {length - 1} bytes"):
            one.ask("x", read=str)


@pytest.mark.parametrize("slow", ["silence", "body"])
def test_a_slow_answer_ends_in_time(slow: str) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                for letter in cut if slow == "body" else b"":
                    connection.sendall(bytes([letter]))
                    time.sleep(0.02)
                time.sleep(1)

        thread = Thread(target=drip)
        thread.start()
        start = time.monotonic()
        with pytest.raises(NodeUnreachable) as caught:
            Blockchain.connect(url, timeout=0.4)
        assert time.monotonic() - start < 0.9
        assert ("no whole answer in 0.4 seconds" in str(caught.value)) or (
            "timed out" in str(caught.value)
        )
        thread.join(10)


def test_a_port_where_nothing_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NodeUnreachable, match=f"127.0.0.1:{port} does not answer"):
        Blockchain.connect(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8545", "ws://127.0.0.1:1", "http://", "http://a:99999"),
        *("http://u:p@a", "http://a:0", "http://a\r\nb", "http://a/b c", "file:///x"),
    ],
)
def test_a_wrong_url_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(InvalidText, match="not a node's URL"):
        Blockchain.connect(url)


def test_a_node_of_others_gives_what_is_standard() -> None:
    """Its calls are eth_simulateV1; what it cannot do is named."""
    with new_node() as client:

        def answer(request: dict[str, Any]) -> bytes:
            method, params = request["method"], request["params"]
            if method.startswith("contractvm_"):
                return rpc(error={"code": -32601, "message": "not found"})
            return http(json.dumps(client.send(method, *params)).encode())

        with answering(answer) as url:
            chain, own = Blockchain.connect(url), Blockchain.connect(client.url)
            made = chain.deploy(probe_init_code(), is_init_code=True)
            assert chain.receipt(made.transaction_hash) == made
            assert (made.succeeded, made.error, made.output) == (True, None, b"")
            found, wanted = chain.call(made, GET), own.call(made, GET)
            assert (found.output, found.gas_used) == (wanted.output, wanted.gas_used)
            assert (found.status, found.units_left) == (wanted.status, 0)
            assert chain.call(made, "0xffffffff").status is (
                own.call(made, "0xffffffff").status
            )
            failed = chain.send(made, "0xffffffff", gas_limit=100_000)
            assert failed.error == "failed: the node does not say why"
            assert chain.balance(FIRST) == own.balance(FIRST)
            with pytest.raises(NotServed, match="does not serve genesis"):
                _ = chain.genesis
            with pytest.raises(NotServed, match="contracts without init code"):
                chain.deploy(probe_init_code())


OTHER_HASH = "0x" + "11" * 32
CHANGES: list[tuple[str, Callable[[Any], object], str]] = [
    (
        "eth_getBlockByNumber",
        lambda found: {**found, "gasUsed": "0x1"},
        "the hash is not that of the fields",
    ),
    ("eth_getBlockByNumber", lambda _: None, "no newest block"),
    (
        "eth_getBlockByNumber",
        lambda found: {**found, "transactions": {}},
        "dict, not a list",
    ),
    (
        "eth_getRawTransactionByHash",
        lambda found: found[:-2] + "00",
        "the transaction is another one",
    ),
    (
        "eth_getRawTransactionByHash",
        lambda _: "0x03",
        "transaction type 3 is not supported",
    ),
    (
        "contractvm_receipt",
        lambda found: {**found, "transactionHash": OTHER_HASH},
        "the transaction is another one",
    ),
    (
        "contractvm_receipt",
        lambda found: {**found, "contractvm": [1]},
        "list indices",
    ),
    ("contractvm_call", lambda found: {**found, "status": "fine"}, "'fine'"),
    ("contractvm_entry", lambda _: "0x1", "odd number of digits"),
    ("contractvm_entries", lambda _: {"entries": [["0x00"]], "next": None}, "unpack"),
    (
        "contractvm_entries",
        lambda found: {**found, "next": "0x00"},
        "the next page is not after this one",
    ),
    ("contractvm_waiting", lambda found: {**found, "order": "all"}, "'all'"),
    ("contractvm_revert", lambda _: 1, "int, not true or false"),
]


@pytest.mark.parametrize(("method", "change", "message"), CHANGES)
def test_an_answer_that_breaks_a_rule_is_not_taken(
    method: str, change: Callable[[Any], object], message: str
) -> None:
    with new_node() as client:

        def answer(request: dict[str, Any]) -> bytes:
            found = client.send(request["method"], *request["params"])
            if request["method"] == method:
                found["result"] = change(found["result"])
            return http(json.dumps(found).encode())

        made = Blockchain.connect(client.url).deploy(
            probe_init_code(), is_init_code=True
        )
        with answering(answer) as url:
            chain = Blockchain.connect(url)
            with pytest.raises(InvalidNodeAnswer) as caught:
                _ = (
                    chain.head,
                    chain.receipt(made.transaction_hash),
                    chain.branches.all(),
                    chain.call(made, GET),
                    chain.failures.of_transaction(made.transaction_hash),
                    len(chain.pool),
                    chain.revert(1),
                )
        assert caught.value.method == method
        assert message in str(caught.value)


def test_a_connected_chain_can_be_copied() -> None:
    with new_node() as client:
        chain = Blockchain.connect(client.url)
        assert copy(chain).head == chain.head
