"""Answers of the stand-in chains: balances, and nothing else."""

from base64 import b64encode
from collections.abc import Callable, Mapping

from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json

Balances = Mapping[str, Mapping[str, str]]


class MockQuerier:
    """A chain with balances by address and denomination, and no contracts.

    `gas(request, response)` is the external gas of an answer.
    """

    def __init__(
        self, gas: Callable[[bytes, bytes], int], balances: Balances | None = None
    ) -> None:
        self._gas = gas
        self.balances: Balances = balances or {}

    def query(self, request: bytes, gas_limit: int) -> tuple[bytes | None, int]:
        """See Querier."""
        response = compact_json(self._answer(request)).encode()
        used = self._gas(request, response)
        return (None if used > gas_limit else response), used

    def _answer(self, request: bytes) -> object:
        try:
            asked = parse_json(request)
        except ValueError as error:
            text = b64encode(request).decode()
            return {
                "error": {"invalid_request": {"error": str(error), "request": text}}
            }
        match asked:
            case {"bank": {"balance": {"address": str(address), "denom": str(denom)}}}:
                amount = self.balances.get(address, {}).get(denom, "0")
                return _ok({"amount": {"denom": denom, "amount": amount}})
            case {"bank": {"all_balances": {"address": str(address)}}}:
                coins = sorted(self.balances.get(address, {}).items())
                listed = [{"denom": denom, "amount": amount} for denom, amount in coins]
                return _ok({"amount": listed})
            case {"wasm": {"smart": {"contract_addr": str(address)}}}:
                return {"error": {"no_such_contract": {"addr": address}}}
            case dict() if len(asked) == 1:
                return {"error": {"unsupported_request": {"kind": next(iter(asked))}}}
            case _:
                return {"error": {"unknown": {}}}


def _ok(answer: object) -> object:
    encoded = b64encode(compact_json(answer).encode()).decode()
    return {"ok": {"ok": encoded}}


def by_response(_: bytes, response: bytes) -> int:
    """The gas of cosmwasm-vm's stand-in."""
    return 100_000 + 100 * len(response)


def by_request(request: bytes, _: bytes) -> int:
    """The gas of wasmvm's stand-in."""
    return len(request)
