"""Where a contract failed: for people, and as a part of JSON documents."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import address_text
from chain_sim.ethereum.primitives.text import format_data
from contractvm.errors import ContractVmError
from contractvm_cli.failures import say_warning
from contractvm_cli.module_files import naming_file
from contractvm_cli.options import gathered, json_option

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain
    from contractvm.ledger.debug_info import DebugBuild, DebugInfo, FindDebugInfo
    from contractvm.ledger.where import Where, WhereFrame

SHOWN_FRAMES = 5


class PlaceFinder:
    """Finds and shows the places of failures, by the options of a verb.

    `as_json` is whether the verb prints JSON, `build` that of `--debug-module`.
    """

    def __init__(
        self, debug_module: Path | None, shows_all_frames: bool, as_json: bool
    ) -> None:
        self.as_json = as_json
        self._path = debug_module
        self._shows_all = shows_all_frames
        self.build: DebugBuild | None = None
        if debug_module is not None:
            from contractvm.ledger import (  # noqa: PLC0415 (few need it)
                debug_files,
                debug_info,
            )

            build = debug_files.read_debug_build(debug_module)
            with naming_file(debug_module):
                self.build = debug_info.DebugBuild(build)

    def build_of(self, code: bytes) -> "DebugBuild | None":
        """The build that was given, or else the project's own of this code."""
        return project_build(code) if self.build is None else self.build

    def _find_info(self, code: bytes) -> "DebugInfo":
        from contractvm.ledger.debug_info import (  # noqa: PLC0415 (for failures only)
            DebugInfo,
        )

        build = self.build_of(code)
        return DebugInfo.of_code(code) if build is None else build.find(code)

    def place(self, find: "Callable[[FindDebugInfo], Where | None]") -> "Where | None":
        """Where something failed; None with a warning if it cannot be found.

        A failure of this is no failure of what was done before.
        """
        try:
            found = find(self._find_info)
        except ContractVmError as error:
            say_warning(f"where it failed was not found: {error}")
            return None
        if self.build is not None and found is not None and not self.build.is_used:
            say_warning(
                f"{self._path}: its code section is not that of the contract that"
                " failed: build it from the same source, with the same options"
            )
        return found

    def facts(self, where: "Where | None") -> dict[str, list[str]]:
        """The frames, the innermost source line, and what to do without lines."""
        if where is None or not where.frames:
            return {}
        facts = {"where": self._frame_lines(where)}
        first = where.frames[0]
        if all(frame.line is None for frame in where.frames):
            if self._path is None:
                facts["hint"] = [
                    "--debug-module FILE, a build of the same code, has lines"
                ]
            return facts
        text = self._source_line(first)
        if text is not None:
            facts["source"] = [f"{first.line} | {text}"]
        return facts

    def _frame_lines(self, where: "Where") -> list[str]:
        limit = len(where.frames) if self._shows_all else SHOWN_FRAMES
        shown = where.frames[:limit]
        names = max(len(frame.func_name) for frame in shown)
        lines = [shown_frame(frame, names) for frame in shown]
        omission = where.omission
        if omission is not None and omission.after < len(lines):
            lines.insert(omission.after, f"... {omission}")
        hidden = len(where.frames) - len(shown)
        if hidden and omission is not None:
            lines.append(f"... {hidden + omission.count:,} more: --all shows both ends")
        elif hidden:
            lines.append(f"... {hidden} more: --all shows them")
        if where.is_cut:
            lines.append("... more, which the engine does not keep")
        return lines

    def _source_line(self, frame: "WhereFrame") -> str | None:
        if frame.file is None or frame.line is None:
            return None
        from contractvm.ledger.source_text import (  # noqa: PLC0415 (for failures only)
            SourceText,
        )

        roots = [Path.cwd()]
        if self._path is not None:
            roots.append(self._path.parent)
        return SourceText(roots).line(frame.file, frame.line)


def place_of(
    chain: "Blockchain | NodeChain", receipt: TransactionReceipt, places: PlaceFinder
) -> "Where | None":
    """Where a transaction of the chain failed; None if it did not."""
    if receipt.succeeded:
        return None
    return places.place(
        partial(chain.failures.of_transaction, receipt.transaction_hash)
    )


def shown_frame(frame: "WhereFrame", width: int) -> str:
    """`inner_oob  counter.c:24  code 0x219`."""
    line = "" if frame.file is None else f"{frame.file}:{frame.line}  "
    return f"{frame.func_name.ljust(width)}  {line}code {frame.offset:#x}"


def where_document(where: "Where | None") -> dict[str, Any] | None:
    """The place as JSON; None stays None."""
    if where is None:
        return None
    omission = where.omission
    return {
        "reason": where.reason,
        "address": address_text(where.address),
        "moduleHash": format_data(where.module_hash),
        "frames": [
            {
                "func": frame.func_index,
                "name": frame.func_name,
                "offset": frame.offset,
                "file": frame.file,
                "line": frame.line,
                "inlined": frame.is_inlined,
            }
            for frame in where.frames
        ],
        "omitted": None
        if omission is None
        else {
            "after": omission.after,
            "count": omission.count,
            "cycle": list(omission.cycle),
            "cycleCount": omission.cycle_count,
        },
        "isCut": where.is_cut,
    }


place_options = gathered(
    PlaceFinder,
    "places",
    click.option(
        "--debug-module",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A build of the contract with debug information, to say where it failed.",
    ),
    click.option(
        "--all",
        "shows_all_frames",
        is_flag=True,
        help="Show every frame of a failure.",
    ),
    json_option,
)


def project_build(code: bytes) -> "DebugBuild | None":
    """The debug build of a contract in the project around; None if there is none."""
    from contract_testing.artefact_index import (  # noqa: PLC0415 (for failures only)
        indexed_build,
    )
    from contract_testing.project import find_project  # noqa: PLC0415 (as above)

    project = find_project(Path.cwd())
    return indexed_build(Path.cwd() if project is None else project.root, code)
