"""A guest's code on an engine, prepared now or found in the cache.

What a start needs besides compiled code is kept next to it, under a key that names
everything it follows from. So a large module with code in the cache is neither decoded
nor instrumented again.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import contractvm
from contractvm.guests.requirements import Requirements
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.rules import STANDARD_METERING
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline, Startable
from contractvm.version import __version__
from contractvm.wasm.engines.interface import CompiledModule
from contractvm.wasm.engines.wasmtime.code_cache import CacheRefused, default_cache
from contractvm.wasm.engines.wasmtime.compile_process import CompileProcess
from contractvm.wasm.engines.wasmtime.kept_modules import KeptModule, find_module
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule

# A start function may call host functions, which need the gas counter.
OPTIONS = InstrumentationOptions(defer_start=True)
# What decides how a module is checked and instrumented.
SOURCES = (
    *("guests", "hosts", "metering", "runtime"),
    *("wasm/binary", "wasm/structure", "wasm/validation"),
)
Key = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GuestCode:
    """A module that can be started, and the pipeline that starts it."""

    pipeline: Pipeline
    prepared: Startable


class Preparation(Struct, frozen=True):
    """What is kept of a preparation."""

    requirements: Requirements
    initial_units: int


@dataclass(frozen=True, slots=True)
class RestoredModule:
    """A prepared module without what only its preparation needed."""

    compiled: CompiledModule
    initial_units: int


@dataclass(frozen=True, slots=True)
class FoundCode:
    """Compiled code in the cache, and what a guest needs to know of its module."""

    requirements: Requirements
    initial_units: int
    kept: KeptModule

    def restore(
        self, wasm: bytes, schedule: GasSchedule, profile: Profile
    ) -> GuestCode | None:
        """The code, ready to start; None if it has left the cache."""
        engine = _wasmtime_engine()
        pipeline = Pipeline(engine, schedule, profile, OPTIONS)
        compiled = engine.restore(self.kept, lambda: pipeline.instrument(wasm))
        if compiled is None:
            return None
        return GuestCode(pipeline, RestoredModule(compiled, self.initial_units))


def preparation_key(
    wasm: bytes, schedule: GasSchedule, abi: str, profile: Profile | None
) -> Key:
    """What a preparation follows from; `profile` is None for that of the ABI."""
    return {
        "kind": "preparation",
        "module": sha256(wasm).hexdigest(),
        "schedule": schedule.content_hash.hex(),
        "metering": STANDARD_METERING.identity,
        "options": repr(OPTIONS),
        "abi": abi,
        "profile": _shown(profile),
        "by": _own_digest(),
    }


def find_code(key: Key) -> FoundCode | None:
    """Compiled code in the cache; None if there is none, or no cache."""
    with suppress(CacheRefused):
        kept_code = default_cache()
        kept = None if kept_code is None else find_module(kept_code, key)
        if kept is not None:
            note = msgspec.msgpack.decode(kept.note, type=Preparation)
            return FoundCode(note.requirements, note.initial_units, kept)
    return None


def prepare(
    engine: str,
    wasm: bytes,
    schedule: GasSchedule,
    profile: Profile,
    *,
    is_traced: bool = False,
) -> GuestCode:
    """Prepare a module; raises as `Pipeline.prepare`, and UnknownEngine."""
    pipeline = Pipeline(
        make_engine(engine), schedule, profile, OPTIONS, is_traced=is_traced
    )
    return GuestCode(pipeline, pipeline.prepare(wasm))


def compile_code(
    key: Key,
    wasm: bytes,
    requirements: Requirements,
    schedule: GasSchedule,
    profile: Profile,
    process: CompileProcess | None = None,
) -> GuestCode:
    """Prepare a module on wasmtime, and keep what its next start needs.

    It is compiled in `process`, by default the one that all engines share. Raises as
    `prepare`, and InternalError where it is not compiled.
    """
    engine = _wasmtime_engine(process)
    pipeline = Pipeline(engine, schedule, profile, OPTIONS)
    prepared = pipeline.prepare(wasm)
    note = Preparation(requirements, prepared.initial_units)
    engine.keep(
        key, prepared.compiled, pipeline.origin(wasm), msgspec.msgpack.encode(note)
    )
    return GuestCode(pipeline, prepared)


def _wasmtime_engine(process: CompileProcess | None = None) -> Any:
    from contractvm.wasm.engines.wasmtime.engine import (  # noqa: PLC0415 (50 ms)
        make_wasmtime_engine,
    )

    return make_wasmtime_engine(process)


def _shown(profile: Profile | None) -> str:
    """A profile as text, the same in every process."""
    if profile is None:
        return ""
    features = sorted(feature.name for feature in profile.features)
    return f"{features} {replace(profile, features=frozenset())}"


@cache
def _own_digest() -> str:
    """SHA-256 of the sources that decide how a module is prepared."""
    found = sha256(__version__.encode())
    root = Path(contractvm.__file__).parent
    for folder in SOURCES:
        for path in sorted(root.joinpath(folder).rglob("*")):
            if path.suffix in (".py", ".so"):
                found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()
