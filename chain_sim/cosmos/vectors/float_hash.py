"""The hash over the results of all float instructions, as upstream tests make it."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

from chain_sim.cosmos.vectors.results import VectorFolder
from contractvm.hosts.cosmwasm.errors import RuntimeErr
from contractvm.hosts.cosmwasm.gas import GREATEST_GAS
from contractvm.hosts.cosmwasm.instance import ContractInstance
from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json
from contractvm.hosts.cosmwasm.releases import find_release
from contractvm.hosts.cosmwasm.testing.environment import (
    MockEnvironment,
    vm_environment,
)

CONTRACT = "cosmwasm.floaty_2.0.wasm"
RELEASE = "cosmwasm-3.0.9"
SEEDS = 150


def float_hash(folder: VectorFolder) -> str:
    """The SHA-256 over instruction, seed and result of each run, in hex."""
    release = find_release(RELEASE)
    environment = vm_environment(release)
    instance = environment.instance(
        folder.pipeline(release.schedule),
        folder.contract(CONTRACT),
        environment.storage(),
        gas_limit=GREATEST_GAS,
    )
    digest = sha256()
    for name in _ask(instance, environment, {"instructions": {}}):
        for seed in range(SEEDS):
            asked = {"random_args_for": {"instruction": name, "seed": seed}}
            arguments = _ask(instance, environment, asked)
            result = _run(instance, environment, name, arguments)
            digest.update(f"{name}{seed}{result}".encode())
    return digest.hexdigest()


def _ask(
    instance: ContractInstance, environment: MockEnvironment, question: object
) -> Any:
    message = compact_json(question).encode()
    answer = parse_json(instance.call("query", environment.env, message))
    return parse_json(b64decode(answer["ok"]))


def _run(
    instance: ContractInstance,
    environment: MockEnvironment,
    name: object,
    arguments: object,
) -> str:
    """The text of a result: the type and the bits of a value, or why it trapped."""
    question = {"run": {"instruction": name, "args": arguments}}
    try:
        ((kind, bits),) = _ask(instance, environment, question).items()
    except RuntimeErr as error:
        instance.gas.set_limit(GREATEST_GAS)
        return error.detail
    return f"{kind.upper()}({bits})"
