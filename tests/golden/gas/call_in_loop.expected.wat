(module
  (type (;0;) (func))
  (type (;1;) (func (param i32)))
  (type (;2;) (func (param i32) (result i32)))
  (import "env" "host" (func $host (;0;) (type 0)))
  (table (;0;) 1 funcref)
  (memory (;0;) 1)
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 1))
  (export "without" (func 2))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;1;) (type 1) (param i32)
    (local i64)
    global.get 0
    local.set 1
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
      loop ;; label = @2
        local.get 1
        i64.const 90
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
        call $host
        global.get 0
        local.set 1
        local.get 1
        i64.const 720
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
        i32.const 0
        call_indirect (type 0)
        global.get 0
        local.set 1
        local.get 1
        i64.const 10405
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
        i32.const 1
        call 3
        global.get 0
        local.set 1
        memory.grow
        drop
        local.get 0
        br_if 0 (;@2;)
      end
    end
    global.get 1
    i32.const 10
    i32.sub
    global.set 1
  )
  (func (;2;) (type 1) (param i32)
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
      i64.const 90
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      call $host
      global.get 0
      i64.const 10135
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      i32.const 1
      call 3
      memory.grow
      drop
    end
    global.get 1
    i32.const 10
    i32.sub
    global.set 1
  )
  (func (;3;) (type 2) (param i32) (result i32)
    global.get 0
    local.get 0
    i64.extend_i32_u
    i64.const 143360000
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
