"""Absurd calls of everything compiled: python -m tools.absurd --rounds 100 --seed 0.

Each call is written to the standard output before it is made, so that the last line
tells what ended the process. Whatever is raised must be an exception of the kinds that
arguments are answered with: exit code 1, and the last line, tell of another one.
"""

import argparse
import ast
import copy
import gc
import pickle
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Callable
from os import write
from random import Random
from typing import Any

from tools.absurd.signatures import Guesser, Parameters, signatures
from tools.absurd.targets import Target, all_targets
from tools.absurd.values import Meddler, absurd_value, description
from tools.absurd.world import CALLS, World

ADDRESS_SPACE = 2 << 30
CALLS_PER_ROUND = 60
MOST_OBJECTS = 200
DEEPEST = 2
ARITY = re.compile(
    r"takes (?:exactly|at least|at most) (\d+|no|one)|expected (\d+) arg"
)
EXPECTED_TYPE = re.compile(r"expected (?:[\w.]+\.)?(\w+), got")
# An error of the interpreter's own: our code has misused it.
NEVER = (SystemError, AssertionError, BaseExceptionGroup)


class Absurdity:
    """Rounds of calls; what it learns of each target's arguments, it uses again."""

    def __init__(self, seed: int) -> None:
        self.targets = all_targets()
        self.seed = seed
        self.counts: dict[Target, set[int]] = defaultdict(set)
        self.types: dict[Target, list[str]] = defaultdict(list)
        self.faults: list[str] = []
        self.depth = 0
        self.number = 0
        sys.unraisablehook = self._note_unraisable

    def _note_unraisable(self, raised: Any) -> None:
        # Python only prints what a finalizer raises; this project's raise nothing.
        self.faults.append(f"unraisable: {raised.exc_value!r} in {raised.object!r}")

    def round(self, number: int) -> None:
        """New objects, many calls, then what the objects were made for."""
        self.random = Random(f"{self.seed}:{number}")
        self.world = World(self.meddle)
        self.say(f"round {number}: real objects")
        self.world.add_parts()
        for _ in range(2):
            self.world.add_instance(self.random.randrange(1_000))
        for _ in range(CALLS_PER_ROUND):
            self.one_call()
        for instance in self.world.instances:
            for name, *arguments in CALLS:
                self.attempt(f"use {name}", instance.invoke, name, *arguments)
        self.say(f"round {number}: end")
        self.world = World(self.meddle)
        gc.collect()

    def meddle(self) -> None:
        """Calls in the middle of another one."""
        if not self.world.objects or self.depth == DEEPEST:
            return
        if self.random.random() < 0.3:
            self.depth += 1
            try:
                for _ in range(3):
                    self.one_call()
            finally:
                self.depth -= 1

    def say(self, text: str) -> None:
        write(1, f"{'  ' * self.depth}{text}\n".encode("ascii", "backslashreplace"))

    # Arguments

    def argument(self, target: Target) -> Any:
        wanted = self.types[target]
        kind = self.random.random()
        if wanted and kind < 0.5:
            name = self.random.choice(wanted)
            fitting = [
                item for item in self.world.objects if type(item).__name__ == name
            ]
            if fitting:
                return self.random.choice(fitting)
        if kind < 0.6:
            return self.random.choice(self.world.objects)
        if kind < 0.67:
            return Meddler(self.meddle, absurd_value(self.random, self.any_object))
        return absurd_value(self.random, self.any_object)

    def any_object(self) -> Any:
        return self.random.choice(self.world.objects)

    def arguments(self, target: Target) -> tuple[list[Any], dict[str, Any]]:
        """Absurd ones; or those that the stubs ask for, with few absurd among them."""
        if target.name in signatures() and self.random.random() < 0.7:
            return self.nearly_right(*signatures()[target.name])
        counts = sorted(self.counts[target]) or [0, 1, 2, 3]
        count = self.random.choice(counts) + self.random.choice((0,) * 8 + (-1, 1))
        return [self.argument(target) for _ in range(max(count, 0))], {}

    def nearly_right(
        self, positional: Parameters, named: Parameters
    ) -> tuple[list[Any], dict[str, Any]]:
        guesser = Guesser(self.random, self.world.objects)
        wrong = self.random.choice((0, 0.1, 0.4))
        is_full = self.random.random() < 0.5

        def value(annotation: ast.expr | None) -> Any:
            if self.random.random() < wrong:
                return absurd_value(self.random, self.any_object)
            return guesser.value(annotation)

        return (
            [value(annotation) for _, annotation in positional],
            {name: value(annotation) for name, annotation in named if is_full},
        )

    # Calls

    def one_call(self) -> None:
        target = self.random.choice(self.targets)
        if target.owner is None:
            self.call(target, target.called)
            if isinstance(target.called, type):
                self.make(target, target.called)
        else:
            self.use_member(target, target.owner)

    def make(self, target: Target, made: type) -> None:
        """An object without `__init__`, or of a class derived in Python."""
        way = self.random.randrange(4)
        if way == 0:
            self.attempt(f"{target.name}.__new__ alone", made.__new__, made)
        elif way == 1:
            self.attempt(f"object.__new__ {target.name}", object.__new__, made)
        elif way == 2:
            arguments, named = self.arguments(target)
            self.attempt(
                f"{target.name}.__new__", made.__new__, made, *arguments, **named
            )
        else:
            body = {"__init__": lambda *_: None, "__del__": lambda _: self.meddle()}
            derived = self.attempt(f"derived {target.name}", type, "D", (made,), body)
            if isinstance(derived, type):
                self.call(target, derived)

    def use_member(self, target: Target, owner: type) -> None:
        fitting = [item for item in self.world.objects if isinstance(item, owner)]
        way = self.random.random()
        if not fitting or way < 0.1:
            wrong = self.argument(target)
            if not isinstance(wrong, type):
                self.call(target, target.called, wrong)
            return
        instance = self.random.choice(fitting)
        if way < 0.2:
            self.copy(target, instance)
            return
        if way < 0.3:
            self.attempt(
                f"set {target.name}",
                *(setattr, instance, target.member, self.argument(target)),
            )
            return
        found = self.attempt(f"get {target.name}", getattr, instance, target.member)
        if callable(found):
            self.call(target, found)

    def copy(self, target: Target, instance: Any) -> None:
        """Everything that copies or inspects a whole object."""
        way = self.random.choice(
            (
                *(copy.copy, pickle.dumps, bytes, memoryview, list, len, hash, repr),
                *(lambda item: pickle.loads(pickle.dumps(item)), id, bool, dir),
                *(lambda item: item.__reduce_ex__(self.random.randrange(6)),),
                *(lambda item: item == self.any_object(),),
            )
        )
        name = getattr(way, "__name__", "")
        self.attempt(f"{name} of a {target.owner}", way, instance)

    def call(self, target: Target, called: Any, *first: Any) -> None:
        arguments, named = self.arguments(target)
        arguments = [*first, *arguments]
        if target.member in ("__reduce__", "__getattribute__", "__delattr__"):
            arguments = arguments[:1]
        found = self.attempt(target.name, called, *arguments, target=target, **named)
        if found is not None and len(self.world.objects) < MOST_OBJECTS:
            self.world.add(found)

    def attempt(
        self,
        name: str,
        called: Callable[..., Any],
        *arguments: Any,
        target: Target | None = None,
        **named: Any,
    ) -> Any:
        """Make one call; its result, or None for an exception."""
        self.number += 1
        given = [description(value) for value in arguments]
        given += [f"{key}={description(value)}" for key, value in named.items()]
        self.say(f"{self.number} {name}({', '.join(given)})")
        try:
            return called(*arguments, **named)
        except NEVER as error:
            self.faults.append(f"{name}: {error!r}")
        except Exception as error:  # noqa: BLE001 (any other is an answer)
            if target is not None and isinstance(error, TypeError):
                self._learn(target, error)
        return None

    def _learn(self, target: Target, error: TypeError) -> None:
        """From what Python says of wrong arguments, what would be right ones."""
        text = str(error)
        if found := ARITY.search(text):
            words = {"no": 0, "one": 1}
            word = found[1] or found[2]
            self.counts[target].add(words[word] if word in words else int(word))
        elif (typed := EXPECTED_TYPE.search(text)) and (
            typed[1] not in self.types[target]
        ):
            self.types[target].append(typed[1])


def main() -> None:
    """Read the options, go round, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-limit", action="store_true", help="of address space")
    options = parser.parse_args()
    if not options.no_limit:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    absurdity = Absurdity(options.seed)
    for number in range(options.rounds):
        absurdity.round(number)
        if absurdity.faults:
            sys.exit(f"not an answer: {absurdity.faults}")
    absurdity.say(f"{absurdity.number} calls of {len(absurdity.targets)} targets")


if __name__ == "__main__":
    main()
