"""The whole pass: a pure function, with fixed shapes and reserved names."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contractvm.errors import InternalError, RefusedModule
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT, START_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from gas_schedule.loader import load_schedule
from tests.helpers.metered_runs import Runner, is_valid, metered
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.smith import smith_module
from tests.helpers.wat import wat_to_module

ROOT = Path(__file__).resolve().parents[3]
UNLIMITED = InstrumentationOptions(max_stack_height=None)


def test_a_charge_has_the_shape_that_engines_recognise() -> None:
    module = wat_to_module("(module (global i32 (i32.const 0)) (func nop))")
    code = metered(module, schedule_with({"nop": 300}), UNLIMITED).funcs[0].code
    assert code == bytes.fromhex(
        "2301"  # global.get gas
        "42ac02"  # i64.const 300
        "7d"  # i64.sub
        "2401"  # global.set gas
        "2301"  # global.get gas
        "4200"  # i64.const 0
        "53"  # i64.lt_s
        "0440"  # if
        "00"  # unreachable
        "0b"  # end
        "01"  # nop
        "0b"  # end
    )


def test_what_is_free_is_not_charged_unless_that_is_asked_for() -> None:
    module = wat_to_module("(module (func nop))")
    free = schedule_with({"nop": 0})
    kept = InstrumentationOptions(max_stack_height=None, keep_free_charges=True)
    assert metered(module, free, UNLIMITED).funcs[0].code == bytes.fromhex("010b")
    assert metered(module, free, kept).funcs[0].code == bytes.fromhex(
        "2300" "4200" "7d" "2400" "2300" "4200" "53" "0440" "00" "0b" "01" "0b"
    )  # fmt: skip


def test_the_stack_limit_has_the_shape_that_engines_recognise() -> None:
    options = InstrumentationOptions(max_stack_height=1_000)
    module = wat_to_module("(module (func (param i64) (local i64)))")
    code = metered(module, schedule_with({}), options).funcs[0].code
    assert code == bytes.fromhex(
        "2301"  # global.get height
        "410a"  # i32.const 10: a parameter, a local and the frame
        "6a"  # i32.add
        "2401"  # global.set height
        "2301"  # global.get height
        "41e807"  # i32.const 1000
        "4b"  # i32.gt_u
        "0440"  # if
        "00"  # unreachable
        "0b"  # end
        "0240"  # block
        "0b"  # end
        "2301"  # global.get height
        "410a"  # i32.const 10
        "6b"  # i32.sub
        "2401"  # global.set height
        "0b"  # end
    )


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (63, "3f"), (64, "c000"), (-64, "40"), (-65, "bf7f"), (128, "8001")],
)
def test_signed_numbers_are_written_in_their_shortest_form(
    value: int, encoded: str
) -> None:
    assert signed(value).hex() == encoded


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (2**32 - 1, "ffffffff0f")],
)
def test_unsigned_numbers_are_written_in_their_shortest_form(
    value: int, encoded: str
) -> None:
    assert unsigned(value).hex() == encoded


@pytest.mark.parametrize("units", [1, 63, 64, 8_191, 8_192, 2**31 - 1, 2**40, 2**62])
def test_amounts_of_every_length_are_written_right(units: int) -> None:
    # As many nops of 2^31 - 1 would be too long a body: locals make up the amount.
    count, rest = divmod(units, 2**31 - 1)
    module = wat_to_module('(module (func (export "f") nop))')
    schedule = schedule_with({"nop": rest}, local=2**31 - 1)
    func = module.funcs[0]
    many = type(func)(func.type_index, ((count, 0x7F),), func.code)
    changed = type(module)(types=module.types, funcs=(many,))
    code = metered(changed, schedule, UNLIMITED).funcs[0].code
    assert code.startswith(b"\x23\x00\x42" + signed(units) + b"\x7d")


@pytest.mark.parametrize("name", [GAS_EXPORT, STACK_HEIGHT_EXPORT, START_EXPORT])
def test_an_export_with_a_name_of_ours_is_refused(name: str) -> None:
    module = wat_to_module(f'(module (func (export "{name}")))')
    with pytest.raises(RefusedModule) as caught:
        metered(module, schedule_with({}), UNLIMITED)
    reason = f"the export name {name} is reserved"
    if name == "contractvm.gas":
        reason = "instrumented already: it exports contractvm.gas"
    assert caught.value.reason == reason


def test_an_instrumented_module_cannot_be_instrumented_again() -> None:
    once = metered(wat_to_module("(module)"), schedule_with({}))
    with pytest.raises(RefusedModule):
        metered(once, schedule_with({}))


def test_heights_of_another_module_are_our_own_fault() -> None:
    module = wat_to_module("(module (func) (func))")
    with pytest.raises(InternalError):
        instrument_module(module, (0,), schedule_with({}))


START = """(module (global (export "ran") (mut i32) (i32.const 0))
    (start $main)
    (func (export "f"))
    (func $main (global.set 0 (i32.const 1))))"""


def test_a_start_func_stays_where_it_is() -> None:
    module = wat_to_module(START)
    assert metered(module, schedule_with({})).start == module.start == 1


def test_a_deferred_start_func_is_metered_by_the_host() -> None:
    options = InstrumentationOptions(defer_start=True)
    instrumented = metered(
        wat_to_module(START), schedule_with({"global.set": 5}), options
    )
    assert instrumented.start is None
    assert is_valid(instrumented)
    runner = Runner(instrumented, GAS_EXPORT, 100)
    assert runner.global_values() == {"ran": 0}
    done = runner.call(START_EXPORT)
    assert (done.gas_used, done.globals) == (5, {"ran": 1})


def test_without_a_start_func_there_is_nothing_to_defer() -> None:
    module = wat_to_module("(module (func))")
    deferred = InstrumentationOptions(defer_start=True)
    assert metered(module, schedule_with({}), deferred) == metered(
        module, schedule_with({})
    )


def test_the_same_module_gives_the_same_bytes_twice() -> None:
    module = decode_module(smith_module(7))
    first = encode_module(metered(module, distinct_schedule()))
    again = decode_module(smith_module(7))
    assert encode_module(metered(again, distinct_schedule())) == first


def test_an_instrumented_module_survives_encoding() -> None:
    for seed in range(5):
        instrumented = metered(decode_module(smith_module(seed)), distinct_schedule())
        assert decode_module(encode_module(instrumented)) == instrumented


DIGEST = """
import hashlib, sys
from contractvm.wasm.binary.encoder import encode_module
from tests.contractvm.metering import test_instrument
print(test_instrument.digest_of_many())
"""


def digest_of_many() -> str:
    """One hash over the instrumented forms of modules with every kind of addition."""
    digest = hashlib.sha256()
    metered_schedule = load_schedule("ewasm-metered")
    folder = ROOT.joinpath("tests", "golden", "gas")
    for path in sorted(folder.glob("*.wat")):
        if ".expected" not in path.name:
            module = wat_to_module(path.read_text())
            digest.update(encode_module(metered(module, metered_schedule)))
    return digest.hexdigest()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_processes_with_other_hash_seeds_give_the_same_bytes(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    other = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest_of_many()
