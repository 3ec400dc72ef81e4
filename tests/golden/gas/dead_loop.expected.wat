(module
  (type (;0;) (func))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func $f))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func $f (;0;) (type 0)
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
      global.get 0
      i64.const 90
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      br 0 (;@1;)
      loop ;; label = @2
        call $f
        br 0 (;@2;)
      end
    end
    global.get 1
    i32.const 8
    i32.sub
    global.set 1
  )
)
