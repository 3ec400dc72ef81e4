;; Only the block that a branch leaves starts a metered block behind its end.
(module
  (func (export "f") (param i32)
    block
      block
        block
          (br_if 1 (local.get 0))
          (drop (i32.clz (local.get 0)))
        end
        (drop (i32.ctz (local.get 0)))
      end
      (drop (i32.popcnt (local.get 0)))
    end))
