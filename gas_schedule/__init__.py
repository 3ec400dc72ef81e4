"""Gas schedules: versioned tables of what everything costs."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
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

install_face(
    globals(),
    {
        "gas_schedule.differences": ("PriceDifference",),
        "gas_schedule.errors": ("ScheduleError", "UnknownSchedule"),
        "gas_schedule.loader": ("DEFAULT_SCHEDULE", "list_schedules", "load_schedule"),
        "gas_schedule.schedule": ("GasSchedule", "HostCost", "InstructionCost"),
    },
)
