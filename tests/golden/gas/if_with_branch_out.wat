;; An arm that leaves the block around it, without an else: the rest of the block is
;; charged behind the end, and what is behind the block for itself.
(module
  (func (export "f") (param i32)
    block
      local.get 0
      if
        (drop (i32.popcnt (local.get 0)))
        br 1
      end
      (drop (i32.clz (local.get 0)))
    end
    (drop (i32.ctz (local.get 0)))))
