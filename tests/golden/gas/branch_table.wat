;; Every label of the table ends the block that it goes behind.
(module
  (func (export "f") (param i32) (result i32)
    block
      block
        block
          local.get 0
          br_table 0 1 2
        end
        i32.const 10
        return
      end
      i32.const 11
      return
    end
    i32.const 12
    local.tee 0))
