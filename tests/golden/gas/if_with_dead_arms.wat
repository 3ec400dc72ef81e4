;; Neither arm reaches the end, so nothing behind it is charged.
(module
  (func (export "f") (param i32) (result i32)
    local.get 0
    if
      i32.const 1
      return
    else
      unreachable
    end
    i32.const 2
    i32.eqz))
