;; Each arm is a block; the then-arm pays the else that it runs into.
(module
  (func (export "f") (param i32) (result i32)
    local.get 0
    if (result i32)
      local.get 0
      i32.const 3
      i32.div_u
    else
      i32.const 9
    end
    i32.eqz))
