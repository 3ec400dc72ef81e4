"""A contract for campaigns: it keeps, traps, loops and refuses by its message."""

from tests.helpers.cosmwasm import BASE, EMPTY_RESPONSE, constant
from tests.helpers.wat import wat_to_wasm

# The first letter of the message's name decides: {"keep": ...} is kept as it is,
# {"burst": ...} traps, {"loop": ...} never ends, {"deny": ...} is refused.
FUZZED_WAT = f"""(module
  (import "env" "db_write" (func $write (param i32 i32)))
  (import "env" "db_read" (func $read (param i32) (result i32)))
  {BASE}
  {constant(16, "last")}
  {constant(64, EMPTY_RESPONSE)}
  {constant(256, '{"error":"denied"}')}
  {constant(512, '{"ok":"e30="}')}
  (func $letter (param $message i32) (result i32)
    (i32.load8_u offset=2 (i32.load (local.get $message))))
  (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 64))
  (func (export "execute") (param i32 i32 i32) (result i32)
    (if (i32.eq (call $letter (local.get 2)) (i32.const {ord("b")}))
      (then unreachable))
    (if (i32.eq (call $letter (local.get 2)) (i32.const {ord("l")}))
      (then (loop $again (br $again))))
    (if (i32.eq (call $letter (local.get 2)) (i32.const {ord("d")}))
      (then (return (i32.const 256))))
    (call $write (i32.const 16) (local.get 2))
    (i32.const 64))
  (func (export "query") (param i32 i32) (result i32)
    (drop (call $read (i32.const 16)))
    (i32.const 512)))"""
FUZZED = wat_to_wasm(FUZZED_WAT)
