;; Parameters and several results of blocks, loops and arms stay on the operand stack
;; across the charges.
(module
  (func (export "f") (param i32) (result i32 i64) (local i64)
    i32.const 1
    i64.const 2
    block (param i32 i64) (result i64 i32)
      loop (param i32 i64) (result i64 i32)
        i64.const 3
        i64.add
        local.set 1
        local.set 0
        local.get 1
        local.get 0
        local.get 0
        i32.eqz
        br_if 1
        drop
        local.set 1
        i32.const 0
        local.get 1
        br 0
      end
    end
    if (param i64) (result i32 i64)
      drop
      i32.const 4
      i64.const 5
    else
      drop
      i32.const 6
      i64.const 7
    end))
