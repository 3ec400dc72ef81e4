(module
  (type (;0;) (func))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0)
    global.get 1
    i32.const 8
    i32.add
    global.set 1
    global.get 1
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block ;; label = @1
      loop ;; label = @2
        nop
      end
    end
    global.get 1
    i32.const 8
    i32.sub
    global.set 1
  )
)
