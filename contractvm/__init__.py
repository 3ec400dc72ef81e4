"""The engine: Wasm bytes in, a metered, deterministic call out. Knows no chain."""


def __getattr__(name: str) -> str:
    """`__version__`; "unknown" where the project runs without being installed."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata  # noqa: PLC0415 (takes 20 times as long as this file)

    try:
        return metadata.version("contractvm-wasm")
    except metadata.PackageNotFoundError:
        return "unknown"
