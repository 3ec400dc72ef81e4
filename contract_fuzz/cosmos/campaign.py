"""A campaign of CosmWasm contracts: everything its cases and findings depend on."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_sim.cosmos.files.cases import CosmosCase, make_case
from chain_sim.cosmos.state.multiset_hash import MultisetHash
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.cosmos.cases import DEFAULT_GAS, CosmosStart
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.cosmos.gas import MessageGas
from contract_fuzz.cosmos.gas_checks import MessageChecks
from contract_fuzz.cosmos.inputs import MessageInputs, MessageKind
from contract_fuzz.cosmos.judging import Invariant, MessageJudge, load_invariants
from contract_fuzz.cosmos.shortening import simpler_messages
from contract_fuzz.inputs.dictionary import build_dictionary
from contract_fuzz.judging.campaign import (
    DEFAULT_LENGTH,
    OUT_OF_GAS,
    TRAPS,
    GasObjective,
)
from contract_fuzz.judging.campaign_parts import parts_of
from contract_fuzz.judging.parts import CampaignParts
from contract_fuzz.oracles.gas_oracles import gas_checks_of
from contract_fuzz.oracles.oracle import OracleFactory


@dataclass(frozen=True, slots=True)
class CosmosCampaign:
    """A campaign; it can be sent to another process.

    `code` is the module of the first contract. `kinds` are the messages that are sent.
    `invariants` is a script with functions named `invariant_...`, which each process
    loads.
    """

    start: CosmosStart
    code: bytes
    kinds: tuple[MessageKind, ...] = ()
    invariants: Path | None = None
    seed: int = 0
    gas_limit: int = DEFAULT_GAS
    length: int = DEFAULT_LENGTH
    fail_on: tuple[str, ...] = (TRAPS,)
    oracles: tuple[OracleFactory, ...] = ()
    is_guided: bool = True

    @property
    def functions(self) -> tuple[MessageKind, ...]:
        """See HostedCampaign."""
        return self.kinds

    @property
    def objective(self) -> GasObjective | None:
        """See HostedCampaign; there is none."""
        return None

    def document(self) -> dict[str, Any]:
        """See HostedCampaign."""
        start = self.start
        script = b"" if self.invariants is None else self.invariants.read_bytes()
        handled: dict[str, str] = {}
        if start.handlers is not None:
            handled["handlers"] = sha256(start.handlers.read_bytes()).hexdigest()
        return {
            "contracts": list(start.contracts),
            "codeHash": sha256(self.code).hexdigest(),
            "release": start.chain.release,
            "stateRoot": MultisetHash.from_bytes(start.chain.total).root.hex(),
            "height": start.chain.height,
            "senders": list(start.senders),
            "functions": [kind.signature for kind in self.kinds],
            "invariants": sha256(script).hexdigest(),
            "seed": self.seed,
            "gasLimit": self.gas_limit,
            "length": self.length,
            "failOn": list(self.fail_on),
            "isGuided": self.is_guided,
            **handled,
        }


gas_checks_of.register(CosmosStart, MessageChecks)


@parts_of.register
def message_parts(campaign: CosmosCampaign) -> CampaignParts:
    """The parts of a campaign, on an executor of its own."""
    executor = CosmosExecutor(campaign.start)
    words = build_dictionary(campaign.code, (), ())
    inputs = MessageInputs(campaign.start, campaign.kinds, words, campaign.gas_limit)
    invariants: dict[str, Invariant] = {}
    if campaign.invariants is not None:
        invariants = load_invariants(campaign.invariants)
    is_full = OUT_OF_GAS in campaign.fail_on
    return CampaignParts(
        executor=executor,
        inputs=inputs,
        gas=MessageGas(campaign.gas_limit, inputs.label, is_full=is_full),
        judge=MessageJudge(executor, campaign.fail_on, invariants),
        label=inputs.label,
        simpler=simpler_messages,
        measure=lambda _: (),
        unknown_functions=tuple,
    )


def case_of(start: CosmosStart, transactions: Transactions, note: str) -> CosmosCase:
    """A finding's messages with everything they need but handlers.

    Raises NotSimulated.
    """
    planned = [(start.sent(one), one.seconds) for one in transactions]
    return make_case(start.chain, planned, note, load_handlers(start.handlers))
