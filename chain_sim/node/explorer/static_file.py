"""One transaction as a file: the page with the answers it needs, and no network."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from string import Template
from typing import Any

import msgspec

from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import Hash32, format_data, parse_hash
from chain_sim.node.explorer.assets import FOLDER
from chain_sim.node.explorer.explorer import Explorer
from chain_sim.node.explorer.gas_views import get_gas
from chain_sim.node.explorer.state_views import (
    FIRST_KEY,
    get_transaction_difference,
)
from chain_sim.node.explorer.transaction_views import get_transaction, list_logs
from contractvm.errors import ContractVmError

MAX_FILE_BYTES = 2_000_000

# Most frames of the flame graph, and most pages of each list: the first that fit.
SIZES = ((4_000, 20), (1_000, 4), (200, 1))

# In the order of their imports. The plot of blocks is not among what a file shows, but
# its module is small.
MODULES = (
    "rpc",
    "dom",
    "format",
    "flame",
    "plot",
    "changes",
    "gas",
    "transaction",
    "abis",
    "call",
    "account",
    "blocks",
    "main",
)
IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)

POLICY = Template(
    "default-src 'none'; script-src 'sha256-$script'; style-src 'sha256-$style';"
    " base-uri 'none'; form-action 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
HEAD = Template(
    '<meta http-equiv="content-security-policy" content="$policy">\n'
    "<style>$style</style>\n</head>"
)
TAIL = Template(
    '<script type="application/json" id="recorded">$recorded</script>\n'
    '<script type="module">$script</script>\n</body>'
)


class FileTooLarge(ContractVmError):
    """A transaction with names or data too long for one file."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the file would have {size} bytes, more than {MAX_FILE_BYTES}:"
            " `contractvm gas --json` writes all of the gas report"
        )
        self.size = size


def transaction_file(explorer: Explorer, tx_hash: Hash32) -> bytes:
    """The file's content, at most MAX_FILE_BYTES; of long lists their beginning.

    Raises UnknownTransaction, ReplayDiffers, BlockNotKept and FileTooLarge.
    """
    gas = get_gas(explorer, tx_hash)
    for frame_count, page_count in SIZES:
        gas["frames"] = gas["frames"][:frame_count]
        answers = recorded_answers(explorer, tx_hash, gas, page_count)
        content = page_with(f"/tx/{format_data(tx_hash)}", answers)
        if len(content) <= MAX_FILE_BYTES:
            return content
    raise FileTooLarge(len(content))


def recorded_answers(
    explorer: Explorer, tx_hash: Hash32, gas: Document, page_count: int
) -> Document:
    """Answers by the question as JSON, as the page would ask it."""
    text = format_data(tx_hash)
    answers = {question("getGas", text): gas}

    def add_pages(page: Document, method: str, load: Callable[[Any], Document]) -> None:
        for _ in range(page_count - 1):
            start = page["next"]
            if start is None:
                return
            page = load(start)
            answers[question(method, text, start)] = page
        page["next"] = None

    transaction = get_transaction(explorer, tx_hash)
    answers[question("getTransaction", text)] = transaction
    add_pages(transaction, "getLogs", lambda at: list_logs(explorer, tx_hash, at))
    changes = get_transaction_difference(explorer, tx_hash, FIRST_KEY)
    first = format_data(FIRST_KEY)
    answers[question("getTransactionDifference", text, first)] = changes
    add_pages(
        changes,
        "getTransactionDifference",
        lambda at: get_transaction_difference(explorer, tx_hash, parse_hash(at)),
    )
    return answers


def question(method: str, *params: object) -> str:
    """A method and its parameters as the page writes them."""
    return msgspec.json.encode([method, *params]).decode()


def page_with(route: str, answers: Document) -> bytes:
    """The page that begins at a route and knows these answers alone."""
    script = "".join(map(module_text, MODULES))
    style = FOLDER.joinpath("style.css").read_text()
    policy = POLICY.substitute(script=digest(script), style=digest(style))
    recorded = msgspec.json.encode({"route": route, "answers": answers}).decode()
    page = FOLDER.joinpath("index.html").read_text()
    beginning, _, rest = page.partition('<link rel="icon"')
    _, _, body = rest.partition("</head>")
    head = HEAD.substitute(policy=policy, style=style)
    # No text can end the script that holds the answers.
    safe = recorded.replace("<", "\\u003c")
    tail = TAIL.substitute(recorded=safe, script=script)
    return (beginning + head + body.replace("</body>", tail)).encode()


def module_text(name: str) -> str:
    """A module's text as a part of one large module."""
    text = FOLDER.joinpath(f"{name}.js").read_text()
    return EXPORT.sub("", IMPORT.sub("", text))


def digest(text: str) -> str:
    """The hash of an inline script or style, as a policy names it."""
    return b64encode(sha256(text.encode()).digest()).decode()
