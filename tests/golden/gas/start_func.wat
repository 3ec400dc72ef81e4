;; A start func is metered as any other; it stays in the start section.
(module
  (global $ready (mut i32) (i32.const 0))
  (func $start (global.set $ready (i32.const 1)))
  (start $start))
