"""Where a transaction fails: the func, and the instruction in its module."""

from chain_sim.ethereum.chain.failures import StopRecorder
from chain_sim.ethereum.execution.state_transition import run_transaction
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.positions import OpenPosition
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.name_section import func_names


def failure_place(
    opened: OpenPosition,
    sender: Address,
    transaction: CaseTransaction,
    engine: Pipeline,
) -> str:
    """The func and the offset in its module; "" where no code was stopped."""
    recorder = StopRecorder()
    mark = opened.state.snapshot()
    try:
        placed = opened.place(transaction, sender)
        run_transaction(placed, opened.state, engine, recorder)
    except InvalidTransaction:
        return ""
    finally:
        opened.state.rollback(mark)
    stop = recorder.stop_on(engine)
    if stop is None or not stop.stack.positions:
        return ""
    index, position = stop.stack.positions[0]
    module = stop.module
    func = module.funcs[index - (module.func_count - len(module.funcs))]
    name = func_names(module)[index]
    return f"func {index} ({name}) at {func.offset + position:#x}"
