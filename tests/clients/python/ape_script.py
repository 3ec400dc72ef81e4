"""ape as a client: deploy, send, read, logs, failures, snapshots, time, a trace."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ape
from ape.contracts import ContractContainer
from ape.exceptions import ContractLogicError, TransactionError
from ethpm_types import ContractType

NETWORK = "contractvm"
PROJECT = """\
networks:
  custom:
    - name: {name}
      chain_id: 31337
      ecosystem: ethereum
      default_provider: node
node:
  ethereum:
    {name}:
      uri: {url}
"""
DEAD = "0x000000000000000000000000000000000000dEaD"
PROBE = ContractType.model_validate(
    {
        "contractName": "Probe",
        "deploymentBytecode": {"bytecode": os.environ["PROBE_CODE"]},
        "abi": [
            {
                "type": "function",
                "name": name,
                "inputs": [{"name": "value", "type": kind} for kind in inputs],
                "outputs": [{"name": "", "type": kind} for kind in outputs],
                "stateMutability": "view" if outputs else "nonpayable",
            }
            for name, inputs, outputs in (
                ("get", [], ["uint256"]),
                ("whoami", [], ["address"]),
                ("set", ["uint256"], []),
                ("increment", [], []),
                ("fail", [], []),
            )
        ],
    }
)


def refused(kind: type[Exception], act: Any, **options: Any) -> str:
    """The text of the error that an act raises."""
    try:
        act(**options)
    except kind as error:
        return str(error)
    raise SystemExit(f"{act} did not fail")


def main() -> None:
    """What a user of ape does, in order."""
    owner, other = ape.accounts.test_accounts[0], ape.accounts.test_accounts[1]
    contract = owner.deploy(ContractContainer(PROBE), required_confirmations=0)
    assert contract.get() == 42
    assert contract.whoami(sender=other) == other.address
    receipt = contract.set(7, sender=owner)
    assert (receipt.status, receipt.type, receipt.block_number) == (1, 2, 2)
    assert contract.get() == 7
    assert contract.get(block_id=1) == 42
    assert contract.increment(sender=other, type=0).type == 0
    assert [bytes(log["data"])[-1] for log in receipt.logs] == [7]
    owner.transfer(DEAD, 5)
    assert ape.chain.provider.get_balance(DEAD) == 5
    call = receipt.trace.get_calltree()
    assert (call.address, call.calldata[:4].hex()) == (
        bytes.fromhex(contract.address[2:]),
        "60fe47b1",
    )
    assert "nope" in refused(ContractLogicError, contract.fail, sender=owner)
    text = refused(TransactionError, owner.transfer, account=DEAD, value=10**30)
    assert "insufficient funds" in text
    provider = ape.chain.provider
    snapshot = provider.make_request("evm_snapshot", [])
    contract.set(9, sender=owner)
    provider.make_request("evm_increaseTime", [1_000])
    before = provider.get_block("latest").timestamp
    provider.make_request("evm_mine", [])
    assert provider.get_block("latest").timestamp == before + 1_001
    assert provider.make_request("evm_revert", [snapshot]) is True
    assert contract.get() == 8
    print("14 checks")


with TemporaryDirectory() as folder:
    text = PROJECT.format(name=NETWORK, url=os.environ["NODE_URL"])
    Path(folder, "ape-config.yaml").write_text(text)
    os.chdir(folder)
    with ape.networks.parse_network_choice(f"ethereum:{NETWORK}:node"):
        main()
