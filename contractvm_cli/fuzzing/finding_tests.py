"""Findings as a file of pytest tests, each of which fails until it is mended.

A test makes the contract from its file again and sends what the campaign sent, so it is
of the contract as it is when the test runs.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from chain_sim.ethereum.primitives.text import format_address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cosmos.cases import CosmosStart, CosmosTransaction
from contract_fuzz.cosmos.outcomes import ABORTED
from contract_fuzz.cosmos.starts import FIRST_COINS, PEOPLE
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.oracle import CRASH, INVARIANT, Finding

CALL_HEAD = '''"""Findings of `contractvm fuzz`; a test fails until it is mended."""

from pathlib import Path

from chain_sim import Blockchain, default_genesis
from contract_fuzz.cases.start_states import deploy_usable
{imports}
HERE = Path(__file__).parent
CONTRACT = HERE / {contract!r}


def deployed() -> tuple[Blockchain, bytes]:
    genesis = default_genesis({schedule!r}, fork={fork!r})
    chain = Blockchain.in_memory(genesis, cross_check=True)
    contract = deploy_usable(chain, CONTRACT, is_init_code={is_init_code})
{setup}    return chain, contract
'''
SETUP_IMPORT = "from contractvm_cli.fuzzing.starts import run_setup\n"
SETUP = "    run_setup(HERE / {setup!r}, chain, contract)\n"
HANDLERS_IMPORT = "from chain_sim.cosmos.wasm.handler_scripts import load_handlers\n"
LOAD_HANDLERS = "    load_handlers({script}, chain.handlers)\n"
CHECK_IMPORT = "from contract_fuzz.cosmos.judging import check_invariant\n"
COSMOS_HEAD = '''"""Findings of `contractvm fuzz`; a test fails until it is mended."""

from pathlib import Path

from chain_sim import CosmosChain, CosmosError, NotSimulated, TransactionFailed
from chain_sim.cosmos.chain.contracts import Contract
{imports}
HERE = Path(__file__).parent
CONTRACT = HERE / {contract!r}
MESSAGE = {message!r}


def instantiated() -> tuple[CosmosChain, Contract, list[str]]:
    chain = CosmosChain({release!r})
{handlers}    people = [chain.account(name, {coins!r}) for name in {people!r}]
    code = chain.store(CONTRACT, people[0])
    contract = code.instantiate(
        MESSAGE, sender=people[0], admin=people[0], label="fuzzed"
    )
    return chain, contract, people
'''


def test_name(finding: Finding, number: int) -> str:
    """`test_1_crash_integer_divide_by_zero`."""
    words = re.sub("[^a-z0-9]+", "_", f"{finding.kind} {finding.name}".lower())
    return f"test_{number}_{words.strip('_')[:60]}"


def relative(path: Path, test: Path) -> str:
    """A file as the test finds it."""
    return os.path.relpath(path, test.parent)


def call_tests(
    findings: Iterable[Finding],
    campaign: Campaign,
    test: Path,
    contract: Path,
    *,
    is_init_code: bool,
    setup: Path | None,
) -> str:
    """The source of the tests of a campaign on a chain of accounts."""
    genesis = campaign.start.genesis
    head = CALL_HEAD.format(
        imports="" if setup is None else SETUP_IMPORT,
        contract=relative(contract, test),
        schedule=genesis.schedule,
        fork=genesis.fork,
        is_init_code=is_init_code,
        setup="" if setup is None else SETUP.format(setup=relative(setup, test)),
    )
    bodies = [
        _call_test(finding, number, campaign)
        for number, finding in enumerate(findings, start=1)
    ]
    return "\n\n".join([head, *bodies])


def _call_test(finding: Finding, number: int, campaign: Campaign) -> str:
    lines = [f"def {test_name(finding, number)}() -> None:"]
    lines.append("    chain, contract = deployed()")
    for transaction in finding.transactions:
        lines += _call_lines(transaction, campaign)
    if finding.kind == CRASH:
        lines.append(f"    assert {finding.name!r} not in (receipt.error or '')")
    if finding.kind == INVARIANT:
        invariant = next(
            each for each in campaign.invariants if each.signature == finding.name
        )
        data = f"bytes.fromhex({invariant.selector.hex()!r})"
        lines.append(f"    result = chain.call(contract, {data})")
        lines.append("    assert result.succeeded, result.error")
        if invariant.result_texts[:1] == ["bool"]:
            lines.append("    assert int.from_bytes(result.output) == 1")
    return "\n".join(lines) + "\n"


def _call_lines(transaction: CaseTransaction, campaign: Campaign) -> list[str]:
    to = "contract"
    if transaction.to != campaign.start.contracts[0]:
        to = repr(format_address(transaction.to))
    lines = []
    if transaction.seconds > 1:
        lines.append(f"    chain.clock.advance({transaction.seconds - 1})")
    value = f"value={transaction.value}, " if transaction.value else ""
    lines += [
        "    receipt = chain.send(",
        f"        {to},",
        f"        bytes.fromhex({transaction.data.hex()!r}),",
        f"        sender=chain.accounts[{transaction.sender}],",
        f"        {value}gas_limit={transaction.gas_limit},",
        "    )",
    ]
    return lines


def cosmos_tests(
    findings: Iterable[Finding],
    start: CosmosStart,
    test: Path,
    contract: Path,
    *,
    message: str,
    invariants: Path | None,
) -> str:
    """The source of the tests of a CosmWasm campaign."""
    script = None
    if start.handlers is not None:
        script = f"HERE / {relative(start.handlers, test)!r}"
    head = COSMOS_HEAD.format(
        imports=("" if script is None else HANDLERS_IMPORT)
        + ("" if invariants is None else CHECK_IMPORT),
        handlers="" if script is None else LOAD_HANDLERS.format(script=script),
        contract=relative(contract, test),
        message=message,
        release=start.chain.release,
        people=PEOPLE,
        coins=FIRST_COINS,
    )
    bodies = []
    for number, finding in enumerate(findings, start=1):
        lines = [f"def {test_name(finding, number)}() -> None:"]
        lines.append("    chain, contract, people = instantiated()")
        lines.append('    error = ""')
        for transaction in finding.transactions:
            lines += _message_lines(transaction)
        if finding.kind == CRASH:
            words = "Aborted: " if finding.name == ABORTED else finding.name
            lines.append(f"    assert {words!r} not in error")
        elif finding.kind == INVARIANT and invariants is not None:
            checked = f"HERE / {relative(invariants, test)!r}"
            lines.append(f"    invariant = {finding.name!r}")
            names = f"{checked}, invariant, chain, contract, people"
            if script is not None:
                names += f", {script}"
            lines.append(f"    check_invariant({names})")
        bodies.append("\n".join(lines) + "\n")
    return "\n\n".join([head, *bodies])


def _message_lines(transaction: CosmosTransaction) -> list[str]:
    lines = []
    if transaction.seconds:
        lines.append(f"    chain.pass_time({transaction.seconds})")
    words = [repr(transaction.message)]
    if transaction.entry == "migrate":
        words.insert(0, f"chain.code({transaction.code_id})")
    if transaction.entry in {"execute", "migrate"}:
        words.append(f"sender=people[{transaction.sender}]")
    if transaction.entry == "execute" and transaction.funds:
        words.append(f"funds={transaction.funds!r}")
    words.append(f"gas_limit={transaction.gas_limit}")
    call = ", ".join(words)
    return [
        *lines,
        "    try:",
        f"        contract.{transaction.entry}({call})",
        '        error = ""',
        "    except (TransactionFailed, CosmosError, NotSimulated) as failure:",
        "        error = str(failure)",
    ]
