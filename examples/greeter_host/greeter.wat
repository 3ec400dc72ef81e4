;; Greets whoever is named in the call data: the name, then the number of the visit.
(module
  (import "greeter" "read_name" (func $read_name (param i32 i32) (result i32)))
  (import "greeter" "count_visit" (func $count_visit (result i32)))
  (import "greeter" "greet" (func $greet (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main")
    (local $length i32)
    (local.set $length (call $read_name (i32.const 0) (i32.const 256)))
    (i32.store8 (local.get $length)
      (i32.add (i32.const 48) (i32.rem_u (call $count_visit) (i32.const 10))))
    (call $greet (i32.const 0) (i32.add (local.get $length) (i32.const 1)))))
