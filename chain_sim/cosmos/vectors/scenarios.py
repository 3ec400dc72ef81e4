"""Scenarios by their key in a file: static rules, micro gas, contracts, addresses."""

from collections.abc import Callable, Iterator
from typing import Any

from chain_sim.cosmos.addresses import classic_address, predictable_address
from chain_sim.cosmos.vectors.chain_scenarios import run_chain
from chain_sim.cosmos.vectors.float_hash import float_hash
from chain_sim.cosmos.vectors.results import VectorFolder, VectorResult
from contractvm.errors import Trap
from contractvm.hosts.cosmwasm import bech32
from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.gas import GREATEST_GAS
from contractvm.hosts.cosmwasm.module_rules import check_contract
from contractvm.hosts.cosmwasm.releases import find_release
from contractvm.hosts.cosmwasm.testing.environment import (
    MockEnvironment,
    vm_environment,
)
from contractvm.hosts.cosmwasm.testing.storage import MockStorage
from contractvm.runtime.pipeline import Pipeline

FILE = "scenarios.json"
RELEASE = "cosmwasm-3.0.9"
# Releases of micro gas, by their names in the file.
SCHEDULES = {
    "HEAD (3.0.9)": "cosmwasm-3.0.9",
    "3.0.0-3.0.8": "cosmwasm-3.0.0",
    "2.1.2 (x14 without if)": "cosmwasm-2.1.2",
    "2.0.0 (150 x1)": "cosmwasm-2.0.0",
}
HASH_CHARACTERS = 64


def _result(
    step: str, value: object, expected: object, error: str | None = None
) -> VectorResult:
    passed = value == expected
    return VectorResult(FILE, step, RELEASE, step, passed, value, expected, error)


def run_static_rules(folder: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """Each module's verdict, and whether an instance can be made of what passes."""
    release = find_release(RELEASE)
    environment = vm_environment(release)
    pipeline = folder.pipeline(release.schedule)
    for case in given["cases"]:
        code, expected = bytes.fromhex(case["wasm_hex"]), case["expected"]
        verdict, error = "ok", None
        try:
            check_contract(code, release)
            if "/" in expected:
                verdict += "/" + _instantiation(environment, pipeline, code)
        except VmError as failure:
            verdict, error = failure.kind, str(failure)
        yield _result(f"static_rules: {case['name']}", verdict, expected, error)


def _instantiation(
    environment: MockEnvironment, pipeline: Pipeline, code: bytes
) -> str:
    try:
        environment.instance(pipeline, code, environment.storage())
    except VmError as error:
        return error.kind
    return "ok"


def run_micro_gas(folder: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """The gas of func `f` of each small module, under four releases."""
    for vector in given["vectors"]:
        for name, expected in vector["gas"].items():
            pipeline = folder.pipeline(SCHEDULES[name])
            prepared = pipeline.prepare(vector["wat"])
            run = pipeline.start(prepared, {}, GREATEST_GAS)
            run.begin("f", *vector["args"])
            outcome = "ok"
            try:
                run.resume()
            except Trap:
                outcome = "trap"
            found = {"outcome": outcome, "used": GREATEST_GAS - run.meter.left}
            yield _result(f"micro_gas: {vector['name']}, {name}", found, expected)


def run_mock(folder: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """Contracts on the stand-in chain: outputs, gas, memory, and what they store."""
    release = find_release(RELEASE)
    environment = vm_environment(release)
    pipeline = folder.pipeline(release.schedule)
    for scenario in given["scenarios"]:
        code = folder.contract(scenario["file"])
        storage = environment.storage()
        title = f"mock: {scenario['file']}"
        for number, step in enumerate(scenario["steps"], start=1):
            found = _mock_step(environment, pipeline, code, storage, step)
            expected = {key: step[key] for key in found}
            yield _result(f"{title} {number} {step['entry']}", found, expected)
        stored = {key.hex(): value.decode() for key, value in storage.entries.items()}
        expected = scenario["storage_after"]
        yield _result(f"{title} storage", dict(sorted(stored.items())), expected)


def _mock_step(
    environment: MockEnvironment,
    pipeline: Pipeline,
    code: bytes,
    storage: MockStorage,
    step: Any,
) -> dict[str, object]:
    before = dict(storage.entries)
    instance = environment.instance(pipeline, code, storage)
    arguments = [argument.encode() for argument in step["args"]]
    output, error = None, None
    try:
        answer = instance.call(step["entry"], environment.env, *arguments)
        output = answer.decode()
    except VmError as failure:
        text = failure.detail.removeprefix("Wasmer runtime error: RuntimeError: ")
        error = f"{failure.kind}: {text}"
    if output is None or output.startswith('{"error"'):
        storage.entries = before
    report = instance.report()
    return {
        "output": output,
        "error": error,
        "gas": {
            "used_internally": report.used_internally,
            "used_externally": report.used_externally,
            "total": report.used_internally + report.used_externally,
        },
        "memory_pages": instance.memory_pages,
    }


def run_addresses(_: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """Addresses of contracts, by number and by salt."""
    for name, cases in given["asserted_upstream"].items():
        for number, case in enumerate(cases, start=1):
            if isinstance(case, dict):
                found, expected = _predictable(case["in"]), case["out"]["address"]
            else:
                code_id, instance_id, expected = case
                data = classic_address(int(code_id), int(instance_id))
                found = bech32.encode(expected.partition("1")[0], data)
            yield _result(f"addresses: {name.split()[0]} {number}", found, expected)


def _predictable(case: Any) -> str:
    message = (case["msg"] or "").encode()
    data = predictable_address(
        bytes.fromhex(case["checksum"]),
        bytes.fromhex(case["creatorData"]),
        bytes.fromhex(case["salt"]),
        message,
    )
    return bech32.encode(case["creator"].partition("1")[0], data)


def run_floaty(folder: VectorFolder, given: Any) -> Iterator[VectorResult]:
    """The hash over the results of float instructions."""
    expected = given["asserted_upstream"][:HASH_CHARACTERS]
    yield _result("floaty: hash", float_hash(folder), expected)


SCENARIOS: dict[str, Callable[[VectorFolder, Any], Iterator[VectorResult]]] = {
    "static_rules": run_static_rules,
    "micro_gas": run_micro_gas,
    "mock": run_mock,
    "chain": run_chain,
    "addresses": run_addresses,
    "floaty": run_floaty,
}
