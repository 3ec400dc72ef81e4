;; A vault that pays before it notes that it has paid.
;; deposit() payable, withdraw(), depositOf(address)
(module
  (import "ethereum" "callDataCopy" (func $call_data_copy (param i32 i32 i32)))
  (import "ethereum" "getCallDataSize" (func $call_data_size (result i32)))
  (import "ethereum" "getCallValue" (func $value (param i32)))
  (import "ethereum" "getCaller" (func $caller (param i32)))
  (import "ethereum" "getGasLeft" (func $gas_left (result i64)))
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "call"
    (func $call (param i64 i32 i32 i32 i32) (result i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1 1)
  ;; Call data from 0 on, the caller's word at 100, the value at 140, a deposit at 160:
  ;; its first eight bytes, little-endian.

  (func (export "main") (local $selector i32)
    (if (i32.gt_u (call $call_data_size) (i32.const 36))
      (then (call $revert (i32.const 0) (i32.const 0))))
    (call $call_data_copy (i32.const 0) (i32.const 0) (call $call_data_size))
    (call $caller (i32.const 112))
    (call $value (i32.const 140))
    (local.set $selector (i32.load (i32.const 0)))
    (call $load (i32.const 100) (i32.const 160))
    (if (i32.eq (local.get $selector) (i32.const 0xb00de3d0)) ;; deposit()
      (then
        (i64.store (i32.const 160)
          (i64.add (i64.load (i32.const 160)) (i64.load (i32.const 140))))
        (call $store (i32.const 100) (i32.const 160))
        (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0x0bd6cf3c)) ;; withdraw()
      (then
        (if (i64.eqz (i64.load (i32.const 160)))
          (then (call $revert (i32.const 0) (i32.const 0))))
        (if (call $call (i64.sub (call $gas_left) (i64.const 20000)) (i32.const 112)
              (i32.const 160) (i32.const 0) (i32.const 0))
          (then (call $revert (i32.const 0) (i32.const 0))))
        (i64.store (i32.const 160) (i64.const 0))
        (call $store (i32.const 100) (i32.const 160))
        (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0xd5fbe323)) ;; depositOf(address)
      (then
        (call $load (i32.const 4) (i32.const 160))
        (call $finish (i32.const 160) (i32.const 32))))
    (call $revert (i32.const 0) (i32.const 0))))
