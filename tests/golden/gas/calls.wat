;; A block ends at each call: the host sees the exact gas.
(module
  (import "env" "host" (func (param i32)))
  (func (param i32) (result i32)
    local.get 0)
  (func (export "f") (result i32)
    i32.const 1
    call 0
    i32.const 2
    call 1
    i32.eqz))
