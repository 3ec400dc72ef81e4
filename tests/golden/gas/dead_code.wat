;; Behind an unconditional branch nothing is charged or changed, not even a return, a
;; memory.grow or a whole block.
(module
  (memory 1)
  (func (export "f") (result i32)
    block
      br 0
      block
        br 0
      end
      i32.const 1
      memory.grow
      return
    end
    i32.const 4))
