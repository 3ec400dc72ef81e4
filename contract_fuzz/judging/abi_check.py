"""A check of the ABI: the functions that the contract treats as unknown."""

from collections.abc import Iterable

from msgspec import structs

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES, AbiFunction
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.judging.judging import OUT_OF_GAS_KIND

NO_SELECTOR = bytes.fromhex("fbad5e1e")

Seen = tuple[object, ...]


def unknown_functions(
    executor: CaseExecutor,
    functions: Iterable[AbiFunction],
    calls: Iterable[CaseTransaction],
) -> tuple[str, ...]:
    """The signatures whose call runs exactly as one with a selector of no function.

    That is the same edges, result and gas. A call that runs out of gas tells nothing.
    """
    signatures = {function.selector: function.signature for function in functions}
    found: dict[str, None] = {}
    for call in calls:
        signature = signatures.get(call.data[:SELECTOR_BYTES])
        if signature is None or call.data[:SELECTOR_BYTES] == NO_SELECTOR:
            continue
        other = structs.replace(call, data=NO_SELECTOR + call.data[SELECTOR_BYTES:])
        seen = _seen(executor, call)
        if OUT_OF_GAS_KIND not in seen and seen == _seen(executor, other):
            found[signature] = None
        else:
            found.pop(signature, None)
            del signatures[call.data[:SELECTOR_BYTES]]
    return tuple(found)


def _seen(executor: CaseExecutor, call: CaseTransaction) -> Seen:
    outcome = executor.run(executor.begin, call)
    return (
        outcome.status,
        outcome.error_kind,
        outcome.output,
        outcome.logs,
        outcome.units_left,
        bytes(executor.edge_counts),
    )
