;; In a func with a loop, a local holds the counter too: loaded at the start and behind
;; each call, of a func that charges a size as well.
(module
  (import "env" "host" (func $host))
  (memory 1)
  (table 1 funcref)
  (func (export "f") (param i32)
    loop
      call $host
      (call_indirect (i32.const 0))
      (drop (memory.grow (i32.const 1)))
      (br_if 0 (local.get 0))
    end)
  (func (export "without") (param i32)
    call $host
    (drop (memory.grow (i32.const 1)))))
