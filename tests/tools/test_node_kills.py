"""A node that is killed under load keeps what it acknowledged; see tools/node_kills."""

from pathlib import Path

import pytest

from tools import node_kills
from tools.node_kills import AcknowledgedLost, run_kills


def test_acknowledged_transactions_survive_kills(tmp_path: Path) -> None:
    assert sum(run_kills(tmp_path / "chain", 4, seed=1)) > 0


def test_a_lost_transaction_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = node_kills.acknowledged_until_killed

    def with_another(path: Path, seconds: float) -> list[str]:
        return [*real(path, 0.1), "0x" + "11" * 32]

    monkeypatch.setattr(node_kills, "acknowledged_until_killed", with_another)
    with pytest.raises(AcknowledgedLost) as caught:
        next(run_kills(tmp_path / "chain", 1, seed=1))
    assert caught.value.tx_hash == "0x" + "11" * 32
