"""A local Cosmos chain: store and call contracts with exact gas."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.accounts import create_account, find_account
from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.addresses import AddressBook, user_address
from chain_sim.cosmos.chain.block_ledger import BlockLedger
from chain_sim.cosmos.chain.contracts import Code, Contract, Run, message_bytes
from chain_sim.cosmos.chain.past_transactions import PastTransaction, run_past
from chain_sim.cosmos.chain.sent_messages import DEFAULT_GAS, SentMessage, run_sent
from chain_sim.cosmos.chain.transactions import (
    Produced,
    TransactionFailed,
    TransactionOutcome,
    run_explained,
    run_transaction,
)
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.errors import CosmosError, InvalidChainArgument, SdkOutOfGas
from chain_sim.cosmos.gas import INFINITE, SdkGasMeter
from chain_sim.cosmos.gas_ledger import NO_LEDGER, GasLedger, GasNode
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.schema.schema import CosmosSchema
from chain_sim.cosmos.state.block_store import BlockHeader, ChainConfig
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.state.stores import BANK
from chain_sim.cosmos.wasm.codes import pin, store_code, unpin
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.module import WasmModule, make_wasm_module
from chain_sim.cosmos.wasm.queries import QUERY_GAS
from chain_sim.cosmos.wasm.records import EVERYBODY, find_code, find_contract
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json
from contractvm.hosts.cosmwasm.releases import DEFAULT_RELEASE
from contractvm.ledger.debug_info import DebugInfo, FindDebugInfo
from contractvm.ledger.where import Where
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, make_engine
from contractvm.runtime.module_source import ModuleSource, module_bytes
from contractvm.wasm.interpreter.engine import BranchInterpreter

DEFAULT_SENDER = "alice"
FIRST_TIME = 1_700_000_000_000_000_000


class CosmosChain:
    """A chain of one release of wasmd, in memory or in a database.

    Every transaction that succeeds is a block; a failed one raises TransactionFailed
    and changes nothing. `first_time` is in nanoseconds. A database that holds a chain
    must be of the same release. `entries` are the state of a new chain, as another has
    it. `handlers` are yours to fill, and so are `notes`, which get the outcome of every
    transaction that has a gas limit, also of one that failed.
    """

    def __init__(  # noqa: PLR0913 (settings, by name)
        self,
        release: str | None = None,
        *,
        engine: str = DEFAULT_ENGINE,
        database: KeyValueStore | None = None,
        prefix: str = "cosmos",
        chain_id: str = "test-1",
        first_height: int = 1,
        first_time: int = FIRST_TIME,
        capabilities: frozenset[str] | None = None,
        entries: Mapping[bytes, bytes] | None = None,
    ) -> None:
        wished = ChainConfig(
            release or DEFAULT_RELEASE, prefix, chain_id, first_height, first_time
        )
        find_rules(wished.release)
        first = {BANK + bank.PARAMS_KEY: bank.PARAMS} if entries is None else entries
        self._blocks = BlockLedger(database or MemoryDatabase(), wished, first)
        config = self._blocks.config
        if release is not None and config.release != release:
            raise InvalidChainArgument(
                f"the chain is of {config.release}, not of {release}"
            )
        self.rules = find_rules(config.release)
        self.config = config
        self.addresses = AddressBook(config.prefix)
        self._default_sender = self.addresses.text(user_address(DEFAULT_SENDER))
        self._wasm = make_wasm_module(make_engine(engine), self.rules)
        self._capabilities = capabilities
        self._is_running = False
        self.notes: list[Callable[[TransactionOutcome], None]] = []

    @property
    def handlers(self) -> Handlers:
        """What answers messages and queries that the chain does not simulate."""
        return self._wasm.handlers

    @property
    def blocks(self) -> BlockLedger:
        """The blocks, and the state of the newest, for reading only."""
        return self._blocks

    @property
    def head(self) -> BlockHeader:
        """The newest block."""
        return self._blocks.head

    def block(self, height: int) -> BlockHeader:
        """A block; raises InvalidChainArgument."""
        return self._blocks.header(height)

    def account(self, name: str, coins: object = ()) -> str:
        """The address of a person, who gets an account and `coins`.

        The address is the hash of the name. Coins are written as "5atom,7stake", as
        pairs, or as a mapping.
        """
        address, given = user_address(name), parse_coins(coins)

        def run(context: Context, _: WasmModule) -> Produced:
            if not find_account(context, address):
                create_account(context, address)
            bank.mint(context, address, given)
            return Produced()

        self.transact(run, None)
        return self.addresses.text(address)

    def balance(self, address: str, denomination: str) -> int:
        """What an address has of one coin."""
        context = self._reading()
        return bank.balance(context, self.addresses.data(address), denomination)

    def balances(self, address: str) -> dict[str, int]:
        """What an address has."""
        return dict(bank.all_balances(self._reading(), self.addresses.data(address)))

    def supply(self, denomination: str) -> int:
        """How much of a coin there is."""
        return bank.supply(self._reading(), denomination)

    def send(
        self, sender: str, receiver: str, coins: object, *, gas_limit: int = DEFAULT_GAS
    ) -> TransactionOutcome:
        """Move coins; raises TransactionFailed."""
        moved = parse_coins(coins)

        def run(context: Context, _: WasmModule) -> Produced:
            source, target = self._data(context, sender), self._data(context, receiver)
            bank.send_message(context, source, target, moved)
            return Produced()

        return self.transact(run, gas_limit)[0]

    def store(
        self,
        code: ModuleSource,
        sender: str | None = None,
        *,
        permission: int = EVERYBODY,
        allowed: Sequence[str] = (),
        gas_limit: int = DEFAULT_GAS,
    ) -> Code:
        """Store a module, which may be a gzip; raises TransactionFailed."""
        given = module_bytes(code)

        def run(context: Context, _: WasmModule) -> Produced:
            code_id, checksum, _analysis = store_code(
                context,
                self.sender(sender),
                given,
                permission,
                tuple(allowed),
                self._capabilities,
            )
            return Produced(code_id=code_id, checksum=checksum)

        outcome, produced = self.transact(run, gas_limit)
        return Code(self, produced.code_id, produced.checksum, outcome)

    def code(self, code_id: int) -> Code:
        """A code that was stored; raises CosmosError."""
        info = find_code(self._reading(), code_id)
        return Code(self, code_id, info.checksum)

    def contract(self, address: str, schema: Any = None) -> Contract:
        """A contract at an address; raises CosmosError.

        `schema` is whatever CosmosSchema.read takes.
        """
        known = None if schema is None else CosmosSchema.read(schema)
        find_contract(self._reading(), self.addresses.data(address))
        return Contract(self, address, schema=known)

    def pin(
        self, code_id: int, *, is_pinned: bool = True, gas_limit: int = DEFAULT_GAS
    ) -> TransactionOutcome:
        """Keep a code in memory, or no longer, as the chain's governance does."""

        def run(context: Context, _: WasmModule) -> Produced:
            (pin if is_pinned else unpin)(context, code_id)
            return Produced()

        return self.transact(run, gas_limit)[0]

    def run_messages(
        self,
        messages: Sequence[dict[str, Any]],
        sender: str | None = None,
        *,
        gas_limit: int = DEFAULT_GAS,
    ) -> TransactionOutcome:
        """Run messages in the form that contracts write, in one transaction.

        All are undone if one fails. Raises TransactionFailed.
        """
        sent = SentMessage(
            "messages",
            "",
            compact_json(list(messages)),
            self.sender_address(sender),
            gas_limit=gas_limit,
        )
        return self.deliver(sent)[0]

    def query(
        self, contract: str, message: object, *, gas_limit: int = QUERY_GAS
    ) -> Any:
        """Ask a contract; its answer, parsed. Raises CosmosError."""
        return parse_json(self.query_bytes(contract, message, gas_limit=gas_limit)[0])

    def query_bytes(
        self, contract: str, message: object, *, gas_limit: int = QUERY_GAS
    ) -> tuple[bytes, int]:
        """The JSON of an answer, and the SDK gas of the query. Raises CosmosError."""
        context = self._reading(gas_limit)
        address = self.addresses.data(contract)
        mark = self._blocks.state.mark()
        try:
            answer = self._wasm.queries.smart(context, address, message_bytes(message))
        except SdkOutOfGas as error:
            raise error.error from error
        finally:
            self._blocks.state.roll_back(mark)
        return answer, context.meter.used

    def query_raw(self, contract: str, key: bytes) -> bytes | None:
        """A value of a contract's store, None if there is none."""
        data = self.addresses.data(contract)
        return self._wasm.queries.raw(self._reading(), data, key)

    def where(
        self, error: CosmosError, find_info: FindDebugInfo = DebugInfo.of_code
    ) -> Where | None:
        """Where in a contract a message or query failed.

        None unless the virtual machine failed, and where no code of the contract ran.
        """
        if error.stop is None:
            return None
        return self._wasm.keeper.machine.where(error.stop, find_info)

    def snapshot(self) -> int:
        """A point to `revert` to: the newest block's height."""
        return self.head.height

    def revert(self, height: int) -> None:
        """Go back to a block; later ones are gone."""
        if self._is_running:
            raise InvalidChainArgument("a transaction is running: use its context")
        self._blocks.revert(height)

    def branch(self, height: int | None = None) -> "CosmosChain":
        """A chain in memory with the state at a block, by default the newest."""
        header = self.head if height is None else self.block(height)
        made = CosmosChain(
            self.config.release,
            prefix=self.config.prefix,
            chain_id=self.config.chain_id,
            first_height=header.height,
            first_time=header.time,
            capabilities=self._capabilities,
            entries=self._blocks.entries_at(header.height),
        )
        made.handlers.messages.update(self.handlers.messages)
        made.handlers.queries.update(self.handlers.queries)
        return made

    def pass_time(self, seconds: int) -> None:
        """Let the next block be that much later."""
        if seconds < 0:
            raise InvalidChainArgument(f"{seconds} seconds, which is before now")
        self._blocks.pass_time(seconds)

    @property
    def passed_time(self) -> int:
        """How many seconds later the next block is, since `pass_time` said so."""
        return self._blocks.extra_seconds

    def close(self) -> None:
        """Close the database."""
        self._blocks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sender(self, text: str | None) -> bytes:
        """The bytes of a sender; raises CosmosError."""
        return self.addresses.data(self.sender_address(text))

    def sender_address(self, text: str | None) -> str:
        """The address of a sender, by default a person's who always exists."""
        return self._default_sender if text is None else text

    def _data(self, context: Context, text: str) -> bytes:
        return context.addresses.data(text)

    def _reading(self, gas_limit: int | None = None) -> Context:
        head = self.head
        block = BlockInfo(head.height, head.time, self.config.chain_id)
        return self._context(self._blocks.state, block, gas_limit)

    def transaction(self, height: int) -> PastTransaction:
        """The transaction of a block, which is run again, traced.

        Handlers are called again, too. Raises InvalidChainArgument for a block of which
        no message is kept, or that does not come about in the same way now, and
        NotSimulated.
        """
        return run_past(self._blocks, height, self._traced, self._context)

    def deliver(self, sent: SentMessage) -> tuple[TransactionOutcome, Produced]:
        """Run a message as a transaction, which its block keeps."""
        return self.transact(
            lambda context, wasm: run_sent(context, wasm, sent), sent.gas_limit, sent
        )

    def transact(
        self, run: Run, gas_limit: int | None, sent: SentMessage | None = None
    ) -> tuple[TransactionOutcome, Produced]:
        """Run messages of contracts; `run` gets the wasm module, too.

        The block keeps the message that was `sent`. Handlers cannot call this: raises
        InvalidChainArgument while another transaction runs.
        """
        if self._is_running:
            raise InvalidChainArgument("a transaction is running: use its context")
        self._is_running = True
        try:
            return self._transact(run, gas_limit, sent)
        finally:
            self._is_running = False

    def _transact(
        self, run: Run, gas_limit: int | None, sent: SentMessage | None
    ) -> tuple[TransactionOutcome, Produced]:
        block, before = self._blocks.next_block(), self.head
        context = self._context(self._blocks.state, block, gas_limit)
        outcome, produced = run_transaction(
            context, lambda context: run(context, self._wasm)
        )

        def explain() -> GasNode:
            if self.block(before.height).root != before.root:
                raise InvalidChainArgument(f"block {before.height} is another now")
            state = OrderedState(self._blocks.entries_at(before.height))
            again = self._context(state, block, gas_limit, GasLedger("transaction"))
            traced = self._traced
            return run_explained(outcome, again, lambda context: run(context, traced))

        outcome = replace(outcome, explain=explain)
        if outcome.error is None:
            self._blocks.seal(block, sent)
        for note in self.notes if gas_limit is not None else ():
            note(outcome)
        if outcome.error is not None:
            raise TransactionFailed(outcome, outcome.error)
        return outcome, produced

    def _context(
        self,
        state: OrderedState,
        block: BlockInfo,
        gas_limit: int | None,
        ledger: GasLedger = NO_LEDGER,
    ) -> Context:
        limit = INFINITE if gas_limit is None else gas_limit
        meter = SdkGasMeter(limit, ledger=ledger)
        return Context(self.rules, self.addresses, state, block, meter)

    @cached_property
    def _traced(self) -> WasmModule:
        """The wasm module that records, with the same handlers."""
        return make_wasm_module(
            BranchInterpreter(), self.rules, self.handlers, is_traced=True
        )
