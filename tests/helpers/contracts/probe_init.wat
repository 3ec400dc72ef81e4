;; The init code of probe.wat: it stores 42, logs it as set(uint256) does, and returns the
;; runtime module, which stands in its memory.
(module
  (import "ethereum" "storageStore" (func $storageStore (param i32 i32)))
  (import "ethereum" "getCaller" (func $getCaller (param i32)))
  (import "ethereum" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 63) "\2a")
  (data (i32.const 224) "{SIGNATURE}")
  (data (i32.const 256) "{RUNTIME}")
  (func (export "main")
    (call $getCaller (i32.const 204))
    (call $storageStore (i32.const 0) (i32.const 32))
    (call $log (i32.const 32) (i32.const 32) (i32.const 2)
      (i32.const 224) (i32.const 192) (i32.const 0) (i32.const 0))
    (call $finish (i32.const 256) (i32.const {SIZE}))))
