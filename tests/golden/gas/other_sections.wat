;; Everything else stays as it is, and every index keeps its meaning.
(module
  (type (func))
  (import "env" "base" (global i32))
  (table 1 funcref)
  (memory 1)
  (global (mut i64) (i64.const 5))
  (export "g" (global 1))
  (export "f" (func 0))
  (elem (i32.const 0) func 0)
  (data (i32.const 8) "contract")
  (func (type 0)
    global.get 1
    i64.const 1
    i64.add
    global.set 1)
  (@custom "note" (after code) "kept"))
