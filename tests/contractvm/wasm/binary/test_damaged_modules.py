"""Cut, flipped and inserted bytes: only two errors, and wasmtime's verdict."""

from contextlib import suppress
from random import Random

import pytest

from contractvm.errors import InvalidModule, MalformedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.validation.features import features_used
from contractvm.wasm.validation.profile import Profile, check_profile
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wasmtime_verdict import wasmtime_fault
from tests.helpers.wat import wat_to_wasm

SOURCES = [
    """(module
      (type $pair (func (param i32 i64) (result i64 i32)))
      (import "m" "f" (func (type $pair)))
      (import "m" "g" (global $g i32))
      (table $t 2 8 funcref) (table $u 2 externref) (memory 1 4)
      (global $v (mut i64) (i64.add (i64.const 5) (i64.const 6)))
      (global funcref (ref.func 1))
      (func $a (type $pair) (local i32 i32 f64)
        (block (result i32)
          (loop $l (br_if $l (i32.eqz (local.get 0))))
          (if (result i32) (local.get 2) (then (i32.const 1)) (else (i32.const -1))))
        (call_indirect $t (type $none) (i32.const 0))
        drop local.get 1 local.get 0)
      (type $none (func))
      (func $b
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))
        (table.set $u (i32.const 0) (ref.null extern))
        (block (block (br_table 0 1 0 (memory.grow (i32.const 1)))))
        (f64.store offset=8 (i32.const 0) (f64.const 1.5))
        (global.set $v (i64.trunc_sat_f32_s (f32.const 2)))
        (drop (select (result funcref) (ref.func $a) (ref.null func) (i32.const 1))))
      (export "a" (func $a)) (export "t" (table $t)) (start $b)
      (elem (table $t) (i32.const 0) func $a $b)
      (elem declare func $a) (elem $e externref (ref.null extern))
      (data (i32.const 16) "abc") (data $d "xyz"))""",
    """(module (memory 1)
      (func $fib (export "fib") (param $n i64) (result i64)
        (if (result i64) (i64.lt_u (local.get $n) (i64.const 2))
          (then (local.get $n))
          (else (i64.add (call $fib (i64.sub (local.get $n) (i64.const 1)))
                         (call $fib (i64.sub (local.get $n) (i64.const 2))))))))""",
    '(module (func) (export "" (func 0)) (memory 0) (export "\\u{1f600}" (memory 0)))',
]


def fault(data: bytes) -> str | None:
    """Our reason against it; all other readers of modules are run as well."""
    try:
        module = decode_module(data)
        assert decode_module(encode_module(module)) == module
        features_used(module)
        with suppress(InvalidModule):
            check_profile(module, Profile("any"))
        validate_module(module)
    except (MalformedModule, InvalidModule) as error:
        return str(error)
    return None


def damage(source: bytes, random: Random) -> bytes:
    data = bytearray(source)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        place = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0 if place < len(data):
                data[place] ^= 1 << random.randrange(8)
            case 1 if place < len(data):
                data[place] = random.randrange(256)
            case 2 if place < len(data):
                del data[place]
            case 3:
                data.insert(place, random.choice(b"\x00\x01\x02\x05\x0b\x40\x7f\xff"))
            case _:
                other = random.randrange(len(data) + 1)
                data[place:place] = data[other : other + random.randrange(6)]
    return bytes(data)


def compare_verdicts(seed: int, count: int) -> None:
    random = Random(seed)
    sources = [wat_to_wasm(text) for text in SOURCES]
    for _ in range(count):
        data = damage(random.choice(sources), random)
        ours, theirs = fault(data), wasmtime_fault(data)
        assert (ours is None) == (theirs is None), (data.hex(), ours, theirs)


@pytest.mark.parametrize("text", SOURCES)
def test_sources_are_valid(text: str) -> None:
    assert fault(wat_to_wasm(text)) is None


@pytest.mark.parametrize("text", SOURCES)
def test_every_truncation_is_seen(text: str) -> None:
    data = wat_to_wasm(text)
    for length in range(len(data)):
        cut = data[:length]
        assert (fault(cut) is None) == (wasmtime_fault(cut) is None), length


def test_every_single_bit_flip_gets_the_verdict_of_wasmtime() -> None:
    data = wat_to_wasm(SOURCES[0])
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        ours, theirs = fault(bytes(flipped)), wasmtime_fault(bytes(flipped))
        assert (ours is None) == (theirs is None), (flipped.hex(), ours, theirs)


def test_damaged_modules_get_the_verdict_of_wasmtime() -> None:
    compare_verdicts(seed=1, count=3_000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_more_damaged_modules(seed: int) -> None:
    compare_verdicts(seed=seed, count=20_000)


def test_random_bytes_are_malformed() -> None:
    random = Random(3)
    for _ in range(2_000):
        data = b"\0asm\x01\0\0\0" + random.randbytes(random.randrange(1, 60))
        assert (fault(data) is None) == (wasmtime_fault(data) is None)
