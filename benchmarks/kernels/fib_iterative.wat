;; The n-th Fibonacci number modulo 2^32, in a loop over locals of 64 bits.
(module
  (func (export "run") (param $n i32) (result i32)
    (local $this i64) (local $next i64) (local $sum i64)
    (local.set $next (i64.const 1))
    (block $done
      (loop $step
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i64.add (local.get $this) (local.get $next)))
        (local.set $this (local.get $next))
        (local.set $next (local.get $sum))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $step)))
    (i32.wrap_i64 (local.get $this))))
