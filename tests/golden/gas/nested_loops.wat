;; Each loop's body is charged on each of its turns, the inner one's end with what is
;; behind it; branches to both from the innermost code.
(module
  (func (export "f") (param i32 i32)
    loop
      loop
        local.get 0
        br_if 0
        local.get 1
        br_if 1
        nop
      end
      nop
    end))
