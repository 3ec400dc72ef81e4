;; The contract of the JSON-RPC probes: one number in slot 0, and a function for each
;; way in which a call can end.
;;
;; Call data is a four-byte Solidity selector and its arguments. Memory:
;;   0    the key of slot 0, zeros        32   the number
;;   64   the call data                   192  the caller, as a 32-byte word
;;   224  the log's signature             256  words to answer with
;;   320  an Error(string) "nope"         448  a custom error
(module
  (import "ethereum" "getCallDataSize" (func $getCallDataSize (result i32)))
  (import "ethereum" "callDataCopy" (func $callDataCopy (param i32 i32 i32)))
  (import "ethereum" "storageLoad" (func $storageLoad (param i32 i32)))
  (import "ethereum" "storageStore" (func $storageStore (param i32 i32)))
  (import "ethereum" "getCaller" (func $getCaller (param i32)))
  (import "ethereum" "getTxGasPrice" (func $getTxGasPrice (param i32)))
  (import "ethereum" "getBlockNumber" (func $getBlockNumber (result i64)))
  (import "ethereum" "getBlockTimestamp" (func $getBlockTimestamp (result i64)))
  (import "ethereum" "getCallValue" (func $getCallValue (param i32)))
  (import "ethereum" "getExternalBalance" (func $getExternalBalance (param i32 i32)))
  (import "ethereum" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 224) "{SIGNATURE}")
  (data (i32.const 320) "\08\c3\79\a0")
  (data (i32.const 355) "\20")
  (data (i32.const 387) "\04nope")
  (data (i32.const 448) "\63\a2\a8\1f")

  (func (export "main")
    (local $selector i32)
    (if (i32.lt_u (call $getCallDataSize) (i32.const 4))
      (then (call $revert (i32.const 0) (i32.const 0))))
    (call $callDataCopy (i32.const 64) (i32.const 0) (call $getCallDataSize))
    ;; Memory is little endian, so the selectors stand here with their bytes reversed.
    (local.set $selector (i32.load (i32.const 64)))
    (call $getCaller (i32.const 204))

    (if (i32.eq (local.get $selector) (i32.const 0x3ce64c6d)) ;; get()
      (then
        (call $storageLoad (i32.const 0) (i32.const 32))
        (call $finish (i32.const 32) (i32.const 32))))
    (if (i32.eq (local.get $selector) (i32.const 0xb147fe60)) ;; set(uint256)
      (then
        (memory.copy (i32.const 32) (i32.const 68) (i32.const 32))
        (call $keep)
        (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0x8ae09dd0)) ;; increment()
      (then
        (call $storageLoad (i32.const 0) (i32.const 32))
        (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
        (call $keep)
        (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0xb36bb3b3)) ;; whoami()
      (then (call $finish (i32.const 192) (i32.const 32))))
    (if (i32.eq (local.get $selector) (i32.const 0x973b17fe)) ;; gasPrice()
      (then
        (call $getTxGasPrice (i32.const 256))
        (call $answer (i64.load (i32.const 256)))))
    (if (i32.eq (local.get $selector) (i32.const 0xe771e857)) ;; blockNumber()
      (then (call $answer (call $getBlockNumber))))
    (if (i32.eq (local.get $selector) (i32.const 0x47a5ad16)) ;; time()
      (then (call $answer (call $getBlockTimestamp))))
    (if (i32.eq (local.get $selector) (i32.const 0xb865921b)) ;; pay()
      (then
        (call $getCallValue (i32.const 256))
        (call $answer (i64.load (i32.const 256)))))
    (if (i32.eq (local.get $selector) (i32.const 0x3182a070)) ;; balanceOf(address)
      (then
        (call $getExternalBalance (i32.const 80) (i32.const 256))
        (call $answer (i64.load (i32.const 256)))))
    (if (i32.eq (local.get $selector) (i32.const 0x1847cca9)) ;; fail()
      (then (call $revert (i32.const 320) (i32.const 100))))
    (if (i32.eq (local.get $selector) (i32.const 0x3a13b8a7)) ;; failCustom(uint256)
      (then
        (memory.copy (i32.const 452) (i32.const 68) (i32.const 32))
        (call $revert (i32.const 448) (i32.const 36))))
    (if (i32.eq (local.get $selector) (i32.const 0x32add4bd)) ;; failEmpty()
      (then (call $revert (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $selector) (i32.const 0x5ad17283)) ;; trap()
      (then (unreachable)))
    (if (i32.eq (local.get $selector) (i32.const 0xd5d7acf0)) ;; burn()
      (then (loop $endless (br $endless))))
    (call $revert (i32.const 0) (i32.const 0)))

  ;; Store the number, and log it under the caller.
  (func $keep
    (call $storageStore (i32.const 0) (i32.const 32))
    (call $log (i32.const 32) (i32.const 32) (i32.const 2)
      (i32.const 224) (i32.const 192) (i32.const 0) (i32.const 0)))

  ;; Finish with a number, as a word of 32 bytes, most significant first.
  (func $answer (param $number i64)
    (local $position i32)
    (memory.fill (i32.const 256) (i32.const 0) (i32.const 32))
    (local.set $position (i32.const 288))
    (loop $bytes
      (local.set $position (i32.sub (local.get $position) (i32.const 1)))
      (i64.store8 (local.get $position) (local.get $number))
      (local.set $number (i64.shr_u (local.get $number) (i64.const 8)))
      (br_if $bytes (i32.gt_u (local.get $position) (i32.const 280))))
    (call $finish (i32.const 256) (i32.const 32))))
