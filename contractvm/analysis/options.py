"""Under which rules a module is checked: the profile, and what becomes of floats."""

from dataclasses import dataclass, replace
from typing import Literal

from contractvm.errors import RefusedModule
from contractvm.metering.names import DEFAULT_MAX_STACK_HEIGHT
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.profile import Profile, check_profile

FloatHandling = Literal["refused", "canonical", "permitted"]

# No list of imports and exports, and only the limits that engines share.
ANY = Profile(name="any", floats="canonical")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The rules; `floats` is "permitted" where NaNs are left as the engine makes them.

    Engines of this project know no such rule: it stands for running a module elsewhere.
    """

    profile: Profile
    floats: FloatHandling
    max_stack_height: int = DEFAULT_MAX_STACK_HEIGHT

    def refusal(self, module: Module) -> str | None:
        """Why the profile refuses the module; None where it accepts it."""
        floats: Literal["refused", "canonical"] = (
            "refused" if self.floats == "refused" else "canonical"
        )
        try:
            check_profile(module, replace(self.profile, floats=floats))
        except RefusedModule as refusal:
            return str(refusal)
        return None
