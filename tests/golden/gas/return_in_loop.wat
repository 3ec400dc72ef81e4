;; With the stack limit a return is a branch to the block around the body, out of a
;; loop and all its blocks too.
(module
  (func (export "f") (param i32) (result i32)
    loop
      block
        local.get 0
        br_if 0
        i32.const 7
        return
      end
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      br 0
    end
    unreachable))
