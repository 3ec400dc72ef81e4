"""New projects: a counter in a language, for a host, with tests that pass."""

from collections.abc import Iterator
from pathlib import Path

from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.building.errors import UnfitSources
from contract_testing.building.host_builds import HOST_BUILDS
from contract_testing.building.project import NAME

TEMPLATES = Path(__file__).parent / "templates"
SUFFIXES = {
    "c": ".c",
    "zig": ".zig",
    "rust": ".rs",
    "assemblyscript": ".ts",
    "wat": ".wat",
}
HOSTS = tuple(HOST_BUILDS)
# Extras of this project that bring the compiler of a language.
EXTRAS = {"c": "c", "zig": "zig"}
HOST_EXTRAS = {"stylus": "stylus", "cosmwasm": "cosmwasm"}
PYTEST_OPTIONS = {"stylus": 'addopts = "--contract-fork arbitrum"\n'}
COUNTED = bytes(keccak256(b"Counted(uint64)"))
EMPTY = bytes(keccak256(b"Empty()")[:4])


def new_project(folder: Path, name: str, language: str, host: str) -> tuple[str, ...]:
    """Write a project's files into a folder that is empty or not there; their paths.

    Raises UnfitSources, and OSError.
    """
    if NAME.fullmatch(name) is None:
        raise UnfitSources(
            f"{name!r} is no name of a contract: letters, digits, - and _, at most 64"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnfitSources(f"{folder} is not an empty folder")
    if host == "cosmwasm" and language != "c":
        raise UnfitSources(
            "contracts of CosmWasm begin in C: there is no other template"
        )
    files = dict(files_of(name, language, host))
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(files)


def files_of(name: str, language: str, host: str) -> Iterator[tuple[str, str]]:
    """Paths and contents of a project's files."""
    suffix = SUFFIXES[language]
    has_abi = host != "cosmwasm"
    shared = TEMPLATES / ("accounts" if has_abi else host)
    folder = shared if language in ("c", "zig") else TEMPLATES / host
    yield (
        f"contracts/{name}{suffix}",
        filled(folder / f"contract{suffix}", name, suffix),
    )
    ending = ".json" if has_abi else ".schema.json"
    yield f"contracts/{name}{ending}", filled(shared / f"contract{ending}", name)
    tests = TEMPLATES / host
    yield "tests/conftest.py", filled(tests / "conftest.py.template", name)
    yield (
        f"tests/test_{python_name(name)}.py",
        filled(tests / "test_contract.py.template", name),
    )
    machine = tests / "machine_contract.py.template"
    if machine.is_file():
        yield f"tests/machine_{python_name(name)}.py", filled(machine, name)
    extras = sorted({*named(EXTRAS, language), *named(HOST_EXTRAS, host), "fuzz"})
    project = filled(TEMPLATES / "project.toml", name)
    project = project.replace("EXTRAS", ",".join(extras)).replace("HOST", host)
    yield "pyproject.toml", project.replace("OPTIONS", PYTEST_OPTIONS.get(host, ""))
    yield (
        ".gitignore",
        "build/\n.contractvm/\n.hypothesis/\n.pytest_cache/\n__pycache__/\n",
    )
    readme = filled(TEMPLATES / "README.md", name).replace("SOURCE", f"{name}{suffix}")
    yield "README.md", readme.replace("INTERFACE", f"{name}{ending}")


def named(table: dict[str, str], key: str) -> tuple[str, ...]:
    """The extra of a key, if it has one."""
    return (table[key],) if key in table else ()


def python_name(name: str) -> str:
    """A contract's name as a part of a Python file's name."""
    return name.replace("-", "_")


def filled(path: Path, name: str, suffix: str = "") -> str:
    """A template's text with the contract's name and constants."""
    text = path.read_text(encoding="utf-8").replace("NAME", name)
    for word, content in (("COUNTED", COUNTED), ("EMPTY", EMPTY)):
        if suffix == ".wat":
            text = text.replace(f'"{word}"', f'"{escaped(content)}"')
        else:
            shown = ", ".join(f"0x{byte:02x}" for byte in content)
            text = text.replace(f"[{word}", f"[{shown}").replace(
                f"{{{word}}}", f"{{ {shown} }}"
            )
    return text


def escaped(content: bytes) -> str:
    """Bytes in a string of the text format."""
    return "".join(f"\\{byte:02x}" for byte in content)
