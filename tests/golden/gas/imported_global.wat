;; The counters come behind imported globals and the module's own.
(module
  (import "env" "g" (global i32))
  (global (mut i64) (i64.const 0))
  (func (export "f") (result i32)
    (global.set 1 (i64.const 1))
    (global.get 0)))
