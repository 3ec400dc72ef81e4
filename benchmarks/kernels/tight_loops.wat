;; Loops of a few instructions: over a local up and down, over a global, and over a local
;; of 64 bits; the sum of what they count.
(module
  (global $count (mut i32) (i32.const 0))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $wide i64) (local $sum i32)
    (loop $up
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $up (i32.lt_u (local.get $i) (local.get $n))))
    (local.set $sum (local.get $i))
    (loop $down
      (br_if $down (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $sum (i32.add (local.get $sum) (local.get $i)))
    (global.set $count (i32.const 0))
    (loop $global
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (br_if $global (i32.lt_u (global.get $count) (local.get $n))))
    (local.set $sum (i32.add (local.get $sum) (global.get $count)))
    (loop $wide_up
      (local.set $wide (i64.add (local.get $wide) (i64.const 3)))
      (br_if $wide_up (i64.lt_u (local.get $wide) (i64.extend_i32_u (local.get $n)))))
    (i32.add (local.get $sum) (i32.wrap_i64 (local.get $wide)))))
