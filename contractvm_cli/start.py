"""The start of the program, which ends at Ctrl-C without a traceback."""

import gc

from contractvm_cli.signals import ending_at_interrupt

# Objects made before the collector looks for garbage: modules being imported make many
# and no garbage, and its searches took a tenth of the time of a short command.
OBJECTS_BEFORE_SEARCH = 50_000


def start() -> int:
    """Run the command line; return the exit code."""
    gc.set_threshold(OBJECTS_BEFORE_SEARCH)
    with ending_at_interrupt():
        from contractvm_cli.main import main  # noqa: PLC0415 (see above)
    code = main()
    gc.freeze()  # The process ends: nothing that is left needs a search for garbage.
    return code
