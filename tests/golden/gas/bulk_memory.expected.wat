(module
  (type (;0;) (func (param i32 i32 i32)))
  (type (;1;) (func (param i32) (result i32)))
  (memory (;0;) 1)
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;0;) (type 0) (param i32 i32 i32)
    global.get 1
    i32.const 14
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
      i64.const 2700
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      local.get 0
      local.get 1
      local.get 2
      call 2
      memory.copy
      local.get 0
      local.get 1
      local.get 2
      call 1
      memory.fill
      local.get 0
      local.get 1
      local.get 2
      call 2
      memory.init 0
      data.drop 0
    end
    global.get 1
    i32.const 14
    i32.sub
    global.set 1
  )
  (func (;1;) (type 1) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 17
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
  (func (;2;) (type 1) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 34
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
  (data (;0;) "contract")
)
