"""Build the example contracts: `python -m examples.build`, run by `make examples`."""

import argparse
import tempfile
from pathlib import Path

from contract_testing.building.builds import build_contract
from contract_testing.building.project import Project
from contract_testing.project import ContractSettings, ContractSource
from examples.wasm_compiler import compile_module

HERE = Path(__file__).parent

# In this order: each embeds what the ones above it gave.
CONTRACTS = (
    ("counter/counter.wasm", "counter/counter.wat"),
    ("guests/shout.wasm", "guests/shout.wat"),
    ("keccak/keccak.wasm", "keccak/keccak.c"),
    ("token/token.wasm", "token/token.c"),
    ("token/token_init.wasm", "token/token_init.c"),
)
# Folders that `contractvm build` builds, with their settings.
PROJECTS = {
    "cosmwasm": ContractSettings(folder=".", host="cosmwasm", c_flags=("-Os",)),
    "stylus": ContractSettings(
        folder=".",
        host="stylus",
        named={
            "erc20_ewasm": ContractSource(
                source="erc20.c", abi="erc20.json", host="ewasm"
            )
        },
    ),
}


def build_all(output_folder: Path, *, keeps_debug: bool = False) -> None:
    """Build every contract below `output_folder`."""
    with tempfile.TemporaryDirectory() as cache:
        for output_name, source_name in CONTRACTS:
            output = output_folder / output_name
            output.parent.mkdir(parents=True, exist_ok=True)
            compile_module(
                HERE / source_name, output, Path(cache), keeps_debug=keeps_debug
            )
            print(f"{output_name}: {output.stat().st_size} bytes")
    for folder, settings in PROJECTS.items():
        build_project(folder, settings, output_folder, keeps_debug=keeps_debug)


def build_project(
    folder: str, settings: ContractSettings, output_folder: Path, *, keeps_debug: bool
) -> None:
    """Build the contracts of one folder below `output_folder`."""
    project = Project(HERE / folder, settings)
    for source in project.sources():
        built = build_contract(project, source, forced=True)
        name = f"{source.name}.debug.wasm" if keeps_debug else f"{source.name}.wasm"
        output = output_folder / folder / f"{source.name}.wasm"
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(built.files[name])
        print(f"{folder}/{source.name}.wasm: {output.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--debug", action="store_true", help="keep source lines")
    wanted = parser.parse_args()
    build_all(wanted.output, keeps_debug=wanted.debug)
