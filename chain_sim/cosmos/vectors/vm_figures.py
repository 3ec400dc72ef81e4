"""The figures of cosmwasm-vm's tests: instantiate, execute and query of hackatom."""

from collections.abc import Callable

from chain_sim.cosmos.vectors.errors import UnknownStep
from chain_sim.cosmos.vectors.results import GoldenRow, VectorFolder
from contractvm.hosts.cosmwasm.errors import GasDepletion
from contractvm.hosts.cosmwasm.instance import ContractInstance
from contractvm.hosts.cosmwasm.releases import find_release
from contractvm.hosts.cosmwasm.testing.api import make_address
from contractvm.hosts.cosmwasm.testing.environment import vm_environment

# Contracts that rows name by a word.
HACKATOM = "contracts/cosmwasm.hackatom.wasm"
SMALL_LIMIT = 20_000
IDLE_LIMIT = 123_321
LARGE_REGION = 102_400
PAYMENT = (("earth", "15"),)
# Bodies of a func: each pair's difference is the cost of an operator, and all the
# differences of a row are equal.
OPERATORS = {
    "cost(br)=cost(return)": ((None, "br 0"), (None, "return")),
    "cost(i64.const)=cost(i64.extend8_s)": (
        ("nop", "i64.const 1 drop"),
        ("i64.const 1 drop", "i64.const 1 i64.extend8_s drop"),
    ),
}


class VmFigures:
    """Computes the rows of one release and contract."""

    def __init__(self, folder: VectorFolder, row: GoldenRow) -> None:
        self._release = find_release(f"cosmwasm-{row.release}")
        self._environment = vm_environment(self._release)
        self._pipeline = folder.pipeline(self._release.schedule)
        name = HACKATOM if row.contract == "hackatom" else row.contract
        self._code = folder.contract(name)

    def value(self, step: str) -> int:
        """The figure of a step; raises UnknownStep."""
        steps: dict[str, Callable[[], int]] = {
            "instantiate": self._instantiate,
            "execute": self._execute,
            "query": self._query,
            "create_gas_report: after instantiate, used_internally": (
                lambda: self._instantiated().report().used_internally
            ),
            "create_gas_report: after instantiate, used_externally": (
                lambda: self._instantiated().report().used_externally
            ),
            "get_gas_left: nothing called, limit 123321": (
                lambda: self._fresh(IDLE_LIMIT).gas.left
            ),
            "contract_enforces_gas_limit: limit 20000, instantiate fails, gas left": (
                self._too_little
            ),
            "memory pages at start of hackatom": lambda: self._fresh().memory_pages,
            "memory pages after allocate(102400)": self._after_allocation,
        }
        if step in OPERATORS:
            return self._operator(step)
        if step not in steps:
            raise UnknownStep(step)
        return steps[step]()

    def _fresh(self, gas_limit: int | None = None) -> ContractInstance:
        environment = self._environment
        return environment.instance(
            self._pipeline, self._code, environment.storage(), gas_limit=gas_limit
        )

    def _name(self, word: str) -> str:
        return word if self._release.vm < (2, 0, 0) else make_address(word)

    def _instantiated(self) -> ContractInstance:
        instance = self._fresh()
        message = (
            f'{{"verifier": "{self._name("verifies")}",'
            f' "beneficiary": "{self._name("benefits")}"}}'
        )
        environment = self._environment
        info = environment.info(self._name("creator"), environment.funds)
        instance.call("instantiate", environment.env, info, message.encode())
        return instance

    def _instantiate(self) -> int:
        return _used(self._instantiated())

    def _execute(self) -> int:
        instance = self._instantiated()
        before = instance.gas.left
        is_new = self._release.vm >= (3, 0, 0)
        message = b'{"release":{"denom":"earth"}}' if is_new else b'{"release":{}}'
        environment = self._environment
        info = environment.info(self._name("verifies"), PAYMENT)
        instance.call("execute", environment.env, info, message)
        return before - instance.gas.left

    def _query(self) -> int:
        instance = self._instantiated()
        before = instance.gas.left
        instance.call("query", self._environment.env, b'{"verifier":{}}')
        return before - instance.gas.left

    def _too_little(self) -> int:
        instance = self._fresh(SMALL_LIMIT)
        environment = self._environment
        info = environment.info(self._name("creator"), environment.funds)
        try:
            instance.call("instantiate", environment.env, info, b"{}")
        except GasDepletion:
            return instance.gas.left
        return -1

    def _after_allocation(self) -> int:
        instance = self._fresh()
        instance.allocate(LARGE_REGION)
        return instance.memory_pages

    def _operator(self, step: str) -> int:
        """What the operators of a row cost; -1 if they differ."""
        found = {
            self._cost(body) - (0 if base is None else self._cost(base))
            for base, body in OPERATORS[step]
        }
        return found.pop() if len(found) == 1 else -1

    def _cost(self, body: str) -> int:
        """The gas of a func with this body."""
        prepared = self._pipeline.prepare(
            f'(module (memory (export "memory") 1) (func (export "f") {body}))'
        )
        run = self._pipeline.start(prepared, {}, IDLE_LIMIT)
        run.begin("f")
        run.resume()
        return IDLE_LIMIT - run.meter.left


def _used(instance: ContractInstance) -> int:
    report = instance.report()
    return report.limit - report.remaining
