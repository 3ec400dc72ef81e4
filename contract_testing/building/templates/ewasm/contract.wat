;; A counter. Memory: 0 call data, 32 the storage slot, 64 the word, whose last 8 bytes
;; are the count with its highest byte first; 96 the topic of Counted(uint64), 128 Empty().
(module
  (import "ethereum" "getCallDataSize" (func $getCallDataSize (result i32)))
  (import "ethereum" "callDataCopy" (func $callDataCopy (param i32 i32 i32)))
  (import "ethereum" "storageLoad" (func $storageLoad (param i32 i32)))
  (import "ethereum" "storageStore" (func $storageStore (param i32 i32)))
  (import "ethereum" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 96) "COUNTED")
  (data (i32.const 128) "EMPTY")

  ;; Add 1 or 255 to the lowest byte, and 0 or 255 to those above, with the carry.
  (func $add (param $low i32) (param $high i32) (local $at i32) (local $sum i32)
    (local.set $at (i32.const 96))
    (local.set $sum (i32.shl (local.get $low) (i32.const 8)))
    (loop $bytes
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $sum (i32.add (i32.shr_u (local.get $sum) (i32.const 8))
                               (i32.load8_u (local.get $at))))
      (if (i32.ne (local.get $at) (i32.const 95))
        (then (local.set $sum (i32.add (local.get $sum) (local.get $high)))))
      (i32.store8 (local.get $at) (local.get $sum))
      (br_if $bytes (i32.gt_u (local.get $at) (i32.const 88)))))

  (func $load
    (call $storageLoad (i32.const 32) (i32.const 64)))

  (func $store
    (call $storageStore (i32.const 32) (i32.const 64))
    (call $log (i32.const 64) (i32.const 32) (i32.const 1) (i32.const 96)
      (i32.const 0) (i32.const 0) (i32.const 0))
    (call $finish (i32.const 64) (i32.const 32)))

  (func (export "main") (local $selector i32)
    (if (i32.ge_u (call $getCallDataSize) (i32.const 4))
      (then (call $callDataCopy (i32.const 0) (i32.const 0) (i32.const 4))))
    (local.set $selector (i32.load (i32.const 0)))
    (call $load)
    (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0)) ;; increment(), reversed
      (then (call $add (i32.const 1) (i32.const 0)) (call $store)))
    (if (i32.eq (local.get $selector) (i32.const 0xb7ceae2b)) ;; decrement(), reversed
      (then
        (if (i64.eqz (i64.load (i32.const 88)))
          (then (call $revert (i32.const 128) (i32.const 4))))
        (call $add (i32.const 255) (i32.const 255))
        (call $store)))
    (if (i32.eq (local.get $selector) (i32.const 0xbd1a6606)) ;; count(), reversed
      (then (call $finish (i32.const 64) (i32.const 32))))
    (call $revert (i32.const 0) (i32.const 0))))
