"""The options of a run: everything that it may depend on, and its limits."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypedDict

from contractvm.guests.capability import Capability
from contractvm.guests.limits import DEFAULT_LIMITS, Limits

SEED_BYTES = 32


class AbiKeywords(TypedDict, total=False):
    """The fields of RunOptions whose values only an ABI knows."""

    mounts: Mapping[str, Any]
    clock: Any
    config: Mapping[str, str]


class RunKeywords(AbiKeywords, total=False):
    """The keyword arguments of a run: the fields of RunOptions."""

    args: Sequence[str]
    env: Mapping[str, str]
    stdin: bytes
    seed: bytes
    limits: Limits
    capabilities: Sequence[Capability]
    executor: Executor | None
    record: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run sees and may use.

    `args`, `env`, `stdin` and `mounts` (FileTrees by path) are what a program of the
    ABI sees, `config` the settings of a plugin. `seed` (32 bytes) and `clock` give it
    randomness and time, the same in every run. `executor` has the worker threads of
    async runs, None for the event loop's own. With `record` the result has a tape.

    Raises ValueError for more input than the limits allow.
    """

    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    stdin: bytes = b""
    mounts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    seed: bytes = bytes(SEED_BYTES)
    clock: Any = None
    config: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = DEFAULT_LIMITS
    capabilities: Sequence[Capability] = ()
    executor: Executor | None = None
    record: bool = False

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"the seed has {len(self.seed)} bytes, not {SEED_BYTES}")
        most = self.limits.stdin_bytes
        if len(self.stdin) > most:
            raise ValueError(f"stdin has {len(self.stdin)} bytes, {most} allowed")
        texts = (
            *self.args,
            *self.env,
            *self.env.values(),
            *self.config,
            *self.config.values(),
        )
        size = sum(len(text.encode()) for text in texts)
        most = self.limits.argument_bytes
        if size > most:
            raise ValueError(
                f"arguments and environment have {size} bytes, {most} allowed"
            )


DEFAULT_OPTIONS = RunOptions()
