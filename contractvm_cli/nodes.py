"""Nodes that a verb speaks to: the one of `--rpc-url`, or the database's own."""

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote.errors import NodeError
from chain_sim.ethereum.primitives.text import InvalidText
from contractvm.nesting import check_json_nesting
from contractvm_cli.failures import CommandFailed, say
from contractvm_cli.parameters import ParsedText
from contractvm_cli.settings import ProjectOption

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

LISTENING_FILE = "node.json"
MAX_FILE_BYTES = 10_000
RPC_KEY = "contractvm_cli.rpc_url"
SECONDS_TO_FIND = 2.0
SECONDS_TO_ANSWER = 600.0


class NodeHasDatabase(CommandFailed):
    """A node at `url` has the database open."""

    def __init__(self, path: Path, url: str) -> None:
        super().__init__(
            f"the node at {url} has the database {path}, and this verb needs the"
            " database itself: end the node first"
        )
        self.url = url


class NodeUrl(ParsedText):
    """`http://HOST:PORT`."""

    name = "url"

    def parse(self, text: str) -> str:
        """The URL."""
        from chain_sim.ethereum.chain.remote.endpoint import (  # noqa: PLC0415 (http.client is large)
            parse_url,
        )

        parse_url(text)
        return text


def remember_url(ctx: click.Context, _: click.Parameter, url: str | None) -> None:
    """Keep `--rpc-url` for `given_node`."""
    ctx.meta[RPC_KEY] = url


rpc_url_option = click.option(
    "--rpc-url",
    cls=ProjectOption,
    metavar="URL",
    type=NodeUrl(),
    envvar="CONTRACTVM_RPC_URL",
    show_envvar=True,
    expose_value=False,
    callback=remember_url,
    help="Use the chain of the node at this URL, not the one in --db.",
)


def is_node_given() -> bool:
    """Whether the verb has `--rpc-url`."""
    return click.get_current_context().meta.get(RPC_KEY) is not None


def given_node() -> "NodeChain | None":
    """The chain of the node of `--rpc-url`; None without one."""
    url = click.get_current_context().meta.get(RPC_KEY)
    return None if url is None else reached(url)


def reached(url: str) -> "NodeChain":
    """The chain of the node at `url`, said on stderr unless the verb prints JSON."""
    if not click.get_current_context().params.get("as_json"):
        say(f"using the node at {url}")
    return Blockchain.connect(url, timeout=SECONDS_TO_ANSWER)


def url_of_node(path: Path) -> str | None:
    """Where the node that has the database listens; None if no such node does.

    The file that says so may be an old one: what listens must know the id in it.
    """
    try:
        content = read_start(path / LISTENING_FILE)
        check_json_nesting(content)
        document = json.loads(content)
        url, instance = str(document["endpoint"]), document["instance"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    from chain_sim.ethereum.chain.remote.endpoint import (  # noqa: PLC0415 (http.client is large)
        Endpoint,
    )

    try:
        endpoint = Endpoint(url, SECONDS_TO_FIND)
        found = endpoint.ask("contractvm_instance", read=lambda given: given)
    except (InvalidText, NodeError):
        return None
    return url if isinstance(found, str) and found == instance else None


def read_start(path: Path) -> bytes:
    """The start of a regular file; raises OSError for anything else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is no regular file")
        return stream.read(MAX_FILE_BYTES)
