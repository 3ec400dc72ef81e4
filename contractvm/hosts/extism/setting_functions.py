"""Functions about settings, variables, errors and logs."""

from collections.abc import Callable

from contractvm.hosts.extism.host_call import HostCall

LEVELS = ("trace", "debug", "info", "warn", "error")
# Messages of this level and above are kept.
LEVEL = LEVELS.index("info")


def error_set(call: HostCall, handle: int) -> None:
    """Make the call fail with the text of a block, or not with the handle 0."""
    call.state.error = call.read(handle) if handle else None


def config_get(call: HostCall, handle: int) -> int:
    """The value of a setting, 0 if there is none."""
    return call.give(call.state.config.get(call.read(handle)))


def var_get(call: HostCall, handle: int) -> int:
    """The value of a variable, 0 if there is none."""
    return call.give(call.state.variable(call.read(handle)))


def var_set(call: HostCall, handle: int, value: int) -> None:
    """Set a variable, or remove it with the handle 0."""
    name = call.read(handle)
    call.state.set_variable(name, call.read(value) if value else None)


def get_log_level(call: HostCall) -> int:  # noqa: ARG001
    """The lowest level of messages that are kept."""
    return LEVEL


def log_function(level: str) -> Callable[[HostCall, int], None]:
    """The function that logs messages of a level."""

    def log(call: HostCall, handle: int) -> None:
        message = call.read(handle)
        if LEVELS.index(level) >= LEVEL:
            call.state.log(b"%s: %s\n" % (level.encode(), message))

    return log
