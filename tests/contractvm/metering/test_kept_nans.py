"""NaNs that float conversions keep, where arithmetic makes canonical ones."""

import pytest

from contractvm.metering.nans import KEEPING_KINDS, canonicalize_nans
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.compiled import engine as wasmtime_engine
from tests.helpers.wat import wat_to_module

ENGINES = {"interpreter": InterpreterEngine, "wasmtime": wasmtime_engine}
SOURCE = """(module
  (func (export "promote") (param i32) (result i64)
    (i64.reinterpret_f64 (f64.promote_f32 (f32.reinterpret_i32 (local.get 0)))))
  (func (export "demote") (param i64) (result i32)
    (i32.reinterpret_f32 (f32.demote_f64 (f64.reinterpret_i64 (local.get 0)))))
  (func (export "both") (param i64) (result i64) (local f32 f64)
    (i64.reinterpret_f64 (f64.promote_f32 (f32.demote_f64
      (f64.reinterpret_i64 (local.get 0))))))
  (func (export "add") (param i64) (result i64)
    (i64.reinterpret_f64
      (f64.add (f64.reinterpret_i64 (local.get 0)) (f64.const 1)))))"""


def call(engine_name: str, name: str, argument: int) -> object:
    module = canonicalize_nans(wat_to_module(SOURCE), KEEPING_KINDS)
    engine = ENGINES[engine_name]()
    compiled = engine.compile(module, validate_module(module).operand_heights)
    instance = engine.instantiate(compiled, {}, max_memory_pages=0)
    return instance.start(name, argument).resume()[0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "argument", "result"),
    [
        ("promote", 0x7F800001, 0x7FF8000020000000),
        ("promote", 0xFFA00001, 0xFFFC000020000000),
        ("promote", 0x7FC00000, 0x7FF8000000000000),
        ("promote", 0xFFFFFFFF, 0xFFFFFFFFE0000000),
        ("promote", 0x7F800000, 0x7FF0000000000000),
        ("promote", 0xBF800000, 0xBFF0000000000000),
        ("demote", 0x7FF0000000000001, 0x7FC00000),
        ("demote", 0xFFF0000020000000, 0xFFC00001),
        ("demote", 0xFFF8000000000000, 0xFFC00000),
        ("demote", 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFF),
        ("demote", 0xFFF0000000000000, 0xFF800000),
        ("demote", 0x3FF0000000000000, 0x3F800000),
        ("both", 0xFFF4000000000001, 0xFFFC000000000000),
        ("add", 0xFFF4000000000001, 0x7FF8000000000000),
        ("add", 0x3FF0000000000000, 0x4000000000000000),
    ],
)
def test_conversions_keep_sign_and_payload(
    engine: str, name: str, argument: int, result: int
) -> None:
    assert call(engine, name, argument) == result


def test_bodies_without_floats_stay_as_they_are() -> None:
    module = wat_to_module('(module (func (export "f") (result i32) i32.const 1))')
    assert canonicalize_nans(module, KEEPING_KINDS) == module
