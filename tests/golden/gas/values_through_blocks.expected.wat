(module
  (type (;0;) (func (param i32) (result i32 i64)))
  (type (;1;) (func (param i32 i64) (result i64 i32)))
  (type (;2;) (func (param i64) (result i32 i64)))
  (type (;3;) (func (result i32 i64)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i32) (result i32 i64)
    (local i64 i64)
    global.get 0
    local.set 2
    global.get 1
    i32.const 13
    i32.add
    global.set 1
    global.get 1
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      unreachable
    end
    block (type 3) (result i32 i64) ;; label = @1
      local.get 2
      i64.const 135
      i64.sub
      local.tee 2
      i64.const 0
      i64.lt_s
      if ;; label = @2
        local.get 2
        global.set 0
        unreachable
      end
      local.get 2
      global.set 0
      i32.const 1
      i64.const 2
      block (type 1) (param i32 i64) (result i64 i32) ;; label = @2
        loop (type 1) (param i32 i64) (result i64 i32) ;; label = @3
          local.get 2
          i64.const 900
          i64.sub
          local.tee 2
          i64.const 0
          i64.lt_s
          if ;; label = @4
            local.get 2
            global.set 0
            unreachable
          end
          local.get 2
          global.set 0
          i64.const 3
          i64.add
          local.set 1
          local.set 0
          local.get 1
          local.get 0
          local.get 0
          i32.eqz
          br_if 1 (;@2;)
          local.get 2
          i64.const 495
          i64.sub
          local.tee 2
          i64.const 0
          i64.lt_s
          if ;; label = @4
            local.get 2
            global.set 0
            unreachable
          end
          local.get 2
          global.set 0
          drop
          local.set 1
          i32.const 0
          local.get 1
          br 0 (;@3;)
        end
      end
      local.get 2
      i64.const 90
      i64.sub
      local.tee 2
      i64.const 0
      i64.lt_s
      if ;; label = @2
        local.get 2
        global.set 0
        unreachable
      end
      local.get 2
      global.set 0
      if (type 2) (param i64) (result i32 i64) ;; label = @2
        local.get 2
        i64.const 225
        i64.sub
        local.tee 2
        i64.const 0
        i64.lt_s
        if ;; label = @3
          local.get 2
          global.set 0
          unreachable
        end
        local.get 2
        global.set 0
        drop
        i32.const 4
        i64.const 5
      else
        local.get 2
        i64.const 135
        i64.sub
        local.tee 2
        i64.const 0
        i64.lt_s
        if ;; label = @3
          local.get 2
          global.set 0
          unreachable
        end
        local.get 2
        global.set 0
        drop
        i32.const 6
        i64.const 7
      end
    end
    global.get 1
    i32.const 13
    i32.sub
    global.set 1
  )
)
