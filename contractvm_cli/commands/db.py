"""`contractvm db check`, `stats` and `gc`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from chain_sim.database.errors import DatabaseNotFound
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.maintenance.database_check import (
    check_database,
    check_document,
    check_lines,
)
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.maintenance.statistics import Statistics, measure
from chain_sim.ethereum.primitives.database_keys import HEAD
from contractvm_cli.chains import no_chain
from contractvm_cli.failures import EXIT_FAILED, record_done
from contractvm_cli.options import VerbGroup, db_option, example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.progress import shown_progress
from contractvm_cli.tables import NUMBER, TEXT, print_table
from contractvm_cli.waiting import when_unlocked


@click.group(
    "db",
    cls=VerbGroup,
    epilog=example("contractvm db check", "contractvm db gc --keep 100"),
)
def db_command() -> None:
    """Check, measure and clear out a chain's database."""


@db_command.command(
    "check", epilog=example("contractvm db check", "contractvm db check --head --json")
)
@click.option("--head", "is_head_only", is_flag=True, help="Only the newest block.")
@db_option
@json_option
def check_command(is_head_only: bool, db: Path, as_json: bool) -> None:
    """Check that nothing is damaged or missing.

    Reads every block of every file, then walks the state of every kept block and
    recomputes all hashes. Reports what is damaged, with the path of the first bad
    node, what is intact, and how to recover; changes nothing. Exit code 1 if anything
    is damaged.
    """
    try:
        with shown_progress() as progress:
            findings = when_unlocked(lambda: check_database(db, is_head_only, progress))
    except DatabaseNotFound as error:
        raise no_chain(db) from error
    if as_json:
        print_json(check_document(findings))
    else:
        print_facts(check_lines(findings))
    if not findings.is_whole:
        raise click.exceptions.Exit(EXIT_FAILED)


@db_command.command("stats", epilog=example("contractvm db stats --json"))
@db_option
@json_option
def stats_command(db: Path, as_json: bool) -> None:
    """Show what the database holds: sizes by kind, and the history kept."""
    with open_database(db, read_only=True) as database, shown_progress() as progress:
        statistics = measure(database, progress)
    disk_bytes = sum(path.stat().st_size for path in db.iterdir() if path.is_file())
    if as_json:
        print_json(statistics_document(statistics, disk_bytes))
        return
    unfinished = statistics.unfinished_keep
    print_facts(
        {
            "on disk": f"{disk_bytes} bytes",
            "head": f"block {statistics.head_number}",
            "kept whole": f"{statistics.whole_blocks} blocks, the oldest is"
            f" {statistics.oldest_number}",
            "pruned": f"{statistics.pruned_blocks} blocks without state and receipts",
            "branches": statistics.branches,
            "snapshots": statistics.snapshots,
            "unfinished": None
            if unfinished is None
            else f"a garbage collection: run `contractvm db gc --keep {unfinished}`",
        }
    )
    print_table(
        {"kind": TEXT, "entries": NUMBER, "key bytes": NUMBER, "value bytes": NUMBER},
        [
            (kind, size.count, size.key_bytes, size.value_bytes)
            for kind, size in sorted(statistics.kinds.items())
        ],
    )


@db_command.command("gc", epilog=example("contractvm db gc --keep 100"))
@click.option(
    "--keep",
    metavar="BLOCKS",
    type=click.IntRange(1, 2**63 - 1),
    required=True,
    help="How many of the newest blocks to keep with their state.",
)
@db_option
@json_option
def gc_command(keep: int, db: Path, as_json: bool) -> None:
    """Remove what no kept block refers to.

    Keeps the newest blocks of each branch, and those that snapshots remember. It may
    be interrupted at any moment: run it again to continue.
    """
    with open_database(db) as database, shown_progress() as progress:
        collected = collect_garbage(database, keep, progress)
    record_done(
        f"{collected.removed_blocks} blocks and {collected.removed_entries} entries"
        " are removed"
    )
    document = {
        "keptBlocks": collected.kept_blocks,
        "keptEntries": collected.kept_entries,
        "removedBlocks": collected.removed_blocks,
        "removedEntries": collected.removed_entries,
        "removedBytes": collected.removed_bytes,
    }
    if as_json:
        print_json(document)
        return
    print_facts(
        {
            "kept": f"{collected.kept_blocks} blocks,"
            f" {collected.kept_entries} nodes and codes",
            "removed": f"{collected.removed_blocks} blocks,"
            f" {collected.removed_entries} entries, {collected.removed_bytes} bytes",
        }
    )


@contextmanager
def open_database(path: Path, *, read_only: bool = False) -> Iterator[LevelDatabase]:
    """The database, with a chain in it; CommandFailed if there is none."""
    try:
        database = when_unlocked(
            lambda: LevelDatabase(path, must_exist=True, read_only=read_only)
        )
    except DatabaseNotFound as error:
        raise no_chain(path) from error
    with database:
        if database.get(HEAD) is None:
            raise no_chain(path)
        yield database


def statistics_document(statistics: Statistics, disk_bytes: int) -> dict[str, object]:
    """The result as JSON."""
    return {
        "diskBytes": disk_bytes,
        "headNumber": statistics.head_number,
        "oldestNumber": statistics.oldest_number,
        "wholeBlocks": statistics.whole_blocks,
        "prunedBlocks": statistics.pruned_blocks,
        "branches": statistics.branches,
        "snapshots": statistics.snapshots,
        "unfinishedGcKeep": statistics.unfinished_keep,
        "kinds": {
            kind: {
                "entries": size.count,
                "keyBytes": size.key_bytes,
                "valueBytes": size.value_bytes,
            }
            for kind, size in sorted(statistics.kinds.items())
        },
    }
