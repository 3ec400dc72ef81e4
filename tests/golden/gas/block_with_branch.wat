;; A branch goes behind the end: what follows is charged there.
(module
  (func (export "f") (param i32) (result i32)
    block
      local.get 0
      br_if 0
      i32.const 2
      return
    end
    local.get 0))
