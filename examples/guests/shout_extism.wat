;; An Extism plugin: `shout` writes its input in capitals. Memory is the host's.
(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_at (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (func $capital (param $letter i32) (result i32)
    (if (result i32)
      (i32.lt_u (i32.sub (local.get $letter) (i32.const 97)) (i32.const 26))
      (then (i32.sub (local.get $letter) (i32.const 32)))
      (else (local.get $letter))))
  (func (export "shout") (result i32)
    (local $length i64) (local $output i64) (local $at i64)
    (local.set $length (call $input_length))
    (local.set $output (call $alloc (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i64.ge_u (local.get $at) (local.get $length)))
        (call $store
          (i64.add (local.get $output) (local.get $at))
          (call $capital (call $input_at (local.get $at))))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $next)))
    (call $output_set (local.get $output) (local.get $length))
    (i32.const 0)))
