(module
  (type (func (param i32) (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) func 0)
  (func (type 0)
    local.get 0)
  (func (export "f") (type 0)
    local.get 0
    i32.const 0
    call_indirect (type 0)
    i32.eqz))
