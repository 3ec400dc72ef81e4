"""A handwritten state test: a transfer of one wei."""

from typing import Any

NO_LOGS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"


def transfer_test(root: str) -> dict[str, Any]:
    """A transfer of one wei, which must give the state root `root`."""
    return {
        "env": {
            "currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba",
            "currentDifficulty": "0x020000",
            "currentGasLimit": "0x05500000",
            "currentNumber": "0x01",
            "currentTimestamp": "0x03e8",
        },
        "pre": {
            SENDER: {
                "balance": "0x0de0b6b3a7640000",
                "nonce": "0x00",
                "code": "",
                "storage": {},
            }
        },
        "transaction": {
            "data": [""],
            "gasLimit": ["0x5208"],
            "gasPrice": "0x01",
            "nonce": "0x00",
            "secretKey": "0x45a915e4d060149eb4365960e6a7a45f"
            "334393093061116b197e3240065ff2d8",
            "to": "0x1000000000000000000000000000000000000000",
            "value": ["0x01"],
        },
        "post": {
            "Byzantium": [
                {
                    "indexes": {"data": 0, "gas": 0, "value": 0},
                    "hash": root,
                    "logs": NO_LOGS,
                }
            ]
        },
    }
