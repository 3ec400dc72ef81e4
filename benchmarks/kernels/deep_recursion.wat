;; A func that calls itself 4,000 deep before it returns, n times; how often it was called.
(module
  (func $down (param $left i32) (result i32)
    (if (result i32) (i32.eqz (local.get $left))
      (then (i32.const 1))
      (else (i32.add (call $down (i32.sub (local.get $left) (i32.const 1)))
                     (i32.const 1)))))
  (func (export "run") (param $n i32) (result i32)
    (local $called i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $called
          (i32.add (local.get $called) (call $down (i32.const 3999))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $called)))
