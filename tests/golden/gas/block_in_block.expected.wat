(module
  (type (;0;) (func (param i32)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i32)
    global.get 1
    i32.const 10
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
      i64.const 270
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      block ;; label = @2
        block ;; label = @3
          block ;; label = @4
            local.get 0
            br_if 1 (;@3;)
            global.get 0
            i64.const 9990
            i64.sub
            global.set 0
            global.get 0
            i64.const 0
            i64.lt_s
            if ;; label = @5
              unreachable
            end
            local.get 0
            i32.clz
            drop
          end
          local.get 0
          i32.ctz
          drop
        end
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
        i32.popcnt
        drop
      end
    end
    global.get 1
    i32.const 10
    i32.sub
    global.set 1
  )
)
