"""The console in IPython, of the extra `console`."""

import sys
from contextlib import ExitStack
from typing import Any

from IPython.terminal.embed import InteractiveShellEmbed

from contractvm_cli.console.failing import OURS, Opened, say_failure


def interact_with_ipython(names: dict[str, Any], opened: Opened, banner: str) -> None:
    """Read statements until the end; `%tb` shows the traceback of a failure."""
    shell = InteractiveShellEmbed(user_ns=names, banner1=banner)
    statement = ExitStack()

    def fail(
        _shell: Any, kind: Any, error: BaseException, traceback: Any, **_more: Any
    ) -> None:
        sys.last_type, sys.last_value, sys.last_traceback = kind, error, traceback
        say_failure(error)

    shell.set_custom_exc(OURS, fail)
    shell.events.register("pre_run_cell", lambda _: statement.enter_context(opened()))
    shell.events.register("post_run_cell", lambda _: statement.close())
    with statement:
        shell()
