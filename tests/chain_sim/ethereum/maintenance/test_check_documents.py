"""What a check of a database found, as text and as a document."""

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.leveldb.file_check import FileReport
from chain_sim.database.leveldb.table_format import TableFault
from chain_sim.ethereum.maintenance.block_check import BlockVerdict
from chain_sim.ethereum.maintenance.database_check import (
    RESTORE,
    Findings,
    advice,
    check_document,
    check_lines,
    ranges,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.state_walk import BadEntry

WHOLE_FILE = FileReport("CURRENT", 16, ())
BAD_FILE = FileReport(
    "000005.ldb",
    900,
    (
        TableFault(7, "is cut"),
        TableFault(8, "its checksum is wrong", None, b"\x02"),
        TableFault(9, "its checksum is wrong", b"\x02", b"\x03"),
    ),
)
IN_TRIE = BadEntry(b"n" + b"\x11" * 32, "is missing", b"\x01\x0a", b"\x22" * 32)
UNREAD = DatabaseDamaged(b"b\x01", "is cut")


def verdict(
    number: int | None, fault: DatabaseDamaged | None = None, *, byte: int = 0
) -> BlockVerdict:
    return BlockVerdict(Hash32(bytes([byte]) * 32), number, fault)


def found(
    *blocks: BlockVerdict,
    files: tuple[FileReport, ...] = (WHOLE_FILE,),
    refusal: str | None = None,
    wrong: tuple[bytes, ...] = (),
) -> Findings:
    return Findings(files, blocks, 12, refusal, wrong)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([], []),
        ([4], ["4"]),
        ([0, 1], ["0-1"]),
        ([0, 2], ["0", "2"]),
        ([0, 1, 2, 5, 7, 8], ["0-2", "5", "7-8"]),
    ],
)
def test_numbers_without_a_gap_are_one_range(
    numbers: list[int], shown: list[str]
) -> None:
    assert ranges(numbers) == shown


@pytest.mark.parametrize(
    "findings",
    [
        found(verdict(0), refusal="no"),
        found(verdict(0), files=(BAD_FILE,)),
        found(verdict(0), verdict(1, UNREAD)),
        found(verdict(0), wrong=(b"\x05" * 32,)),
    ],
    ids=["refusal", "file", "block", "preimage"],
)
def test_any_fault_at_all_is_damage(findings: Findings) -> None:
    assert found(verdict(0)).is_whole
    assert not findings.is_whole
    assert check_lines(findings)["database"] == "damaged"
    assert check_document(findings)["whole"] is False


def test_whole_numbers_are_those_of_whole_blocks_that_were_read() -> None:
    findings = found(verdict(3), verdict(1), verdict(2, UNREAD), verdict(None))
    assert findings.whole_numbers == [1, 3]
    assert findings.damaged_blocks == [verdict(2, UNREAD)]


def test_advice_depends_on_what_can_still_be_read() -> None:
    assert RESTORE == (
        "restore the directory from a copy, or begin a new chain in another with --db"
    )
    assert advice(found(verdict(0))) is None
    assert advice(found(verdict(0), refusal="no")) == RESTORE
    assert advice(found(verdict(0, UNREAD))) == RESTORE
    assert advice(found(verdict(0), files=(BAD_FILE,))) == (
        f"every block can be read, but the disk is not to be trusted: {RESTORE}"
    )
    assert advice(found(verdict(0), verdict(1), verdict(2, UNREAD), verdict(3))) == (
        f"blocks 0-1, 3 can still be read, with --db as it is; to go on, {RESTORE}"
    )


def test_a_whole_database_in_lines_and_as_a_document() -> None:
    findings = found(verdict(0), verdict(1))
    assert check_lines(findings) == {
        "database": "whole",
        "files": "1 of 1 whole",
        "damaged files": [],
        "whole files": None,
        "not opened": None,
        "blocks": "2 of 2 whole, 12 nodes and codes read",
        "whole blocks": ["0-1"],
        "damaged blocks": [],
        "bad preimages": [],
        "how to go on": None,
    }
    assert check_document(findings) == {
        "whole": True,
        "files": [{"name": "CURRENT", "bytes": 16, "faults": []}],
        "refusal": None,
        "wholeBlocks": 2,
        "wholeRanges": ["0-1"],
        "entriesRead": 12,
        "damagedBlocks": [],
        "badPreimages": [],
        "firstBad": None,
        "advice": None,
    }


def test_damage_in_lines() -> None:
    findings = found(
        verdict(0, IN_TRIE),
        files=(WHOLE_FILE, BAD_FILE),
        refusal="does not open",
        wrong=(b"\x05" * 32,),
    )
    assert check_lines(findings) == {
        "database": "damaged",
        "files": "1 of 2 whole",
        "damaged files": [
            "000005.ldb at byte 7: is cut",
            "000005.ldb at byte 8: its checksum is wrong;"
            " holds the entries from the first to 0x02",
            "000005.ldb at byte 9: its checksum is wrong;"
            " holds the entries from 0x02 to 0x03",
        ],
        "whole files": ["CURRENT"],
        "not opened": "does not open",
        "blocks": "0 of 1 whole, 12 nodes and codes read",
        "whole blocks": None,
        "damaged blocks": [
            f"0: account with address hash 0x{'22' * 32}, path 1a:"
            f" trie node 0x{'11' * 32} is missing"
        ],
        "bad preimages": ["0x" + "05" * 32],
        "how to go on": RESTORE,
    }


def test_damage_as_a_document() -> None:
    findings = found(
        verdict(0),
        verdict(1, IN_TRIE, byte=1),
        verdict(None, UNREAD, byte=2),
        files=(BAD_FILE,),
        wrong=(b"\x05" * 32,),
    )
    in_trie = {
        "number": 1,
        "hash": "0x" + "01" * 32,
        "reason": f"account with address hash 0x{'22' * 32}, path 1a:"
        f" trie node 0x{'11' * 32} is missing",
        "key": "0x6e" + "11" * 32,
        "path": "1a",
        "account": "0x" + "22" * 32,
    }
    unread = {
        "number": None,
        "hash": "0x" + "02" * 32,
        "reason": "database damaged at key 6201: is cut",
        "key": "0x6201",
        "path": None,
        "account": None,
    }
    assert check_document(findings) == {
        "whole": False,
        "files": [
            {
                "name": "000005.ldb",
                "bytes": 900,
                "faults": [
                    {
                        "offset": 7,
                        "reason": "is cut",
                        "firstKey": None,
                        "lastKey": None,
                    },
                    {
                        "offset": 8,
                        "reason": "its checksum is wrong",
                        "firstKey": None,
                        "lastKey": "0x02",
                    },
                    {
                        "offset": 9,
                        "reason": "its checksum is wrong",
                        "firstKey": "0x02",
                        "lastKey": "0x03",
                    },
                ],
            }
        ],
        "refusal": None,
        "wholeBlocks": 1,
        "wholeRanges": ["0"],
        "entriesRead": 12,
        "damagedBlocks": [in_trie, unread],
        "badPreimages": ["0x" + "05" * 32],
        "firstBad": in_trie,
        "advice": "blocks 0 can still be read, with --db as it is;"
        f" to go on, {RESTORE}",
    }
