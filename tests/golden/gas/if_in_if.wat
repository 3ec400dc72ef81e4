;; An if in an arm: the else of the outer one is paid where the inner one ends.
(module
  (func (export "f") (param i32 i32)
    local.get 0
    if
      local.get 1
      if
        (drop (i32.clz (local.get 0)))
      end
    else
      local.get 1
      if
        (drop (i32.ctz (local.get 0)))
      else
        (drop (i32.popcnt (local.get 0)))
      end
    end))
