(module
  (table 2 4 funcref)
  (elem func 0)
  (func (export "f") (param i32) (result i32)
    local.get 0
    ref.func 0
    i32.const 1
    table.fill 0
    i32.const 0
    i32.const 0
    local.get 0
    table.init 0 0
    i32.const 0
    i32.const 1
    local.get 0
    table.copy 0 0
    elem.drop 0
    ref.null func
    local.get 0
    table.grow 0))
