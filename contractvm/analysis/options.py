"""The options of a check: the profile, and how floats are handled."""

from dataclasses import dataclass, replace

from contractvm.errors import RefusedModule
from contractvm.metering.names import DEFAULT_MAX_STACK_HEIGHT
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.feature_rules import FloatRule
from contractvm.wasm.validation.profile import Profile, check_profile

# Any imports and exports, and only the limits that engines share.
ANY = Profile(name="any", floats="canonical")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The options; `floats` is "permitted" if NaNs are left as the engine makes them.

    No engine of this project does that: it is for modules that run elsewhere.
    """

    profile: Profile
    floats: FloatRule
    max_stack_height: int = DEFAULT_MAX_STACK_HEIGHT

    def refusal(self, module: Module) -> str | None:
        """Why the profile refuses the module; None if it accepts it."""
        try:
            check_profile(module, replace(self.profile, floats=self.floats))
        except RefusedModule as refusal:
            return str(refusal)
        return None
