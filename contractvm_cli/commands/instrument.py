"""`contractvm instrument`."""

from pathlib import Path

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm.hosts.registry import load_checked
from contractvm.metering.instrument import instrument_module
from contractvm.metering.names import GAS_EXPORT, INSTRUMENTATION_VERSION
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.validation.validator import validate_module
from contractvm_cli.failures import CommandFailed, record_done
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.options import example, json_option, schedule_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import OutputFile
from gas_schedule.loader import DEFAULT_SCHEDULE
from gas_schedule.schedule import GasSchedule


@verb_command(
    "instrument",
    epilog=example("contractvm instrument token.wasm -o token.metered.wasm"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=OutputFile(),
    metavar="FILE",
    required=True,
    help="Where to write the instrumented module, a .wasm file.",
)
@schedule_option("What instructions cost.", DEFAULT_SCHEDULE)
@json_option
def instrument_command(file: Path, out: Path, schedule: str, as_json: bool) -> None:
    """Write the metered module: valid Wasm that charges gas on any engine.

    FILE is a .wasm or .wat module. The gas left is the exported global
    `contractvm.gas`, in units of the schedule: set it before a call.
    """
    if out.suffix == ".wat":
        raise CommandFailed(f"{out}: the text format cannot be written; choose .wasm")
    costs = load_checked(schedule)
    code = read_module(file)
    with naming_file(file):
        instrumented = instrument(code, costs)
    out.write_bytes(instrumented)
    record_done(f"{out} has the metered module, {len(instrumented)} bytes")
    if as_json:
        print_json(
            {
                "file": str(out),
                "bytesBefore": len(code),
                "bytesAfter": len(instrumented),
                "schedule": costs.name,
                "scheduleHash": format_data(costs.content_hash),
                "unitsPerGas": costs.units_per_gas,
                "instrumentationVersion": INSTRUMENTATION_VERSION,
                "gasExport": GAS_EXPORT,
            }
        )
        return
    print_facts(
        {
            "written": out,
            "size before": f"{len(code)} bytes",
            "size after": f"{len(instrumented)} bytes",
            "gas global": f"{GAS_EXPORT}, {costs.units_per_gas} units are one gas",
            "schedule": f"{costs.name} {format_data(costs.content_hash)}",
        }
    )


def instrument(code: bytes, schedule: GasSchedule) -> bytes:
    """The metered module; raises MalformedModule, InvalidModule or RefusedModule."""
    module = decode_module(code)
    heights = validate_module(module).operand_heights
    return encode_module(instrument_module(module, heights, schedule))
