;; The end of an if always starts a block: a false condition jumps there.
(module
  (func (export "f") (param i32) (result i32)
    local.get 0
    if
      i32.const 1
      local.set 0
    end
    local.get 0))
