"""The start of the program, which ends at Ctrl-C without a traceback."""

from contractvm_cli.signals import ending_at_interrupt


def start() -> int:
    """Run the command line; return the exit code."""
    with ending_at_interrupt():
        from contractvm_cli.main import main  # noqa: PLC0415 (see above)
    return main()
