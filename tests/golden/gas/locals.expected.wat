(module
  (type (;0;) (func (param i64)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i64)
    (local i32 i32 i64 i64)
    global.get 0
    local.set 4
    global.get 1
    i32.const 12
    i32.add
    global.set 1
    global.get 1
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block ;; label = @1
      local.get 4
      i64.const 405
      i64.sub
      local.tee 4
      i64.const 0
      i64.lt_s
      if ;; label = @2
        local.get 4
        global.set 0
        unreachable
      end
      local.get 4
      global.set 0
      loop ;; label = @2
      end
    end
    global.get 1
    i32.const 12
    i32.sub
    global.set 1
  )
)
