;; Branches to the label of the body itself keep their depth.
(module
  (func (export "f") (param i32) (result i32)
    i32.const 5
    local.get 0
    br_if 0
    block
      i32.const 6
      br 1
    end
    drop
    i32.const 7))
