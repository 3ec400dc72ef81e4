(module
  (type (;0;) (func (param i32) (result i32)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i32) (result i32)
    global.get 1
    i32.const 11
    i32.add
    global.set 1
    global.get 1
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block (result i32) ;; label = @1
      global.get 0
      i64.const 225
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      local.get 0
      if (result i32) ;; label = @2
        global.get 0
        i64.const 4995
        i64.sub
        global.set 0
        global.get 0
        i64.const 0
        i64.lt_s
        if ;; label = @3
          unreachable
        end
        local.get 0
        i32.clz
        drop
        unreachable
        i32.const 1
      else
        global.get 0
        i64.const 4860
        i64.sub
        global.set 0
        global.get 0
        i64.const 0
        i64.lt_s
        if ;; label = @3
          unreachable
        end
        local.get 0
        i32.ctz
      end
      global.get 0
      i64.const 45
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      i32.const 1
      i32.add
    end
    global.get 1
    i32.const 11
    i32.sub
    global.set 1
  )
)
