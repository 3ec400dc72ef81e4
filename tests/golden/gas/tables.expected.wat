(module
  (type (;0;) (func (param i32) (result i32)))
  (table (;0;) 2 4 funcref)
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (elem (;0;) func 0)
  (func (;0;) (type 0) (param i32) (result i32)
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
    block (result i32) ;; label = @1
      global.get 0
      i64.const 12160
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      local.get 0
      ref.func 0
      i32.const 1
      call 1
      table.fill 0
      i32.const 0
      i32.const 0
      local.get 0
      call 2
      table.init 0
      i32.const 0
      i32.const 1
      local.get 0
      call 2
      table.copy
      elem.drop 0
      ref.null func
      local.get 0
      call 3
      table.grow 0
    end
    global.get 1
    i32.const 12
    i32.sub
    global.set 1
  )
  (func (;1;) (type 0) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 135
    i64.mul
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.lt_s
    if ;; label = @1
      unreachable
    end
    local.get 0
  )
  (func (;2;) (type 0) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 270
    i64.mul
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.lt_s
    if ;; label = @1
      unreachable
    end
    local.get 0
  )
  (func (;3;) (type 0) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 17500
    i64.mul
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.lt_s
    if ;; label = @1
      unreachable
    end
    local.get 0
  )
)
