"""`contractvm bind` of schemas: typed modules for contracts of CosmWasm."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosChain, InvalidSchema
from contract_testing.cosmwasm.bind import MAX_STRUCTS, bound_schema
from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmwasm_schemas import (
    COIN_DEFINITIONS,
    HACKATOM,
    HACKATOM_BY_INDEX,
    STRING,
    UINT32,
    by_index,
    enum,
    hackatom_code,
    node,
    ref,
    struct,
    variant,
    write_folder,
    write_json,
)
from tests.helpers.source_tree import ROOT

EXPIRATION = {"oneOf": [variant("at_height", UINT32), variant("never", struct())]}
TREE = struct(children={"type": "array", "items": ref("Tree")}, count=UINT32)
FIELDS = {
    "sender": STRING,
    "from": STRING,
    "coins": {"type": "array", "items": ref("Coin")},
    "memo": {"type": ["string", "null"]},
    "pair": {"type": "array", "items": [STRING, UINT32]},
    "tree": ref("Tree"),
    "table": {"type": "object", "additionalProperties": STRING},
    "share": ref("Decimal"),
    "data": ref("Binary"),
    "anything": True,
    "either": {"anyOf": [STRING, {"type": "boolean"}]},
}
# Everything that a schema can have.
WHOLE: dict[str, Any] = {
    "contract_name": "whole-contract",
    "contract_version": "1.0.0",
    "instantiate": struct("InstantiateMsg", count=UINT32, label=STRING),
    "execute": enum(
        "ExecuteMsg",
        variant("import", {**struct(**FIELDS), "required": ["coins", "from"]}),
        variant("expire", ref("Expiration")),
        {"type": "string", "enum": ["stop"]},
        definitions={
            **COIN_DEFINITIONS,
            **dict.fromkeys(("Decimal", "Binary"), STRING),
            "Expiration": EXPIRATION,
            "Tree": TREE,
        },
    ),
    "query": enum(
        "QueryMsg",
        *(variant(name, struct()) for name in ("count", "tree", "untyped", "expiry")),
    ),
    "responses": {
        "count": struct("CountResponse", count=UINT32, index=STRING),
        "tree": {**ref("Tree"), "definitions": {"Tree": TREE}},
        "expiry": {"oneOf": [{"type": "string", "enum": ["soon", "never"]}]},
    },
}
USE = """
from decimal import Decimal
from typing import Any, Literal

from hackatom import Hackatom
from whole import Coin, Tree, WholeContract

def use(chain: Any, code: bytes, bob: str) -> int:
    made = Hackatom.deploy(chain, code, verifier=bob, beneficiary=bob, funds="5stake")
    hashed: bytes = made.query.recurse(depth=1, work=0).hashed
    made.sudo.steal_funds(recipient=made, amount=[{"amount": 5, "denom": "x"}])
    made.migrate(verifier=bob, code_id=2)
    whole = WholeContract.at(made, chain)
    whole.execute.import_(coins=[Coin(5, "x")], from_="x", share=Decimal("0.5"))
    whole.execute.expire("never", check=False)
    whole.execute.stop(sender=bob)
    soon: Literal["soon", "never"] = whole.query.expiry()
    tree: Tree = whole.query.tree()
    encoded: Any = whole.execute.stop.encode()
    print(hashed, soon, tree.children[0].count, encoded)
    return whole.query.count().count
"""
WRONG = """
from hackatom import Hackatom
from whole import WholeContract

def use(made: Hackatom, whole: WholeContract) -> str:
    made.query.recurse(depth="1", work=0)
    made.execute.release()
    made.execute.relase(denom="x", amount=1)
    whole.execute.expire()
    whole.execute.stop(5)
    return whole.query.count().count
"""


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A folder with two bound contracts."""
    write_json(tmp_path / "hackatom.json", HACKATOM)
    write_json(tmp_path / "whole.json", WHOLE)
    for name in ("hackatom", "whole"):
        assert run("bind", f"{name}.json", "-o", f"{name}.py").code == 0
    return tmp_path


def checked(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-Pm", *command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.slow
def test_the_module_of_a_schema_is_typed(run: Run, folder: Path) -> None:
    write_json(folder / "index.json", HACKATOM_BY_INDEX)
    write_folder(folder / "old" / "schema", HACKATOM)
    run("bind", "index.json", "-o", "by_index.py")
    run("bind", "old/schema", "-o", "of_folder.py")
    (folder / "use.py").write_text(USE)
    (folder / "wrong.py").write_text(WRONG)
    mypy = ("mypy", "--strict", "--no-incremental", "--follow-imports=silent")
    found = checked(folder, *mypy, "by_index.py", "of_folder.py", "whole.py", "use.py")
    assert found == "Success: no issues found in 4 source files\n"
    wrong = checked(folder, *mypy, "wrong.py")
    errors = [line for line in wrong.splitlines() if ": error: " in line]
    assert [line.partition(": ")[0] for line in errors] == [
        f"wrong.py:{line}" for line in (6, 7, 9, 10, 11)
    ]


def test_the_module_of_a_schema_is_clean(folder: Path) -> None:
    options = ("--isolated", "--select=E,F,I,B", "--ignore=E501")
    found = checked(folder, "ruff", "check", *options, "hackatom.py", "whole.py")
    assert found == "All checks passed!\n"


def test_the_bound_class_is_used_on_a_chain(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    module = __import__("hackatom")
    monkeypatch.delitem(sys.modules, "hackatom")
    chain = CosmosChain("wasmd-0.70.3")
    alice = chain.account("alice")
    made = module.Hackatom.deploy(
        chain, hackatom_code(), verifier=alice, beneficiary=alice
    )
    assert type(made) is module.Hackatom
    assert made.query.verifier() == module.VerifierResponse(alice)
    assert module.Hackatom.at(made.address, chain) == made
    assert type(made.using(sender=alice)) is module.Hackatom
    assert (
        module.Hackatom.instantiate(chain, 1, verifier=alice, beneficiary=alice).address
        != made.address
    )


def test_each_form_gives_the_same_bytes_each_time(run: Run, folder: Path) -> None:
    for source in ("hackatom", "whole"):
        before = (folder / f"{source}.py").read_bytes()
        assert run("bind", f"{source}.json").out.encode() == before
        assert run("bind", f"{source}.json", "-o", f"{source}.py", "--check").code == 0
    named = run("bind", "whole.json", "--name", "Other", "--json").document
    assert "class Other(CosmosContract):" in named["module"]
    changed = json.loads(json.dumps(WHOLE).replace('"count"', '"number"'))
    write_json(folder / "whole.json", changed)
    stale = run("bind", "whole.json", "-o", "whole.py", "--check")
    assert (stale.code, stale.err) == (
        1,
        "error: whole.py is stale: write it again without --check\n",
    )


def test_equal_structs_of_two_messages_are_one_class() -> None:
    module = bound_schema(WHOLE)
    assert module.count("class Tree(NamedTuple)") == 1
    assert "Tree2" not in module


def test_what_is_no_schema_cannot_be_bound(run: Run, tmp_path: Path) -> None:
    write_json(tmp_path / "bad.json", {"execute": {"type": "x"}})
    bad = run("bind", "bad.json")
    assert (bad.code, bad.out) == (1, "")
    assert bad.err == "error: bad.json: execute: there is no type 'x'\n"
    (tmp_path / "empty").mkdir()
    assert "it has none of instantiate" in run("bind", "empty").err


def test_types_without_an_end_are_any(folder: Path) -> None:
    endless = node("A", "array", items=0)
    twice = [node(f"A{at}", "tuple", items=[at + 1, at + 1]) for at in range(40)]
    row = [node(f"B{at}", "array", items=at + 1) for at in range(3_000)]
    last = node("String", "string")
    for name, root in (
        ("endless", by_index(0, endless)),
        ("twice", by_index(0, *twice, last)),
        ("row", by_index(0, *row, last)),
    ):
        text = bound_schema({"execute": root, "contract_name": name})
        (folder / f"{name}.py").write_text(text)
        assert "Any" in text
        assert len(text) < 500_000
    options = ("--isolated", "--select=E,F", "--ignore=E501")
    files = ("endless.py", "twice.py", "row.py")
    assert checked(folder, "ruff", "check", *options, *files) == "All checks passed!\n"


def test_hostile_names_stay_in_their_text() -> None:
    evil = '"""\nimport os\n\\'
    cases = enum(evil, variant(evil, struct(**{evil: STRING})))
    text = bound_schema({"contract_name": evil, "execute": cases})
    compile(text, "evil.py", "exec")
    assert "\nimport os\n" not in text


def test_a_schema_of_too_many_structs_is_refused() -> None:
    fields = {
        f"f{place}": struct(**{f"g{place}": STRING}) for place in range(MAX_STRUCTS + 1)
    }
    last = fields.popitem()
    bound_schema({"instantiate": struct("M", **fields)})
    with pytest.raises(InvalidSchema, match="more than 1,000 structs"):
        bound_schema({"instantiate": struct("M", **fields, **dict([last]))})
