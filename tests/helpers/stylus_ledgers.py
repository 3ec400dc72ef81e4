"""Chains of the Stylus vectors that also record each transaction's gas."""

from typing import Any

from chain_sim.ethereum.execution.settlement import Settlement
from chain_sim.ethereum.execution.stylus_tracer import StylusTracer
from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.stylus_tests import own_chain
from chain_sim.ethereum.stylus_tests.own_chain import OwnChain, OwnOutcome
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.ledger.report import GasReport
from gas_schedule.loader import load_schedule


class BothObservers:
    """Passes each callback to two observers."""

    def __init__(self, *observers: object) -> None:
        self._observers = observers

    def __getattr__(self, name: str) -> Any:
        methods = [getattr(observer, name) for observer in self._observers]

        def pass_on(*arguments: object, **named: object) -> None:
            for method in methods:
                method(*arguments, **named)

        return pass_on


class RecordingTracer(StylusTracer):
    """The tracer of the vectors; `recording` has the gas of the same run."""

    latest: "RecordingTracer"

    def __init__(self) -> None:
        super().__init__()
        self.recording = Recording(load_schedule("stylus-1"))
        RecordingTracer.latest = self

    def begin(self, message: Message) -> Any:
        return BothObservers(super().begin(message), self.recording.begin(message))

    def end(self, result: CallResult) -> None:
        super().end(result)
        self.recording.end(result)


def recording_chains(
    monkeypatch: Any, module: Any
) -> list[tuple[OwnOutcome, GasReport]]:
    """Have `module` make chains that record; what their transactions did, as it comes.

    Making a report checks that it adds up, frame by frame.
    """
    found: list[tuple[OwnOutcome, GasReport]] = []

    class RecordingChain(OwnChain):
        def run(
            self,
            to: Address | None,
            data: bytes,
            gas_limit: int,
            value: int = 0,
            access_list: AccessList = (),
            *,
            is_same_block: bool = False,
        ) -> OwnOutcome:
            outcome = super().run(
                to, data, gas_limit, value, access_list, is_same_block=is_same_block
            )
            recording = RecordingTracer.latest.recording
            recording.settlement = Settlement(
                gas_limit=gas_limit,
                is_creation=to is None,
                zero_byte_count=data.count(0),
                nonzero_byte_count=len(data) - data.count(0),
                access_list_address_count=len(access_list),
                access_list_key_count=sum(len(keys) for _, keys in access_list),
                refund=outcome.refund,
                self_destruct_count=0,
                gas_used=outcome.gas_used,
            )
            found.append((outcome, explain(recording)))
            return outcome

    monkeypatch.setattr(own_chain, "StylusTracer", RecordingTracer)
    monkeypatch.setattr(module, "OwnChain", RecordingChain)
    return found
