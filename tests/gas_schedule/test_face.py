"""Public names of a package: imported when they are first used."""

from typing import Any

import pytest

from gas_schedule.face import install_face
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule


def package() -> dict[str, Any]:
    made: dict[str, Any] = {"__name__": "shop", "own": 1}
    install_face(
        made,
        {
            "gas_schedule.schedule": ("GasSchedule",),
            "gas_schedule.loader": ("load_schedule",),
        },
    )
    return made


def test_a_name_is_imported_once_and_kept() -> None:
    shop = package()
    assert "GasSchedule" not in shop
    assert shop["__getattr__"]("GasSchedule") is GasSchedule
    assert shop["GasSchedule"] is GasSchedule
    assert shop["__getattr__"]("load_schedule") is load_schedule


def test_the_names_of_a_package_are_its_own_and_those_of_its_face() -> None:
    shop = package()
    assert shop["__all__"] == ["GasSchedule", "load_schedule"]
    assert shop["__dir__"]() == [
        "GasSchedule",
        "__all__",
        "__dir__",
        "__getattr__",
        "__name__",
        "load_schedule",
        "own",
    ]


def test_another_name_is_refused_with_the_package() -> None:
    with pytest.raises(AttributeError) as caught:
        package()["__getattr__"]("other")
    assert str(caught.value) == "module 'shop' has no attribute 'other'"
