"""One token on three chains: gas, bytes and time of a transfer, side by side.

    python -m benchmarks.three_chains

The token in C is examples/stylus/erc20.c on ewasm and on Stylus, and
examples/cosmwasm/token.c on CosmWasm. The transfer is the second to somebody who has
tokens already. Gas is exact and the same on both engines; each chain's is its own unit.
Time is that of the whole transaction in this process, the median of RUNS, on the
interpreter.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chain_sim import Blockchain, CosmosChain
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM
from contract_testing import Contract

EXAMPLES = Path(__file__).parents[1] / "examples"
RUNS = 50
SUPPLY = 10**24
ACTIVATE = bytes.fromhex("58c780c2")
MORE_THAN_THE_FEE = 10**16


@dataclass(frozen=True)
class Row:
    chain: str
    module_bytes: int
    deploy_gas: int
    transfer_gas: int
    query_gas: int
    transfer: Callable[[], object]


def accounts_row(chain_name: str, fork: str, file: str, engine: str) -> Row:
    """The token on a chain of accounts."""
    path = EXAMPLES / "stylus" / file
    chain = Blockchain.in_memory(fork=fork, engine=engine)
    deployed = chain.deploy(path)
    token = Contract(
        deployed.contract_address, EXAMPLES / "stylus" / "erc20.json", chain
    )
    if fork == "arbitrum":
        data = ACTIVATE + bytes(12) + bytes(token.address)
        activated = chain.send(ARB_WASM, data, value=MORE_THAN_THE_FEE)
        if not activated.succeeded:
            raise SystemExit(f"{file}: not activated")
    token.initialize(SUPPLY)
    bob = chain.accounts[1]
    token.transfer(bob, 5)
    gas = token.transfer(bob, 5).gas_used
    query = chain.call(token.address, token.balanceOf.encode(bob)).gas_used
    return Row(
        chain_name,
        path.stat().st_size,
        deployed.gas_used,
        gas,
        query,
        lambda: token.transfer(bob, 5),
    )


def cosmwasm_row(engine: str) -> Row:
    """The token on a Cosmos chain."""
    path = EXAMPLES / "cosmwasm" / "token.wasm"
    chain = CosmosChain(engine=engine)
    alice, bob = chain.account("alice", "5atom"), chain.account("bob", "5atom")
    code = chain.store(path, alice)
    balances = [{"address": alice, "amount": str(SUPPLY)}]
    token = code.instantiate(
        {
            "name": "Example Token",
            "symbol": "EXT",
            "decimals": 18,
            "initial_balances": balances,
        },
        sender=alice,
    )
    message = {"transfer": {"recipient": bob, "amount": "5"}}
    token.execute(message, sender=alice)
    gas = token.execute(message, sender=alice).gas_used
    asked = b'{"balance":{"address":"%s"}}' % bob.encode()
    _, query = chain.query_bytes(token.address, asked)
    return Row(
        "CosmWasm, wasmd 0.70.3",
        path.stat().st_size,
        0 if code.outcome is None else code.outcome.gas_used,
        gas,
        query,
        lambda: token.execute(message, sender=alice),
    )


def rows(engine: str = "interpreter") -> tuple[Row, ...]:
    """The token on each chain."""
    return (
        accounts_row(
            "ewasm, schedule contractvm-2", "byzantium", "erc20_ewasm.wasm", engine
        ),
        accounts_row("Stylus, ArbOS 61", "arbitrum", "erc20.wasm", engine),
        cosmwasm_row(engine),
    )


def table_line(row: Row) -> str:
    """The row in the table of docs/building.md, without the time."""
    return (
        f"| {row.chain} | {row.module_bytes:,} | {row.deploy_gas:,}"
        f" | {row.transfer_gas:,} | {row.query_gas:,} |"
    )


def milliseconds(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1_000 * median(times)


def main() -> None:
    print("| chain | module, bytes | deploy | transfer | query | time of a transfer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows():
        print(f"{table_line(row)} {milliseconds(row.transfer):.2f} ms |")


if __name__ == "__main__":
    main()
