;; A counter: one 256-bit number in storage slot 0.
;;
;;   increment()  0xd09de08a   adds one (wrapping at 2^256), returns the new count
;;   get()        0x6d4ce63c   returns the count
;;
;; Call data is the function's four-byte Solidity selector; results are 32 bytes, most
;; significant first. Anything else reverts without data.
(module
  (import "ethereum" "getCallDataSize" (func $getCallDataSize (result i32)))
  (import "ethereum" "callDataCopy" (func $callDataCopy (param i32 i32 i32)))
  (import "ethereum" "storageLoad" (func $storageLoad (param i32 i32)))
  (import "ethereum" "storageStore" (func $storageStore (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))

  ;; 0: the storage key, 32 zero bytes; 32: the count; 64: the selector
  (memory (export "memory") 1)

  (func (export "main")
    (local $selector i32)

    (if (i32.lt_u (call $getCallDataSize) (i32.const 4))
      (then (call $revert (i32.const 0) (i32.const 0))))
    (call $callDataCopy (i32.const 64) (i32.const 0) (i32.const 4))
    ;; Memory is little endian, so the selectors stand here with their bytes reversed.
    (local.set $selector (i32.load (i32.const 64)))
    (call $storageLoad (i32.const 0) (i32.const 32))

    (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0)) ;; increment()
      (then
        (call $add_one)
        (call $storageStore (i32.const 0) (i32.const 32))
        (call $finish (i32.const 32) (i32.const 32))))
    (if (i32.eq (local.get $selector) (i32.const 0x3ce64c6d)) ;; get()
      (then
        (call $finish (i32.const 32) (i32.const 32))))
    (call $revert (i32.const 0) (i32.const 0)))

  ;; Add one to the count: bytes turn over from the last, as long as they carry.
  (func $add_one
    (local $position i32)
    (local $byte i32)

    (local.set $position (i32.const 64))
    (loop $carry
      (local.set $position (i32.sub (local.get $position) (i32.const 1)))
      (local.set $byte
        (i32.add (i32.load8_u (local.get $position)) (i32.const 1)))
      (i32.store8 (local.get $position) (local.get $byte))
      (br_if $carry
        (i32.and
          (i32.eq (local.get $byte) (i32.const 256))
          (i32.gt_u (local.get $position) (i32.const 32)))))))
