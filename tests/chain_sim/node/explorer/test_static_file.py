"""One transaction as a file: whole, bounded, and closed to the network."""

import json
import re
from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import parse_hash
from chain_sim.node.explorer import static_file
from chain_sim.node.explorer.assets import FOLDER
from chain_sim.node.explorer.static_file import (
    MAX_FILE_BYTES,
    MODULES,
    FileTooLarge,
    digest,
    transaction_file,
)
from tests.helpers.explorers import BOB, PAYLOADS, HostileNode, TokenNode
from tests.helpers.wat import wat_to_wasm

DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE
)
RECORDED = re.compile(r'id="recorded">(.*?)</script>', re.DOTALL)
INLINE = re.compile(r'<script type="module">(.*?)</script>', re.DOTALL)

MANY_LOGS = """
(module
  (import "ethereum" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (local $left i32)
    (local.set $left (i32.const 60))
    (loop $next
      (call $log (i32.const 0) (i32.const 8192) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (br_if $next (local.tee $left
        (i32.sub (local.get $left) (i32.const 1)))))))
"""


def recorded(content: bytes) -> dict[str, Any]:
    found = RECORDED.search(content.decode())
    assert found is not None
    answers: dict[str, Any] = json.loads(found[1])
    return answers


def test_the_file_has_the_answers_that_the_page_asks_for() -> None:
    token = TokenNode()
    sent = token.transfer(BOB, 5)
    tx_hash = "0x" + sent.transaction_hash.hex()
    found = recorded(transaction_file(token.node.explorer, sent.transaction_hash))
    first = "0x" + "00" * 32
    assert found["route"] == f"/tx/{tx_hash}"
    assert found["answers"] == {
        f'["getTransaction","{tx_hash}"]': token.ask("getTransaction", tx_hash),
        f'["getGas","{tx_hash}"]': token.ask("getGas", tx_hash),
        f'["getTransactionDifference","{tx_hash}","{first}"]': token.ask(
            "getTransactionDifference", tx_hash
        ),
    }


def test_the_policy_names_the_script_and_the_style_alone() -> None:
    token = TokenNode()
    content = transaction_file(token.node.explorer, parse_hash(token.creation)).decode()
    script = INLINE.search(content)
    assert script is not None
    style = FOLDER.joinpath("style.css").read_text()
    assert f"<style>{style}</style>" in content
    assert (
        "default-src 'none';"
        f" script-src 'sha256-{digest(script[1])}'; style-src 'sha256-{digest(style)}';"
        " base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ) in content
    assert re.findall(r'(?:src|href)="(?!#)', content) == []
    assert "import {" not in script[1]


def test_no_two_modules_declare_one_name() -> None:
    """They become one module."""
    names = [
        name
        for module in MODULES
        for name in DECLARED.findall(FOLDER.joinpath(f"{module}.js").read_text())
    ]
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))
    assert sorted(MODULES) == sorted(path.stem for path in FOLDER.glob("*.js"))


def test_hostile_text_cannot_end_the_script_that_holds_it() -> None:
    hostile = HostileNode()
    for tx_hash in hostile.hashes.values():
        content = transaction_file(hostile.node.explorer, parse_hash(tx_hash)).decode()
        assert content.count("</script>") == 2
        assert "<img" not in content
        assert "<svg" not in content
        shown = json.dumps(recorded(content.encode()), ensure_ascii=False)
        assert PAYLOADS[1] in shown


def test_long_lists_are_cut_until_the_file_is_small_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = TokenNode()
    contract = token.chain.deploy(wat_to_wasm(MANY_LOGS)).contract_address
    assert contract is not None
    sent = token.chain.send(contract)
    tx_hash = "0x" + sent.transaction_hash.hex()

    def logs_and_pages() -> tuple[int, list[str], int]:
        content = transaction_file(token.node.explorer, sent.transaction_hash)
        answers = recorded(content)["answers"]
        pages = [answers[f'["getTransaction","{tx_hash}"]']] + [
            answers[key] for key in answers if "getLogs" in key
        ]
        assert pages[-1]["next"] is None
        return (
            sum(len(page["logs"]) for page in pages),
            [key for key in answers if "getLogs" in key],
            len(content),
        )

    count, keys, size = logs_and_pages()
    assert count == 60
    assert keys == [f'["getLogs","{tx_hash}",{start}]' for start in (25, 50)]
    assert 60 * 16_384 < size < MAX_FILE_BYTES
    monkeypatch.setattr(static_file, "MAX_FILE_BYTES", size - 1)
    monkeypatch.setattr(static_file, "SIZES", ((4_000, 20), (200, 1)))
    count, keys, less = logs_and_pages()
    assert (count, keys) == (25, [])
    monkeypatch.setattr(static_file, "MAX_FILE_BYTES", less)
    assert logs_and_pages()[2] == less
    monkeypatch.setattr(static_file, "MAX_FILE_BYTES", less - 1)
    with pytest.raises(FileTooLarge) as caught:
        logs_and_pages()
    assert caught.value.size == less
