"""Functions for storage and logs."""

from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.frame import Frame, refusal
from contractvm.hosts.evm.interface import Log

MAX_TOPICS = 4
ZERO_WORD = bytes(32)


def storage_store(frame: Frame, key: int, value: int) -> None:
    """Write a slot; setting a zero slot costs more, clearing one earns a refund."""
    frame.require_not_static("storageStore")
    frame.charge("storageStore")
    slot = frame.memory.read_word(key)
    new = frame.memory.read_word(value)
    old = frame.host.load_storage(frame.address, slot)
    if frame.observer is not None:
        frame.observer.effect_known(frame.module, "storageStore", effect_of(old, new))
    if old == ZERO_WORD and new != ZERO_WORD:
        frame.charge_amount("storageStore", "new_slot")
    if old != ZERO_WORD and new == ZERO_WORD:
        frame.host.add_refund(
            frame.schedule.section(TransactionCosts).storage_clear_refund
        )
    frame.host.store_storage(frame.address, slot, new)


def effect_of(old: bytes, new: bytes) -> str:
    """The effect of a write on a slot, by its value before and after."""
    if old == new:
        return "unchanged"
    if old == ZERO_WORD:
        return "set"
    return "clear" if new == ZERO_WORD else "reset"


def storage_load(frame: Frame, key: int, result: int) -> None:
    frame.charge("storageLoad")
    slot = frame.memory.read_word(key)
    frame.memory.write(result, frame.host.load_storage(frame.address, slot))


def log(frame: Frame, data: int, length: int, topic_count: int, *topics: int) -> None:
    """Emit a log; topic pointers beyond `topic_count` are not read."""
    frame.require_not_static("log")
    if topic_count > MAX_TOPICS:
        raise refusal(f"log: {topic_count} topics, at most {MAX_TOPICS}")
    frame.charge("log", length)
    frame.charge_amount("log", "per_topic", topic_count)
    payload = frame.memory.read(data, length)
    words = tuple(frame.memory.read_word(pointer) for pointer in topics[:topic_count])
    frame.host.emit_log(Log(frame.address, words, payload))
