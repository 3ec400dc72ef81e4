"""The installed version: "unknown" where the project runs without being installed."""

from importlib import metadata

try:
    __version__ = metadata.version("contractvm-wasm")
except metadata.PackageNotFoundError:
    __version__ = "unknown"
