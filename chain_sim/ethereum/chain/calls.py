"""Calls at any block of a chain: results, gas estimates and access lists."""

from collections.abc import Callable, Sequence

from msgspec import structs

from chain_sim.ethereum.arbitrum.arbos_state import ARBOS_ADDRESS, ArbOsState
from chain_sim.ethereum.chain.call_request import (
    LATEST,
    NO_OVERRIDES,
    CallFailed,
    CallFailure,
    CallOutcome,
    CallPlace,
    CallRequest,
    CreatedAccessList,
    GasAllowanceTooLow,
    failure_of,
)
from chain_sim.ethereum.chain.edits import require_in_range
from chain_sim.ethereum.chain.pool import ChainPool
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    OpenState,
    RepeatableTransaction,
    S,
)
from chain_sim.ethereum.execution.state_transition import run_transaction
from chain_sim.ethereum.gas_report.chain_reports import greatest_limit
from chain_sim.ethereum.gas_report.required_gas import lowest_success
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.arguments import as_hash
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.errors import InsufficientBalance, IntrinsicGasTooLow
from chain_sim.ethereum.state.edits import AccountEdit, apply_edits
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host
from gas_schedule.arguments import as_int

# What a call with ether adds for its callee, and is not in the caller's gas used.
STIPEND = 2_300


class Calls:
    """Runs messages without keeping anything.

    Each method raises the InvalidTransaction that bars the call (InsufficientBalance,
    IntrinsicGasTooLow, ...), what `find_block` does for an unknown block, BlockNotKept,
    EditOutOfRange, and MalformedModule, InvalidModule or RefusedModule for code among
    the edits that is no contract. Failures of the contract are results.
    """

    def __init__(
        self, reader: ChainReader, engines: EngineChoice, pool: ChainPool
    ) -> None:
        self._reader = reader
        self._engines = engines
        self._pool = pool

    def place(
        self, request: CallRequest, place: CallPlace = LATEST
    ) -> RepeatableTransaction:
        """The call as a transaction at its place, to be run any number of times."""
        context, open_before = self._open(place)
        if place.overrides is not NO_OVERRIDES:
            context = place.overrides.applied(context)
        open_state = open_before
        if place.edits:
            open_state = self._edited(open_before, place.edits)
        nonce = open_state(WorldState).get_nonce(request.sender)
        cap = context.gas_limit
        if place.gas_cap is not None:
            cap = min(cap, place.gas_cap)
        limit = cap
        if request.gas_limit is not None:
            limit = min(as_int(request.gas_limit, "gas_limit", at_least=0), cap)
        tx = request.transaction(nonce, self._reader.head.genesis.chain_id)
        return RepeatableTransaction(
            structs.replace(tx, gas_limit=limit),
            request.sender,
            context,
            charged_base_fee=False,
            open_state=open_state,
        )

    def _edited(
        self, open_before: OpenState, edits: Sequence[AccountEdit]
    ) -> OpenState:
        """Opens the state with these edits, which are checked here."""
        checks_code = find_host(self._reader.head.genesis.profile).checks_new_code
        for edit in edits:
            require_in_range(edit)
            if edit.code and checks_code:
                self._reader.engine.prepare(edit.code)

        def open_state(kind: type[S], /) -> S:
            state = open_before(kind)
            apply_edits(state, edits)
            return state

        return open_state

    def call(self, request: CallRequest, place: CallPlace = LATEST) -> CallOutcome:
        """How the call ends, with its gas."""
        return self._run(self.place(request, place))

    def estimate(self, request: CallRequest, place: CallPlace = LATEST) -> int:
        """The smallest gas limit with which the call succeeds; one less fails.

        Raises CallFailed, or GasAllowanceTooLow where it needs more gas than the block,
        or the sender's balance, allows.
        """
        placed = self.place(request, place)
        balance = placed.open_state(WorldState).get_balance(placed.sender)
        if placed.tx.value > balance:
            raise InsufficientBalance(placed.tx.value, balance)
        allowance = min(placed.tx.gas_limit, greatest_limit(placed))
        if placed.context.fork.max_transaction_gas is not None:
            allowance = min(allowance, placed.context.fork.max_transaction_gas)
        placed = placed.with_gas_limit(allowance)
        try:
            outcome = self._run(placed)
        except IntrinsicGasTooLow as error:
            raise GasAllowanceTooLow(allowance) from error
        if outcome.failure is CallFailure.OUT_OF_GAS:
            raise GasAllowanceTooLow(allowance)
        if outcome.failure is not None:
            raise CallFailed(outcome)

        def succeeds(gas_limit: int) -> bool:
            return self._run(placed.with_gas_limit(gas_limit)).failure is None

        return search_estimate(succeeds, outcome.gas_needed, allowance)

    def access_list(
        self, request: CallRequest, place: CallPlace = LATEST
    ) -> CreatedAccessList:
        """The list of what the call uses, and how it ends with that list.

        By address and key. Sender, recipient and precompiled contracts are in it only
        where a slot of theirs is used, and ArbOS's own account is not. Raises
        AccessListNotPriced where the schedule has no prices for it,
        UnsupportedTransactionType where the chain has no lists.
        """
        placed = self.place(structs.replace(request, access_list=()), place)
        state = placed.open_state(RecordingState)
        state.begin_recording()
        run_transaction(placed, state, self._reader.engine)
        recipient = placed.tx.to
        if recipient is None:
            recipient = contract_address(placed.sender, placed.tx.nonce)
        implied = {placed.sender, recipient, *placed.context.fork.precompiles}
        entries: AccessList = tuple(
            (address, tuple(as_hash(key) for key in slots))
            for address in state.addresses_read()
            if address != ARBOS_ADDRESS
            if (slots := state.slots_before(address)) or address not in implied
        )
        listed = structs.replace(request, access_list=entries)
        return CreatedAccessList(entries, self.call(listed, place))

    def _open(self, place: CallPlace) -> tuple[BlockContext, OpenState]:
        reader = self._reader
        if not place.is_pending:
            context = reader.context_of(reader.find_block(place.at))
            return context, after_block(context, reader.opener(place.at))
        if not len(self._pool):
            return reader.head.next_context(), reader.opener()
        pending = self._pool.pending_block()
        return pending.context, pending.open_state

    def _run(self, placed: RepeatableTransaction) -> CallOutcome:
        executor = self._engines.executor(placed.open_state)
        result = executor.apply(placed)
        ran, output = executor.ran, result.output
        if result.created is not None:
            output = executor.state.get_code(result.created)
        limit = placed.tx.gas_limit
        return CallOutcome(result, failure_of(ran), output, ran.gas_needed, limit)


def after_block(context: BlockContext, open_state: OpenState) -> OpenState:
    """Opens the state as for calls: they are not among the block's transactions."""
    if context.fork.stylus is None:
        return open_state

    def open_after(kind: type[S], /) -> S:
        state = open_state(kind)
        ArbOsState(state).forget_recent_programs()
        return state

    return open_after


def search_estimate(succeeds: Callable[[int], bool], needed: int, most: int) -> int:
    """The smallest limit that succeeds, from `needed`, the gas used, to `most`.

    A caller keeps a 64th of its gas at each call (EIP-150), so that more may be needed
    than is used: after `needed` itself, the limit for one level of calls is tried.
    """
    if succeeds(needed):
        return needed
    failing, succeeding = needed, most
    guess = -(-(needed + STIPEND) * 64 // 63)
    if guess < most:
        if succeeds(guess):
            succeeding = guess
        else:
            failing = guess
    return lowest_success(succeeds, failing, succeeding)
