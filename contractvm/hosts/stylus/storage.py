"""Host functions for storage, transient storage and logs."""

from typing import NamedTuple

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.frame import refusal
from contractvm.hosts.evm.interface import Log
from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.hosts.stylus.parameters import (
    CHARGES_FLUSH,
    FLUSH_RUNS_OUT,
    INK_FOR_STATE,
)

MAX_TOPICS = 4
WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)


def storage_load_bytes32(frame: StylusFrame, key: int, destination: int) -> None:
    """Read a slot, through the frame's cache."""
    frame.charge("storage_load_bytes32")
    slot = frame.memory.read_word(key)
    costs, cache = frame.access, frame.cache
    surcharge = state_gas(frame)
    frame.require_gas(costs.load_margin + surcharge)
    cache.reads += 1
    gas = by_count(cache.reads, (33, costs.reads_from_33), (129, costs.reads_from_129))
    value = cache.get(slot)
    what = "read before"
    if value is None:
        is_cold = frame.host.access_slot(frame.address, slot)
        gas += (costs.slot_cold if is_cold else costs.warm) + surcharge
        what = "cold slot" if is_cold else "warm slot"
        value = frame.host.load_storage(frame.address, slot)
        cache.learn(slot, value)
    frame.charge_gas(gas, what, slot)
    frame.memory.write(destination, value)
    frame.note(slot, value)


def state_gas(frame: StylusFrame) -> int:
    """The gas on top of a slot that the frame has not read."""
    if frame.parameters.arbos >= INK_FOR_STATE:
        return frame.ink.state // frame.parameters.ink_price
    return frame.ink.state


def by_count(count: int, *steps: tuple[int, int]) -> int:
    """The price of the last step that `count` has reached; 0 before the first."""
    gas = 0
    for start, price in steps:
        if count >= start:
            gas = price
    return gas


def storage_cache_bytes32(frame: StylusFrame, key: int, value: int) -> None:
    """Write a slot in the frame's cache; only a flush keeps it."""
    frame.charge("storage_cache_bytes32")
    slot, word = frame.memory.read_word(key), frame.memory.read_word(value)
    costs, cache = frame.access, frame.cache
    frame.require_gas(costs.write_margin)
    cache.writes += 1
    steps = (9, costs.writes_from_9), (65, costs.writes_from_65)
    gas = by_count(cache.writes, *steps)
    if gas:
        frame.charge_gas(gas, "many slots", slot)
    cache.write(slot, word)
    frame.note(slot + word)


def storage_flush_cache(frame: StylusFrame, clear: int) -> None:
    """Write the dirty slots, in the order in which the frame first used them.

    Nitro's order is that of a hash map, and not defined.
    """
    frame.charge("storage_flush_cache")
    frame.require_gas(frame.access.flush_margin)
    dirty = frame.cache.take_dirty()
    if clear:
        frame.cache.clear()
    if dirty:
        _store_all(frame, dirty)
    frame.note(bytes([clear & 0xFF]))


def _store_all(frame: StylusFrame, slots: list[tuple[bytes, bytes]]) -> None:
    frame.require_not_static("storage_flush_cache")
    arbos, left = frame.parameters.arbos, frame.gas_left
    spent = 0
    stored: list[tuple[bytes, Stored]] = []
    for key, value in slots:
        found = _store(frame, key, value)
        stored.append((key, found))
        spent += found.gas
        if spent > left and arbos >= CHARGES_FLUSH:
            if arbos < FLUSH_RUNS_OUT:
                raise refusal("storage_flush_cache: not enough gas")
            short = frame.to_ink(spent) - frame.meter.left
            frame.meter.charge(frame.meter.left)
            raise OutOfGas(short, frame.parameters.ink_price)
    if arbos >= CHARGES_FLUSH:
        for key, found in stored:
            frame.charge_gas(found.gas, found.effect, key)


class Stored(NamedTuple):
    """The gas of a slot that was written, and what became of the slot."""

    gas: int
    effect: str


def _store(frame: StylusFrame, key: bytes, value: bytes) -> Stored:
    """Write a slot to the state, and count its refunds (EIP-2200, 3529)."""
    host, costs, address = frame.host, frame.access, frame.address
    gas = costs.slot_cold if host.access_slot(address, key) else 0
    current = host.load_storage(address, key)
    if current == value:
        return Stored(gas + costs.warm, "unchanged")
    original = host.original_storage(address, key)
    if current == original:
        gas += costs.slot_reset if original != ZERO_WORD else costs.slot_set
    else:
        gas += costs.warm
    refund = _refund(frame, original, current, value)
    if refund:
        host.add_refund(refund)
    host.store_storage(address, key, value)
    return Stored(gas, _effect(current, value))


def _effect(current: bytes, value: bytes) -> str:
    if current == ZERO_WORD:
        return "set"
    return "clear" if value == ZERO_WORD else "reset"


def _refund(frame: StylusFrame, original: bytes, current: bytes, value: bytes) -> int:
    """What the write of another value earns, or takes back."""
    costs = frame.access
    if current == original:
        is_cleared = original != ZERO_WORD and value == ZERO_WORD
        return costs.slot_clear_refund if is_cleared else 0
    refund = 0
    if original != ZERO_WORD:
        if current == ZERO_WORD:
            refund -= costs.slot_clear_refund
        elif value == ZERO_WORD:
            refund += costs.slot_clear_refund
    if original == value:
        is_unset = original == ZERO_WORD
        refund += costs.slot_unset_refund if is_unset else costs.slot_restore_refund
    return refund


def transient_load_bytes32(frame: StylusFrame, key: int, destination: int) -> None:
    """Read a transient slot (EIP-1153)."""
    frame.charge("transient_load_bytes32")
    slot = frame.memory.read_word(key)
    frame.charge_gas(frame.access.warm, "transient slot", slot)
    value = frame.host.load_transient(frame.address, slot)
    frame.memory.write(destination, value)
    frame.note(slot, value)


def transient_store_bytes32(frame: StylusFrame, key: int, value: int) -> None:
    """Write a transient slot."""
    frame.charge("transient_store_bytes32")
    slot, word = frame.memory.read_word(key), frame.memory.read_word(value)
    frame.charge_gas(frame.access.warm, "transient slot", slot)
    frame.require_not_static("transient_store_bytes32")
    frame.host.store_transient(frame.address, slot, word)
    frame.note(slot + word)


def emit_log(frame: StylusFrame, data: int, length: int, topic_count: int) -> None:
    """Emit a log: topics first in the data, then the rest."""
    frame.charge("emit_log")
    topic_bytes = WORD_BYTES * topic_count
    if topic_count > MAX_TOPICS or length < topic_bytes:
        raise refusal(f"emit_log: {topic_count} topics in {length} bytes")
    frame.charge_read(length)
    costs = frame.access
    gas = costs.log_topic * (1 + topic_count) + costs.log_byte * (length - topic_bytes)
    frame.charge_gas(gas, "topics and data")
    payload = frame.memory.read(data, length)
    frame.require_not_static("emit_log")
    topics = tuple(
        payload[start : start + WORD_BYTES]
        for start in range(0, topic_bytes, WORD_BYTES)
    )
    frame.host.emit_log(Log(frame.address, topics, payload[topic_bytes:]))
    frame.note(topic_count.to_bytes(4, "big") + payload)
