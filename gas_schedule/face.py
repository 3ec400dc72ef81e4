"""The public names of a package, whose modules are imported when one is first used.

It lies in the lowest package, since all of them have a face.
"""

from collections.abc import Mapping
from importlib import import_module


def install_face(
    package: dict[str, object], homes: Mapping[str, tuple[str, ...]]
) -> None:
    """Give a package its lazy names (PEP 562): module's `__getattr__`, `__dir__`.

    `package` is the `globals()` of its `__init__`, which lists the same imports for
    type checkers. `homes` are the names by the module that defines them.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        if name not in home_of:
            raise AttributeError(
                f"module {package['__name__']!r} has no attribute {name!r}"
            )
        found = package[name] = getattr(import_module(home_of[name]), name)
        return found

    package["__all__"] = list(home_of)
    package["__getattr__"] = get
    package["__dir__"] = lambda: sorted({*package, *home_of})
