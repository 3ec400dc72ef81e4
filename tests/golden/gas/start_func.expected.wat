(module
  (type (;0;) (func))
  (global $ready (;0;) (mut i32) i32.const 0)
  (global (;1;) (mut i64) i64.const 0)
  (global (;2;) (mut i32) i32.const 0)
  (export "contractvm.gas" (global 1))
  (export "contractvm.stack_height" (global 2))
  (start $start)
  (func $start (;0;) (type 0)
    global.get 2
    i32.const 9
    i32.add
    global.set 2
    global.get 2
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block ;; label = @1
      global.get 1
      i64.const 135
      i64.sub
      global.set 1
      global.get 1
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      i32.const 1
      global.set $ready
    end
    global.get 2
    i32.const 9
    i32.sub
    global.set 2
  )
)
