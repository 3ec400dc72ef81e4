"""A console for people: IPython where it is installed, else Python's own."""

import sys
from typing import Any

from contractvm_cli.console.running import Console, Opened


def interact(names: dict[str, Any], opened: Opened, banner: str) -> None:
    """Read statements until the end; with IPython where it is installed."""
    try:
        from contractvm_cli.console.ipython import (  # noqa: PLC0415 (an extra)
            interact_with_ipython,
        )
    except ImportError:
        pass
    else:
        if sys.stdin.isatty():
            interact_with_ipython(names, opened, banner)
            return
    prepare_readline(names)
    Console(names, opened).interact(banner, exitmsg="")


def prepare_readline(names: dict[str, Any]) -> None:
    """Complete names with the tabulator, where Python has readline."""
    try:
        import readline  # noqa: PLC0415 (not everywhere)
        import rlcompleter  # noqa: PLC0415 (with it)
    except ImportError:
        return
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
