(module
  (type (;0;) (func (param i32) (result i32)))
  (import "env" "host" (func $host (;0;) (type 0) (param i32) (result i32)))
  (global (;0;) (mut i64) i64.const 0)
  (global (;1;) (mut i32) i32.const 0)
  (export "f" (func 1))
  (export "host" (func $host))
  (export "contractvm.gas" (global 0))
  (export "contractvm.stack_height" (global 1))
  (func (;1;) (type 0) (param i32) (result i32)
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
      i64.const 4950
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      local.get 0
      i32.popcnt
      call $host
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
      i32.const 1
      call $host
      global.get 0
      i64.const 135
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.lt_s
      if ;; label = @2
        unreachable
      end
      i32.mul
    end
    global.get 1
    i32.const 11
    i32.sub
    global.set 1
  )
)
