"""A call of `contractvm run` in a file, to reproduce a difference between engines."""

from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.strict_json import decode_text, parse_json
from contractvm.runtime.engine_selection import other_engine
from contractvm_cli.engine_difference import report_difference
from contractvm_cli.failures import CommandFailed
from contractvm_cli.module_runs import RunCase, RunOutcome, run_func
from contractvm_cli.options import EngineOptions
from contractvm_cli.parameters import MAX_GAS
from contractvm_cli.wasm_values import value_text
from gas_schedule.bounded_files import read_bounded
from gas_schedule.schedule import GasSchedule

# The largest module as base64, and the rest.
MAX_CASE_BYTES = 96 * 1024 * 1024


class Refused(ChainError):
    """Something in a file that no saved call contains."""


def run_case(
    case: RunCase, schedule: GasSchedule, schedule_name: str, engines: EngineOptions
) -> RunOutcome:
    """Run on the engine, and on the other one too if asked.

    A difference is shown and ends the program.
    """
    outcome = run_func(case, schedule, engines.engine)
    if not engines.cross_check:
        return outcome
    other = other_engine(engines.engine)
    results = {
        engines.engine: run_outcome_document(outcome),
        other: run_outcome_document(run_func(case, schedule, other)),
    }
    first, second = results.values()
    fields = [key for key, value in first.items() if value != second[key]]
    if fields:
        report_difference(
            results,
            f"the engines {' and '.join(results)} differ in {', '.join(fields)}",
            Path(f"engine-difference-{sha256(case.code).hexdigest()[:8]}.json"),
            case_document(case, schedule_name) | {"engines": results},
            "run",
        )
    return outcome


def run_outcome_document(outcome: RunOutcome) -> dict[str, Any]:
    """The part of an outcome that is compared; of a reference, whether it is null."""
    return {
        "error": outcome.error,
        "results": ", ".join(value_text(*pair) for pair in outcome.results),
        "unitsUsed": outcome.units_used,
    }


def case_document(case: RunCase, schedule_name: str) -> dict[str, Any]:
    """The file's content, with the module as base64."""
    return {
        "module": b64encode(case.code).decode(),
        "invoke": case.invoke,
        "arguments": list(case.arguments),
        "gas": case.gas,
        "schedule": schedule_name,
    }


def read_case(path: Path) -> tuple[RunCase, str]:
    """The call in a file, and its schedule's name or path.

    Raises OSError, and CommandFailed if `contractvm run` did not write the file.
    """
    try:
        content = read_bounded(path, MAX_CASE_BYTES)
        document: Any = parse_json(decode_text(content, Refused), Refused)
        case = RunCase(
            code=b64decode(document["module"], validate=True),
            invoke=document["invoke"],
            arguments=tuple(document["arguments"]),
            gas=document["gas"],
        )
        schedule_name = document["schedule"]
    except (Refused, ValueError, KeyError, TypeError) as error:
        raise not_a_case(path) from error
    texts = (case.invoke, schedule_name, *case.arguments)
    if type(case.gas) is not int or not 0 <= case.gas <= MAX_GAS:
        raise not_a_case(path)
    if not all(isinstance(text, str) for text in texts):
        raise not_a_case(path)
    return case, schedule_name


def not_a_case(path: Path) -> CommandFailed:
    """The error for any other file."""
    return CommandFailed(f"{path}: not a file that `contractvm run` wrote")
