"""The figures of wasmvm's tests: a fresh instance for every call."""

from chain_sim.cosmos.vectors.errors import UnknownStep
from chain_sim.cosmos.vectors.results import GoldenRow, VectorFolder
from contractvm.hosts.cosmwasm.releases import Version, find_release
from contractvm.hosts.cosmwasm.testing.environment import wasmvm_environment
from contractvm.hosts.cosmwasm.testing.storage import MockStorage

FRED_AND_BOB = b'{"verifier": "fred", "beneficiary": "bob"}'
MARY_AND_SUE = b'{"verifier": "mary", "beneficiary": "sue"}'
RELEASE = b'{"release":{}}'
# Each step: the calls before it, then its own: entry point, sender and message.
Call = tuple[str, str, bytes]
BY_CREATOR: Call = ("instantiate", "creator", FRED_AND_BOB)
BY_REGEN: Call = ("instantiate", "regen", FRED_AND_BOB)
BY_CHROUS: Call = ("instantiate", "chrous", MARY_AND_SUE)
BY_FRED: Call = ("execute", "fred", RELEASE)
BY_MARY: Call = ("execute", "mary", RELEASE)
STEPS: dict[str, tuple[Call, ...]] = {
    "hackatom instantiate by creator": (BY_CREATOR,),
    "hackatom execute release by fred (balance 250 ATOM)": (BY_CREATOR, BY_FRED),
    "hackatom instantiate by regen": (BY_REGEN,),
    "hackatom instantiate by chrous (mary/sue)": (BY_CHROUS,),
    "hackatom execute release by mary on store1: error Unauthorized": (
        BY_REGEN,
        BY_MARY,
    ),
    "hackatom execute release by fred on store1": (BY_REGEN, BY_FRED),
    "hackatom execute release by mary on store2": (BY_CHROUS, BY_MARY),
}
CYBERPUNK = "cyberpunk instantiate (hackatom instantiate in 1.0/1.1)"
RICH = "hackatom execute release by fred (balance 250 ATOM)"
FIRST_WITH_CYBERPUNK = (1, 2, 0)
NEWEST: Version = (3, 0, 3)


class WasmvmFigures:
    """Computes the rows of one release and contract."""

    def __init__(self, folder: VectorFolder, row: GoldenRow) -> None:
        self._version = _version(row.release)
        found = find_release(f"cosmwasm-{row.parameters.rpartition('vm=')[2]}")
        self._environment = wasmvm_environment(self._version)
        self._pipeline = folder.pipeline(found.schedule)
        self._code = folder.contract(row.contract)

    def value(self, step: str) -> int:
        """The gas that a step used internally; raises UnknownStep."""
        if step == CYBERPUNK:
            is_old = self._version < FIRST_WITH_CYBERPUNK
            message = FRED_AND_BOB if is_old else b"{}"
            return self._run((("instantiate", "creator", message),), "100")
        if step not in STEPS:
            raise UnknownStep(step)
        return self._run(STEPS[step], "250" if step == RICH else "100")

    def _run(self, calls: tuple[Call, ...], balance: str) -> int:
        storage = self._environment.storage()
        used = 0
        for call in calls:
            used = self._call(storage, call, balance)
        return used

    def _call(self, storage: MockStorage, call: Call, balance: str) -> int:
        entry, sender, message = call
        environment = self._environment
        balances = {environment.contract: {"ATOM": balance}}
        instance = environment.instance(self._pipeline, self._code, storage, balances)
        info = environment.info(sender, environment.funds)
        instance.call(entry, environment.env, info, message)
        return instance.report().used_internally


def _version(release: str) -> Version:
    if release == "HEAD":
        return NEWEST
    return _numbers(release)


def _numbers(release: str) -> Version:
    major, minor, patch = (int(part) for part in release.lstrip("v").split("."))
    return major, minor, patch
