;; A token that forgets to look whether the sender has what it sends.
;; mint() balanceOf(address) totalSupply() transfer(address,uint64)
(module
  (import "ethereum" "callDataCopy" (func $call_data_copy (param i32 i32 i32)))
  (import "ethereum" "getCallDataSize" (func $call_data_size (result i32)))
  (import "ethereum" "getCaller" (func $caller (param i32)))
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1 1)
  ;; Call data from 0 on, the caller's word at 100, a word to work with at 160.

  (func $swapped (param $x i64) (result i64)
    (local.set $x (i64.or
      (i64.shl (i64.and (local.get $x) (i64.const 0x00ff00ff00ff00ff)) (i64.const 8))
      (i64.and (i64.shr_u (local.get $x) (i64.const 8)) (i64.const 0x00ff00ff00ff00ff))))
    (local.set $x (i64.or
      (i64.shl (i64.and (local.get $x) (i64.const 0x0000ffff0000ffff)) (i64.const 16))
      (i64.and (i64.shr_u (local.get $x) (i64.const 16)) (i64.const 0x0000ffff0000ffff))))
    (i64.rotl (local.get $x) (i64.const 32)))

  (func $number (result i64) (call $swapped (i64.load (i32.const 184))))

  (func $set_number (param i64)
    (i64.store (i32.const 160) (i64.const 0))
    (i64.store (i32.const 168) (i64.const 0))
    (i64.store (i32.const 176) (i64.const 0))
    (i64.store (i32.const 184) (call $swapped (local.get 0))))

  (func $return_number (param i64)
    (call $set_number (local.get 0))
    (call $finish (i32.const 160) (i32.const 32)))

  (func $change (param $key i32) (param $by i64)
    (call $load (local.get $key) (i32.const 160))
    (call $set_number (i64.add (call $number) (local.get $by)))
    (call $store (local.get $key) (i32.const 160)))

  (func (export "main") (local $selector i32) (local $amount i64)
    (if (i32.gt_u (call $call_data_size) (i32.const 68))
      (then (call $revert (i32.const 0) (i32.const 0))))
    (call $call_data_copy (i32.const 0) (i32.const 0) (call $call_data_size))
    (call $caller (i32.const 112))
    (local.set $selector (i32.load (i32.const 0)))
    (if (i32.eq (local.get $selector) (i32.const 0x8bc54912)) ;; mint()
      (then
        (call $change (i32.const 100) (i64.const 1000))
        (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0x3182a070)) ;; balanceOf(address)
      (then
        (call $load (i32.const 4) (i32.const 160))
        (call $finish (i32.const 160) (i32.const 32))))
    (if (i32.eq (local.get $selector) (i32.const 0xdd0d1618)) ;; totalSupply()
      (then (call $return_number (i64.const 1000))))
    (if (i32.eq (local.get $selector) (i32.const 0xbd9f355d)) ;; transfer(address,uint64)
      (then
        (local.set $amount (call $swapped (i64.load (i32.const 60))))
        (call $change (i32.const 100) (i64.sub (i64.const 0) (local.get $amount)))
        (call $change (i32.const 4) (local.get $amount))
        (call $return_number (i64.const 1))))
    (call $revert (i32.const 0) (i32.const 0))))
