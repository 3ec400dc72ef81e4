;; A trap of the contract's own ends a block; what follows is not reached but in the
;; other arm.
(module
  (func (export "f") (param i32) (result i32)
    local.get 0
    if (result i32)
      (drop (i32.clz (local.get 0)))
      unreachable
      i32.const 1
    else
      (i32.ctz (local.get 0))
    end
    i32.const 1
    i32.add))
