"""`contractvm proof`: made from a chain, or checked against a state root."""

from pathlib import Path
from typing import BinaryIO, NamedTuple

import click

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import address_text, amount_text
from chain_sim.ethereum.documents.proof_document import parse_proof, proof_document
from chain_sim.ethereum.primitives.strict_json import TOP, decode_text, parse_json
from chain_sim.ethereum.primitives.text import Address, Hash32, format_data
from chain_sim.ethereum.state.account_proof import AccountProof, verify_account
from chain_sim.ethereum.trie.proof_errors import MalformedProof
from contractvm_cli.chains import existing_chain
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.options import (
    db_option,
    example,
    gathered,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import CONTRACT, HASH, SLOT
from contractvm_cli.places import at_block_option

MAX_PROOF_BYTES = 16 * 1024 * 1024


class Check(NamedTuple):
    """A proof to check, and the state root."""

    file: BinaryIO | None
    root: Hash32 | None


@verb_command(
    "proof",
    epilog=example(
        "contractvm proof ADDRESS 0 --json > proof.json",
        "contractvm proof --verify proof.json --root STATE_ROOT",
    ),
)
@click.argument("address", type=CONTRACT, required=False)
@click.argument("slots", metavar="[SLOT]...", type=SLOT, nargs=-1)
@at_block_option
@gathered(
    Check,
    "check",
    click.option(
        "--verify",
        "file",
        metavar="FILE",
        type=click.File("rb"),
        help="Check the proof in this file (- for standard input).",
    ),
    click.option("--root", type=HASH, help="The state root to check it against."),
)
@db_option
@json_option
def proof_command(
    address: Address | Name | None,
    slots: tuple[int, ...],
    at: BlockName,
    check: Check,
    db: Path,
    as_json: bool,
) -> None:
    """Prove what an account holds, or check a proof.

    The proof also covers the contract's storage at each SLOT; --json prints it in the
    form of eth_getProof. Checking needs only the state root of a block that you trust
    (`contractvm block --json`), and no chain.
    """
    if (check.file is None) != (check.root is None):
        raise click.UsageError("--verify and --root belong together")
    if (check.file is None) == (address is None):
        raise click.UsageError("give either ADDRESS, or --verify FILE --root ROOT")
    if check.file is not None and check.root is not None:
        _check(check.file, check.root, as_json)
    elif address is not None:
        _make(db, address, slots, at, as_json)


def _make(
    db: Path,
    address: Address | Name,
    slots: tuple[int, ...],
    at: BlockName,
    as_json: bool,
) -> None:
    with existing_chain(db) as chain:
        block = chain.reader.find_block(at)
        header = block.header
        proof = chain.reader.proof(account_of(chain, address), slots, at=block.hash)
    if as_json:
        print_json(proof_document(proof))
    else:
        print_facts(
            {
                "block": header.number,
                "state root": format_data(header.state_root),
                **_facts(proof),
            }
        )


def _check(file: BinaryIO, root: Hash32, as_json: bool) -> None:
    content = file.read(MAX_PROOF_BYTES + 1)
    if len(content) > MAX_PROOF_BYTES:
        raise MalformedProof(file.name, f"larger than {MAX_PROOF_BYTES} bytes")

    def refusal(place: str, reason: str) -> MalformedProof:
        return MalformedProof(file.name if place == TOP else place, reason)

    proof = parse_proof(parse_json(decode_text(content, refusal), refusal), refusal)
    verify_account(root, proof)
    if as_json:
        print_json({"valid": True, "stateRoot": format_data(root)})
    else:
        print_facts(
            {"proof": "valid", "state root": format_data(root), **_facts(proof)}
        )


def _facts(proof: AccountProof) -> dict[str, object]:
    account = proof.account
    return {
        "address": address_text(proof.address),
        "balance": amount_text(account.balance),
        "nonce": account.nonce,
        "code hash": format_data(account.code_hash),
        "storage root": format_data(account.storage_root),
        "slots": [
            f"{int.from_bytes(slot.key, 'big'):#x}: {format_data(slot.value)}"
            f" ({len(slot.proof)} nodes)"
            for slot in proof.slots
        ],
        "nodes": len(proof.proof),
    }
