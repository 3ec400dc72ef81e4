(module
  (type (;0;) (func (result i32)))
  (import "env" "g" (global (;0;) i32))
  (global (;1;) (mut i64) i64.const 0)
  (global (;2;) (mut i64) i64.const 0)
  (global (;3;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 2))
  (export "contractvm.stack_height" (global 3))
  (func (;0;) (type 0) (result i32)
    global.get 3
    i32.const 9
    i32.add
    global.set 3
    global.get 3
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block (result i32) ;; label = @1
      global.get 2
      i64.const 270
      i64.sub
      global.set 2
      global.get 2
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      i64.const 1
      global.set 1
      global.get 0
    end
    global.get 3
    i32.const 9
    i32.sub
    global.set 3
  )
)
