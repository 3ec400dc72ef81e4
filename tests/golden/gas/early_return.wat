;; A return becomes a branch to the label that stands for the body's, so that the stack
;; height is lowered on every way out.
(module
  (func (export "f") (param i32 i32) (result i32)
    loop
      block
        local.get 0
        br_if 0
        local.get 1
        return
      end
    end
    local.get 0))
