"""Small programs, each of which ends with the host function whose ink is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.stylus_tests.own_chain import ADDRESSES, OwnChain
from contractvm.errors import InternalError
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import HOOKS
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.program_code import PREFIX
from contractvm.runtime.module_source import assemble
from contractvm.runtime.pipeline import Pipeline

ARBOS = 51  # the version of the published figures
GAS_LIMIT = 10_000_000
PROBE = Address(b"\xfd" * 20)
CODED = Address(b"\x99" * 20)
ZERO_KEY = bytes(32)
ONE = bytes(31) + b"\x01"
# In the probe's memory: the address of CODED, a word of one, an exponent, free space.
CODED_AT, ONE_AT, EXPONENT_AT, FREE_AT, ECHO_AT = 64, 96, 128, 256, 192

# A program that returns its call data.
COPY = """(call $read_args (i32.const 0))
    (call $write_result (i32.const 0) (local.get 0))"""


@dataclass(frozen=True, slots=True)
class Probe:
    """Calls in the text format, the last of which is measured, and what they meet.

    `data` is the call data, `slot` the value of slot 0, `code_bytes` the length of the
    code of the account CODED, `exponent` a word in memory.
    """

    calls: tuple[str, ...]
    data: bytes = b""
    slot: bytes = ZERO_KEY
    code_bytes: int = 0
    exponent: int = 0


def call(name: str, *arguments: int) -> str:
    """A call in the text format; its result is dropped."""
    func_type = TYPES[HOOKS, name]
    operands = " ".join(
        f"({val_type.text}.const {argument})"
        for val_type, argument in zip(func_type.params, arguments, strict=True)
    )
    text = f"(call ${name} {operands})"
    return f"(drop {text})" if func_type.results else text


def _write_slot(value_at: int) -> tuple[str, str]:
    return call("storage_cache_bytes32", 0, value_at), call("storage_flush_cache", 0)


def _echo(size: int) -> str:
    """A call that leaves `size` bytes of return data."""
    gas = 2**63 - 1
    return call("call_contract", ECHO_AT, FREE_AT, size, 0, gas, 0)


def _numbers() -> dict[str, Probe]:
    names = (
        *("evm_gas_left", "evm_ink_left", "chainid", "block_gas_limit", "block_number"),
        *("block_timestamp", "tx_ink_price", "msg_reentrant", "return_data_size"),
    )
    written = (
        "block_basefee",
        "block_coinbase",
        "msg_sender",
        "msg_value",
        "tx_origin",
    )
    return {name: Probe((call(name),)) for name in names} | {
        name: Probe((call(name, 0),)) for name in written
    }


def _storage() -> dict[str, Probe]:
    load = call("storage_load_bytes32", 0, FREE_AT)
    write, clear = _write_slot(ONE_AT), _write_slot(FREE_AT)
    return {
        "load_cold": Probe((load,), slot=ONE),
        "load_zero_cold": Probe((load,)),
        "load_repeat": Probe((load, load)),
        "cache": Probe((call("storage_cache_bytes32", 0, ONE_AT),)),
        "flush_new": Probe(write),
        "flush_clear": Probe(clear, slot=ONE),
        "flush_dirty": Probe((*write, *_write_slot(CODED_AT))),
        "transient_load": Probe((call("transient_load_bytes32", 0, FREE_AT),)),
    }


def _sized() -> dict[str, Probe]:
    probes = {}
    for size in (10, 100):
        probes[f"keccak_{size}"] = Probe((call("native_keccak256", 0, size, FREE_AT),))
    for size in (10, 100, 10_000):
        read = call("read_return_data", FREE_AT, 0, size)
        probes[f"read_return_data_{size}"] = Probe((_echo(size), read))
    for topics, size in ((0, 0), (0, 100), (1, 100), (3, 100)):
        log = call("emit_log", 0, 32 * topics + size, topics)
        probes[f"log_{topics}_{size}"] = Probe((log,))
    for name, size in (("0", 0), ("1arr", 96)):
        probes[f"write_result_{name}"] = Probe((call("write_result", 0, size),))
    for size in (4, 36, 50):
        probes[f"read_args_{size}"] = Probe((call("read_args", 0),), bytes(size))
    for pages in (0, 100):
        grow = call("pay_for_memory_grow", pages)
        probes[f"grow_{pages}"] = Probe((grow,))
    return probes


def _others() -> dict[str, Probe]:
    probes = {
        "exit_early": Probe((call("exit_early", 0),)),
        "balance_warm": Probe((call("account_balance", CODED_AT, FREE_AT),) * 2),
        "codehash_cold": Probe((call("account_codehash", CODED_AT, FREE_AT),)),
        "math_div": Probe((call("math_div", 0, 32),)),
        "math_add_mod": Probe((call("math_add_mod", 0, 32, ONE_AT),)),
    }
    for size in (1, 2, 32):
        power = call("math_pow", 0, EXPONENT_AT)
        probes[f"math_pow_{size}"] = Probe((power,), exponent=1 << (8 * size - 1))
    for name, size in (("add", 120), ("return-size", 179), ("write-args", 135)):
        read = call("account_code", CODED_AT, 0, size, FREE_AT)
        probes[f"account_code_{name}"] = Probe((read,), code_bytes=size)
    return probes


PROBES: Mapping[str, Probe] = _numbers() | _storage() | _sized() | _others()


def measure(probe: Probe, folder: Path, engine: Pipeline) -> int:
    """The ink of the probe's last call."""
    chain = OwnChain(engine, parameters_of(ARBOS), folder)
    chain.state.set_storage(PROBE, ZERO_KEY, probe.slot)
    if probe.code_bytes:
        code = PREFIX.ljust(probe.code_bytes, b"\0")
        chain.state.set_code(CODED, code)
    chain.install(PROBE, _program(probe))
    chain.state.end_transaction()
    steps = chain.run(PROBE, probe.data, GAS_LIMIT).steps
    # After it comes only the end of the program.
    measured = [step for step in steps if step.name != "user_returned"]
    if len(measured) <= len(probe.calls):
        raise InternalError("a probe ended before its last call")
    return measured[-1].start_ink - measured[-1].end_ink


def measure_called(
    name: str, costs: tuple[int, int], folder: Path, engine: Pipeline
) -> int:
    """The ink of a call of a program that reads its arguments and returns them.

    `costs` are the gas to start it that is recorded: not cached, and cached.
    """
    chain = OwnChain(engine, parameters_of(ARBOS), folder)
    chain.install(CODED, assemble("callee", _module(COPY).encode()), costs)
    gas, value = 2**63 - 1, (FREE_AT,) if name == "call_contract" else ()
    probe = Probe((call(name, CODED_AT, 0, 4, *value, gas, FREE_AT),))
    chain.install(PROBE, _program(probe))
    chain.state.end_transaction()
    steps = chain.run(PROBE, b"", GAS_LIMIT).steps
    (step,) = [step for step in steps if step.name == name]
    return step.start_ink - step.end_ink


def _program(probe: Probe) -> bytes:
    exponent = probe.exponent.to_bytes(32, "big")
    data = (
        (CODED_AT, CODED),
        (ONE_AT, ONE),
        (EXPONENT_AT, exponent),
        (ECHO_AT, ADDRESSES["echo"]),
    )
    held = " ".join(_data(offset, content) for offset, content in data)
    return assemble("probe", _module(" ".join(probe.calls), held).encode())


def _module(body: str, data: str = "") -> str:
    imports = "\n".join(_import(name) for (module, name) in TYPES if module == HOOKS)
    return f"""(module {imports} (memory (export "memory") 1 1) {data}
      (func (export "user_entrypoint") (param i32) (result i32)
        {body} (i32.const 0)))"""


def _import(name: str) -> str:
    func_type = TYPES[HOOKS, name]
    params = " ".join(val_type.text for val_type in func_type.params)
    results = " ".join(val_type.text for val_type in func_type.results)
    return (
        f'(import "{HOOKS}" "{name}" '
        f"(func ${name} (param {params}) (result {results})))"
    )


def _data(offset: int, content: bytes) -> str:
    text = "".join(f"\\{byte:02x}" for byte in content)
    return f'(data (i32.const {offset}) "{text}")'
