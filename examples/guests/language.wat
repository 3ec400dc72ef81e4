;; A WASI program: counts the letters of its input, has a model say which language that
;; is, and writes the answer.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "capability:infer" "infer" (func $infer (param i32 i32) (result i32)))
  (import "guests" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; At 0 an iovec (pointer, length), at 8 the number of bytes moved, at 16 the counts
  ;; of a to z, a byte each, at 64 the answer, from 1,024 the text.
  (func $count (param $letter i32)
    (local $place i32)
    (if (i32.ge_u (local.get $letter) (i32.const 26)) (then (return)))
    (local.set $place (i32.add (local.get $letter) (i32.const 16)))
    (if (i32.eq (i32.load8_u (local.get $place)) (i32.const 255)) (then (return)))
    (i32.store8 (local.get $place)
      (i32.add (i32.load8_u (local.get $place)) (i32.const 1))))
  (func (export "_start")
    (local $at i32) (local $length i32)
    (i64.store (i32.const 0) (i64.const 0x7c00_0000_0400))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (block $all
      (loop $next
        (br_if $all (i32.ge_u (local.get $at) (i32.load (i32.const 8))))
        ;; Capitals differ from small letters by one bit.
        (call $count (i32.sub
          (i32.or (i32.load8_u offset=1024 (local.get $at)) (i32.const 32))
          (i32.const 97)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.set $length (call $infer (i32.const 16) (i32.const 26)))
    (if (i32.lt_s (local.get $length) (i32.const 0))
      (then (call $proc_exit (i32.const 1))))
    (drop (call $take (i32.const 64) (local.get $length)))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
