"""The verbs and their modules, each imported when it is used.

The short helps are repeated here so that `contractvm --help` imports none of them; a
test compares them with the verbs' own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from contractvm_cli.failures import (
    DONE,
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    add_done,
    say_error,
    silence_stdout,
    with_notes,
)
from contractvm_cli.signals import ending_at_interrupt

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Verb(NamedTuple):
    """A command's module under `contractvm_cli.commands`, and its line of help."""

    module: str
    short_help: str


VERBS_BY_TOPIC: dict[str, dict[str, Verb]] = {
    "Modules": {
        "run": Verb("run", "Call a func of a module, without a chain."),
        "inspect": Verb(
            "inspect_module", "Show what a module holds and if it may run."
        ),
        "check": Verb("check", "Report what could differ between engines."),
        "instrument": Verb("instrument", "Write the metered module."),
        "schedule": Verb("schedule", "List, show, compare and measure gas schedules."),
    },
    "Guests": {
        "guest": Verb(
            "guest", "Run WebAssembly programs of other people, metered and limited."
        ),
    },
    "Cosmos chain": {
        "cosmwasm": Verb("cosmwasm_past", "Store and call contracts of CosmWasm."),
    },
    "Local chain": {
        "accounts": Verb("accounts", "Show the ten developer accounts."),
        "deploy": Verb("deploy", "Create a contract."),
        "call": Verb("call", "Call a contract without changing the chain."),
        "send": Verb("send", "Send a transaction: a call, or ether."),
        "gas": Verb("gas", "Show where the gas of a call or a transaction goes."),
        "trace": Verb("trace", "Show what a call or a transaction does, step by step."),
        "balance": Verb("account_reads", "Show an account's balance."),
        "storage": Verb("account_reads", "Show a storage slot of a contract."),
        "code": Verb("account_reads", "Show a contract's code."),
        "nonce": Verb(
            "chain_values", "Show how many transactions an account has sent."
        ),
        "estimate": Verb(
            "chain_values",
            "Show the smallest gas limit with which a transaction succeeds.",
        ),
        "logs": Verb(
            "chain_values",
            "Show logs, oldest first, with the events of known ABIs.",
        ),
        "rpc": Verb("chain_values", "Show a node's answer to METHOD, as JSON."),
        "proof": Verb("proof", "Prove what an account holds, or check a proof."),
        "capture": Verb(
            "capture", "Save a transaction with everything needed to replay it."
        ),
        "replay": Verb("replay", "Run a captured transaction again, without a chain."),
        "dump": Verb("dump", "Write the chain's state and blocks to a file."),
        "load": Verb("load", "Create a chain with the state in a file."),
        "tx": Verb("chain_reads", "Show a transaction."),
        "receipt": Verb("chain_reads", "Show a transaction's receipt."),
        "block": Verb("chain_reads", "Show a block."),
        "mine": Verb("mine", "Make empty blocks."),
        "time": Verb("time", "Show and set the chain's clock."),
        "snapshot": Verb("snapshot", "Remember the newest block under a number."),
        "revert": Verb("snapshot", "Go back to a snapshot."),
        "branch": Verb("branch", "Name blocks and continue from them."),
        "log": Verb("log", "Show blocks, newest first."),
        "diff": Verb("diff", "Show what differs between two states."),
        "blame": Verb("blame", "Show who last changed a storage slot."),
        "abi": Verb("abi", "Register ABIs, which name calls, logs and errors."),
        "view": Verb("view", "Write a transaction as one HTML file."),
        "node": Verb("node", "Serve a chain to Ethereum clients."),
        "db": Verb("db", "Check, measure and clear out a chain's database."),
    },
    "Contracts in Python": {
        "bind": Verb(
            "bind", "Write a Python module with a typed class for an ABI or a schema."
        ),
        "new": Verb("new", "Begin a project: a contract with its tests."),
        "build": Verb("build", "Compile the project's contracts."),
        "coverage": Verb("coverage", "Show which lines of contracts the tests ran."),
    },
    "Values, without a chain": {
        "sig": Verb("values", "Show a function's selector."),
        "topic": Verb("values", "Show the first topic of an event's logs."),
        "keccak": Verb("values", "Show the Keccak-256 of bytes or text."),
        "calldata": Verb("values", "Show the call data of a function with arguments."),
        "calldata-decode": Verb("values", "Show the arguments in call data."),
        "abi-encode": Verb("values", "Show encoded arguments, without a selector."),
        "abi-decode": Verb("values", "Show the values in a function's output."),
        "error-decode": Verb("values", "Show what the data of a revert says."),
        "event-decode": Verb("event_values", "Show the values in a log."),
        "slot": Verb("event_values", "Show where Solidity's layout keeps an item."),
        "to-wei": Verb("values", "Show an amount in wei, exactly."),
        "from-wei": Verb(
            "values", "Show an amount of wei in another unit, with all its digits."
        ),
        "to-hex": Verb("values", "Show a number in hexadecimal."),
        "to-dec": Verb("values", "Show a number in decimal."),
        "checksum": Verb("values", "Show an address with its checksum."),
        "address": Verb("values", "Show the address of a contract to be created."),
    },
    "Arbitrum Stylus": {
        "stylus": Verb("stylus", "Check, deploy and activate Stylus programs."),
    },
    "Fuzzing": {
        "fuzz": Verb(
            "fuzz",
            "Find crashes, broken invariants and differences.",
        ),
    },
    "This project": {
        "config": Verb("config", "Show what is set, and where it was said."),
        "book": Verb(
            "book",
            "Name accounts and contracts.",
        ),
        "console": Verb("console", "Python with a chain and its contracts at hand."),
        "docs": Verb("docs", "Open the documentation in a browser."),
    },
    "The shell": {
        "completion": Verb(
            "completion", "Print a script that completes verbs and options."
        ),
    },
    "Conformance": {
        "statetest": Verb("statetest", "Run Ethereum-format state tests."),
        "spectest": Verb("spectest", "Run official WebAssembly test scripts."),
        "stylustest": Verb("stylustest", "Run published vectors of Arbitrum Stylus."),
        "wasitest": Verb("wasitest", "Run a suite of WASI programs."),
        "cosmwasmtest": Verb("cosmwasmtest", "Run vectors of CosmWasm."),
    },
}
VERBS = {
    name: verb for topic in VERBS_BY_TOPIC.values() for name, verb in topic.items()
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or show its help."""

    # Click passes a context that these methods do not need.
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All verbs, by topic."""
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import the verb; None if there is none of that name."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        with ending_at_interrupt():
            module = import_module(f"contractvm_cli.commands.{verb.module}")
        command: click.Command = getattr(
            module, f"{cmd_name.replace('-', '_')}_command"
        )
        return command

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> "list[CompletionItem]":
        """The verbs, none of them imported, or the options."""
        from click.shell_completion import (  # noqa: PLC0415 (for shells alone)
            CompletionItem,
        )

        verbs = [
            CompletionItem(name, help=verb.short_help)
            for name, verb in VERBS.items()
            if name.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """The verbs under their topics."""
        for topic, verbs in VERBS_BY_TOPIC.items():
            with formatter.section(topic):
                formatter.write_dl(
                    [(name.ljust(10), verb.short_help) for name, verb in verbs.items()]
                )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; an interrupt or a closed output ends it.

        It does so silently, unless something was done before.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            self._end(ctx, error, "interrupted", EXIT_INTERRUPTED)
        except BrokenPipeError as error:
            silence_stdout()
            self._end(ctx, error, "the reader of the output left", EXIT_BROKEN_PIPE)
        except Exception as error:
            add_done(ctx, error)
            raise

    def _end(
        self, ctx: click.Context, error: BaseException, why: str, code: int
    ) -> NoReturn:
        if DONE in ctx.meta:
            add_done(ctx, error)
            say_error(with_notes(why, error))
        raise click.exceptions.Exit(code) from None
