(module
  (type (;0;) (func (param i32) (result i32)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i32) (result i32)
    (local i64)
    global.get 0
    local.set 1
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
      loop ;; label = @2
        local.get 1
        i64.const 270
        i64.sub
        local.tee 1
        i64.const 0
        i64.lt_s
        if ;; label = @3
          local.get 1
          global.set 0
          unreachable
        end
        local.get 1
        global.set 0
        block ;; label = @3
          local.get 0
          br_if 0 (;@3;)
          local.get 1
          i64.const 90
          i64.sub
          local.tee 1
          i64.const 0
          i64.lt_s
          if ;; label = @4
            local.get 1
            global.set 0
            unreachable
          end
          local.get 1
          global.set 0
          i32.const 7
          br 2 (;@1;)
        end
        local.get 1
        i64.const 405
        i64.sub
        local.tee 1
        i64.const 0
        i64.lt_s
        if ;; label = @3
          local.get 1
          global.set 0
          unreachable
        end
        local.get 1
        global.set 0
        local.get 0
        i32.const 1
        i32.sub
        local.set 0
        br 0 (;@2;)
      end
      unreachable
    end
    global.get 1
    i32.const 11
    i32.sub
    global.set 1
  )
)
