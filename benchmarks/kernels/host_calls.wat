;; A loop that asks the host at every turn.
(module
  (import "env" "step" (func $step (param i32) (result i32)))
  (func (export "run") (param $n i32) (result i32)
    (local $state i32)
    (block $done
      (loop $turn
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $state (call $step (local.get $state)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $turn)))
    (local.get $state)))
