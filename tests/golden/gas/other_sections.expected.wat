(module
  (type (;0;) (func))
  (import "env" "base" (global (;0;) i32))
  (table (;0;) 1 funcref)
  (memory (;0;) 1)
  (global (;1;) (mut i64) i64.const 5)
  (global (;2;) (mut i64) i64.const 0)
  (global (;3;) (mut i32) i32.const 0)
  (export "g" (global 1))
  (export "f" (func 0))
  (export "contractvm.gas" (global 2))
  (export "contractvm.stack_height" (global 3))
  (elem (;0;) (i32.const 0) func 0)
  (func (;0;) (type 0)
    global.get 3
    i32.const 10
    i32.add
    global.set 3
    global.get 3
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block ;; label = @1
      global.get 2
      i64.const 315
      i64.sub
      global.set 2
      global.get 2
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      global.get 1
      i64.const 1
      i64.add
      global.set 1
    end
    global.get 3
    i32.const 10
    i32.sub
    global.set 3
  )
  (@custom "note" (after code) "kept")
  (data (;0;) (i32.const 8) "contract")
)
