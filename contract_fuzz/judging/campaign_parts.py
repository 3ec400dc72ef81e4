"""The parts of campaigns: of contracts called with bytes, unless a host has its own."""

from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import Any

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.inputs.dictionary import build_dictionary
from contract_fuzz.inputs.inputs import InputOptions, Inputs
from contract_fuzz.judging.abi_check import unknown_functions
from contract_fuzz.judging.campaign import Campaign, GasObjective
from contract_fuzz.judging.case_gas import CaseGas
from contract_fuzz.judging.judging import Judge
from contract_fuzz.judging.parts import CampaignParts
from contract_fuzz.judging.shortening import simpler_calls

Sizes = Iterable[tuple[str, int | None]]


@singledispatch
def parts_of(campaign: Any) -> CampaignParts:
    """The parts of a campaign, made anew in this process.

    This is for a Campaign; a host with campaigns of another class registers how theirs
    are made.
    """
    start = campaign.start
    executor = CaseExecutor(start)
    accounts = [sender.address for sender in start.senders]
    words = build_dictionary(
        campaign.code, campaign.functions, [*accounts, *start.contracts]
    )
    inputs = Inputs(input_options(campaign), words)
    gas = CaseGas(campaign, executor.schedule)

    def find_unknown() -> tuple[str, ...]:
        calls = [gas.ample(call) for call in inputs.simplest()]
        return unknown_functions(executor, campaign.functions, calls)

    return CampaignParts(
        executor=executor,
        inputs=inputs,
        gas=gas,
        judge=Judge(campaign, executor),
        label=selector_of,
        simpler=simpler_calls,
        measure=measure_of(campaign.objective),
        unknown_functions=find_unknown,
    )


def selector_of(transaction: CaseTransaction) -> bytes:
    """The function that the call data begins with."""
    return transaction.data[:SELECTOR_BYTES]


def measure_of(objective: GasObjective | None) -> Callable[[CaseTransaction], Sizes]:
    """What an objective measures of a call; nothing without one."""
    if objective is None:
        return lambda _: ()
    functions, size = objective.functions, objective.size
    measured = {function.selector: function for function in functions}

    def measure(transaction: CaseTransaction) -> Sizes:
        function = measured.get(selector_of(transaction))
        if function is None:
            return
        yield function.signature, None
        if size is not None and function is functions[0]:
            values = function.decode(transaction.data)
            if values is not None:
                yield function.signature, size.size_of(values)

    return measure


def input_options(campaign: Campaign) -> InputOptions:
    """The transactions that the campaign allows."""
    objective = campaign.objective
    invariants = {invariant.selector for invariant in campaign.invariants}
    return InputOptions(
        contracts=campaign.start.contracts,
        sender_count=len(campaign.start.senders),
        gas_limit=campaign.gas_limit,
        functions=tuple(
            function
            for function in campaign.functions
            if function.selector not in invariants
        ),
        focus=() if objective is None else objective.functions,
        size=None if objective is None else objective.size,
    )
