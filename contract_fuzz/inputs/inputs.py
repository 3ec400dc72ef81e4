"""Transactions of cases, generated and mutated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES, AbiFunction
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.inputs.argument_values import change_value, make_value
from contract_fuzz.inputs.byte_mutation import (
    Operands,
    any_argument,
    mutate_bytes,
)
from contract_fuzz.inputs.dictionary import Dictionary
from contract_fuzz.inputs.size_parameter import SizeParameter

MAX_DECODED = 4_096
MAX_ARGUMENTS = 6
MAX_SECONDS_BITS = 25  # a year
ETHER = 10**18


@dataclass(frozen=True, slots=True)
class InputOptions:
    """What transactions may be; without `functions`, call data is raw.

    Most calls are of the functions in `focus`; with `size`, the first of them is called
    with sizes over the whole range.
    """

    contracts: tuple[Address, ...]
    sender_count: int
    gas_limit: int
    functions: tuple[AbiFunction, ...] = ()
    focus: tuple[AbiFunction, ...] = ()
    size: SizeParameter | None = None


class Inputs:
    """Generates and mutates transactions; the same numbers give the same ones."""

    uses_operands = True

    def __init__(self, options: InputOptions, words: Dictionary) -> None:
        self._options = options
        self._words = words
        callable_functions = options.functions
        # Read-only functions are called less often.
        self._functions = tuple(
            function
            for function in callable_functions
            for _ in range(1 if function.is_read_only else 4)
        )
        self._by_selector = {
            function.selector: function for function in callable_functions
        }
        self._decoded: dict[bytes, list[Any] | None] = {}

    def make(self, random: CaseRandom) -> CaseTransaction:
        """A generated transaction."""
        options = self._options
        focus = options.focus
        if focus and not random.one_in(8):
            function = random.pick(focus)
            data = self._call(function, random)
        elif self._functions and not random.one_in(32):
            function = random.pick(self._functions)
            data = self._call(function, random)
        else:
            function = None
            data = self._raw(random)
        return CaseTransaction(
            to=random.pick(options.contracts),
            data=data,
            sender=random.below(options.sender_count),
            value=self._value(function, random),
            gas_limit=options.gas_limit,
            seconds=_seconds(random),
        )

    def change(
        self,
        transaction: CaseTransaction,
        random: CaseRandom,
        operands: Sequence[Operands] = (),
    ) -> CaseTransaction:
        """A mutated copy of the transaction: mostly in its call data."""
        choice = random.below(32)
        if choice == 0:
            return structs.replace(
                transaction, sender=random.below(self._options.sender_count)
            )
        if choice == 1:
            function = self._by_selector.get(transaction.data[:SELECTOR_BYTES])
            return structs.replace(transaction, value=self._value(function, random))
        if choice == 2:
            return structs.replace(transaction, seconds=_seconds(random))
        return CaseTransaction(
            transaction.to,
            self._changed_data(transaction.data, random, operands),
            transaction.sender,
            transaction.value,
            transaction.gas_limit,
            transaction.seconds,
        )

    def simplest(self) -> list[CaseTransaction]:
        """The start of a campaign without a corpus: every function, and no data."""
        data = [b""]
        nothing = CaseRandom(0, 0)
        for function in self._options.functions:
            values = [
                make_value(param.type, nothing, self._words)
                for param in function.params
            ]
            data.append(function.encode(values))
        return [
            CaseTransaction(to=to, data=item, gas_limit=self._options.gas_limit)
            for to in self._options.contracts
            for item in data
        ]

    def _call(self, function: AbiFunction, random: CaseRandom) -> bytes:
        values = [
            make_value(param.type, random, self._words) for param in function.params
        ]
        size = self._options.size
        if size is not None and function is self._options.focus[0]:
            values = size.with_size(values, size.some_size(random), random, self._words)
        return function.encode(values)

    def _raw(self, random: CaseRandom) -> bytes:
        """Call data in the form of a call: four bytes, and words of 32."""
        blobs = self._words.blobs
        is_known = bool(blobs) and not random.one_in(4)
        data = random.pick(blobs) if is_known else random.data(SELECTOR_BYTES)
        for _ in range(random.below(MAX_ARGUMENTS + 1)):
            data += any_argument(random, self._words)
        return data

    def _changed_data(
        self, data: bytes, random: CaseRandom, operands: Sequence[Operands]
    ) -> bytes:
        function = self._by_selector.get(data[:SELECTOR_BYTES])
        if function is not None and not random.one_in(16):
            values = self._arguments(function, data)
            if values:
                return self._changed_call(function, values, random, operands)
            if values is not None and not random.one_in(4):
                return self._call(random.pick(self._functions), random)
        return mutate_bytes(data, random, self._words, operands)

    def _changed_call(
        self,
        function: AbiFunction,
        values: list[Any],
        random: CaseRandom,
        operands: Sequence[Operands],
    ) -> bytes:
        values = list(values)
        for _ in range(1 << random.below(3)):
            place = random.below(len(values))
            values[place] = change_value(
                function.params[place].type,
                values[place],
                random,
                self._words,
                operands,
            )
        return function.encode(values)

    def _arguments(self, function: AbiFunction, data: bytes) -> list[Any] | None:
        if data not in self._decoded:
            if len(self._decoded) >= MAX_DECODED:
                self._decoded.clear()
            self._decoded[data] = function.decode(data)
        return self._decoded[data]

    def _value(self, function: AbiFunction | None, random: CaseRandom) -> int:
        """Ether for payable functions; for others now and then, to be refused.

        Without an ABI, payable functions are unknown.
        """
        takes = function.is_payable if function is not None else random.one_in(4)
        if not takes and not random.one_in(64):
            return 0
        match random.below(4):
            case 0:
                return 0
            case 1:
                return random.below(16)
            case 2:
                return random.below(100) * ETHER
        return random.bits(random.below(74))


def _seconds(random: CaseRandom) -> int:
    if not random.one_in(16):
        return 1
    return 1 + random.bits(random.below(MAX_SECONDS_BITS + 1))
