"""Gas schedules: versioned tables of what everything costs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gas_schedule.differences import PriceDifference as PriceDifference
    from gas_schedule.errors import (
        ScheduleError as ScheduleError,
    )
    from gas_schedule.errors import (
        UnknownSchedule as UnknownSchedule,
    )
    from gas_schedule.loader import (
        DEFAULT_SCHEDULE as DEFAULT_SCHEDULE,
    )
    from gas_schedule.loader import (
        list_schedules as list_schedules,
    )
    from gas_schedule.loader import (
        load_schedule as load_schedule,
    )
    from gas_schedule.schedule import (
        GasSchedule as GasSchedule,
    )
    from gas_schedule.schedule import (
        HostCost as HostCost,
    )
    from gas_schedule.schedule import (
        InstructionCost as InstructionCost,
    )

# Where each public name is defined; its module is imported when it is first used.
_HOMES = {
    "gas_schedule.differences": ("PriceDifference",),
    "gas_schedule.errors": (
        "ScheduleError",
        "UnknownSchedule",
    ),
    "gas_schedule.loader": (
        "DEFAULT_SCHEDULE",
        "list_schedules",
        "load_schedule",
    ),
    "gas_schedule.schedule": (
        "GasSchedule",
        "HostCost",
        "InstructionCost",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = list(_HOME_OF)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
