"""The project's own source files, for the tests that read them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "chain_sim",
    "contract_fuzz",
    "contract_testing",
    "contractvm",
    "contractvm_cli",
    "gas_schedule",
)


def source_files(*suffixes: str) -> list[Path]:
    """The packages' files with one of the suffixes, as paths from the root, sorted."""
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in suffixes
    )
