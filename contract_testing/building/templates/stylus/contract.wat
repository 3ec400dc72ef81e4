;; A counter. Memory: 0 call data, 64 the storage slot, 96 the topic of Counted(uint64),
;; 128 the word after it, whose last 8 bytes are the count with its highest byte first;
;; 160 Empty().
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $storage_load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $storage_cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $storage_flush (param i32)))
  (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 96) "COUNTED")
  (data (i32.const 160) "EMPTY")

  ;; Add 1 or 255 to the lowest byte, and 0 or 255 to those above, with the carry.
  (func $add (param $low i32) (param $high i32) (local $at i32) (local $sum i32)
    (local.set $at (i32.const 160))
    (local.set $sum (i32.shl (local.get $low) (i32.const 8)))
    (loop $bytes
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $sum (i32.add (i32.shr_u (local.get $sum) (i32.const 8))
                               (i32.load8_u (local.get $at))))
      (if (i32.ne (local.get $at) (i32.const 159))
        (then (local.set $sum (i32.add (local.get $sum) (local.get $high)))))
      (i32.store8 (local.get $at) (local.get $sum))
      (br_if $bytes (i32.gt_u (local.get $at) (i32.const 152)))))

  (func $finish (result i32)
    (call $write_result (i32.const 128) (i32.const 32))
    (i32.const 0))

  (func $store (result i32)
    (call $storage_cache (i32.const 64) (i32.const 128))
    (call $storage_flush (i32.const 0))
    (call $emit_log (i32.const 96) (i32.const 64) (i32.const 1))
    (call $finish))

  (func (export "user_entrypoint") (param $length i32) (result i32) (local $selector i32)
    (if (i32.or (i32.lt_u (local.get $length) (i32.const 4))
                (i32.gt_u (local.get $length) (i32.const 64)))
      (then (return (i32.const 1))))
    (call $read_args (i32.const 0))
    (local.set $selector (i32.load (i32.const 0)))
    (call $storage_load (i32.const 64) (i32.const 128))
    (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0)) ;; increment(), reversed
      (then (call $add (i32.const 1) (i32.const 0)) (return (call $store))))
    (if (i32.eq (local.get $selector) (i32.const 0xb7ceae2b)) ;; decrement(), reversed
      (then
        (if (i64.eqz (i64.load (i32.const 152)))
          (then
            (call $write_result (i32.const 160) (i32.const 4))
            (return (i32.const 1))))
        (call $add (i32.const 255) (i32.const 255))
        (return (call $store))))
    (if (i32.eq (local.get $selector) (i32.const 0xbd1a6606)) ;; count(), reversed
      (then (return (call $finish))))
    (i32.const 1)))
