;; A Stylus program: one number in slot 0, by Solidity's ABI, and a log of each write.
;;
;; Memory: 0 the key of slot 0; 32 the number; 64 the call data; 224 the caller as the
;; topic of the log, and the number as its data.
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
  (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
  (memory (export "memory") 1 1)

  (func (export "user_entrypoint") (param $length i32) (result i32)
    (local $selector i32)
    (if (i32.gt_u (local.get $length) (i32.const 36)) (then (return (i32.const 1))))
    (call $read_args (i32.const 64))
    ;; Memory is little endian, so the selectors stand here with their bytes reversed.
    (local.set $selector (i32.load (i32.const 64)))
    (if (i32.eq (local.get $selector) (i32.const 0x8af58183)) ;; number()
      (then
        (call $load (i32.const 0) (i32.const 32))
        (call $write_result (i32.const 32) (i32.const 32))
        (return (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0xcbc1b53f)) ;; setNumber(uint256)
      (then
        (memory.copy (i32.const 32) (i32.const 68) (i32.const 32))
        (call $store)
        (return (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0)) ;; increment(), below 256
      (then
        (call $load (i32.const 0) (i32.const 32))
        (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
        (call $store)
        (return (i32.const 0))))
    (call $write_result (i32.const 64) (i32.const 4))
    (i32.const 1))

  ;; Write the number, and log it under the caller.
  (func $store
    (call $cache (i32.const 0) (i32.const 32))
    (call $flush (i32.const 0))
    (call $msg_sender (i32.const 236))
    (memory.copy (i32.const 256) (i32.const 32) (i32.const 32))
    (call $emit_log (i32.const 224) (i32.const 64) (i32.const 1))))
