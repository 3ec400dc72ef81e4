;; A table that names two loops and the block around them: its own end starts a block,
;; the loops' starts do already.
(module
  (func (export "f") (param i32)
    block
      loop
        loop
          local.get 0
          br_table 0 1 2 0
        end
      end
    end
    (drop (i32.popcnt (local.get 0)))))
